//! Newline-delimited frames out of a stream of bytes, with a bound.

use bytes::{Bytes, BytesMut};

use crate::session::Inbound;

/// Cuts bytes into lines (STD-1, STD-5).
///
/// Lines end with `\n`; a `\r` before it is dropped, empty lines are skipped. A
/// line that grows beyond the limit is thrown away as it arrives, reported once
/// at its end, and the next line is read as usual.
#[derive(Debug)]
pub(crate) struct Lines {
    limit: usize,
    pending: BytesMut,
    /// How much of `pending` is known to hold no line break.
    searched: usize,
    /// The line being read is too long already.
    overflowing: bool,
}

impl Lines {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            pending: BytesMut::new(),
            searched: 0,
            overflowing: false,
        }
    }

    /// Where to read the next bytes to: append to it, then take lines out with
    /// [`Lines::next`] until there are none.
    pub(crate) fn buffer(&mut self) -> &mut BytesMut {
        &mut self.pending
    }

    /// The next complete line.
    pub(crate) fn next(&mut self) -> Option<Inbound> {
        loop {
            let Some(found) = memchr::memchr(b'\n', &self.pending[self.searched..]) else {
                self.keep_within_limit();
                return None;
            };
            let line = self.pending.split_to(self.searched + found + 1).freeze();
            self.searched = 0;
            if let Some(received) = self.judge(line.slice(..line.len() - 1)) {
                return Some(received);
            }
        }
    }

    /// What is left when the stream has ended: a last line without a line break.
    pub(crate) fn rest(&mut self) -> Option<Inbound> {
        self.searched = 0;
        let line = self.pending.split().freeze();
        self.judge(line)
    }

    fn judge(&mut self, line: Bytes) -> Option<Inbound> {
        if std::mem::take(&mut self.overflowing) || line.len() > self.limit {
            return Some(Inbound::Oversized(self.limit));
        }
        let line = match line.strip_suffix(b"\r") {
            Some(text) => line.slice_ref(text),
            None => line,
        };
        (!line.trim_ascii().is_empty()).then_some(Inbound::Frame(line))
    }

    fn keep_within_limit(&mut self) {
        if self.overflowing || self.pending.len() > self.limit {
            self.overflowing = true;
            self.pending.clear();
        }
        self.searched = self.pending.len();
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;
    use crate::session::Inbound;

    /// All lines of the chunks, as text; too long ones as `!`.
    fn read(limit: usize, chunks: &[&str]) -> Vec<String> {
        let mut lines = Lines::new(limit);
        let mut found = Vec::new();
        for chunk in chunks {
            lines.buffer().extend_from_slice(chunk.as_bytes());
            while let Some(line) = lines.next() {
                found.push(line);
            }
        }
        found.extend(lines.rest());
        found
            .into_iter()
            .map(|line| match line {
                Inbound::Frame(frame) => String::from_utf8(frame.to_vec()).unwrap(),
                Inbound::Oversized(_) => "!".to_owned(),
            })
            .collect()
    }

    #[test]
    fn chunks_do_not_matter() {
        let text = "one\r\ntwo\n\n  \n{\"a\":1}\nlast";
        let expected = ["one", "two", "{\"a\":1}", "last"];
        assert_eq!(read(100, &[text]), expected);
        for cut in 0..text.len() {
            assert_eq!(
                read(100, &[&text[..cut], &text[cut..]]),
                expected,
                "cut at {cut}"
            );
        }
    }

    #[test]
    fn long_lines_are_reported_once_and_the_next_is_read() {
        let text = "0123456789\nok\n";
        for cut in 0..text.len() {
            let chunks = [&text[..cut], &text[cut..]];
            assert_eq!(read(5, &chunks), ["!", "ok"], "cut at {cut}");
        }
        assert_eq!(read(5, &["0123", "4567", "89"]), ["!"]);
        assert_eq!(read(5, &["01234\n56789\n"]), ["01234", "56789"]);
    }
}
