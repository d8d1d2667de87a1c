//! The granted folders, and places in them.
//!
//! The host grants folders of its machine under names of the operator's choosing,
//! such as `/data`, each for reading only or for changes too. This file finds out
//! which (WASI calls them *preopens*) and turns what a client sends into a
//! [`Place`]: a path that lies, by its words, in one of them. Nothing else in the
//! plugin takes a path from a client.
//!
//! A place is not a promise that the file is there, or that no symbolic link on
//! the way leads out: the sandbox refuses those when the file is opened.

use std::path::Path;

use crate::fault::Fault;
use crate::{paths, uri};

/// A granted folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Folder {
    path: String,
    writable: bool,
}

/// All granted folders, by path.
#[derive(Debug, Clone)]
pub(crate) struct Folders(Vec<Folder>);

/// A path in a granted folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    path: String,
    folder: Folder,
}

/// A place in a folder that was granted for changes.
#[derive(Debug, Clone)]
pub(crate) struct Writable(Place);

impl Folder {
    /// Its path, as clients name it.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Whether it was granted for changes.
    pub(crate) fn writable(&self) -> bool {
        self.writable
    }

    /// What the host granted it with. It is gone only if the host takes it back.
    #[cfg(target_os = "wasi")]
    pub(crate) fn descriptor(&self) -> Option<wasip2::filesystem::types::Descriptor> {
        let preopens = wasip2::filesystem::preopens::get_directories();
        let mut same = preopens.into_iter();
        let same = same.find(|(_, path)| paths::normalised(path) == self.path);
        same.map(|(descriptor, _)| descriptor)
    }

    /// The folder itself as a place.
    pub(crate) fn place(&self) -> Place {
        Place {
            path: self.path.clone(),
            folder: self.clone(),
        }
    }
}

impl Folders {
    /// What the host granted to this call.
    #[cfg(target_os = "wasi")]
    pub(crate) fn granted() -> Self {
        use wasip2::filesystem::types::DescriptorFlags;
        let preopens = wasip2::filesystem::preopens::get_directories();
        Self::new(preopens.into_iter().map(|(folder, path)| {
            let flags = folder.get_flags();
            let changes = DescriptorFlags::MUTATE_DIRECTORY;
            (path, flags.is_ok_and(|flags| flags.contains(changes)))
        }))
    }

    /// Outside of the sandbox nothing is granted, except what a unit test says.
    #[cfg(not(target_os = "wasi"))]
    pub(crate) fn granted() -> Self {
        #[cfg(test)]
        return crate::testing::granted();
        #[cfg(not(test))]
        Self::new([])
    }

    /// These folders, given as path and whether changes are allowed.
    pub(crate) fn new(granted: impl IntoIterator<Item = (String, bool)>) -> Self {
        let mut folders: Vec<Folder> = Vec::new();
        for (path, writable) in granted {
            let path = paths::normalised(&path);
            if let Err(at) = folders.binary_search_by(|folder| folder.path.cmp(&path)) {
                folders.insert(at, Folder { path, writable });
            }
        }
        Self(folders)
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Folder> {
        self.0.iter()
    }

    /// Their paths, for a message.
    pub(crate) fn names(&self) -> String {
        let names: Vec<String> = self.iter().map(|f| format!("`{}`", f.path)).collect();
        names.join(", ")
    }

    /// The place a client means: an absolute path, one relative to the only
    /// granted folder, or a `file:` URI.
    pub(crate) fn place(&self, asked: &str) -> Result<Place, Fault> {
        if self.0.is_empty() {
            return Err(Fault::NothingGranted);
        }
        if uri::is_file(asked) {
            return self.absolute(asked, &uri::path(asked)?);
        }
        paths::check(asked)?;
        if asked.starts_with('/') || paths::has_drive(asked) {
            return self.absolute(asked, asked);
        }
        match self.0.as_slice() {
            [only] => self.absolute(asked, &paths::joined(&only.path, asked)),
            _ => Err(Fault::Relative {
                path: paths::shortened(asked),
                allowed: self.names(),
            }),
        }
    }

    /// The place at an absolute path, which a client wrote as `asked`.
    fn absolute(&self, asked: &str, path: &str) -> Result<Place, Fault> {
        let outside = || Fault::Outside {
            path: paths::shortened(asked),
            allowed: self.names(),
        };
        if paths::has_drive(path) {
            return Err(outside());
        }
        let path = paths::normalised(path);
        let folder = self.containing(&path).ok_or_else(outside)?.clone();
        Ok(Place { path, folder })
    }

    /// The innermost granted folder that holds a normalised path.
    fn containing(&self, path: &str) -> Option<&Folder> {
        self.iter()
            .filter(|folder| paths::within(path, &folder.path))
            .max_by_key(|folder| folder.path.len())
    }
}

impl Place {
    /// The path, as clients name it.
    pub(crate) fn text(&self) -> &str {
        &self.path
    }

    /// The path, for the system.
    pub(crate) fn path(&self) -> &Path {
        Path::new(&self.path)
    }

    /// The granted folder it lies in.
    pub(crate) fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Whether it is a granted folder itself.
    pub(crate) fn is_granted_folder(&self) -> bool {
        self.path == self.folder.path
    }

    /// Its name in its folder.
    pub(crate) fn name(&self) -> &str {
        paths::split(&self.path).map_or("/", |(_, name)| name)
    }

    /// What is called `name` in this folder. The name has no `/` in it.
    pub(crate) fn child(&self, name: &str) -> Self {
        self.at(paths::joined(&self.path, name))
    }

    /// The same granted folder, another path in it.
    pub(crate) fn at(&self, path: String) -> Self {
        Self {
            path,
            folder: self.folder.clone(),
        }
    }

    /// The same place, if it may be changed.
    pub(crate) fn writable(self) -> Result<Writable, Fault> {
        if self.folder.writable {
            return Ok(Writable(self));
        }
        Err(Fault::ReadOnly {
            path: self.path,
            folder: self.folder.path,
        })
    }
}

impl Writable {
    /// The place.
    pub(crate) fn place(&self) -> &Place {
        &self.0
    }
}

#[cfg(test)]
mod tests;
