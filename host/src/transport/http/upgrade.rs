//! `GET /ws`: how an HTTP connection becomes a WebSocket (RFC 6455 §4.2).
//!
//! The handler answers 101 and leaves word with the connection ([`Takeover`]). The
//! connection's own task goes on with the WebSocket once HTTP has let go of the
//! stream, so that the socket is drained, counted and ended like every connection.
//!
//! What every request has to pass (`Host`, `Origin`) this one has passed already.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::sync::OwnedSemaphorePermit;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::{Endpoints, reply};

/// How many sockets may be open at once. Memory is the limit: an idle one costs
/// some 8 KiB, and one that has carried a long message keeps room for another.
pub(super) const MAX_SOCKETS: usize = 10_000;

/// The subprotocol. Clients that name one insist on hearing it again; those that
/// name none are served, too.
const MCP: HeaderValue = HeaderValue::from_static("mcp");

/// The version of the WebSocket protocol, the only one there is.
const VERSION: HeaderValue = HeaderValue::from_static("13");
const WEBSOCKET: HeaderValue = HeaderValue::from_static("websocket");

/// How long a key is: 16 bytes in base64.
const KEY_LENGTH: usize = 24;

/// Where a handler leaves word that the connection is to become a WebSocket. One
/// for each connection; clones share it.
#[derive(Clone, Default)]
pub(super) struct Takeover(Arc<Mutex<Option<Pending>>>);

struct Pending {
    stream: OnUpgrade,
    place: OwnedSemaphorePermit,
}

/// A stream that HTTP has let go of.
pub(super) struct Upgraded {
    pub(super) io: TokioIo<hyper::upgrade::Upgraded>,
    /// Counts against [`MAX_SOCKETS`] until it is dropped.
    pub(super) place: OwnedSemaphorePermit,
}

/// What a client asks for, as far as it matters.
#[derive(Debug)]
struct Handshake {
    accept: HeaderValue,
    /// Whether it named our subprotocol.
    named: bool,
}

/// `GET /ws`.
pub(super) async fn open(
    State(endpoints): State<Endpoints>,
    Extension(takeover): Extension<Takeover>,
    mut request: Request,
) -> Response<Body> {
    let handshake = match Handshake::read(request.method(), request.headers()) {
        Ok(handshake) => handshake,
        Err(refused) => return *refused,
    };
    let Ok(place) = endpoints.sockets.try_acquire_owned() else {
        return reply::full("there are too many WebSockets");
    };
    takeover.leave(Pending {
        stream: hyper::upgrade::on(&mut request),
        place,
    });
    handshake.response()
}

impl Handshake {
    /// The error is the response.
    fn read(method: &Method, headers: &HeaderMap) -> Result<Self, Box<Response<Body>>> {
        let wants_websocket = method == Method::GET
            && words(headers, CONNECTION).any(|word| word.eq_ignore_ascii_case("upgrade"))
            && words(headers, UPGRADE).any(|word| word.eq_ignore_ascii_case("websocket"))
            && headers.get(SEC_WEBSOCKET_VERSION) == Some(&VERSION);
        if !wants_websocket {
            return Err(Box::new(upgrade_required()));
        }
        let bad = |message| Err(Box::new(reply::refused(StatusCode::BAD_REQUEST, message)));
        let key = headers.get(SEC_WEBSOCKET_KEY).map(HeaderValue::as_bytes);
        let Some(key) = key.filter(|key| key.len() == KEY_LENGTH) else {
            return bad("the Sec-WebSocket-Key is missing, or is not 16 bytes in base64");
        };
        let mut offered = words(headers, SEC_WEBSOCKET_PROTOCOL).peekable();
        let names_any = offered.peek().is_some();
        let named = offered.any(|name| name == "mcp");
        if names_any && !named {
            return bad("the only subprotocol spoken here is `mcp`");
        }
        let Ok(accept) = HeaderValue::from_str(&derive_accept_key(key)) else {
            return bad("the Sec-WebSocket-Key cannot be answered");
        };
        Ok(Self { accept, named })
    }

    fn response(self) -> Response<Body> {
        let mut response = reply::empty(StatusCode::SWITCHING_PROTOCOLS);
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, WEBSOCKET);
        headers.insert(SEC_WEBSOCKET_ACCEPT, self.accept);
        if self.named {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, MCP);
        }
        response
    }
}

impl Takeover {
    fn leave(&self, pending: Pending) {
        // A panic while the lock is held leaves it as it was.
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(pending);
    }

    /// The stream, if a handler left word and the client did not hang up meanwhile.
    /// To be asked when HTTP is over.
    pub(super) async fn completed(self) -> Option<Upgraded> {
        let pending = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Pending { stream, place } = pending?;
        match stream.await {
            Ok(io) => Some(Upgraded {
                io: TokioIo::new(io),
                place,
            }),
            Err(error) => {
                tracing::debug!(%error, "a connection did not become a WebSocket");
                None
            }
        }
    }
}

/// The members of a list in a header, which may be given several times.
fn words(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).into_iter();
    let texts = values.filter_map(|value| value.to_str().ok());
    let words = texts.flat_map(|text| text.split(','));
    words.map(str::trim).filter(|word| !word.is_empty())
}

fn upgrade_required() -> Response<Body> {
    let mut response = reply::refused(
        StatusCode::UPGRADE_REQUIRED,
        "this is a WebSocket: connect to it with ws:// and version 13, or POST to /mcp",
    );
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, WEBSOCKET);
    headers.insert(SEC_WEBSOCKET_VERSION, VERSION);
    response
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::body::Body;
    use axum::extract::{Extension, Request, State};
    use tokio::sync::Semaphore;

    use super::{Takeover, open};
    use crate::registry::CatalogueBuilder;
    use crate::router::Router;
    use crate::session::Door;
    use crate::transport::http::Endpoints;

    /// The status and `Retry-After`, if there are places for so many sockets.
    async fn answer(places: usize) -> (u16, bool) {
        let catalogue = CatalogueBuilder::default().build().unwrap();
        let endpoints = Endpoints {
            door: Door::new(
                Router::new(catalogue),
                crate::changes::Changes::default(),
                wharf_mcp::StateKeys::new([0; 32], &[]),
            ),
            drain: crate::drain::Drain::new(),
            sessions: Arc::default(),
            streams: Arc::default(),
            sockets: Arc::new(Semaphore::new(places)),
        };
        let request = Request::get("/ws")
            .header("connection", "keep-alive, Upgrade")
            .header("upgrade", "WebSocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        let request = request.body(Body::empty()).unwrap();
        let response = open(State(endpoints), Extension(Takeover::default()), request).await;
        let retry = response.headers().contains_key("retry-after");
        (response.status().as_u16(), retry)
    }

    #[tokio::test]
    async fn there_is_a_limit() {
        assert_eq!(answer(1).await, (101, false));
        assert_eq!(answer(0).await, (503, true));
    }
}
