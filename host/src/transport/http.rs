//! The HTTP bindings: Streamable HTTP at `/mcp`, the older HTTP+SSE at `/sse` and
//! `/messages`, WebSocket at `/ws`, and `/healthz` for whoever watches the process.
//! All of them on every address and every Unix socket that is listened on; sessions
//! and limits are shared.
//!
//! Connections are accepted by a loop of our own, because clients that never
//! finish their headers have to be cut off. What every request has to pass
//! before anything else, the check of `Host` and `Origin`, is in `guard`.
//!
//! | path | file |
//! | --- | --- |
//! | `/mcp` | `streamable.rs` |
//! | `/sse`, `/messages` | `sse.rs` |
//! | `/ws` | `upgrade.rs`, then `websocket.rs` |

mod events;
mod guard;
mod legacy;
mod replay;
mod reply;
mod sessions;
mod sse;
mod streamable;
mod upgrade;
mod websocket;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use axum::routing::{get, post};
use futures_util::future::join_all;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use wharf_mcp::model::Principal;

use super::Transport;
use super::listener::serve_each;
use super::unix::UnixSocket;
use crate::drain::Drain;
use crate::session::Door;
use guard::Guard;
use upgrade::{Takeover, Upgraded};

/// How many connections are open at once. The next ones wait in the kernel's
/// queue. Half of the descriptors that services usually get.
const MAX_CONNECTIONS: usize = 16_384;

/// How long a client may take over a request's headers, and how long a
/// connection may lie idle between requests.
const HEADER_TIMEOUT: Duration = Duration::from_mins(1);

/// What is said to somebody who has lost their way.
const NOWHERE: &str = "there is nothing here: MCP is spoken at /mcp, at /sse by older clients, and at /ws over WebSocket";

/// The HTTP endpoints, wherever they are listened on.
#[derive(Debug)]
pub struct Http {
    listeners: Vec<Listening>,
    guard: Arc<Guard>,
}

#[derive(Debug)]
enum Listening {
    Tcp(TcpListener),
    Unix(UnixSocket),
}

/// Who may talk to the HTTP endpoints, beyond what is allowed anyway: IP
/// addresses and loopback names as `Host`, the server's own origin as `Origin`.
#[derive(Debug, Clone, Default)]
pub struct Allowed {
    /// Host names, without port.
    pub hosts: Vec<String>,
    /// Origins, such as `https://app.example.com`.
    pub origins: Vec<String>,
}

/// What the handlers share.
#[derive(Clone)]
struct Endpoints {
    door: Door,
    drain: Drain,
    sessions: Arc<legacy::Sessions>,
    streams: Arc<sse::Streams>,
    sockets: Arc<Semaphore>,
}

/// What a connection needs.
#[derive(Clone)]
struct Reception {
    routes: TowerToHyperService<Router>,
    guard: Arc<Guard>,
    door: Door,
    drain: Drain,
}

impl Http {
    /// HTTP for these, listening nowhere yet.
    pub fn new(allowed: Allowed) -> Self {
        Self {
            listeners: Vec::new(),
            guard: Arc::new(Guard::new(allowed)),
        }
    }

    /// Takes an address, so that a port that is in use is noticed before anything
    /// else is done. Returns the address that was taken, with its port.
    ///
    /// # Errors
    /// When the system refuses, as it does if the port is in use.
    pub async fn listen(&mut self, address: SocketAddr) -> io::Result<SocketAddr> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        self.listeners.push(Listening::Tcp(listener));
        Ok(address)
    }

    /// Whether there is anything to serve on.
    pub fn is_listening(&self) -> bool {
        !self.listeners.is_empty()
    }

    /// Serves on a Unix socket, too. Its clients are known by their user ids.
    pub fn listen_unix(&mut self, socket: UnixSocket) {
        self.listeners.push(Listening::Unix(socket));
    }
}

