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
        began: Sender<()>,
        go_on: Receiver<()>,
        read: Sender<Vec<u8>>,
    }

    /// The test's side of a [`Reader`].
    struct Desk {
        began: Receiver<()>,
        go_on: Sender<()>,
        read: Receiver<Vec<u8>>,
    }

    impl Write for Reader {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.began.send(()).map_err(io::Error::other)?;
            self.go_on.recv().map_err(io::Error::other)?;
            self.read.send(bytes.to_vec()).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Desk {
        fn queue() -> (Self, Queue) {
            let ((began, has_begun), (go_on, goes_on), (read, was_read)) =
                (channel(), channel(), channel());
            let reader = Reader {
                began,
                go_on: goes_on,
                read,
            };
            let desk = Self {
                began: has_begun,
                go_on,
                read: was_read,
            };
            (desk, Queue::start(reader).unwrap())
        }

        /// Lets the write that has begun go on.
        fn read(&self) -> Vec<u8> {
            self.go_on.send(()).unwrap();
            self.read.recv().unwrap()
        }
    }

    #[test]
    fn nobody_waits_for_a_reader_who_does_not_read() {
        let (desk, queue) = Desk::queue();
        let line = [b"x".repeat(1023), b"\n".to_vec()].concat();
        queue.writer().write_all(&line).unwrap();
        desk.began.recv().unwrap();
        // The thread is busy: from here on everything stays in the buffer.
        let fitting = CAPACITY / line.len();
        for _ in 0..3 * fitting {
            queue.writer().write_all(&line).unwrap();
        }
        assert_eq!(desk.read(), line);
        desk.began.recv().unwrap();
        queue.writer().write_all(b"again\n").unwrap();
        assert_eq!(desk.read().len(), fitting * line.len());
        let rest = String::from_utf8(desk.read()).unwrap();
        let lost = 2 * fitting;
        let notice = format!("({lost} lines of the log were lost: nobody read them in time)\n");
        assert_eq!(rest, notice + "again\n");
    }

    #[test]
    fn flushing_writes_what_is_waiting() {
        let (desk, queue) = Desk::queue();
        queue.writer().write_all(b"last words\n").unwrap();
        desk.go_on.send(()).unwrap();
        queue.flush();
        assert_eq!(desk.read.try_recv().unwrap(), b"last words\n");
    }
}
