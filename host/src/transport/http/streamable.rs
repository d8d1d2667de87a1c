//! Streamable HTTP at `/mcp`, for both eras.
//!
//! A modern request stands alone: it is run by the response it gets, and dies with
//! it (SHM-7). A legacy request belongs to a session: it is run by the session, and
//! a client that hangs up does not end it (SHL-9), only a cancellation or the end
//! of the session does.
//!
//! Either way the response is decided late: one message if the call says nothing
//! before its answer, a stream of events from the first notification on (SHM-8).

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use axum::routing::{self, MethodRouter};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::Instant;
use wharf_mcp::{
    Call, Header, Headers, HttpRoute, InFlight, Request, RequestId, Session, SessionMessage, Step,
};

use super::events::{EventBody, RunningCall, Said};
use super::sessions::{SessionId, Table};
use super::{Endpoints, reply};
use crate::session::{CallHandle, Live, MAX_RUNNING};

/// How often sessions are looked through for idle ones.
pub(super) const SWEEP: Duration = Duration::from_secs(30);

/// How many sessions there may be at once. An idle one costs about a kilobyte.
const MAX_SESSIONS: usize = 10_000;

/// How long a session lives without a request. A person who comes back from lunch
/// finds it; an abandoned one does not last the night.
const IDLE: Duration = Duration::from_hours(2);

/// How many notifications of one call wait for its client.
const QUEUE: usize = 32;

const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");

/// What is said instead of doing what was asked. Boxed, because results with a
/// whole response in them are large.
type Refused = Box<Response<Body>>;

/// The legacy sessions of this endpoint.
#[derive(Debug)]
pub(super) struct Sessions {
    table: Table<Arc<HttpSession>>,
    epoch: Instant,
}

/// A legacy session and what runs in it. Dropping it ends that.
#[derive(Debug)]
struct HttpSession {
    session: Session,
    calls: Mutex<Calls>,
    /// Seconds since the table's epoch.
    last_used: AtomicU64,
}

#[derive(Debug, Default)]
struct Calls {
    running: InFlight<CallHandle>,
    tasks: JoinSet<()>,
}

/// What can be done at `/mcp`.
pub(super) fn methods() -> MethodRouter<Endpoints> {
    routing::post(post).delete(delete).fallback(other)
}

/// `POST /mcp`.
async fn post(
    State(endpoints): State<Endpoints>,
    headers: HeaderMap,
    body: Body,
) -> Response<Body> {
    if !reply::acceptable(&headers) {
        return reply::refused(
            StatusCode::NOT_ACCEPTABLE,
            "the client must accept application/json and text/event-stream",
        );
    }
    let body = match reply::message(&headers, body).await {
        Ok(body) => body,
        Err(response) => return response,
    };
    match wharf_mcp::route_http(&body, &protocol_headers(&headers), endpoints.door.facts()) {
        HttpRoute::Answer(answer) => reply::modern(answer),
        HttpRoute::Accepted => reply::accepted(),
        HttpRoute::Run(call) => run_modern(&endpoints, call).await,
        HttpRoute::Initialize(request) => endpoints.initialize(&request),
        HttpRoute::Session(message) => match endpoints.session_of(&headers) {
            Ok(session) => in_session(&endpoints, session, message).await,
            Err(refused) => *refused,
        },
    }
}

/// `DELETE /mcp` ends a session (SHL-14).
async fn delete(State(endpoints): State<Endpoints>, headers: HeaderMap) -> Response<Body> {
    let ended = endpoints
        .session_of(&headers)
        .map(|_| session_id(&headers).and_then(|id| endpoints.sessions.table.remove(id)));
    match ended {
        Ok(session) => {
            if let Some(session) = session {
                session.calls().tasks.abort_all();
            }
            reply::empty(StatusCode::NO_CONTENT)
        }
        Err(refused) => *refused,
    }
}

/// Every other method: there is no stream of the server's own yet (SHL-20).
async fn other() -> Response<Body> {
    reply::method_not_allowed("POST, DELETE", "send messages by POST")
}

/// Runs a modern call inside its response.
async fn run_modern(endpoints: &Endpoints, call: Box<Call>) -> Response<Body> {
    if !call.exchange.may_notify() {
        return reply::modern(endpoints.door.run_silently(call).await);
    }
    let (outbound, events) = mpsc::channel(QUEUE);
    let answering = endpoints.door.run(call, Live::default(), outbound);
    respond(
        RunningCall::new(async { Some(answering.await) }, events),
        reply::modern,
    )
    .await
}

/// One message, or a stream from the first notification on.
async fn respond(
    mut call: RunningCall,
    answer: fn(wharf_mcp::Answer) -> Response<Body>,
) -> Response<Body> {
    match call.next().await {
        Some(Said::Answer(only)) => answer(only),
        Some(Said::Event(first)) => reply::events(EventBody::of_call(&first, call)),
        // Cancelled: the client knows, and expects no answer.
        None => reply::accepted(),
    }
}

