//! A folder on the real disk that plays the granted one in unit tests.
//!
//! Each test runs in its own thread and has granted to it what it made last.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::folders::{Folders, Place, Writable};

thread_local! {
    static GRANTED: RefCell<Folders> = RefCell::new(Folders::new([]));
}

/// What is granted in this test.
pub(crate) fn granted() -> Folders {
    GRANTED.with_borrow(Clone::clone)
}

/// Grants these folders, by path and whether changes are allowed.
pub(crate) fn grant(folders: &[(&str, bool)]) {
    let owned = |(path, writable): &(&str, bool)| ((*path).to_owned(), *writable);
    GRANTED.set(Folders::new(folders.iter().map(owned)));
}

/// A folder that was granted for changes. It is gone when dropped.
#[derive(Debug)]
pub(crate) struct Sandbox {
    dir: TempDir,
    folders: Folders,
}

impl Sandbox {
    /// With these files in it, given as path and text. A path with a final `/` is
    /// a folder.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        grant(&[(dir.path().to_str().unwrap(), true)]);
        let folders = granted();
        let sandbox = Self { dir, folders };
        for (name, text) in files {
            sandbox.put(name, text);
        }
        sandbox
    }

    /// Writes a file, with the folders it needs.
    pub(crate) fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        if name.ends_with('/') {
            return fs::create_dir_all(path).unwrap();
        }
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// The text of a file.
    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The names in a folder, sorted.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).unwrap();
        let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
        let mut names: Vec<String> = entries.map(|entry| name(entry.unwrap())).collect();
        names.sort();
        names
    }

    /// A place in it.
    pub(crate) fn place(&self, asked: &str) -> Place {
        self.folders.place(asked).unwrap()
    }

    /// A place in it, to be changed.
    pub(crate) fn writable(&self, asked: &str) -> Writable {
        self.place(asked).writable().unwrap()
    }

    /// The path of a file in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The text with `ROOT` in place of its own path, which differs from run to run.
    pub(crate) fn rooted(&self, text: impl Into<String>) -> String {
        text.into().replace(self.root(), "ROOT")
    }

    /// Its own path.
    pub(crate) fn root(&self) -> &str {
        Path::to_str(self.dir.path()).unwrap()
    }
}
