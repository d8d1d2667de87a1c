//! Streamable HTTP at `/mcp`, for both eras.
//!
//! A modern request stands alone: it is run by the response it gets, and dies with
//! it (SHM-7). A legacy request belongs to a session: it is run by the session, and
//! a client that hangs up does not end it (SHL-9), only a cancellation or the end
//! of the session does.
//!
//! Either way the response is decided late: one message if the call says nothing
//! before its answer, a stream of events from the first notification on (SHM-8).

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use axum::routing::{self, MethodRouter};
use tokio::sync::mpsc;
use wharf_mcp::model::Principal;
use wharf_mcp::{
    Call, Header, Headers, HttpRoute, Operation, Request, Session, SessionMessage, Step,
};

use super::events::{EventBody, RunningCall, Spoken};
use super::legacy::{HttpSession, NoRest, NotStarted};
use super::replay::{EventId, First, Stream};
use super::sessions::SessionId;
use super::{Endpoints, reply};
use crate::call::{Line, Live};

/// How often sessions are looked through for idle ones.
pub(super) const SWEEP: Duration = Duration::from_secs(30);

/// How many notifications of one call wait for its client.
const QUEUE: usize = 32;

const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// What is said instead of doing what was asked. Boxed, because results with a
/// whole response in them are large.
type Refused = Box<Response<Body>>;

/// On whose behalf a request was made. Connections that know put it there.
type Caller = Option<Extension<Arc<Principal>>>;

/// What can be done at `/mcp`.
pub(super) fn methods() -> MethodRouter<Endpoints> {
    let refused =
        || async { reply::method_not_allowed("GET, POST, DELETE", "send messages by POST") };
    routing::post(post)
        .get(get)
        // To listen and hear nothing would only take the place of who does.
        .head(refused)
        .delete(delete)
        .fallback(refused)
}

/// `POST /mcp`.
async fn post(
    State(endpoints): State<Endpoints>,
    caller: Caller,
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
    let principal = principal(caller);
    let facts = endpoints.door.facts();
    match wharf_mcp::route_http(&body, &protocol_headers(&headers), &facts, &principal) {
        HttpRoute::Answer(answer) => reply::modern(answer),
        HttpRoute::Accepted => reply::accepted(),
        HttpRoute::Run(call) => run_modern(&endpoints, call, &headers).await,
        HttpRoute::Initialize(request) => endpoints.initialize(&request, &principal),
        HttpRoute::Session(message) => match endpoints.session_of(&headers, &principal) {
            Ok(session) => in_session(&endpoints, session, message).await,
            Err(refused) => *refused,
        },
    }
}

/// `GET /mcp`: what belongs to no request, or the rest of a stream (§6.4, §6.5).
async fn get(
    State(endpoints): State<Endpoints>,
    caller: Caller,
    headers: HeaderMap,
) -> Response<Body> {
    if !reply::accepts_events(&headers) {
        return reply::refused(
            StatusCode::NOT_ACCEPTABLE,
            "the client must accept text/event-stream",
        );
    }
    let session = match endpoints.session_of(&headers, &principal(caller)) {
        Ok(session) => session,
        Err(refused) => return *refused,
    };
    let listening = match headers.get(LAST_EVENT_ID) {
        None => session.listen().ok_or(NoRest::Unknown),
        Some(id) => EventId::parse(id.as_bytes())
            .ok_or(NoRest::Unknown)
            .and_then(|after| session.come_back(after)),
    };
    match listening {
        Ok(listening) => reply::events(EventBody::of_stream(listening)),
        // SHL-28.
        Err(NoRest::Unknown) => reply::refused(
            StatusCode::BAD_REQUEST,
            "the Last-Event-ID is none of this session's",
        ),
        Err(NoRest::Evicted) => reply::refused(
            StatusCode::BAD_REQUEST,
            "what followed the Last-Event-ID is not kept any more",
        ),
    }
}

/// `DELETE /mcp` ends a session (SHL-14).
async fn delete(
    State(endpoints): State<Endpoints>,
    caller: Caller,
    headers: HeaderMap,
) -> Response<Body> {
    match endpoints.session_of(&headers, &principal(caller)) {
        Ok(_) => {
            if let Some(id) = session_id(&headers) {
                endpoints.sessions.end(id);
            }
            reply::empty(StatusCode::NO_CONTENT)
        }
        Err(refused) => *refused,
    }
}

