//! What is granted, and what is known of a file.

use std::fs::{self, Metadata};
use std::io;
use std::time::SystemTime;

use wharf_sdk::prelude::*;

use crate::answer::Answer;
use crate::entries::Kind;
use crate::fault::Fault;
use crate::folders::{Folder, Folders, Place};
use crate::tools::OnePath;
use crate::{links, media, stamp};

/// What is known of a file or folder.
#[data]
#[serde(rename_all = "camelCase")]
#[derive(Debug)]
pub(crate) struct FileInfo {
    /// Where it is.
    pub(crate) path: String,
    /// What it is.
    #[serde(rename = "type")]
    pub(crate) kind: Kind,
    /// Its size in bytes, if it is a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) size: Option<u64>,
    /// Its media type, if its name tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mime_type: Option<String>,
    /// When it was last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) modified: Option<String>,
    /// When it was last read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) accessed: Option<String>,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) created: Option<String>,
    /// Where it points, if it is a symbolic link. What is outside is not told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) link_target: Option<String>,
    /// Whether it may be changed.
    pub(crate) access: Access,
}

/// What a folder was granted for.
#[data]
#[serde(rename_all = "kebab-case")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    ReadOnly,
    ReadWrite,
}

/// Tells what is known of a file or folder: its type, its size, when it was changed.
#[tool(
    title = "Look at a file or folder",
    read_only,
    idempotent,
    open_world = false
)]
pub(crate) fn get_file_info(args: OnePath) -> Result<Answer<FileInfo>> {
    let place = Folders::granted().place(&args.path)?;
    let about = fs::symlink_metadata(place.path())
        .map_err(|error| links::fault("looked at", &place, &error))?;
    let info = FileInfo::new(&place, &about);
    let text = info.in_words();
    Ok(Answer::new(info, text))
}

/// The granted folders.
#[data]
#[derive(Debug)]
pub(crate) struct Directories {
    /// The folders. All that is in them, at any depth, can be read.
    pub(crate) directories: Vec<Directory>,
}

/// A granted folder.
#[data]
#[derive(Debug)]
pub(crate) struct Directory {
    /// Its path.
    pub(crate) path: String,
    /// Whether what is in it may be changed.
    pub(crate) access: Access,
}

/// Lists the folders that can be read, and tells which of them can be changed. All paths
/// start with one of them.
#[tool(
    title = "List the granted folders",
    read_only,
    idempotent,
    open_world = false
)]
pub(crate) fn list_allowed_directories() -> Answer<Directories> {
    let directories: Vec<Directory> = Folders::granted().iter().map(Directory::from).collect();
    let lines: Vec<String> = directories.iter().map(Directory::in_words).collect();
    let text = if lines.is_empty() {
        Fault::NothingGranted.to_string()
    } else {
        lines.join("\n")
    };
    Answer::new(Directories { directories }, text)
}

impl FileInfo {
    fn new(place: &Place, about: &Metadata) -> Self {
        let kind = Kind::from(about.file_type());
        let is_file = kind == Kind::File;
        let time = |time: io::Result<SystemTime>| time.ok().and_then(stamp::iso);
        let media_type = is_file.then(|| media::of_name(place.name())).flatten();
        Self {
            path: place.text().to_owned(),
            kind,
            size: is_file.then_some(about.len()),
            mime_type: media_type.map(str::to_owned),
            modified: time(about.modified()),
            accessed: time(about.accessed()),
            created: time(about.created()),
            link_target: (kind == Kind::Symlink).then(|| {
                let target = links::written_target(place.text());
                target.unwrap_or_else(|| "outside of the granted folder".to_owned())
            }),
            access: Access::to(place.folder()),
        }
    }

    /// One fact to a line.
    fn in_words(&self) -> String {
        let kind = match self.kind {
            Kind::File => "file",
            Kind::Directory => "folder",
            Kind::Symlink => "symbolic link",
            Kind::Other => "neither file nor folder",
        };
        let size = self.size.map(stamp::exact_size);
        let facts = [
            ("path", Some(self.path.as_str())),
            ("type", Some(kind)),
            ("points to", self.link_target.as_deref()),
            ("size", size.as_deref()),
            ("media type", self.mime_type.as_deref()),
            ("modified", self.modified.as_deref()),
            ("accessed", self.accessed.as_deref()),
            ("created", self.created.as_deref()),
            ("access", Some(self.access.in_words())),
        ];
        let known = facts
            .iter()
            .filter_map(|(name, fact)| Some((name, (*fact)?)));
        let lines: Vec<String> = known
            .map(|(name, fact)| format!("{name}: {fact}"))
            .collect();
        lines.join("\n")
    }
}

impl From<&Folder> for Directory {
    fn from(folder: &Folder) -> Self {
        Self {
            path: folder.path().to_owned(),
            access: Access::to(folder),
        }
    }
}

impl Directory {
    fn in_words(&self) -> String {
        format!("{} ({})", self.path, self.access.in_words())
    }
}

impl Access {
    fn to(folder: &Folder) -> Self {
        if folder.writable() {
            Self::ReadWrite
        } else {
            Self::ReadOnly
        }
    }

    fn in_words(self) -> &'static str {
        match self {
            Self::ReadOnly => "read-only",
            Self::ReadWrite => "read and write",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Sandbox, grant};

    #[test]
    fn files_are_looked_at() {
        let sandbox = Sandbox::new(&[("a.md", "12345")]);
        let path = "a.md".to_owned();
        let answer = get_file_info(OnePath { path }).unwrap();
        let text = sandbox.rooted(answer.texts());
        let first =
            "path: ROOT/a.md\ntype: file\nsize: 5 bytes\nmedia type: text/markdown\nmodified: 20";
        assert!(text.starts_with(first), "{text}");
        assert!(text.ends_with("access: read and write"), "{text}");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_looked_at_themselves() {
        let sandbox = Sandbox::new(&[]);
        std::os::unix::fs::symlink("/etc/passwd", sandbox.path("a")).unwrap();
        let path = "a".to_owned();
        let answer = get_file_info(OnePath { path }).unwrap();
        assert_eq!(answer.data().kind, Kind::Symlink);
        assert_eq!(answer.data().size, None);
        assert_eq!(answer.data().link_target.as_deref(), Some("/etc/passwd"));
    }

    #[test]
    fn granted_folders_are_listed() {
        let said = || list_allowed_directories().texts();
        grant(&[("/docs", false), ("/data", true)]);
        assert_eq!(said(), "/data (read and write)\n/docs (read-only)");
        grant(&[]);
        assert!(said().starts_with("no folder is granted: start wharf with"));
    }
}
