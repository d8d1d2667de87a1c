//! Bindings: how bytes become frames, and frames bytes.
//!
//! A [`Transport`] drives: it waits for clients, and hands what they send to a
//! [`Door`]. It never looks inside a frame. Whatever is an ordered channel in
//! both directions (a pipe, a socket, an SSE pair) is served by
//! [`Door::duplex`], which takes a queue of frames in and a queue of frames out;
//! HTTP bindings that pair each request with a response use the door's
//! single calls.
//!
//! | binding | file |
//! | --- | --- |
//! | standard input and output | [`stdio`] |
//! | Unix sockets | [`unix`] |
//! | a connection inside the process | [`memory`] |
//! | Streamable HTTP, HTTP+SSE, WebSocket; over TCP and Unix sockets | [`http`] |
//!
//! Bindings that are streams of bytes share [`stream`], also those of others:
//! `examples/tcp.rs` is a binding outside of this crate.

pub mod http;
mod lines;
mod listener;
pub mod memory;
pub mod stdio;
pub mod stream;
pub mod unix;

use std::future::Future;
use std::io;
use std::time::Duration;

use crate::drain::Drain;
use crate::session::Door;

/// The longest message that is read, in bytes, on any binding. Files travel in
/// messages as base64, so this allows for files of some 12 MB, if the plugin is
/// given the memory for them; what is longer is refused before it is kept.
pub const MAX_MESSAGE: usize = 16 * 1024 * 1024;

/// How long writing may take over what is queued when a session has ended. A
/// client that has stopped reading must not keep the process alive.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A binding: how messages arrive, and how answers leave.
///
/// This is where wharf is extended by a way of its own to reach it. A transport
/// knows about bytes, connections and whoever is at their other end; it knows
/// nothing about what the messages say, so every revision of the protocol works
/// over it without a line about any of them. What it has to do is little:
///
/// 1. wait for clients, and stop waiting when [`Drain::begun`] completes;
/// 2. for each of them, establish on whose behalf it speaks (a
///    [`Principal`](wharf_mcp::model::Principal), the empty one if nobody is known);
/// 3. put what it sends, message by message, into a queue, send what comes out of
///    another, and give both to [`Door::duplex`], which returns when the client's
///    queue has ended or the host is draining, and everything is answered;
/// 4. bound what it keeps: connections, queues, the length of a message
///    ([`MAX_MESSAGE`]), and the time it waits for a client that does not read;
/// 5. own every task it starts, so that dropping [`Transport::serve`]'s future ends
///    all of them.
///
/// # Streams of bytes
///
/// Whatever reads and writes bytes reliably should have the framing of standard
/// input and output (CUS-2). Then [`stream::serve`] is all of points 3 and 4, and
/// what is left is to accept connections: `host/examples/tcp.rs` is a complete one
/// in some fifty lines.
///
/// # Messages
///
/// What has messages already needs only the two queues:
///
/// ```
/// use std::io;
/// use std::sync::Arc;
///
/// use tokio::sync::mpsc;
/// use wharf::drain::Drain;
/// use wharf::session::{Door, Inbound, Outbound};
/// use wharf::transport::{MAX_MESSAGE, Transport};
///
/// /// One client inside this program, which speaks in texts.
/// struct Texts {
///     from_client: mpsc::Receiver<String>,
///     to_client: mpsc::Sender<String>,
/// }
///
/// impl Transport for Texts {
///     async fn serve(self, door: Door, drain: Drain) -> io::Result<()> {
///         let Self { mut from_client, to_client } = self;
///         let (inbound, received) = mpsc::channel(32);
///         let (outbound, mut queued) = mpsc::channel::<Outbound>(32);
///         let read = async move {
///             while let Some(text) = from_client.recv().await {
///                 let message = if text.len() > MAX_MESSAGE {
///                     Inbound::Oversized(MAX_MESSAGE)
///                 } else {
///                     Inbound::Frame(text.into())
///                 };
///                 if inbound.send(message).await.is_err() {
///                     break;
///                 }
///             }
///             // `inbound` is dropped here, which ends the session.
///         };
///         let write = async move {
///             while let Some(outbound) = queued.recv().await {
///                 // None: the call it belongs to has been cancelled meanwhile.
///                 let Some(frame) = outbound.into_frame() else { continue };
///                 let text = String::from_utf8_lossy(&frame).into_owned();
///                 if to_client.send(text).await.is_err() {
///                     break;
///                 }
///             }
///         };
///         let session = async {
///             tokio::select! {
///                 () = door.duplex(Arc::default(), received, outbound, &drain) => {}
///                 () = async { read.await; std::future::pending().await } => {}
///             }
///         };
///         tokio::join!(session, write);
///         Ok(())
///     }
/// }
/// ```
pub trait Transport: Send + 'static {
    /// Serves clients until the drain begins or the transport ends by itself, and
    /// returns when everything it had running is finished. Dropping the future
    /// ends all its clients' calls.
    fn serve(self, door: Door, drain: Drain) -> impl Future<Output = io::Result<()>> + Send;
}
