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

/// A binding.
pub trait Transport: Send + 'static {
    /// Serves clients until the drain begins or the transport ends by itself, and
    /// returns when everything it had running is finished. Dropping the future
    /// ends all its clients' calls.
    fn serve(self, door: Door, drain: Drain) -> impl Future<Output = io::Result<()>> + Send;
}
