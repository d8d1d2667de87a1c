//! Lines on their way to somebody who may not be reading.
//!
//! Whoever logs adds to a buffer and goes on. One thread takes the whole buffer
//! and writes it, so that many lines cost one write. A full buffer takes no more
//! lines; how many were lost is said as soon as there is room.

use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

/// Bytes that wait to be written. 1 MiB: some thousands of lines, which is more
/// than anybody is behind who reads at all.
const CAPACITY: usize = 1 << 20;

/// How long [`Queue::flush`] waits. Whoever does not read for a second will not
/// read in the next one.
const PATIENCE: Duration = Duration::from_secs(1);

/// The queue and its thread, which ends with the process: it may be stuck in a
/// write at any time, so nobody can wait for it.
#[derive(Debug)]
pub(super) struct Queue(Arc<Shared>);

/// Adds lines.
#[derive(Debug, Clone)]
pub(super) struct Writer(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    bytes: Vec<u8>,
    /// Lines that did not fit since the last one that did.
    lost: u64,
    /// Whether the thread has taken bytes and is not done with them.
    writing: bool,
}

impl Queue {
    /// Starts the thread.
    pub(super) fn start(out: impl Write + Send + 'static) -> io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let thread = thread::Builder::new().name("wharf-log".to_owned());
        thread.spawn({
            let shared = Arc::clone(&shared);
            move || shared.write_all(out)
        })?;
        Ok(Self(shared))
    }

    /// What adds lines.
    pub(super) fn writer(&self) -> Writer {
        Writer(Arc::clone(&self.0))
    }

    /// Waits until everything is written, or for a moment.
    pub(super) fn flush(&self) {
        let is_busy = |waiting: &mut Waiting| waiting.writing || !waiting.bytes.is_empty();
        let waiting = self.0.lock();
        let (waiting, _) = self
            .0
            .changed
            .wait_timeout_while(waiting, PATIENCE, is_busy)
            .unwrap_or_else(PoisonError::into_inner);
        drop(waiting);
    }
}

impl Shared {
    fn write_all(&self, mut out: impl Write) {
        loop {
            let bytes = self.take();
            // If nobody can be told, nobody can be told that either.
            let _ = out.write_all(&bytes).and_then(|()| out.flush());
            self.lock().writing = false;
            self.changed.notify_all();
        }
    }

    fn take(&self) -> Vec<u8> {
        let is_empty = |waiting: &mut Waiting| waiting.bytes.is_empty();
        let waiting = self.changed.wait_while(self.lock(), is_empty);
        let mut waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        waiting.writing = true;
        mem::take(&mut waiting.bytes)
    }

    fn add(&self, line: &[u8]) {
        self.lock().add(line);
        self.changed.notify_all();
    }

    /// Nothing that holds the lock leaves something half done.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn add(&mut self, line: &[u8]) {
        if self.bytes.len() + line.len() > CAPACITY {
            self.lost += 1;
            return;
        }
        let lost = mem::take(&mut self.lost);
        if lost > 0 {
            let notice = format!("({lost} lines of the log were lost: nobody read them in time)\n");
            self.bytes.extend_from_slice(notice.as_bytes());
        }
        self.bytes.extend_from_slice(line);
    }
}

impl Write for Writer {
    /// Takes a whole line: the formatter writes each event at once.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.add(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Writer {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::{CAPACITY, Queue};

    /// Somebody who reads when told to, and shows what was read.
    struct Reader {
        go_on: Receiver<()>,
        read: Sender<Vec<u8>>,
    }

    impl Write for Reader {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.go_on.recv().map_err(io::Error::other)?;
            self.read.send(bytes.to_vec()).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nobody_waits_for_a_reader_who_does_not_read() {
        let (read_on, go_on) = channel();
        let (read, seen) = channel();
        let queue = Queue::start(Reader { go_on, read }).unwrap();
        let line = [b"x".repeat(1023), b"\n".to_vec()].concat();
        let lines = 3 * CAPACITY / line.len();
        for _ in 0..lines {
            queue.writer().write_all(&line).unwrap();
        }
        read_on.send(()).unwrap();
        let mut length = seen.recv().unwrap().len();
        while length < CAPACITY {
            read_on.send(()).unwrap();
            length += seen.recv().unwrap().len();
        }
        assert!(length <= 2 * CAPACITY);

        queue.writer().write_all(b"again\n").unwrap();
        read_on.send(()).unwrap();
        let rest = String::from_utf8(seen.recv().unwrap()).unwrap();
        assert!(rest.contains("lines of the log were lost"), "{rest}");
        assert!(rest.ends_with("\nagain\n"), "{rest}");
    }

    #[test]
    fn flushing_writes_what_is_waiting() {
        let (read_on, go_on) = channel();
        let (read, seen) = channel();
        let queue = Queue::start(Reader { go_on, read }).unwrap();
        queue.writer().write_all(b"last words\n").unwrap();
        read_on.send(()).unwrap();
        queue.flush();
        assert_eq!(seen.try_recv().unwrap(), b"last words\n");
    }
}
