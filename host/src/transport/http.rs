//! The HTTP bindings on one port: Streamable HTTP at `/mcp`, the older HTTP+SSE at
//! `/sse` and `/messages`, and `/healthz` for whoever watches the process.
//!
//! Connections are accepted by a loop of our own, because clients that never
//! finish their headers have to be cut off. What every request has to pass
//! before anything else, the check of `Host` and `Origin`, is in `guard`.
//!
//! | path | file |
//! | --- | --- |
//! | `/mcp` | `streamable.rs` |
//! | `/sse`, `/messages` | `sse.rs` |

mod events;
mod guard;
mod legacy;
mod replay;
mod reply;
mod sessions;
mod sse;
mod streamable;

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
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::Transport;
use crate::drain::Drain;
use crate::session::Door;
use guard::Guard;

/// How many connections are open at once. The next ones wait in the kernel's
/// queue. Half of the descriptors that services usually get.
const MAX_CONNECTIONS: usize = 16_384;

/// How long a client may take over a request's headers, and how long a
/// connection may lie idle between requests.
const HEADER_TIMEOUT: Duration = Duration::from_mins(1);

/// How long to wait before accepting again when the process is out of
/// descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What is said to somebody who has lost their way.
const NOWHERE: &str = "there is nothing here: MCP is spoken at /mcp, and at /sse by older clients";

/// The HTTP endpoints on one listener.
#[derive(Debug)]
pub struct Http {
    listener: TcpListener,
    guard: Arc<Guard>,
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
}

impl Http {
    /// Takes the address, so that a port that is in use is noticed before anything
    /// else is done.
    pub async fn bind(address: SocketAddr, allowed: Allowed) -> io::Result<Self> {
        Ok(Self {
            listener: TcpListener::bind(address).await?,
            guard: Arc::new(Guard::new(allowed)),
        })
    }

    /// The address that was taken, with its port.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Transport for Http {
    async fn serve(self, door: Door, drain: Drain) -> io::Result<()> {
        let endpoints = Endpoints {
            door,
            drain: drain.clone(),
            sessions: Arc::default(),
            streams: Arc::default(),
        };
        let sessions = Arc::clone(&endpoints.sessions);
        let service = routes(endpoints);
        let mut connections = JoinSet::new();
        let mut sweep = tokio::time::interval(streamable::SWEEP);
        loop {
            let full = connections.len() >= MAX_CONNECTIONS;
            tokio::select! {
                () = drain.begun() => break,
                Some(_) = connections.join_next() => {}
                _ = sweep.tick() => sessions.sweep(),
                accepted = self.listener.accept(), if !full => match accepted {
                    Ok((stream, _)) => {
                        let guarded = guarded(service.clone(), Arc::clone(&self.guard));
                        connections.spawn(connection(stream, guarded, drain.clone()));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
        drop(self.listener);
        drain
            .within_grace(async { while connections.join_next().await.is_some() {} })
            .await;
        Ok(())
    }
}

fn routes(endpoints: Endpoints) -> TowerToHyperService<Router> {
    let router = Router::new()
        .route("/mcp", streamable::methods())
        .route("/sse", get(sse::open))
        .route("/messages", post(sse::post))
        .route("/healthz", get(|| async { "ok\n" }))
        .fallback(|| async { reply::refused(StatusCode::NOT_FOUND, NOWHERE) })
        .with_state(endpoints);
    TowerToHyperService::new(router)
}

type Served = Result<Response<Body>, Infallible>;

/// Lets nothing through to the routes that the guard refuses.
fn guarded(
    routes: TowerToHyperService<Router>,
    guard: Arc<Guard>,
) -> impl Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Send> {
    service_fn(move |request: Request<Incoming>| {
        let refused = guard.refuse(&request);
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

/// Serves one connection to its end, or as far as the drain allows: the request
/// that is being answered is the last.
async fn connection(
    stream: TcpStream,
    service: impl Service<
        Request<Incoming>,
        Response = Response<Body>,
        Error = Infallible,
        Future: Future<Output = Served> + Send,
    >,
    drain: Drain,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "small writes will be delayed");
    }
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
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
