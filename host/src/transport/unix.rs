//! Unix sockets: newline-delimited frames as on standard input and output, for any
//! number of clients of this machine.
//!
//! Each connection is a session of its own, and ends alone (CUS-5). Who may
//! connect is decided by the file system: the socket belongs to whoever runs the
//! host, and nobody else may use it. Calls are made on behalf of the user at the
//! other end, as the kernel tells it: the subject `uid:1000`.
//!
//! [`UnixSocket`] is also what HTTP is served on, see [`super::http`].

mod file;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use wharf_mcp::model::Principal;

use super::listener::{Listener, serve_each};
use super::{Transport, stream};
use crate::drain::Drain;
use crate::session::Door;
use file::SocketFile;

/// How many connections there may be on one socket. The next ones wait in the
/// kernel's queue. Programs of one person on one machine; each costs some 16 KiB.
const MAX_CONNECTIONS: usize = 1_024;

/// How many clients wait in the kernel's queue. Linux allows 4,096 by default.
const BACKLOG: u32 = 1_024;

/// A socket in the file system that is being listened on. Its file is removed when
/// this is dropped.
#[derive(Debug)]
pub struct UnixSocket {
    // Dropped first: a file is there only while somebody answers.
    file: SocketFile,
    listener: UnixListener,
}

/// Why a path cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum UnixSocketError {
    /// Something else is there, and is left alone.
    #[error("`{}` exists and is not a socket", .path.display())]
    NotASocket {
        /// Where.
        path: PathBuf,
    },
    /// Somebody listens there.
    #[error("another program listens at `{}`", .path.display())]
    InUse {
        /// Where.
        path: PathBuf,
    },
    /// Another host is looking at that folder, and does not finish.
    #[error("the folder of `{}` is locked by another program", .path.display())]
    Locked {
        /// Where the socket was to be.
        path: PathBuf,
    },
    /// The system refuses.
    #[error("`{}` cannot be listened on", .path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Newline-delimited frames on a Unix socket.
#[derive(Debug)]
pub struct Unix {
    socket: UnixSocket,
}

impl UnixSocket {
    /// Takes a path: makes a socket there that only this user may connect to, and
    /// listens.
    ///
    /// The mode is 0600 before anybody can connect: it is set on the socket before
    /// its file exists (from which Linux takes it over), and looked at again before
    /// listening begins. The process's umask, which is shared by all threads, is not
    /// touched. What a dead process has left there is replaced.
    ///
    /// # Errors
    /// When somebody listens there, when something is there that is not a socket, or
    /// when the system refuses. Nothing is removed then.
    pub async fn bind(path: &Path) -> Result<Self, UnixSocketError> {
        let (listener, file) = file::bind(path, BACKLOG).await?;
        Ok(Self { file, listener })
    }

    /// The path, as it was given.
    pub fn path(&self) -> &Path {
        self.file.path()
    }
}

impl Unix {
    /// Serves on this socket.
    pub fn new(socket: UnixSocket) -> Self {
        Self { socket }
    }
}

impl Transport for Unix {
    async fn serve(self, door: Door, drain: Drain) -> io::Result<()> {
        let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        serve_each(self.socket, &places, &drain, |client, principal| {
            connection(client, principal, door.clone(), drain.clone())
        })
        .await;
        Ok(())
    }
}

async fn connection(client: UnixStream, principal: Arc<Principal>, door: Door, drain: Drain) {
    let (reader, writer) = client.into_split();
    if let Err(error) = stream::serve(reader, writer, principal, &door, &drain).await {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Known by their user id. Whoever cannot be known is not let in.
impl Listener for UnixSocket {
    type Io = UnixStream;

    async fn accept(&self) -> io::Result<(UnixStream, Arc<Principal>)> {
        let (stream, _) = self.listener.accept().await?;
        let user = stream.peer_cred()?.uid();
        let principal = Principal {
            subject: Some(format!("uid:{user}")),
            ..Principal::default()
        };
        Ok((stream, Arc::new(principal)))
    }
}
