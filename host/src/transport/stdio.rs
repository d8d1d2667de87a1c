//! Standard input and output: one client, newline-delimited frames.
//!
//! Reading and writing block, so each has a thread of its own: asynchronous
//! standard streams cost twenty times as much per message. That is why only the
//! cutting into lines is shared with [`super::stream`]. Answers are written
//! in batches, as many as are ready, and flushed before the writer waits again.
//!
//! Nothing but frames goes to standard output (STD-2). The end of standard input
//! is the end of the client (STD-3): what is running finishes, and the transport
//! returns.

use std::io::{self, BufWriter, Read, Write};
use std::sync::Arc;
use std::thread;

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::lines::Lines;
use super::{LAST_WORDS, MAX_MESSAGE, Transport};
use crate::drain::Drain;
use crate::session::{Door, Inbound, Outbound};

/// How many frames wait between the threads and the session loop. Enough for a
/// batch to form while the other side works.
const QUEUE: usize = 256;

/// How many bytes are asked of the kernel at once.
const CHUNK: usize = 64 * 1024;

/// The process's own standard streams. There can be only one.
#[derive(Debug, Default)]
pub struct Stdio;

impl Transport for Stdio {
    async fn serve(self, door: Door, drain: Drain) -> io::Result<()> {
        let (inbound, received) = mpsc::channel(QUEUE);
        let (outbound, queued) = mpsc::channel(QUEUE);
        let (failed, failure) = oneshot::channel();
        // The reader may sit in a read that nothing can interrupt; it ends with the
        // process at the latest.
        thread::Builder::new()
            .name("stdin".to_owned())
            .spawn(move || read(io::stdin().lock(), &inbound))?;
        let writer = thread::Builder::new()
            .name("stdout".to_owned())
            .spawn(move || {
                let outcome = write(io::stdout().lock(), queued);
                // Nobody waits for this any more once the session is over.
                drop(failed.send(outcome));
            })?;
        let mut failure = failure;
        let written = tokio::select! {
            () = door.duplex(Arc::default(), received, outbound, &drain) => None,
            written = &mut failure => Some(written),
        };
        // The session has dropped its end of the queue; the writer sends what is in
        // it and ends.
        let written = match written {
            Some(written) => written,
            None => match timeout(LAST_WORDS, failure).await {
                Ok(written) => written,
                Err(_elapsed) => {
                    tracing::warn!("nobody reads standard output; the last answers are lost");
                    return Ok(());
                }
            },
        };
        if writer.join().is_err() {
            return Err(io::Error::other("the writer of standard output panicked"));
        }
        match written {
            // A client that has gone away is no failure of ours.
            Ok(Err(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Ok(outcome) => outcome,
            Err(_ended) => Ok(()),
        }
    }
}

/// Reads frames until the input ends, fails, or nobody wants them.
fn read(mut input: impl Read, frames: &mpsc::Sender<Inbound>) {
    let mut lines = Lines::new(MAX_MESSAGE);
    let mut chunk = vec![0; CHUNK];
    loop {
        match input.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => lines.buffer().extend_from_slice(&chunk[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                tracing::warn!(%error, "standard input cannot be read");
                break;
            }
        }
        while let Some(frame) = lines.next() {
            if frames.blocking_send(frame).is_err() {
                return;
            }
        }
    }
    if let Some(frame) = lines.rest() {
        // Nobody wants it: the same as above.
        drop(frames.blocking_send(frame));
    }
}

/// Writes frames until the queue ends, and flushes whenever it is empty.
fn write(output: impl Write, mut frames: mpsc::Receiver<Outbound>) -> io::Result<()> {
    let mut output = BufWriter::with_capacity(CHUNK, output);
    while let Some(first) = frames.blocking_recv() {
        let mut next = Some(first);
        while let Some(outbound) = next {
            if let Some(frame) = outbound.into_frame() {
                output.write_all(&frame)?;
                output.write_all(b"\n")?;
            }
            next = frames.try_recv().ok();
        }
        output.flush()?;
    }
    output.flush()
}
