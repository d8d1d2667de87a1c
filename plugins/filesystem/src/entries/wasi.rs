//! Reading a folder with WASI's own functions.
//!
//! The standard library would do, if every name were UTF-8. WASI knows no other
//! names and answers with an error where there is one, upon which the standard
//! library gives up the folder, with whatever comes after.

use std::{fs, io, iter};

use wasip2::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorType, DirectoryEntryStream, ErrorCode, OpenFlags,
    PathFlags,
};

use super::{Entry, Kind, Unreadable};
use crate::folders::Place;
use crate::paths;

/// What is in this folder, in any order.
pub(super) fn read(folder: &Place) -> io::Result<impl Iterator<Item = Result<Entry, Unreadable>>> {
    let Some(entries) = folder
        .folder()
        .descriptor()
        .and_then(|root| open(&root, folder).ok())
    else {
        // The standard library fails as well, and tells why.
        let error = fs::read_dir(folder.path()).err();
        return Err(error.unwrap_or_else(|| io::ErrorKind::Other.into()));
    };
    Ok(iter::from_fn(move || next(&entries)))
}

fn open(root: &Descriptor, folder: &Place) -> Result<DirectoryEntryStream, ErrorCode> {
    let path = match paths::relative(folder.text(), folder.folder().path()) {
        "" => ".",
        path => path,
    };
    let follow = PathFlags::SYMLINK_FOLLOW;
    let folder = root.open_at(follow, path, OpenFlags::DIRECTORY, DescriptorFlags::READ)?;
    folder.read_directory()
}

fn next(entries: &DirectoryEntryStream) -> Option<Result<Entry, Unreadable>> {
    let found = match entries.read_directory_entry() {
        Ok(found) => found?,
        Err(_) => return Some(Err(Unreadable)),
    };
    let kind = match found.type_ {
        DescriptorType::RegularFile => Kind::File,
        DescriptorType::Directory => Kind::Directory,
        DescriptorType::SymbolicLink => Kind::Symlink,
        DescriptorType::Unknown
        | DescriptorType::BlockDevice
        | DescriptorType::CharacterDevice
        | DescriptorType::Fifo
        | DescriptorType::Socket => Kind::Other,
    };
    let name = found.name;
    Some(Ok(Entry { name, kind }))
}
