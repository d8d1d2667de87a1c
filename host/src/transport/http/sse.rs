//! HTTP+SSE, the remote transport of 2024-11-05: a stream that a client opens with
//! `GET /sse`, and `POST /messages` for what it has to say.
//!
//! The two make one ordered channel, served like any other. The stream is the
//! session: when it closes, the session ends with everything in it (SSE-7).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, Query, State};
use axum::http::{HeaderMap, Response, StatusCode};
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;
use wharf_mcp::model::Principal;

use super::events::EventBody;
use super::sessions::{SessionId, Table};
use super::{Endpoints, reply};
use crate::session::Inbound;

/// How many streams may be open at once. Memory is the limit: a stream costs some
/// 30 KiB.
const MAX_STREAMS: usize = 10_000;

/// How many messages of a client wait for its session. A full queue makes the
/// next POST wait.
const INBOUND_QUEUE: usize = 32;

/// How many messages wait for a client that reads slowly. A full queue makes its
/// calls wait.
const OUTBOUND_QUEUE: usize = 32;

/// Open streams, by session id.
#[derive(Debug)]
pub(super) struct Streams(Table<Open>);

/// An open stream: whose it is, and where its client's messages go.
#[derive(Debug, Clone)]
struct Open {
    principal: Arc<Principal>,
    inbound: mpsc::Sender<Inbound>,
}

/// The query of `/messages`. Servers have spelled it in two ways (SSE-3).
#[derive(Debug, Deserialize)]
pub(super) struct MessageQuery {
    #[serde(rename = "sessionId", alias = "session_id")]
    session: Option<String>,
}

/// Takes the stream out of the table when its session ends.
struct Registered {
    streams: Arc<Streams>,
    id: SessionId,
}

/// `GET /sse`.
pub(super) async fn open(
    State(endpoints): State<Endpoints>,
    caller: Option<Extension<Arc<Principal>>>,
) -> Response<Body> {
    let principal: Arc<Principal> = caller.map(|Extension(it)| it).unwrap_or_default();
    let (sender, inbound) = mpsc::channel(INBOUND_QUEUE);
    let (outbound, frames) = mpsc::channel(OUTBOUND_QUEUE);
    let open = Open {
        principal: Arc::clone(&principal),
        inbound: sender,
    };
    let Ok(id) = endpoints.streams.0.insert(open) else {
        return reply::full("there are too many streams");
    };
    let registered = Registered {
        streams: Arc::clone(&endpoints.streams),
        id,
    };
    let session = async move {
        endpoints
            .door
            .duplex(principal, inbound, outbound, &endpoints.drain)
            .await;
        drop(registered);
    };
    let session = AbortOnDropHandle::new(spawn_owned(session));
    reply::events(EventBody::of_session(
        &format!("/messages?sessionId={id}"),
        frames,
        session,
    ))
}

/// `POST /messages` (SSE-5).
pub(super) async fn post(
    State(endpoints): State<Endpoints>,
    caller: Option<Extension<Arc<Principal>>>,
    Query(query): Query<MessageQuery>,
    headers: HeaderMap,
    body: Body,
) -> Response<Body> {
    let Some(session) = query.session else {
        return reply::refused(
            StatusCode::BAD_REQUEST,
            "the query parameter `sessionId` is missing: use the address from the `endpoint` event",
        );
    };
    let principal: Arc<Principal> = caller.map(|Extension(it)| it).unwrap_or_default();
    // The stream of somebody else does not exist (SSE-8).
    let open = SessionId::parse(session.as_bytes())
        .and_then(|id| endpoints.streams.0.get(id))
        .filter(|open| open.principal.subject == principal.subject);
    let Some(open) = open else {
        return unknown_session();
    };
    let message = match reply::message(&headers, body).await {
        Ok(message) => message,
        Err(response) => return response,
    };
    if let Err(problem) = wharf_mcp::check(&message) {
        return reply::json(
            StatusCode::BAD_REQUEST,
            wharf_mcp::malformed(&problem, None),
        );
    }
    match open.inbound.send(Inbound::Frame(message)).await {
        Ok(()) => reply::accepted(),
        Err(_ended) => unknown_session(),
    }
}

fn unknown_session() -> Response<Body> {
    reply::refused(
        StatusCode::NOT_FOUND,
        "there is no such session (any more): open a new stream with GET /sse",
    )
}

#[expect(
    clippy::disallowed_methods,
    reason = "the handle goes into the response body at once, which ends the task when it is dropped"
)]
fn spawn_owned(session: impl Future<Output = ()> + Send + 'static) -> tokio::task::JoinHandle<()> {
    tokio::spawn(session)
}

impl Default for Streams {
    fn default() -> Self {
        Self(Table::new(MAX_STREAMS))
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.streams.0.remove(self.id);
    }
}