async fn in_session(
    endpoints: &Endpoints,
    session: Arc<HttpSession>,
    message: SessionMessage<'_>,
) -> Response<Body> {
    match session.session.receive(message, endpoints.door.facts()) {
        Step::Answer(answer) => reply::legacy(answer),
        Step::Cancel(id) => {
            session.cancel(&id);
            reply::accepted()
        }
        Step::Nothing => reply::accepted(),
        Step::Run(call) => match session.start(endpoints, call) {
            Ok(running) => respond(running, reply::legacy).await,
            Err(refused) => *refused,
        },
    }
}

impl Endpoints {
    /// Opens a session (SHL-11).
    fn initialize(&self, request: &Request<'_>) -> Response<Body> {
        let (session, answer) = match Session::open(request, self.door.facts()) {
            Ok(opened) => opened,
            Err(answer) => return reply::legacy(answer),
        };
        let Ok(id) = self.sessions.insert(session) else {
            return reply::full("there are too many sessions");
        };
        let mut response = reply::legacy(answer);
        if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
            response.headers_mut().insert(SESSION_ID, value);
        }
        response
    }

    /// The session that a request names (SHL-12, SHL-13, SHL-18). The error is the
    /// response.
    fn session_of(&self, headers: &HeaderMap) -> Result<Arc<HttpSession>, Refused> {
        if !headers.contains_key(SESSION_ID) {
            let frame = wharf_mcp::session_required();
            return Err(Box::new(reply::json(StatusCode::BAD_REQUEST, frame)));
        }
        if !protocol_headers(headers).allow_session() {
            return Err(Box::new(reply::refused(
                StatusCode::BAD_REQUEST,
                "the MCP-Protocol-Version is not one that sessions have here",
            )));
        }
        session_id(headers)
            .and_then(|id| self.sessions.get(id))
            .ok_or_else(|| {
                Box::new(reply::refused(
                    StatusCode::NOT_FOUND,
                    "there is no such session (any more): start again with `initialize`",
                ))
            })
    }
}

impl Sessions {
    /// Ends sessions that have not been used for a long time and have nothing
    /// running.
    pub(super) fn sweep(&self) {
        let now = self.now();
        self.table.retain(|session| {
            let idle = now.saturating_sub(session.last_used.load(Ordering::Relaxed));
            idle < IDLE.as_secs() || !session.calls().running.is_empty()
        });
    }

    fn insert(&self, session: Session) -> Result<SessionId, Arc<HttpSession>> {
        self.table.insert(Arc::new(HttpSession {
            session,
            calls: Mutex::default(),
            last_used: AtomicU64::new(self.now()),
        }))
    }

    fn get(&self, id: SessionId) -> Option<Arc<HttpSession>> {
        let session = self.table.get(id)?;
        session.last_used.store(self.now(), Ordering::Relaxed);
        Some(session)
    }

    fn now(&self) -> u64 {
        self.epoch.elapsed().as_secs()
    }
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            table: Table::new(MAX_SESSIONS),
            epoch: Instant::now(),
        }
    }
}

impl HttpSession {
    /// Starts a call as a task of the session. The error is the response.
    fn start(
        self: Arc<Self>,
        endpoints: &Endpoints,
        call: Box<Call>,
    ) -> Result<RunningCall, Refused> {
        let id = call.exchange.id().clone();
        let (outbound, events) = mpsc::channel(QUEUE);
        let (answer, answered) = oneshot::channel();
        let live = Live::default();
        let mut calls = self.calls();
        // What has ended in the meantime.
        while calls.tasks.try_join_next().is_some() {}
        calls
            .running
            .admit(&id)
            .map_err(|answer| Box::new(reply::legacy(answer)))?;
        if calls.running.len() >= MAX_RUNNING {
            return Err(Box::new(reply::full(
                "this session has too many calls running",
            )));
        }
        let answering = endpoints.door.run(call, live.clone(), outbound);
        let session = Arc::downgrade(&self);
        let abort = calls.tasks.spawn({
            let id = id.clone();
            async move {
                let said = answering.await;
                // The id is free before the client can see the answer.
                if let Some(session) = session.upgrade() {
                    session.calls().running.remove(&id);
                }
                if answer.send(said).is_err() {
                    tracing::debug!(%id, "the client hung up before the answer");
                }
            }
        });
        calls.running.insert(id, CallHandle::new(live, abort));
        drop(calls);
        Ok(RunningCall::new(async { answered.await.ok() }, events))
    }

    fn cancel(&self, id: &RequestId) {
        if let Some(handle) = self.calls().running.remove(id) {
            handle.cancel();
        }
    }

    fn calls(&self) -> MutexGuard<'_, Calls> {
        // A panic while the lock is held leaves the tables as they were.
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn session_id(headers: &HeaderMap) -> Option<SessionId> {
    SessionId::parse(headers.get(SESSION_ID)?.as_bytes())
}

fn protocol_headers(headers: &HeaderMap) -> Headers<'_> {
    let header = |name: HeaderName| {
        let mut values = headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (None, _) => Header::Absent,
            (Some(value), None) => Header::Once(value.as_bytes()),
            (Some(_), Some(_)) => Header::Repeated,
        }
    };
    Headers {
        protocol_version: header(PROTOCOL_VERSION),
        method: header(METHOD),
        name: header(NAME),
        session: headers.contains_key(SESSION_ID),
    }
}