/// Runs a modern call inside its response, which the client's hanging up drops, and
/// with it the call (SHM-7).
async fn run_modern(endpoints: &Endpoints, call: Box<Call>, headers: &HeaderMap) -> Response<Body> {
    let router = &endpoints.door.calls.router;
    let mirrors = router.check_mirrors(&call.operation, |name| match name.parse() {
        Ok(name) => header(headers, &name),
        Err(_) => Header::Absent,
    });
    if let Err(refusal) = mirrors {
        return reply::modern(call.exchange.refuse(&refusal));
    }
    let listens = matches!(call.operation, Operation::Listen(_));
    let mut line = Line {
        said: None,
        live: Live::default(),
        asks: None,
        outlives_calls: false,
        drain: endpoints.drain.clone(),
    };
    if !listens && !call.exchange.may_notify() {
        return reply::modern(endpoints.door.calls.run(call, line).await);
    }
    let (said, events) = mpsc::channel(QUEUE);
    line.said = Some(said);
    let mut call = RunningCall::new(endpoints.door.calls.run(call, line), events);
    match call.next().await {
        Some(Spoken::Answer(only)) => reply::modern(only),
        Some(Spoken::Event(first)) => reply::events(EventBody::of_call(&first, call)),
        // A call says something before it ends, or ends.
        Some(Spoken::Silence(_)) | None => reply::accepted(),
    }
}

async fn in_session(
    endpoints: &Endpoints,
    session: Arc<HttpSession>,
    message: SessionMessage<'_>,
) -> Response<Body> {
    let started = match session.session.receive(message, &endpoints.door.facts()) {
        Step::Run(call) => session.start(endpoints, call),
        Step::Batch(steps) => Ok(session.start_batch(endpoints, steps)),
        step @ (Step::Answer(_)
        | Step::Cancel(_)
        | Step::Response(_)
        | Step::Watch { .. }
        | Step::Nothing) => {
            let answer = session.carry_out(step);
            return answer.map_or_else(reply::accepted, reply::legacy);
        }
    };
    match started {
        Ok(stream) => read(&session, &stream).await,
        Err(NotStarted::Answer(answer)) => reply::legacy(answer),
        Err(NotStarted::Full) => reply::full("this session has too many calls running"),
    }
}

/// One message, or a stream from the first notification on (SHM-8).
async fn read(session: &Arc<HttpSession>, stream: &Arc<Stream>) -> Response<Body> {
    let listening = match stream.first().await {
        First::Answer(only) => return reply::legacy(only),
        First::Events => session.read(stream),
        First::Nothing => None,
    };
    // Cancelled: the client knows, and expects no answer.
    listening.map_or_else(reply::accepted, |listening| {
        reply::events(EventBody::of_stream(listening))
    })
}

impl Endpoints {
    /// Opens a session (SHL-11).
    fn initialize(&self, request: &Request<'_>, principal: &Arc<Principal>) -> Response<Body> {
        let (session, answer) = match Session::open(request, &self.door.facts(), principal) {
            Ok(opened) => opened,
            Err(answer) => return reply::legacy(answer),
        };
        let Ok(id) = self.sessions.insert(session, self) else {
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
    fn session_of(
        &self,
        headers: &HeaderMap,
        principal: &Principal,
    ) -> Result<Arc<HttpSession>, Refused> {
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
            .and_then(|id| self.sessions.get(id, principal))
            .ok_or_else(|| {
                Box::new(reply::refused(
                    StatusCode::NOT_FOUND,
                    "there is no such session (any more): start again with `initialize`",
                ))
            })
    }
}

fn principal(caller: Caller) -> Arc<Principal> {
    caller
        .map(|Extension(principal)| principal)
        .unwrap_or_default()
}

fn session_id(headers: &HeaderMap) -> Option<SessionId> {
    SessionId::parse(headers.get(SESSION_ID)?.as_bytes())
}

fn protocol_headers(headers: &HeaderMap) -> Headers<'_> {
    Headers {
        protocol_version: header(headers, &PROTOCOL_VERSION),
        method: header(headers, &METHOD),
        name: header(headers, &NAME),
        session: headers.contains_key(SESSION_ID),
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Header<'h> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Header::Absent,
        (Some(value), None) => Header::Once(value.as_bytes()),
        (Some(_), Some(_)) => Header::Repeated,
    }
}
