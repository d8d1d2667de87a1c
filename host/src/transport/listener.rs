//! Waiting for connections and serving each of them, on whatever they arrive.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use wharf_mcp::model::Principal;

use crate::drain::Drain;

/// How long to wait before accepting again when the process is out of
/// descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Something that connections arrive on.
pub(super) trait Listener: Send {
    /// One connection.
    type Io: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The next connection, and who is at its other end as far as the binding
    /// itself knows. Dropping the future loses nothing.
    fn accept(&self) -> impl Future<Output = io::Result<(Self::Io, Arc<Principal>)>> + Send;
}

/// Accepts until the drain begins, and serves each connection in a task of its
/// own; then gives up the listener, and waits for what is left for as long as the
/// drain's grace allows. When all `places` are taken, further clients wait in the
/// kernel's queue.
///
/// Dropping the future ends all connections.
pub(super) async fn serve_each<L, F>(
    listener: L,
    places: &Arc<Semaphore>,
    drain: &Drain,
    serve: impl Fn(L::Io, Arc<Principal>) -> F,
) where
    L: Listener,
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = drain.begun() => break,
            Some(_) = connections.join_next() => {}
            accepted = accept(&listener, places) => match accepted {
                Ok((place, io, principal)) => {
                    let serving = serve(io, principal);
                    connections.spawn(async move {
                        serving.await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    drain
        .within_grace(async { while connections.join_next().await.is_some() {} })
        .await;
}

/// The next connection, once there is a place for it.
async fn accept<L: Listener>(
    listener: &L,
    places: &Arc<Semaphore>,
) -> io::Result<(OwnedSemaphorePermit, L::Io, Arc<Principal>)> {
    let place = Arc::clone(places).acquire_owned().await;
    let place = place.map_err(io::Error::other)?;
    let (io, principal) = listener.accept().await?;
    Ok((place, io, principal))
}

/// Nobody is known by their address.
impl Listener for TcpListener {
    type Io = TcpStream;

    async fn accept(&self) -> io::Result<(TcpStream, Arc<Principal>)> {
        let (stream, _) = Self::accept(self).await?;
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "small writes will be delayed");
        }
        Ok((stream, Arc::default()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::Semaphore;
    use tokio::task::JoinSet;
    use tokio::time::timeout;

    use super::serve_each;
    use crate::drain::Drain;

    /// Says hello, and ends when the client does.
    async fn greet(mut io: TcpStream) {
        io.write_all(b"!").await.unwrap();
        io.read_to_end(&mut Vec::new()).await.unwrap();
    }

    #[tokio::test]
    async fn whoever_has_no_place_waits_for_one() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let drain = Drain::new();
        let mut serving = JoinSet::new();
        serving.spawn({
            let drain = drain.clone();
            let places = Arc::new(Semaphore::new(1));
            async move { serve_each(listener, &places, &drain, |io, _| greet(io)).await }
        });
        let mut first = TcpStream::connect(address).await.unwrap();
        assert_eq!(first.read_u8().await.unwrap(), b'!');
        let mut second = TcpStream::connect(address).await.unwrap();
        // That nothing happens can only be seen by waiting for a moment.
        let early = timeout(Duration::from_millis(20), second.readable()).await;
        assert!(early.is_err(), "the first has the only place");
        drop(first);
        assert_eq!(second.read_u8().await.unwrap(), b'!');
        drain.begin();
        drop(second);
        serving.join_next().await.unwrap().unwrap();
    }
}
