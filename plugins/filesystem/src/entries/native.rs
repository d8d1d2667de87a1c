//! Reading a folder outside of the sandbox, as unit tests do.

use std::{fs, io};

use super::{Entry, Unreadable};
use crate::folders::Place;

/// What is in this folder, in any order.
pub(super) fn read(folder: &Place) -> io::Result<impl Iterator<Item = Result<Entry, Unreadable>>> {
    let found = fs::read_dir(folder.path())?;
    Ok(found.map(|found| found.ok().as_ref().and_then(entry).ok_or(Unreadable)))
}

fn entry(found: &fs::DirEntry) -> Option<Entry> {
    Some(Entry {
        name: found.file_name().into_string().ok()?,
        kind: found.file_type().ok()?.into(),
    })
}
