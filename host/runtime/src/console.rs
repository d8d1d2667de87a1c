//! A guest's standard output and standard error.
//!
//! Both go to the log, line by line, under the target `plugin`; neither ever
//! reaches the host's own standard output, which is the protocol where the host
//! is run over it. The end of standard error is kept as well, because that is
//! where a language runtime says why it is about to trap. Everything is bounded,
//! secrets are hidden, and control characters are replaced: a guest must not be able
//! to paint on the operator's terminal.

use std::borrow::Cow;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use crate::masks::Masks;

/// Longer lines are logged in pieces of this many bytes.
const MAX_LINE: usize = 4 << 10;

/// Bytes of standard error kept for the panic message.
const TAIL: usize = 4 << 10;

/// Bytes a guest may write at once; the rest it writes next.
const CHUNK: usize = 64 << 10;

/// Longest message that [`Console::panic_message`] gives, in characters.
const MAX_MESSAGE: usize = 500;

/// Where one call's output goes. Made when the guest asks for a stream.
#[derive(Debug)]
pub(crate) struct Console {
    plugin: Arc<str>,
    masks: Arc<Masks>,
    written: Mutex<Written>,
}

/// One of the two streams, as WASI sees it.
pub(crate) struct Stream {
    console: Arc<Console>,
    kind: Kind,
}

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Out,
    Err,
}

#[derive(Debug)]
struct Written {
    out: Vec<u8>,
    err: Vec<u8>,
    tail: Vec<u8>,
    /// Bytes that may still be logged.
    left: usize,
}

impl Console {
    /// `limit`: bytes that are logged.
    pub(crate) fn new(plugin: &Arc<str>, masks: &Arc<Masks>, limit: usize) -> Arc<Self> {
        Arc::new(Self {
            plugin: Arc::clone(plugin),
            masks: Arc::clone(masks),
            written: Mutex::new(Written {
                out: Vec::new(),
                err: Vec::new(),
                tail: Vec::new(),
                left: limit,
            }),
        })
    }

    /// One of the streams.
    pub(crate) fn stream(self: &Arc<Self>, kind: Kind) -> Stream {
        Stream {
            console: Arc::clone(self),
            kind,
        }
    }

    /// Logs what did not end with a line break and forgets what was written, for the
    /// next call of the instance: its streams stay the same.
    pub(crate) fn renew(&self, limit: usize) {
        self.flush();
        let mut written = self.lock();
        written.tail.clear();
        written.left = limit;
    }

    fn flush(&self) {
        let (mut out, mut err) = {
            let mut written = self.lock();
            (mem::take(&mut written.out), mem::take(&mut written.err))
        };
        self.emit(Kind::Out, &mut out);
        self.emit(Kind::Err, &mut err);
    }

    /// What a language runtime wrote before it gave up, in one line.
    pub(crate) fn panic_message(&self) -> Option<String> {
        let tail = mem::take(&mut self.lock().tail);
        panic_message(&self.masks.hide(&String::from_utf8_lossy(&tail)))
    }

    fn write(&self, kind: Kind, bytes: &[u8]) {
        let mut written = self.lock();
        if kind == Kind::Err {
            written.keep_tail(bytes);
        }
        let allowed = bytes.len().min(written.left);
        if allowed == 0 {
            return;
        }
        written.left -= allowed;
        let cut = written.left == 0;
        let line = written.line(kind);
        for &byte in bytes.iter().take(allowed) {
            if byte == b'\n' {
                self.emit(kind, line);
                continue;
            }
            line.push(byte);
            if line.len().is_multiple_of(MAX_LINE) {
                self.emit_piece(kind, line);
            }
        }
        if cut {
            // The beginning of a secret would be one that nothing follows.
            self.emit_piece(kind, line);
            line.clear();
            tracing::warn!(target: "plugin", plugin = %self.plugin, "further output is not logged");
        }
    }

    /// Logs what there is of a line that goes on, except for the beginning of a secret.
    /// With secrets longer than a piece, lines can become as long as those.
    fn emit_piece(&self, kind: Kind, line: &mut Vec<u8>) {
        // So does a character of which a part is missing.
        let last = line.utf8_chunks().last();
        let partial = last.map_or(0, |chunk| chunk.invalid().len());
        let rest = line.split_off(line.len() - partial);
        let text = String::from_utf8_lossy(line);
        let mut text = self.masks.hide(&text).into_owned();
        let kept = text.split_off(text.len() - self.masks.unfinished(&text));
        self.log(kind, &text);
        *line = kept.into_bytes();
        line.extend(rest);
    }

    fn emit(&self, kind: Kind, line: &mut Vec<u8>) {
        let text = String::from_utf8_lossy(line);
        self.log(kind, &self.masks.hide(&text));
        line.clear();
    }

    fn log(&self, kind: Kind, text: &str) {
        if text.is_empty() {
            return;
        }
        let (text, plugin) = (harmless(text), &self.plugin);
        match kind {
            Kind::Out => tracing::info!(target: "plugin", %plugin, stream = "stdout", "{text}"),
            Kind::Err => tracing::info!(target: "plugin", %plugin, stream = "stderr", "{text}"),
        }
    }

