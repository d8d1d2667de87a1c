//! Going through a folder and all below it.
//!
//! Nearest first: all of a folder, then what is in its subfolders. So whatever
//! bound ends the walk, what was seen is the part that people look at first, and
//! not one deep corner. Symbolic links are seen but not followed, so there are no
//! circles and nothing is seen twice.

use std::collections::VecDeque;

use crate::entries::{self, Entry, Kind};
use crate::fault::Fault;
use crate::folders::Place;
use crate::globs::Excluded;
use crate::limits::DEPTH;
use crate::paths;

/// A walk under way. Each step gives a folder with what is in it.
#[derive(Debug)]
pub(crate) struct Walk {
    start: Place,
    excluded: Excluded,
    max_depth: usize,
    ahead: VecDeque<Folder>,
    /// Folders and names that could not be read.
    pub(crate) unreadable: usize,
}

/// Why a walk ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// There is no more, except deeper than was asked for.
    All,
    /// Enough was found.
    Enough,
    /// Enough was looked at.
    Seen,
    /// Time ran out.
    Time,
}

/// A folder to go through.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Folder {
    path: String,
    depth: usize,
}

/// A folder that was gone through.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Visit {
    /// Its path, seen from where the walk started.
    pub(crate) path: String,
    /// What is in it, without what is excluded.
    pub(crate) entries: Vec<Entry>,
}

impl Visit {
    /// The path of an entry, seen from where the walk started.
    pub(crate) fn path_of(&self, entry: &Entry) -> String {
        below(&self.path, &entry.name)
    }
}

impl Walk {
    /// From this folder down, at most `max_depth` folders deep.
    pub(crate) fn new(start: Place, excluded: Excluded, max_depth: usize) -> Self {
        let first = Folder {
            path: String::new(),
            depth: 1,
        };
        Self {
            start,
            excluded,
            max_depth: max_depth.min(DEPTH),
            ahead: VecDeque::from([first]),
            unreadable: 0,
        }
    }

    /// The next folder. Fails only if the first one cannot be read; of others that
    /// is counted.
    pub(crate) fn step(&mut self) -> Result<Option<Visit>, Fault> {
        while let Some(folder) = self.ahead.pop_front() {
            match entries::of(&self.place(&folder.path)) {
                Ok(entries) => {
                    self.unreadable += usize::from(entries.incomplete);
                    return Ok(Some(self.visit(folder, entries.list)));
                }
                Err(fault) if folder.depth == 1 => return Err(fault),
                Err(_) => self.unreadable += 1,
            }
        }
        Ok(None)
    }

    /// The place at a path seen from where the walk started.
    pub(crate) fn place(&self, path: &str) -> Place {
        let absolute = paths::joined(self.start.text(), path);
        self.start.at(paths::normalised(&absolute))
    }

    fn visit(&mut self, folder: Folder, entries: Vec<Entry>) -> Visit {
        let Folder { path, depth } = folder;
        let mut entries = entries;
        entries.retain(|entry| !self.excluded.matches(&below(&path, &entry.name)));
        if depth < self.max_depth {
            let folders = entries.iter().filter(|entry| entry.kind == Kind::Directory);
            self.ahead.extend(folders.map(|entry| Folder {
                path: below(&path, &entry.name),
                depth: depth + 1,
            }));
        }
        Visit { path, entries }
    }
}

/// `name` in a folder that is seen from where the walk started.
pub(crate) fn below(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Sandbox;

    fn walked(sandbox: &Sandbox, excluded: &[&str], max_depth: usize) -> Vec<String> {
        let excluded: Vec<String> = excluded.iter().map(|e| (*e).to_owned()).collect();
        let excluded = Excluded::new(&excluded).unwrap();
        let mut walk = Walk::new(sandbox.place("."), excluded, max_depth);
        let mut seen = Vec::new();
        while let Some(visit) = walk.step().unwrap() {
            seen.extend(visit.entries.iter().map(|entry| visit.path_of(entry)));
        }
        seen
    }

    #[test]
    fn the_nearest_come_first() {
        let sandbox = Sandbox::new(&[("a/b/c", ""), ("a/z", ""), ("d/e", ""), ("f", "")]);
        assert_eq!(
            walked(&sandbox, &[], 9),
            ["a", "d", "f", "a/b", "a/z", "d/e", "a/b/c"]
        );
        assert_eq!(walked(&sandbox, &[], 1), ["a", "d", "f"]);
        assert_eq!(walked(&sandbox, &["b", "d/*"], 9), ["a", "d", "f", "a/z"]);
        assert_eq!(walked(&sandbox, &["a"], 9), ["d", "f", "d/e"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let sandbox = Sandbox::new(&[("a/x", "")]);
        std::os::unix::fs::symlink("..", sandbox.path("a/up")).unwrap();
        assert_eq!(walked(&sandbox, &[], 9), ["a", "a/up", "a/x"]);
    }

    #[test]
    fn a_file_cannot_be_walked() {
        let sandbox = Sandbox::new(&[("x", "")]);
        let mut walk = Walk::new(sandbox.place("x"), Excluded::default(), 9);
        assert!(walk.step().is_err());
    }
}
