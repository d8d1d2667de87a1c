//! Responses, and what requests have to look like to get one.

use axum::body::Body;
use axum::http::header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use bytes::Bytes;
use wharf_mcp::{Answer, Standing};

use super::events::EventBody;
use crate::transport::MAX_MESSAGE;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream");

/// Tells nginx and its kind not to hold events back (SHM-6).
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// One message.
pub(super) fn json(status: StatusCode, frame: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::from(frame));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// An answer under the status that modern clients expect (§7.4).
pub(super) fn modern(answer: Answer) -> Response<Body> {
    let status = match answer.standing {
        Standing::Served => StatusCode::OK,
        Standing::Refused => StatusCode::BAD_REQUEST,
        Standing::UnknownMethod => StatusCode::NOT_FOUND,
    };
    json(status, answer.frame)
}

/// An answer under the status that clients with a session expect: errors of
/// requests that were understood are ordinary answers (SHL-10).
pub(super) fn legacy(answer: Answer) -> Response<Body> {
    let status = match answer.standing {
        Standing::Served | Standing::UnknownMethod => StatusCode::OK,
        Standing::Refused => StatusCode::BAD_REQUEST,
    };
    json(status, answer.frame)
}

/// A stream of messages.
pub(super) fn events(body: EventBody) -> Response<Body> {
    let mut response = Response::new(Body::new(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, EVENTS);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(ACCEL_BUFFERING, HeaderValue::from_static("no"));
    response
}

/// Taken; nothing to say.
pub(super) fn accepted() -> Response<Body> {
    empty(StatusCode::ACCEPTED)
}

/// A status and nothing else.
pub(super) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// A refusal in words.
pub(super) fn refused(status: StatusCode, message: &str) -> Response<Body> {
    json(status, wharf_mcp::refusal(message))
}

/// No room now, perhaps later.
pub(super) fn full(message: &str) -> Response<Body> {
    let mut response = refused(StatusCode::SERVICE_UNAVAILABLE, message);
    response
        .headers_mut()
        .insert(RETRY_AFTER, HeaderValue::from_static("10"));
    response
}

/// The wrong method for this path.
pub(super) fn method_not_allowed(allow: &'static str, message: &str) -> Response<Body> {
    let mut response = refused(StatusCode::METHOD_NOT_ALLOWED, message);
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static(allow));
    response
}

/// Reads a request's body as one message. The error is the response.
pub(super) async fn message(headers: &HeaderMap, body: Body) -> Result<Bytes, Response<Body>> {
    if !is_json(headers) {
        return Err(refused(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "the Content-Type must be application/json",
        ));
    }
    axum::body::to_bytes(body, MAX_MESSAGE)
        .await
        .map_err(|error| {
            tracing::debug!(%error, "a request's body could not be read");
            refused(
                StatusCode::PAYLOAD_TOO_LARGE,
                &format!("the message could not be read, or is longer than {MAX_MESSAGE} bytes"),
            )
        })
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
    else {
        return false;
    };
    let essence = value.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

/// The media ranges that anything we send is in.
const OURS: [&str; 5] = [
    "application/json",
    "text/event-stream",
    "*/*",
    "application/*",
    "text/*",
];

/// Whether the client takes streams of events. Clients that do not say take
/// everything.
pub(super) fn accepts_events(headers: &HeaderMap) -> bool {
    accepts(headers, &["text/event-stream", "text/*", "*/*"])
}

/// Whether the client takes anything that we send (SHL-3). Clients that do not say
/// take everything.
pub(super) fn acceptable(headers: &HeaderMap) -> bool {
    accepts(headers, &OURS)
}

fn accepts(headers: &HeaderMap, wanted: &[&str]) -> bool {
    let mut ranges = headers
        .get_all(ACCEPT)
        .iter()
        .flat_map(|value| value.to_str().unwrap_or_default().split(','))
        .map(|range| range.split(';').next().unwrap_or_default().trim())
        .peekable();
    ranges.peek().is_none()
        || ranges.any(|range| {
            wanted
                .iter()
                .any(|wanted| range.eq_ignore_ascii_case(wanted))
        })
}
