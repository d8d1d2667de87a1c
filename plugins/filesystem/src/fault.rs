//! Why something could not be done, in words that help.
//!
//! Every message names the path, says what is in the way and, where there is
//! something to do about it, what. The reader is a language model that will try
//! again, or the person who started the host and can grant more.

use std::fmt;
use std::io;

/// Why something could not be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The host granted no folder at all.
    NothingGranted,
    /// The path lies in no granted folder.
    Outside {
        /// As it was asked for.
        path: String,
        /// The granted folders, for the message.
        allowed: String,
    },
    /// The path is relative and there are several folders it could be relative to.
    Relative {
        /// As it was asked for.
        path: String,
        /// The granted folders, for the message.
        allowed: String,
    },
    /// A symbolic link on the way leads out of its granted folder.
    LeadsOut {
        /// The path that was being followed.
        path: String,
    },
    /// The folder was granted for reading only.
    ReadOnly {
        /// What was to be changed.
        path: String,
        /// The granted folder it lies in.
        folder: String,
    },
    /// There is nothing of this name.
    Missing {
        /// Where nothing is.
        path: String,
    },
    /// Something else is wrong with this path. The text continues a sentence
    /// that starts with it.
    Wrong {
        /// Which path.
        path: String,
        /// What it is or does.
        what: String,
    },
    /// The arguments contradict each other or make no sense.
    Arguments(String),
}

impl Fault {
    /// A sentence about a path.
    pub(crate) fn wrong(path: &str, what: impl Into<String>) -> Self {
        Self::Wrong {
            path: path.to_owned(),
            what: what.into(),
        }
    }

    /// What the system said when it was asked to `verb` the file.
    pub(crate) fn io(verb: &str, path: &str, error: &io::Error) -> Self {
        let path = path.to_owned();
        if error.kind() == io::ErrorKind::NotFound {
            return Self::Missing { path };
        }
        let reason = reason(error.kind()).map_or_else(|| error.to_string(), str::to_owned);
        let what = format!("cannot be {verb}: {reason}");
        Self::Wrong { path, what }
    }
}

/// What to say for the kinds of error that need more than their name.
fn reason(kind: io::ErrorKind) -> Option<&'static str> {
    use io::ErrorKind as Kind;
    const REASONS: [(io::ErrorKind, &str); 9] = [
        (
            Kind::PermissionDenied,
            "the operating system does not permit it, or a symbolic link leads out of the granted folder",
        ),
        (
            Kind::NotADirectory,
            "it is not a folder, or a part of the path before it is a file",
        ),
        (Kind::IsADirectory, "it is a folder"),
        (Kind::AlreadyExists, "it exists already"),
        (Kind::DirectoryNotEmpty, "the folder is not empty"),
        (Kind::StorageFull, "the disk is full"),
        (Kind::QuotaExceeded, "the disk quota is used up"),
        (
            Kind::ReadOnlyFilesystem,
            "it is on a file system that is mounted read-only",
        ),
        (
            Kind::InvalidFilename,
            "the file system does not accept this name",
        ),
    ];
    REASONS
        .iter()
        .find(|(of, _)| *of == kind)
        .map(|(_, text)| *text)
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingGranted => {
                f.write_str("no folder is granted: start wharf with `--dir HOST::GUEST`, or `--dir HOST::GUEST:rw` to allow changes")
            }
            Self::Outside { path, allowed } => {
                write!(f, "`{path}` is outside the granted folders: {allowed}")
            }
            Self::Relative { path, allowed } => write!(
                f,
                "`{path}` is relative, and several folders are granted: start it with one of {allowed}"
            ),
            Self::LeadsOut { path } => write!(
                f,
                "`{path}` is, or lies behind, a symbolic link that leads out of its granted folder: links are followed inside it only"
            ),
            Self::ReadOnly { path, folder } => write!(
                f,
                "`{path}` cannot be changed: `{folder}` is granted read-only; start wharf with `--dir HOST::{folder}:rw` to allow changes"
            ),
            Self::Missing { path } => {
                write!(f, "`{path}` does not exist: `list_directory` or `search_files` show what does")
            }
            Self::Wrong { path, what } => write!(f, "`{path}` {what}"),
            Self::Arguments(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_errors_are_explained() {
        let check = |kind: io::ErrorKind, expect: &str| {
            let fault = Fault::io("read", "/data/x", &io::Error::from(kind));
            assert_eq!(fault.to_string(), expect);
        };
        check(
            io::ErrorKind::NotFound,
            "`/data/x` does not exist: `list_directory` or `search_files` show what does",
        );
        check(
            io::ErrorKind::IsADirectory,
            "`/data/x` cannot be read: it is a folder",
        );
        check(
            io::ErrorKind::StorageFull,
            "`/data/x` cannot be read: the disk is full",
        );
    }

    #[test]
    fn what_to_do_is_said() {
        let fault = Fault::ReadOnly {
            path: "/data/x".to_owned(),
            folder: "/data".to_owned(),
        };
        assert_eq!(
            fault.to_string(),
            "`/data/x` cannot be changed: `/data` is granted read-only; start wharf with `--dir HOST::/data:rw` to allow changes"
        );
        assert_eq!(
            Fault::NothingGranted.to_string(),
            "no folder is granted: start wharf with `--dir HOST::GUEST`, or `--dir HOST::GUEST:rw` to allow changes"
        );
    }
}
