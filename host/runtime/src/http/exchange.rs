//! A request and its response.

use std::error::Error as _;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::header::{HOST, HeaderValue};
use hyper::http::uri::PathAndQuery;
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};
use wasmtime_wasi::runtime::{AbortOnDropJoinHandle, spawn};
use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

use super::at_most;
use super::bodies::{Received, Sent};
use super::connect::{Route, Stream};

/// Bytes of the head of a response. Servers allow 8 to 32 KiB of a request's.
const MAX_HEAD: usize = 64 << 10;

/// Lines in it.
const MAX_HEADERS: usize = 200;

/// A response, and what goes on while its body is read.
pub(super) type Answer = (
    Response<WasiBody>,
    Box<dyn Future<Output = Result<(), Error>> + Send>,
);

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    /// Until there is a connection.
    connect: Duration,
    /// From there to the end of the response's head.
    head: Duration,
    /// Both together.
    both: Duration,
    /// Between two parts of the response's body.
    between: Duration,
}

impl Times {
    /// What a guest wants, where that is less than what it is granted.
    pub(super) fn of(wanted: RequestOptions, granted: Duration) -> Self {
        Self {
            connect: at_most(wanted.connect_timeout, granted),
            head: at_most(wanted.first_byte_timeout, granted),
            both: granted,
            between: at_most(wanted.between_bytes_timeout, granted),
        }
    }
}

/// Sends a request and waits for the head of its response.
pub(super) async fn send(
    route: Route,
    request: Request<WasiBody>,
    times: Times,
    places: Arc<Semaphore>,
) -> Result<Answer, Error> {
    let start = Instant::now();
    let connected_by = start + times.connect;
    let place = timeout_at(connected_by, places.acquire_owned()).await;
    let place = place.map_err(|_late| Error::ConnectionLimitReached)?;
    let place = place.map_err(|_never_closed| Error::InternalError(None))?;
    let stream = route.connect(connected_by).await?;

    let grant = &route.web.grant;
    let request = addressed(request, &route, grant.request_body)?;
    let (mut sender, driver) = drive(stream, place).await?;
    let answered_by = (Instant::now() + times.head).min(start + times.both);
    let response = timeout_at(answered_by, sender.send_request(request)).await;
    let response = response.map_err(|_late| Error::ConnectionReadTimeout)?;
    let response = response.map_err(|error| problem(&error))?;

    let (head, body) = response.into_parts();
    let body = Received::new(body, grant.response_body, times.between)?;
    let response = Response::from_parts(head, body.boxed_unsync());
    let rest = async move {
        driver.await;
        Ok(())
    };
    Ok((response, Box::new(rest)))
}

/// Writes the request as it goes to a server: the path in its first line, and the
/// host that was judged in the header for it. A guest cannot set that header.
fn addressed(
    request: Request<WasiBody>,
    route: &Route,
    limit: u64,
) -> Result<Request<Sent>, Error> {
    let (mut head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or("/", PathAndQuery::as_str);
    // A query without a path.
    let path = if path.starts_with('?') {
        format!("/{path}")
    } else {
        path.to_owned()
    };
    let line = Uri::builder().path_and_query(path).build();
    head.uri = line.map_err(|_invalid| Error::HttpRequestUriInvalid)?;
    let host = HeaderValue::try_from(route.target.authority());
    let host = host.map_err(|_invalid| Error::HttpRequestUriInvalid)?;
    head.headers.insert(HOST, host);
    Ok(Request::from_parts(head, Sent::new(body, limit)))
}

/// Begins to speak HTTP. A task moves bytes, and has the connection and its place; it
/// ends with its handle, which the response's body has in the end, or with the call.
async fn drive(
    stream: Stream,
    place: OwnedSemaphorePermit,
) -> Result<(SendRequest<Sent>, AbortOnDropJoinHandle<()>), Error> {
    let mut builder = Builder::new();
    builder.max_buf_size(MAX_HEAD).max_headers(MAX_HEADERS);
    let begun = builder.handshake(TokioIo::new(stream)).await;
    let (sender, connection) = begun.map_err(|error| problem(&error))?;
    let driver = spawn(async move {
        let _place = place;
        // The request, or the body of the response, is told why.
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection of a plugin has ended");
        }
    });
    Ok((sender, driver))
}

/// What a guest is told when HTTP goes wrong.
pub(super) fn problem(error: &hyper::Error) -> Error {
    if let Some(Error::HttpRequestBodySize(seen)) = cause(error) {
        return Error::HttpRequestBodySize(*seen);
    }
    if error.is_parse_too_large() {
        let limit = u32::try_from(MAX_HEAD).unwrap_or(u32::MAX);
        return Error::HttpResponseHeaderSectionSize(Some(limit));
    }
    let io = cause::<io::Error>(error);
    let is = |kind| io.is_some_and(|io| io.kind() == kind);
    // What hyper itself says about chunks, in the words of a connection.
    if is(io::ErrorKind::InvalidInput) || is(io::ErrorKind::InvalidData) {
        return Error::HttpProtocolError;
    }
    if is(io::ErrorKind::UnexpectedEof)
        || error.is_incomplete_message()
        || error.is_body_write_aborted()
    {
        return Error::HttpResponseIncomplete;
    }
    if io.is_some() || error.is_canceled() || error.is_closed() {
        return Error::ConnectionTerminated;
    }
    Error::HttpProtocolError
}

/// The same as a code of the interface: of what can happen while a body is read.
pub(super) fn code(problem: &Error) -> ErrorCode {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "these are all that happen in bodies"
    )]
    match problem {
        Error::HttpRequestBodySize(seen) => ErrorCode::HttpRequestBodySize(*seen),
        Error::HttpResponseBodySize(seen) => ErrorCode::HttpResponseBodySize(*seen),
        Error::HttpResponseHeaderSectionSize(limit) => {
            ErrorCode::HttpResponseHeaderSectionSize(*limit)
        }
        Error::HttpResponseIncomplete => ErrorCode::HttpResponseIncomplete,
        Error::ConnectionReadTimeout => ErrorCode::ConnectionReadTimeout,
        Error::ConnectionTerminated => ErrorCode::ConnectionTerminated,
        _ => ErrorCode::HttpProtocolError,
    }
}

fn cause<T: std::error::Error + 'static>(error: &hyper::Error) -> Option<&T> {
    error.source().and_then(|cause| cause.downcast_ref())
}
