//! From a target to a connection.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::client::TlsStream;
use wasmtime_wasi::runtime::spawn_blocking;
use wasmtime_wasi_http::Error;

use super::target::{Host, Target};
use super::{Web, tls};
use crate::addresses::special;
use crate::denial::Denials;
use crate::grants::HttpGrant;

/// Addresses of one name that are tried. Services with many list them in random
/// order, and who cannot be reached at four cannot be reached.
const TRIES: usize = 4;

/// Where a request goes, and what has to be known to bring it there.
pub(super) struct Route {
    pub(super) target: Target,
    pub(super) web: Arc<Web>,
    pub(super) denials: Arc<Denials>,
}

/// A connection, with TLS or without.
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Route {
    /// Connects, in time or not at all.
    pub(super) async fn connect(&self, deadline: Instant) -> Result<Stream, Error> {
        let found = timeout_at(deadline, self.addresses()).await;
        let addresses = found.map_err(|_late| Error::DnsTimeout)??;
        let connected = timeout_at(deadline, self.connect_to(&addresses, deadline)).await;
        connected.map_err(|_late| Error::ConnectionTimeout)?
    }

    async fn connect_to(
        &self,
        addresses: &[SocketAddr],
        deadline: Instant,
    ) -> Result<Stream, Error> {
        // Before there is a connection that would have to wait for it.
        let config = if self.target.tls {
            Some(self.web.tls.config().await.map_err(|none| {
                self.denials.authorities(&none.0);
                Error::ConfigurationError
            })?)
        } else {
            None
        };
        let stream = first_of(addresses, deadline).await?;
        // Guests write in pieces of their own choice; nothing else would be sent.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no TCP_NODELAY");
        }
        match config {
            None => Ok(Stream::Plain(stream)),
            Some(config) => {
                let stream = tls::connect(config, &self.target.host, stream).await?;
                Ok(Stream::Tls(Box::new(stream)))
            }
        }
    }

    /// The addresses that a connection may go to.
    async fn addresses(&self) -> Result<Vec<SocketAddr>, Error> {
        let port = self.target.port;
        match &self.target.host {
            // It is granted, and that means exactly this one.
            Host::Address(address) => Ok(vec![SocketAddr::new(*address, port)]),
            Host::Name(name) => {
                let found = self.look_up(name.clone(), port).await?;
                self.admit(found)
            }
        }
    }

    /// Asks the system for the addresses of a name.
    async fn look_up(&self, name: String, port: u16) -> Result<Vec<SocketAddr>, Error> {
        let permit = Arc::clone(&self.web.lookups).acquire_owned().await;
        let permit = permit.map_err(|_never_closed| Error::InternalError(None))?;
        // The permit stays with the thread: that goes on when nobody waits any more.
        let looked_up = spawn_blocking(move || {
            let _permit = permit;
            let found = (name.as_str(), port).to_socket_addrs();
            found.map(Iterator::collect::<Vec<_>>)
        });
        looked_up.await.map_err(|error| {
            tracing::debug!(%error, host = self.target.authority(), "a name was not found");
            Error::DnsError {
                rcode: Some("the name cannot be resolved".to_owned()),
                info_code: None,
            }
        })
    }

    /// Keeps those that are public or granted.
    fn admit(&self, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, Error> {
        let (admitted, refused) = sort_out(&self.web.grant, found);
        if !admitted.is_empty() {
            return Ok(admitted);
        }
        let Some((address, kind)) = refused else {
            return Err(Error::DestinationNotFound);
        };
        self.denials.address(&self.target.origin(), address, kind);
        Err(Error::DestinationIpProhibited)
    }
}

/// The addresses that a grant admits, and one that it does not.
fn sort_out(
    grant: &HttpGrant,
    found: Vec<SocketAddr>,
) -> (Vec<SocketAddr>, Option<(IpAddr, &'static str)>) {
    let (mut admitted, mut refused) = (Vec::new(), None);
    for address in found {
        // An address of version 4 in one of version 6 is the former.
        let ip = address.ip().to_canonical();
        match special(ip) {
            Some(kind) if !grant.addresses.iter().any(|granted| granted.contains(&ip)) => {
                refused = Some((ip, kind));
            }
            _ => admitted.push(SocketAddr::new(ip, address.port())),
        }
    }
    admitted.truncate(TRIES);
    (admitted, refused)
}

/// A connection to the first address that answers. The time is divided among them, so
/// that one that swallows everything does not use up what the others need.
async fn first_of(addresses: &[SocketAddr], deadline: Instant) -> Result<TcpStream, Error> {
    let mut problem = Error::DestinationNotFound;
    for (tried, address) in addresses.iter().enumerate() {
        let left = deadline.saturating_duration_since(Instant::now());
        let share = u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
        match timeout_at(Instant::now() + left / share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => {
                tracing::debug!(%error, %address, "no connection");
                problem = unreachable(&error);
            }
            Err(_late) => problem = Error::ConnectionTimeout,
        }
    }
    Err(problem)
}

/// What a guest is told.
fn unreachable(error: &io::Error) -> Error {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "there are many kinds, and two that matter"
    )]
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Error::ConnectionRefused,
        io::ErrorKind::TimedOut => Error::ConnectionTimeout,
        _ => Error::DestinationUnavailable,
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::{HttpGrant, sort_out};

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        let parse = |text: &&str| SocketAddr::new(text.parse().unwrap(), 80);
        texts.iter().map(parse).collect()
    }

    #[test]
    fn only_public_and_granted_addresses_are_admitted() {
        let grant = HttpGrant {
            addresses: vec!["10.1.0.0/16".parse().unwrap(), "fd00::/8".parse().unwrap()],
            ..HttpGrant::default()
        };
        for (found, admitted) in [
            (&["8.8.8.8"][..], &["8.8.8.8"][..]),
            (&["127.0.0.1", "8.8.8.8", "::1"], &["8.8.8.8"]),
            (&["127.0.0.1", "::1", "169.254.169.254"], &[]),
            (
                &["10.1.2.3", "10.2.0.1", "fd00::1"],
                &["10.1.2.3", "fd00::1"],
            ),
            (&["::ffff:10.1.2.3", "::ffff:127.0.0.1"], &["10.1.2.3"]),
            (&["64:ff9b::7f00:1"], &[]),
        ] {
            assert_eq!(sort_out(&grant, addresses(found)).0, addresses(admitted));
        }
    }

    #[test]
    fn an_embedded_address_is_granted_only_as_what_it_is() {
        let grant = HttpGrant {
            addresses: vec!["::/0".parse().unwrap()],
            ..HttpGrant::default()
        };
        assert_eq!(sort_out(&grant, addresses(&["::ffff:127.0.0.1"])).0, []);
    }
}
