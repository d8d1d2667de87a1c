//! A connection that never leaves the process, for programs that have a host
//! inside, and for tests.
//!
//! ```no_run
//! use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
//! use wharf::drain::Drain;
//! use wharf::session::Door;
//! use wharf::transport::Transport;
//! use wharf::transport::memory::Memory;
//!
//! async fn ping(door: Door) -> std::io::Result<String> {
//!     let (host, client) = Memory::pair();
//!     let (reader, mut writer) = tokio::io::split(client);
//!     let talk = async {
//!         let ping = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n";
//!         writer.write_all(ping.as_bytes()).await?;
//!         let mut answer = String::new();
//!         BufReader::new(reader).read_line(&mut answer).await?;
//!         Ok(answer)
//!     };
//!     tokio::select! {
//!         answer = talk => answer,
//!         ended = host.serve(door, Drain::new()) => Err(ended.err().unwrap_or_else(|| {
//!             std::io::ErrorKind::UnexpectedEof.into()
//!         })),
//!     }
//! }
//! ```

use std::io;
use std::sync::Arc;

use tokio::io::DuplexStream;
use wharf_mcp::model::Principal;

use super::{Transport, stream};
use crate::drain::Drain;
use crate::session::Door;

/// How many bytes are under way in each direction before the writer waits.
const CAPACITY: usize = 64 * 1024;

/// The host's end of a connection in memory. It serves one client and ends with
/// it.
#[derive(Debug)]
pub struct Memory {
    stream: DuplexStream,
    principal: Arc<Principal>,
}

impl Memory {
    /// A connected pair: the host's end, and the client's.
    ///
    /// The client writes and reads newline-delimited messages, as on standard input
    /// and output; see [`stream::serve`] for what ends a connection. Dropping the
    /// client's end is such an end.
    pub fn pair() -> (Self, DuplexStream) {
        let (stream, client) = tokio::io::duplex(CAPACITY);
        let host = Self {
            stream,
            principal: Arc::default(),
        };
        (host, client)
    }

    /// Lets calls be made on behalf of somebody in particular. By default it is
    /// nobody.
    #[must_use]
    pub fn on_behalf_of(self, principal: Principal) -> Self {
        Self {
            principal: Arc::new(principal),
            ..self
        }
    }
}

impl Transport for Memory {
    async fn serve(self, door: Door, drain: Drain) -> io::Result<()> {
        let (reader, writer) = tokio::io::split(self.stream);
        stream::serve(reader, writer, self.principal, &door, &drain).await
    }
}