    /// A panic in here leaves bytes behind, never a broken invariant.
    fn lock(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Console {
    /// Logs what did not end with a line break.
    fn drop(&mut self) {
        self.flush();
    }
}

impl Written {
    fn line(&mut self, kind: Kind) -> &mut Vec<u8> {
        match kind {
            Kind::Out => &mut self.out,
            Kind::Err => &mut self.err,
        }
    }

    fn keep_tail(&mut self, bytes: &[u8]) {
        let bytes = bytes
            .get(bytes.len().saturating_sub(TAIL)..)
            .unwrap_or(bytes);
        let excess = (self.tail.len() + bytes.len()).saturating_sub(TAIL);
        self.tail.drain(..excess);
        self.tail.extend_from_slice(bytes);
    }
}

impl OutputStream for Stream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.console.write(self.kind, &bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(CHUNK)
    }
}

#[async_trait]
impl Pollable for Stream {
    async fn ready(&mut self) {}
}

/// Replaces control characters, so that text can neither move a cursor nor forge
/// a line.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    let harmful = |c: char| c.is_control() && c != '\t';
    if text.contains(harmful) {
        Cow::Owned(text.replace(harmful, "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The start of `text` as one line of harmless characters.
pub(crate) fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    let line = harmless(&line);
    match line.char_indices().nth(MAX_MESSAGE) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line.into_owned(),
    }
}

/// Finds the message of a panic at the end of a standard error stream.
///
/// Rust writes `thread 'x' panicked at src/lib.rs:3:5:`, the message on the next
/// lines, and a note on backtraces; Go writes `panic: message` and a trace after
/// an empty line. Other text is not given to clients: it may be anything.
fn panic_message(tail: &str) -> Option<String> {
    let (start, end) = if let Some(at) = tail.rfind("panicked at ") {
        (at, "\nnote: ")
    } else {
        (tail.rfind("panic: ")?, "\n\n")
    };
    let rest = tail.get(start..)?;
    let message = rest.split(end).next()?;
    Some(one_line(message))
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use super::{Console, Kind, MAX_LINE, Masks, harmless, one_line};
    use crate::grants::Value;

    fn message_of(stderr: &str) -> Option<String> {
        let console = Console::new(&"p".into(), &Masks::new(&[]).into(), 1 << 10);
        console.write(Kind::Err, stderr.as_bytes());
        console.panic_message()
    }

    #[test]
    fn rust_panics_become_one_line() {
        let text = "\nthread '<unnamed>' (1) panicked at src/lib.rs:3:5:\nboom\nand more\n\
                    note: run with `RUST_BACKTRACE=1` environment variable\n";
        let expected = "panicked at src/lib.rs:3:5: boom and more";
        assert_eq!(message_of(text).as_deref(), Some(expected));
    }

    #[test]
    fn go_panics_become_one_line() {
        let text = "log line\npanic: boom\n\ngoroutine 1 [running]:\n";
        assert_eq!(message_of(text).as_deref(), Some("panic: boom"));
    }

    #[test]
    fn other_output_is_no_message() {
        assert_eq!(message_of("password=hunter2\n"), None);
    }

    #[test]
    fn only_the_tail_counts() {
        let text = format!("{}panicked at x:\nlast", "y".repeat(100_000));
        assert_eq!(message_of(&text).as_deref(), Some("panicked at x: last"));
    }

    /// What is logged of what is written to standard output, and whether there was more.
    fn logged(secret: &str, limit: usize, pieces: &[&[u8]]) -> String {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .without_time()
            .with_writer(move || writer.clone())
            .finish();
        let masks = Masks::new(&[&Value::secret(secret)]).into();
        tracing::subscriber::with_default(subscriber, || {
            let console = Console::new(&"p".into(), &masks, limit);
            for piece in pieces {
                console.write(Kind::Out, piece);
            }
        });
        let logged = log.0.lock().unwrap();
        String::from_utf8(logged.clone()).unwrap()
    }

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn secrets_are_hidden_however_they_are_written() {
        let pieces: &[&[u8]] = &[b"it is ses", b"ame, s", b"esame\n", b"and se", b"same"];
        let log = logged("sesame", 1 << 10, pieces);
        assert!(log.contains("it is (secret), (secret) plugin"), "{log}");
        assert!(log.contains("and (secret) plugin"), "{log}");
        assert!(!log.contains("sesame"), "{log}");
    }

    #[test]
    fn secrets_are_hidden_where_lines_are_cut() {
        let secret = "abab-äöü-abab";
        for before in MAX_LINE - 40..=MAX_LINE {
            let line = format!("{}{secret}{secret} end\n", "x".repeat(before));
            let log = logged(secret, 1 << 20, &[line.as_bytes()]);
            let kept: String = log.chars().filter(|c| *c == 'x').collect();
            assert_eq!(kept.len(), before);
            assert_eq!(log.matches("(secret)").count(), 2, "{before}");
            assert!(!log.contains("ab") && !log.contains('ü'), "{before}");
        }
    }

    #[test]
    fn secrets_are_hidden_where_the_log_ends() {
        for limit in 10..20 {
            let log = logged("sesame", limit, &[b"0123456789sesame!"]);
            assert!(!log.contains("0123456789s"), "{limit}: {log}");
            assert_eq!(log.contains("not logged"), limit <= 17, "{limit}: {log}");
        }
    }

    #[test]
    fn a_panic_with_a_secret_has_a_message_without() {
        let masks = Masks::new(&[&Value::secret("two  words")]).into();
        let console = Console::new(&"p".into(), &masks, 0);
        console.write(Kind::Err, b"panicked at x:\nbad two  words");
        let message = console.panic_message();
        assert_eq!(message.as_deref(), Some("panicked at x: bad (secret)"));
    }

    #[test]
    fn messages_are_short_and_harmless() {
        assert!(one_line(&"x".repeat(10_000)).chars().count() <= 501);
        assert_eq!(harmless("a\u{1b}[2Jb"), "a\u{fffd}[2Jb");
    }
}
