//! Newline-delimited frames over any stream of bytes: a socket, a pipe, memory.
//!
//! The framing is that of standard input and output, as the protocol asks of
//! bindings on reliable byte streams (CUS-2): one message per line, in both
//! directions, `\n` at the end of each. The connection is the session.

use std::io;
use std::sync::Arc;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufWriter};
use tokio::sync::mpsc;
use tokio::time::timeout;
use wharf_mcp::model::Principal;

use super::lines::Lines;
use super::{LAST_WORDS, MAX_MESSAGE};
use crate::drain::Drain;
use crate::session::{Door, Inbound, Outbound};

/// How many messages wait in each direction. A full queue makes whoever fills it
/// wait: the client, or its calls.
const QUEUE: usize = 32;

/// How many bytes are asked of the stream at once, and how many of several answers
/// are put together before they are written. Every connection has room for both.
const CHUNK: usize = 8 * 1024;

/// Serves one connection to its end.
///
/// - The end of `reader` is the end of the connection (CUS-2), after what is
///   running: calls that end within the drain's grace are still answered. So a
///   client may send its requests, close its writing half, and read the answers.
/// - A `writer` that fails means that the client is gone. What it wanted is given
///   up.
/// - When the drain begins, nothing more is read; what is running is answered as
///   above. A client that does not take its last answers within a second loses
///   them.
///
/// A line may be as long as [`MAX_MESSAGE`]; a longer one is answered by an error
/// and skipped. Everything is done on behalf of `principal`. Dropping the future
/// ends the connection and its calls.
///
/// # Errors
/// When the stream cannot be read or written, except that a client that has gone
/// away is no error.
pub async fn serve(
    reader: impl AsyncRead + Send + Unpin,
    writer: impl AsyncWrite + Send + Unpin,
    principal: Arc<Principal>,
    door: &Door,
    drain: &Drain,
) -> io::Result<()> {
    let (inbound, received) = mpsc::channel(QUEUE);
    let (outbound, queued) = mpsc::channel(QUEUE);
    let mut writing = Box::pin(write(writer, queued));
    let mut unreadable = Ok(());
    let session = async {
        let reading = async {
            unreadable = read(reader, inbound).await;
            // The session ends in its own time.
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = door.duplex(principal, received, outbound, drain) => {}
            () = reading => {}
        }
    };
    let written = tokio::select! {
        written = &mut writing => written,
        // The session has dropped its end of the queue; the writer sends what is in
        // it and ends.
        () = session => match timeout(LAST_WORDS, writing).await {
            Ok(written) => written,
            Err(_elapsed) => {
                tracing::debug!("a client does not read; the last answers are lost");
                Ok(())
            }
        },
    };
    unless_gone(unreadable.and(written))
}

/// Reads frames until the stream ends or fails, or nobody wants them.
async fn read(mut reader: impl AsyncRead + Unpin, frames: mpsc::Sender<Inbound>) -> io::Result<()> {
    let mut lines = Lines::new(MAX_MESSAGE);
    loop {
        if lines.buffer().is_empty() {
            // Not `reserve`: that would keep the room of the longest line there was.
            *lines.buffer() = BytesMut::with_capacity(CHUNK);
        }
        lines.buffer().reserve(CHUNK);
        if reader.read_buf(lines.buffer()).await? == 0 {
            break;
        }
        while let Some(frame) = lines.next() {
            if frames.send(frame).await.is_err() {
                return Ok(());
            }
        }
    }
    if let Some(frame) = lines.rest() {
        // Nobody wants it: the same as above.
        drop(frames.send(frame).await);
    }
    Ok(())
}

/// Writes frames until the queue ends, flushes whenever it is empty, and ends the
/// stream.
async fn write(
    writer: impl AsyncWrite + Unpin,
    mut frames: mpsc::Receiver<Outbound>,
) -> io::Result<()> {
    let mut writer = BufWriter::with_capacity(CHUNK, writer);
    while let Some(first) = frames.recv().await {
        let mut next = Some(first);
        while let Some(outbound) = next {
            if let Some(frame) = outbound.into_frame() {
                writer.write_all(&frame).await?;
                writer.write_all(b"\n").await?;
            }
            next = frames.try_recv().ok();
        }
        writer.flush().await?;
    }
    writer.shutdown().await
}

/// A client that has gone away is no failure of ours.
fn unless_gone(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::BrokenPipe
                    | io::ErrorKind::ConnectionReset
                    | io::ErrorKind::NotConnected
            ) =>
        {
            Ok(())
        }
        outcome => outcome,
    }
}