impl Transport for Http {
    async fn serve(self, door: Door, drain: Drain) -> io::Result<()> {
        let endpoints = Endpoints {
            door: door.clone(),
            drain: drain.clone(),
            sessions: Arc::default(),
            streams: Arc::default(),
            sockets: Arc::new(Semaphore::new(upgrade::MAX_SOCKETS)),
        };
        let sessions = Arc::clone(&endpoints.sessions);
        let reception = Reception {
            routes: routes(endpoints),
            guard: self.guard,
            door,
            drain,
        };
        let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let listeners = self.listeners.into_iter();
        let serving = join_all(listeners.map(|listening| reception.serve(listening, &places)));
        let sweeping = async {
            let mut sweep = tokio::time::interval(streamable::SWEEP);
            loop {
                sweep.tick().await;
                sessions.sweep();
            }
        };
        tokio::select! {
            _ = serving => Ok(()),
            () = sweeping => Ok(()),
        }
    }
}

impl Reception {
    async fn serve(&self, listening: Listening, places: &Arc<Semaphore>) {
        match listening {
            Listening::Tcp(tcp) => {
                let serve = |io, principal| connection(io, principal, self.clone());
                serve_each(tcp, places, &self.drain, serve).await;
            }
            Listening::Unix(unix) => {
                let serve = |io, principal| connection(io, principal, self.clone());
                serve_each(unix, places, &self.drain, serve).await;
            }
        }
    }
}

fn routes(endpoints: Endpoints) -> TowerToHyperService<Router> {
    let router = Router::new()
        .route("/mcp", streamable::methods())
        .route("/sse", get(sse::open))
        .route("/messages", post(sse::post))
        .route("/ws", get(upgrade::open))
        .route("/healthz", get(|| async { "ok\n" }))
        .fallback(|| async { reply::refused(StatusCode::NOT_FOUND, NOWHERE) })
        .with_state(endpoints);
    TowerToHyperService::new(router)
}

type Served = Result<Response<Body>, Infallible>;

/// Lets nothing through to the routes that the guard refuses. The routes find out
/// from the request's extensions on whose behalf it is (`Arc<Principal>`), and where
/// to put what comes after HTTP ([`Takeover`]).
fn guarded(
    routes: TowerToHyperService<Router>,
    guard: Arc<Guard>,
    principal: Arc<Principal>,
    takeover: Takeover,
) -> impl Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Send> {
    service_fn(move |mut request: Request<Incoming>| {
        let refused = guard.refuse(&request);
        let extensions = request.extensions_mut();
        extensions.insert(Arc::clone(&principal));
        extensions.insert(takeover.clone());
        // Routed only if it is let through.
        let served = refused.is_none().then(|| routes.call(request));
        async move {
            match (refused, served) {
                (Some(refusal), _) => Served::Ok(refusal),
                (None, Some(served)) => served.await,
                (None, None) => Served::Ok(Response::new(Body::empty())),
            }
        }
    })
}

/// Serves one connection to its end: first HTTP, then perhaps WebSocket.
async fn connection(
    io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    principal: Arc<Principal>,
    reception: Reception,
) {
    let Reception {
        routes,
        guard,
        door,
        drain,
    } = reception;
    let takeover = Takeover::default();
    let service = guarded(routes, guard, Arc::clone(&principal), takeover.clone());
    // Both boxed, so that neither takes room while it is the other's turn.
    Box::pin(http(io, service, &drain)).await;
    if let Some(Upgraded { io, place }) = takeover.completed().await {
        Box::pin(websocket::serve(
            websocket::KEEP_ALIVE,
            io,
            principal,
            &door,
            &drain,
        ))
        .await;
        drop(place);
    }
}

/// Serves HTTP until the connection ends or becomes something else, or as far as
/// the drain allows: the request that is being answered is the last.
async fn http(
    io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    service: impl Service<
        Request<Incoming>,
        Response = Response<Body>,
        Error = Infallible,
        Future: Future<Output = Served> + Send,
    >,
    drain: &Drain,
) {
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .serve_connection(TokioIo::new(io), service)
        .with_upgrades();
    let mut serving = pin!(serving);
    let ended = tokio::select! {
        ended = &mut serving => ended,
        () = drain.begun() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
