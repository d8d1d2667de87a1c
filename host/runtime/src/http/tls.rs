//! TLS for plugins: who is trusted, and nothing that is kept between connections.

use std::fmt;
use std::io;
use std::sync::Arc;

use rustls_native_certs::load_native_certs;
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};
use wasmtime_wasi_http::Error;

use super::target::Host;

/// What TLS connections of all plugins share: the system's certificate authorities,
/// read when they are first needed. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Tls(Arc<OnceCell<Arc<ClientConfig>>>);

/// No authority could be found.
#[derive(Debug)]
pub(super) struct NoAuthorities(pub(super) String);

impl Tls {
    /// Reads the authorities, off the async threads, unless that has been done. If
    /// there are none, the next one looks again.
    pub(super) async fn config(&self) -> Result<Arc<ClientConfig>, NoAuthorities> {
        let load = || async {
            let loaded = wasmtime_wasi::runtime::spawn_blocking(load);
            loaded.await
        };
        self.0.get_or_try_init(load).await.cloned()
    }
}

/// Makes a connection a secret one, with whoever can prove to be that host.
pub(super) async fn connect(
    config: Arc<ClientConfig>,
    host: &Host,
    stream: TcpStream,
) -> Result<TlsStream<TcpStream>, Error> {
    let name = match host {
        Host::Name(name) => {
            let name = ServerName::try_from(name.clone());
            name.map_err(|_not_a_name| Error::HttpRequestUriInvalid)?
        }
        Host::Address(address) => ServerName::from(*address),
    };
    let connected = TlsConnector::from(config).connect(name, stream).await;
    connected.map_err(|error| problem(&error))
}

fn load() -> Result<Arc<ClientConfig>, NoAuthorities> {
    let found = load_native_certs();
    let mut roots = RootCertStore::empty();
    let (used, _) = roots.add_parsable_certificates(found.certs);
    if used == 0 {
        let problems: Vec<_> = found.errors.iter().map(ToString::to_string).collect();
        return Err(NoAuthorities(if problems.is_empty() {
            "none was found".to_owned()
        } else {
            problems.join("; ")
        }));
    }
    let builder = ClientConfig::builder_with_provider(ring::default_provider().into());
    let builder = builder
        .with_safe_default_protocol_versions()
        .map_err(|error| NoAuthorities(error.to_string()))?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // A session that is taken up again tells the server who comes back.
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

/// What a guest is told.
fn problem(error: &io::Error) -> Error {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    match inner {
        Some(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented) => {
            Error::TlsCertificateError
        }
        Some(rustls::Error::AlertReceived(alert)) => Error::TlsAlertReceived {
            alert_id: Some(u8::from(*alert)),
            alert_message: Some(format!("{alert:?}")),
        },
        _ => Error::TlsProtocolError,
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tls(loaded: {})", self.0.initialized())
    }
}
