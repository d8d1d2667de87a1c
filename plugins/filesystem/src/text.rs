//! Reading text, a bounded piece at a time.
//!
//! A file is text if there is no NUL near its start; bytes that are not UTF-8 are
//! shown as `\u{fffd}` rather than refused, since one odd byte should not hide a
//! log. Pieces end at line ends, so that they can be put together again, unless a
//! single line is longer than a piece may be.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use crate::entries;
use crate::fault::Fault;
use crate::folders::Place;
use crate::limits::{SCAN_BYTES, SNIFF_BYTES};
use crate::links;

/// Which piece of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece {
    /// From a line on (the first is 1), at most so many lines.
    From {
        /// The first line.
        line: u64,
        /// How many, if not all.
        count: Option<u64>,
    },
    /// The last lines.
    Last(u64),
}

impl Piece {
    /// All of it.
    pub(crate) const ALL: Self = Self::From {
        line: 1,
        count: None,
    };
}

/// A piece of a text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Text {
    /// The lines, with their ends.
    pub(crate) content: String,
    /// How many lines these are.
    pub(crate) lines: u64,
    /// The line that the next piece starts with, if there is a next one.
    pub(crate) next_line: Option<u64>,
    /// What else there is to know: that something was left out, or replaced.
    pub(crate) remarks: Vec<String>,
}

/// Reads a piece, as far as it fits into `max` bytes.
pub(crate) fn read(place: &Place, piece: Piece, max: usize) -> Result<Text, Fault> {
    let (mut file, size) = entries::open(place)?;
    let failed = |error: io::Error| links::fault("read", place, &error);
    if is_binary(&mut file).map_err(failed)? {
        let what = "is not text (there are NUL bytes in it): `read_media_file` returns it as it is";
        return Err(Fault::wrong(place.text(), what));
    }
    match piece {
        Piece::From { line, count } => {
            let reader = BufReader::new(file.take(SCAN_BYTES));
            let text = read_from(reader, line, count.unwrap_or(u64::MAX), max);
            let mut text = text.map_err(failed)?;
            if size > SCAN_BYTES && text.next_line.is_none() {
                text.remarks.push(format!(
                    "only the first {SCAN_BYTES} bytes are looked at: `tail` reads the end"
                ));
            }
            Ok(text)
        }
        Piece::Last(count) => read_last(file, size, count, max).map_err(failed),
    }
}

/// Whether the bytes at the start of something are not text.
pub(crate) fn looks_binary(start: &[u8]) -> bool {
    start.iter().take(SNIFF_BYTES).any(|byte| *byte == 0)
}

/// Looks at the start of a file and goes back there.
fn is_binary(file: &mut File) -> io::Result<bool> {
    let mut start = Vec::with_capacity(SNIFF_BYTES);
    file.by_ref()
        .take(SNIFF_BYTES as u64)
        .read_to_end(&mut start)?;
    file.rewind()?;
    Ok(looks_binary(&start))
}

/// Reads `count` lines from the line `first` on, as far as they fit into `max`
/// bytes.
fn read_from(mut reader: impl BufRead, first: u64, count: u64, max: usize) -> io::Result<Text> {
    let mut taken = Taken::default();
    let end = first.saturating_add(count);
    let mut line = 1;
    let mut unfinished = false;
    while line < end {
        let part = reader.fill_buf()?;
        if part.is_empty() {
            break;
        }
        let newline = part.iter().position(|byte| *byte == b'\n');
        let length = newline.map_or(part.len(), |at| at + 1);
        if line >= first {
            taken.bytes.extend_from_slice(&part[..length]);
            if taken.bytes.len() > max {
                return Ok(taken.cut(line, max));
            }
        }
        reader.consume(length);
        unfinished = newline.is_none();
        if !unfinished {
            taken.whole = taken.bytes.len();
            line += 1;
        }
    }
    let more = !reader.fill_buf()?.is_empty();
    let lines = line - 1 + u64::from(unfinished);
    let mut text = taken.text();
    text.next_line = more.then_some(line);
    if first > lines && first > 1 {
        text.remarks
            .push(format!("there is no line {first}: there are {lines}"));
    }
    Ok(text)
}

/// The bytes of a piece so far.
#[derive(Debug, Default)]
struct Taken {
    bytes: Vec<u8>,
    /// How many of them are whole lines.
    whole: usize,
}

impl Taken {
    /// What fits, when the line being read no longer does.
    fn cut(mut self, line: u64, max: usize) -> Text {
        if self.whole > 0 {
            self.bytes.truncate(self.whole);
            let mut text = self.text();
            text.next_line = Some(line);
            return text;
        }
        self.bytes.truncate(max);
        let mut text = self.text();
        text.next_line = Some(line + 1);
        text.remarks.push(format!(
            "line {line} is too long and is cut after {max} bytes"
        ));
        text
    }

    fn text(self) -> Text {
        let (content, replaced) = decoded(self.bytes);
        let remark = "bytes that are not UTF-8 are shown as \u{fffd}".to_owned();
        Text {
            lines: content.lines().count() as u64,
            content,
            next_line: None,
            remarks: Vec::from_iter(replaced.then_some(remark)),
        }
    }
}

/// The bytes as text, and whether some had to be replaced. A character that is cut
/// off at the end is left out.
fn decoded(mut bytes: Vec<u8>) -> (String, bool) {
    if let Err(error) = str::from_utf8(&bytes)
        && error.error_len().is_none()
    {
        bytes.truncate(error.valid_up_to());
    }
    match String::from_utf8(bytes) {
        Ok(text) => (text, false),
        Err(error) => (String::from_utf8_lossy(error.as_bytes()).into_owned(), true),
    }
}

/// Reads the last `count` lines, as far as they fit into `max` bytes.
fn read_last(mut file: impl Read + Seek, size: u64, count: u64, max: usize) -> io::Result<Text> {
    let start = size.saturating_sub(max as u64);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(max as u64).read_to_end(&mut bytes)?;
    let (from, found) = start_of_last(&bytes, count);
    let partial = start > 0 && found < count;
    let from = if partial {
        after_first_newline(&bytes)
    } else {
        from
    };
    let taken = Taken {
        bytes: bytes.split_off(from),
        whole: 0,
    };
    let mut text = taken.text();
    if partial {
        let lines = text.lines;
        text.remarks
            .push(format!("only the last {lines} lines fit into {max} bytes"));
    }
    Ok(text)
}

/// Where the last `count` lines start, and how many of them there are.
fn start_of_last(bytes: &[u8], count: u64) -> (usize, u64) {
    let mut found = 0;
    let mut start = bytes.len();
    while found < count && start > 0 {
        let before = &bytes[..start - 1];
        start = before
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |newline| newline + 1);
        found += 1;
    }
    // A line that starts where the bytes start may have started before them.
    let whole = if start == 0 {
        found.saturating_sub(1)
    } else {
        found
    };
    (start, whole)
}

/// Where the second line starts. If there is only one, all of it is kept.
fn after_first_newline(bytes: &[u8]) -> usize {
    let newline = bytes.iter().position(|byte| *byte == b'\n');
    newline
        .map(|at| at + 1)
        .filter(|start| *start < bytes.len())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests;
