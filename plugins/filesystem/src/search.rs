//! Finding files by name and by what is in them.
//!
//! The text to look for is taken literally: a model that wants a pattern can narrow
//! the files by theirs. Files that are large or not text are passed over and counted.

use std::fs::File;
use std::io::Read;

use wharf_sdk::data;

use crate::entries::{Entry, Kind};
use crate::fault::Fault;
use crate::folders::Place;
use crate::globs::Glob;
use crate::limits::{
    FILE_LINES, LINE_CHARS, SEARCH_ENTRIES, SEARCH_FILE_BYTES, SEARCH_LINES, SEARCH_PATHS,
    SNIFF_BYTES,
};
use crate::text;
use crate::walk::{End, Walk};

/// What to look for.
#[derive(Debug)]
pub(crate) struct Query {
    /// The names or paths.
    pub(crate) glob: Glob,
    /// A text in the files, if they are to be looked into.
    pub(crate) content: Option<Needle>,
}

/// A text to look for in files.
#[derive(Debug)]
pub(crate) struct Needle {
    text: String,
    ignore_case: bool,
}

/// A line with the text in it.
#[data]
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Its number in the file, from 1.
    pub(crate) line: u64,
    /// The line, or the part of it around the text.
    pub(crate) text: String,
}

/// A file or folder that was found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Where it is.
    pub(crate) place: Place,
    /// What it is.
    pub(crate) kind: Kind,
    /// The lines with the text, if one was looked for.
    pub(crate) lines: Vec<Line>,
    /// There are more such lines in this file.
    pub(crate) more: bool,
}

/// What a search found.
#[derive(Debug)]
pub(crate) struct Results {
    /// The files and folders, nearest first.
    pub(crate) found: Vec<Found>,
    /// How many files and folders were looked at.
    pub(crate) seen: usize,
    /// Files that matched by name but were not looked into.
    pub(crate) passed_over: usize,
    /// Why the search ended.
    pub(crate) end: End,
    /// Folders and names that could not be read.
    pub(crate) unreadable: usize,
    lines: usize,
}

impl Needle {
    /// Checks the text: it must be on one line.
    pub(crate) fn new(text: &str, ignore_case: bool) -> Result<Self, Fault> {
        let refuse = |why: &str| Err(Fault::Arguments(format!("`content` {why}")));
        if text.is_empty() {
            return refuse("is empty: leave it out to search by name only");
        }
        if text.contains('\n') {
            return refuse("has several lines: search for one of them");
        }
        let text = if ignore_case {
            text.to_lowercase()
        } else {
            text.to_owned()
        };
        Ok(Self { text, ignore_case })
    }

    /// The lines with the text in them: at most `max`, and whether there are more.
    fn lines_in(&self, text: &str, max: usize) -> (Vec<Line>, bool) {
        let lowered = self.ignore_case.then(|| text.to_lowercase());
        let searched = lowered.as_deref().unwrap_or(text);
        if !searched.contains(&self.text) {
            return (Vec::new(), false);
        }
        let mut hits =
            (1..)
                .zip(text.lines().zip(searched.lines()))
                .filter_map(|(line, (text, searched))| {
                    let at = searched.find(&self.text)?;
                    let text = excerpt(text, at);
                    Some(Line { line, text })
                });
        let lines = hits.by_ref().take(max).collect();
        (lines, hits.next().is_some())
    }
}

/// The part of a line around the byte `at`, without blanks around it.
fn excerpt(line: &str, at: usize) -> String {
    if line.chars().nth(LINE_CHARS).is_none() {
        return line.trim().to_owned();
    }
    let before = line.get(..at).unwrap_or_default().chars().count();
    let start = before.saturating_sub(LINE_CHARS / 4);
    let part: String = line.chars().skip(start).take(LINE_CHARS).collect();
    let head = if start > 0 { "…" } else { "" };
    let tail = if line.chars().nth(start + LINE_CHARS).is_some() {
        "…"
    } else {
        ""
    };
    format!("{head}{}{tail}", part.trim())
}

/// Searches along a walk. `go_on` is asked before each folder and each file that is
/// looked into, with the number of things seen so far.
pub(crate) fn search(
    walk: &mut Walk,
    query: &Query,
    mut go_on: impl FnMut(usize) -> bool,
) -> Result<Results, Fault> {
    let mut results = Results {
        found: Vec::new(),
        seen: 0,
        passed_over: 0,
        end: End::All,
        unreadable: 0,
        lines: 0,
    };
    while go_on(results.seen) {
        let Some(visit) = walk.step()? else {
            results.unreadable = walk.unreadable;
            return Ok(results);
        };
        for entry in &visit.entries {
            let path = visit.path_of(entry);
            if let Some(end) = results.end_before_next() {
                return Ok(results.ended(end, walk));
            }
            results.seen += 1;
            if !query.glob.matches(&path) {
                continue;
            }
            if query.content.is_some() && !go_on(results.seen) {
                return Ok(results.ended(End::Time, walk));
            }
            results.look_at(entry, walk.place(&path), query.content.as_ref());
        }
    }
    Ok(results.ended(End::Time, walk))
}

impl Results {
    fn ended(mut self, end: End, walk: &Walk) -> Self {
        self.end = end;
        self.unreadable = walk.unreadable;
        self
    }

    /// Whether a bound has been reached.
    fn end_before_next(&self) -> Option<End> {
        if self.found.len() >= SEARCH_PATHS || self.lines >= SEARCH_LINES {
            Some(End::Enough)
        } else if self.seen >= SEARCH_ENTRIES {
            Some(End::Seen)
        } else {
            None
        }
    }

    /// Adds what matches by name, if it has the text in it.
    fn look_at(&mut self, entry: &Entry, place: Place, needle: Option<&Needle>) {
        let kind = entry.kind;
        let (lines, more) = match needle {
            None => (Vec::new(), false),
            Some(_) if kind != Kind::File => return,
            Some(needle) => {
                let Some(text) = searchable(&place) else {
                    self.passed_over += 1;
                    return;
                };
                let room = SEARCH_LINES - self.lines;
                let (lines, more) = needle.lines_in(&text, room.min(FILE_LINES));
                if lines.is_empty() {
                    return;
                }
                (lines, more)
            }
        };
        self.lines += lines.len();
        self.found.push(Found {
            place,
            kind,
            lines,
            more,
        });
    }
}

/// The text of a file, unless it is too large, is not text or cannot be read.
///
/// Every call out of the sandbox takes longer than looking at a page of text, so the
/// file is opened without a look at it first (its folder said that it is a file), and
/// what is not text is given up after the first part.
fn searchable(place: &Place) -> Option<String> {
    let mut file = File::open(place.path()).ok()?;
    let mut bytes = Vec::with_capacity(2 * SNIFF_BYTES);
    let mut start = file.by_ref().take(SNIFF_BYTES as u64);
    let start = start.read_to_end(&mut bytes).ok()?;
    if text::looks_binary(&bytes) {
        return None;
    }
    if start == SNIFF_BYTES {
        file.take(SEARCH_FILE_BYTES).read_to_end(&mut bytes).ok()?;
    }
    if bytes.len() as u64 > SEARCH_FILE_BYTES {
        return None;
    }
    let replace =
        |error: std::string::FromUtf8Error| String::from_utf8_lossy(error.as_bytes()).into_owned();
    Some(String::from_utf8(bytes).unwrap_or_else(replace))
}

#[cfg(test)]
mod tests;
