//! The file of a Unix socket: made, looked after, removed.
//!
//! A socket file outlives its process, and says nothing about whether somebody
//! still listens; only connecting does. Between looking and replacing, another
//! host could do the same and take our socket for a dead one, so meanwhile the
//! folder is locked (`flock`, which only hosts look at, and which leaves nothing
//! behind).

use std::fs::{File, Metadata, Permissions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::{UnixListener, UnixSocket, UnixStream};
use tokio::time::sleep;

use super::UnixSocketError;

/// Reading and writing for the owner: what connecting needs.
const MODE: u32 = 0o600;

/// How often and how long to try again while another host has the folder locked.
/// It takes a host less than a millisecond.
const LOCK_PAUSE: Duration = Duration::from_millis(10);
const LOCK_ATTEMPTS: u32 = 200;

/// A socket file of ours. Removed when this is dropped, unless it has become
/// somebody else's.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    identity: (u64, u64),
}

/// Makes a socket at this path and listens on it.
pub(super) async fn bind(
    path: &Path,
    backlog: u32,
) -> Result<(UnixListener, SocketFile), UnixSocketError> {
    let _locked = lock_folder(path).await?;
    make_room(path).await?;
    let refused = |source: io::Error| {
        if source.kind() == ErrorKind::AddrInUse {
            UnixSocketError::InUse { path: path.into() }
        } else {
            failure(path, source)
        }
    };
    let socket = UnixSocket::new_stream().map_err(refused)?;
    let permissions = Permissions::from_mode(MODE);
    let descriptor = socket.as_fd().try_clone_to_owned().map_err(refused)?;
    if let Err(error) = File::from(descriptor).set_permissions(permissions.clone()) {
        tracing::trace!(%error, "this system gives sockets their mode later");
    }
    socket.bind(path).map_err(refused)?;
    let metadata = path.symlink_metadata().map_err(refused)?;
    // From here on it is removed if anything fails.
    let file = SocketFile {
        path: path.to_owned(),
        identity: identity(&metadata),
    };
    // Nobody can connect before `listen`.
    if metadata.permissions().mode() & 0o777 != MODE {
        std::fs::set_permissions(path, permissions).map_err(refused)?;
    }
    let listener = socket.listen(backlog).map_err(refused)?;
    Ok((listener, file))
}

impl SocketFile {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let is_ours = |metadata: Metadata| identity(&metadata) == self.identity;
        if !self.path.symlink_metadata().is_ok_and(is_ours) {
            return;
        }
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "the socket cannot be removed");
        }
    }
}

/// Which file it is, whatever it is called.
fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

/// Locks the folder until the file is dropped. Systems and file systems that
/// cannot lock folders do without.
async fn lock_folder(path: &Path) -> Result<Option<File>, UnixSocketError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    let folder = match File::open(folder) {
        Ok(folder) => folder,
        Err(error) => {
            // What is wrong with it, `bind` will say; not to be readable is not wrong.
            tracing::debug!(%error, "the folder of a socket cannot be opened");
            return Ok(None);
        }
    };
    for _ in 0..LOCK_ATTEMPTS {
        match folder.try_lock() {
            Ok(()) => return Ok(Some(folder)),
            Err(TryLockError::WouldBlock) => sleep(LOCK_PAUSE).await,
            Err(TryLockError::Error(error)) => {
                tracing::debug!(%error, "the folder of a socket cannot be locked");
                return Ok(None);
            }
        }
    }
    Err(UnixSocketError::Locked { path: path.into() })
}

/// Removes a socket that nobody listens on, and nothing else.
async fn make_room(path: &Path) -> Result<(), UnixSocketError> {
    let failed = |error| failure(path, error);
    let metadata = match path.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    if !metadata.file_type().is_socket() {
        return Err(UnixSocketError::NotASocket { path: path.into() });
    }
    match UnixStream::connect(path).await {
        // A full queue is somebody's queue.
        Ok(_) => Err(UnixSocketError::InUse { path: path.into() }),
        Err(error) if error.kind() == ErrorKind::WouldBlock => {
            Err(UnixSocketError::InUse { path: path.into() })
        }
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
            std::fs::remove_file(path).map_err(failed)
        }
        Err(error) => Err(failed(error)),
    }
}

fn failure(path: &Path, source: io::Error) -> UnixSocketError {
    UnixSocketError::Io {
        path: path.into(),
        source,
    }
}
