//! What is in a folder, and what kind of thing a place is.

#[cfg(not(target_os = "wasi"))]
mod native;
#[cfg(target_os = "wasi")]
mod wasi;

use std::fs::{self, File, Metadata};

#[cfg(not(target_os = "wasi"))]
use native::read;
#[cfg(target_os = "wasi")]
use wasi::read;

use wharf_sdk::data;

use crate::fault::Fault;
use crate::folders::Place;
use crate::limits::FOLDER_ENTRIES;
use crate::links;

/// What kind of thing something is.
#[data]
#[serde(rename_all = "lowercase")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Directory,
    // Wherever it leads.
    Symlink,
    // A device, a pipe or the like.
    Other,
}

/// One thing in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its name.
    pub(crate) name: String,
    /// What it is.
    pub(crate) kind: Kind,
}

/// A thing in a folder whose name is not text, or that is gone at once.
struct Unreadable;

/// What is in a folder.
#[derive(Debug)]
pub(crate) struct Entries {
    /// The things in it, by name.
    pub(crate) list: Vec<Entry>,
    /// There is more, which was not looked at, or whose name is not text.
    pub(crate) incomplete: bool,
}

impl From<fs::FileType> for Kind {
    fn from(of: fs::FileType) -> Self {
        if of.is_file() {
            Self::File
        } else if of.is_dir() {
            Self::Directory
        } else if of.is_symlink() {
            Self::Symlink
        } else {
            Self::Other
        }
    }
}

/// What is in this folder.
pub(crate) fn of(folder: &Place) -> Result<Entries, Fault> {
    let mut found = read(folder).map_err(|e| links::fault("listed", folder, &e))?;
    let mut entries = Entries {
        list: Vec::new(),
        incomplete: false,
    };
    for found in found.by_ref().take(FOLDER_ENTRIES) {
        match found {
            Ok(entry) => entries.list.push(entry),
            Err(Unreadable) => entries.incomplete = true,
        }
    }
    entries.incomplete |= found.next().is_some();
    entries.list.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

/// What the system knows of a place. Symbolic links are followed.
pub(crate) fn about(place: &Place) -> Result<Metadata, Fault> {
    fs::metadata(place.path()).map_err(|e| links::fault("looked at", place, &e))
}

/// The file at a place, open for reading, and its size.
///
/// Folders are refused with a hint, and so are devices and pipes, which might
/// never come to an end.
pub(crate) fn open(place: &Place) -> Result<(File, u64), Fault> {
    let about = about(place)?;
    match Kind::from(about.file_type()) {
        Kind::File => {}
        Kind::Directory => {
            return Err(Fault::wrong(
                place.text(),
                "is a folder: `list_directory` and `directory_tree` show what is in it",
            ));
        }
        Kind::Symlink | Kind::Other => {
            return Err(Fault::wrong(place.text(), "is neither a file nor a folder"));
        }
    }
    let file = File::open(place.path()).map_err(|e| links::fault("read", place, &e))?;
    Ok((file, about.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Sandbox;

    #[test]
    fn entries_are_sorted_and_have_kinds() {
        let sandbox = Sandbox::new(&[("b.txt", ""), ("a/x", ""), ("Ü", "")]);
        let entries = of(&sandbox.place(".")).unwrap();
        let seen: Vec<(&str, Kind)> = entries
            .list
            .iter()
            .map(|entry| (entry.name.as_str(), entry.kind))
            .collect();
        assert_eq!(
            seen,
            [
                ("a", Kind::Directory),
                ("b.txt", Kind::File),
                ("Ü", Kind::File)
            ]
        );
        assert!(!entries.incomplete);
    }

    #[test]
    fn only_files_are_opened() {
        let sandbox = Sandbox::new(&[("a/x", "12345")]);
        let check = |asked: &str, expect: &str| {
            let said = match open(&sandbox.place(asked)) {
                Ok((_, size)) => size.to_string(),
                Err(fault) => fault.to_string().replace(sandbox.root(), "ROOT"),
            };
            assert_eq!(said, expect);
        };
        check("a/x", "5");
        check(
            "a",
            "`ROOT/a` is a folder: `list_directory` and `directory_tree` show what is in it",
        );
        check(
            "b",
            "`ROOT/b` does not exist: `list_directory` or `search_files` show what does",
        );
        check(
            "a/x/y",
            "`ROOT/a/x/y` cannot be looked at: it is not a folder, or a part of the path before it is a file",
        );
    }

    #[cfg(unix)]
    #[test]
    fn devices_are_not_opened() {
        let folders = crate::folders::Folders::new([("/dev".to_owned(), false)]);
        let fault = open(&folders.place("/dev/zero").unwrap()).unwrap_err();
        assert_eq!(
            fault.to_string(),
            "`/dev/zero` is neither a file nor a folder"
        );
    }
}
