//! Outgoing HTTP: `wasi:http`, as far as an operator grants it.
//!
//! wasmtime's crate has the types of the interface; sending is done here. A request is
//! judged before anything is done about it, by its method, scheme, host and port
//! ([`target`]); then its name is looked up once, and the connection goes to one of
//! the addresses that were looked at and to no other ([`connect`]), so a name cannot
//! mean one thing when it is checked and another when it is used. Redirects are not
//! followed: a guest that follows one makes another request, which is judged again.
//! The host's own proxy settings are not for plugins.
//!
//! Everything a request needs belongs to the call: tasks, connections, and what is
//! buffered end with it. Connections are never kept for another call, nor TLS
//! sessions. They would tell a server that two tenants are the same plugin, carry what
//! one left behind to the next, and be worth a round trip. It is HTTP/1.1 for now.

mod bodies;
mod connect;
mod exchange;
mod target;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::header::{CONTENT_LENGTH, HeaderName};
use hyper::http::Method;
use hyper::http::uri::Authority;
use tokio::sync::Semaphore;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::p2::IoError;
use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;
use wasmtime_wasi_http::p2::bindings::{LinkOptions, http};
use wasmtime_wasi_http::{
    Error, RequestOptions, WasiBody, WasiHttp, WasiHttpCtx, WasiHttpHooks, WasiHttpView,
};

use self::exchange::{Answer, Times};
use self::target::Target;
use crate::grants::HttpGrant;
use crate::state::{Guest, State};

pub(crate) use self::tls::Tls;

/// Names that are looked up for one plugin at the same time. Each takes a thread,
/// which cannot be interrupted, as long as the name servers take.
const LOOKUPS: usize = 8;

/// Bytes of a request's body that are taken from the guest at once. Up to two such
/// pieces wait in the host's memory for each request.
const PIECE: usize = 64 << 10;

/// Bytes of the names and values of headers in one request; servers allow 8 to 32 KiB.
/// A guest that wants more is stopped.
const FIELDS: usize = 32 << 10;

/// What all calls of a plugin share of HTTP. Made only if it is granted.
#[derive(Debug)]
pub(crate) struct Web {
    grant: HttpGrant,
    lookups: Arc<Semaphore>,
    tls: Tls,
}

/// What a call has of HTTP. Made when it first does something with it.
pub(crate) struct Http {
    pub(crate) context: WasiHttpCtx,
    pub(crate) requests: Requests,
}

/// Sends the requests of a call.
pub(crate) struct Requests {
    guest: Arc<Guest>,
    /// Connections that it may still open.
    places: Arc<Semaphore>,
}

/// Offers `wasi:http` without its part for servers.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let options = LinkOptions::default();
    http::outgoing_handler::add_to_linker::<State, WasiHttp>(linker, State::http)?;
    http::types::add_to_linker::<State, WasiHttp>(linker, &(&options).into(), State::http)
}

/// Lets guests read the code of what went wrong in a body. wasmtime's own function
/// looks for another type than the one that errors of bodies have there, and finds
/// none.
pub(crate) fn link_errors(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut types = linker.instance("wasi:http/types@0.2.12")?;
    types.func_wrap(
        "http-error-code",
        |mut store, (error,): (Resource<IoError>,)| {
            let error = store.data_mut().table().get(&error)?;
            let code = error.downcast_ref().map(exchange::code);
            Ok((code.or_else(|| error.downcast_ref().cloned()),))
        },
    )
}

impl Web {
    pub(crate) fn new(grant: &HttpGrant, tls: Tls) -> Self {
        Self {
            grant: grant.clone(),
            lookups: Arc::new(Semaphore::new(LOOKUPS)),
            tls,
        }
    }
}

impl Http {
    pub(crate) fn new(guest: &Arc<Guest>) -> Self {
        let places = guest.web.as_ref().map_or(0, |web| web.grant.connections);
        let mut context = WasiHttpCtx::new();
        context.set_field_size_limit(FIELDS);
        Self {
            context,
            requests: Requests {
                guest: Arc::clone(guest),
                places: Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS))),
            },
        }
    }
}

impl Requests {
    /// Whether a request is granted, and where it goes. Nothing has been done for it
    /// yet.
    fn judge(&self, request: &Request<WasiBody>) -> Result<(Arc<Web>, Target), Error> {
        let denials = &self.guest.denials;
        let target = Target::of(request.uri()).ok_or_else(|| {
            let authority = request.uri().authority().map(Authority::as_str);
            // A name and a password in front of it are nobody's business.
            let shown = authority.and_then(|authority| authority.rsplit('@').next());
            denials.authority(shown.unwrap_or("nothing"));
            Error::HttpRequestUriInvalid
        })?;
        // This would be a tunnel to somebody else, through whoever was granted.
        if request.method() == Method::CONNECT {
            return Err(Error::HttpRequestMethodInvalid);
        }
        let web = self.guest.web.as_ref();
        let Some(web) = web.filter(|web| target.is_in(&web.grant.allow)) else {
            denials.http(&target.origin());
            return Err(Error::HttpRequestDenied);
        };
        let (method, methods) = (request.method().as_str(), &web.grant.methods);
        if !methods.is_empty() && !methods.iter().any(|granted| granted == method) {
            denials.method(method, &target.origin());
            return Err(Error::HttpRequestDenied);
        }
        let length = request.headers().get(CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        if length.is_some_and(|length: u64| length > web.grant.request_body) {
            return Err(Error::HttpRequestBodySize(length));
        }
        Ok((Arc::clone(web), target))
    }
}

impl WasiHttpHooks for Requests {
    /// The host header is set when the request is sent, from what was judged.
    fn set_host_header(&mut self) -> bool {
        false
    }

    fn is_forbidden_header(&mut self, name: &HeaderName) -> bool {
        wasmtime_wasi_http::DEFAULT_FORBIDDEN_HEADERS.contains(name)
    }

    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<Answer, Error>> + Send> {
        let judged = self.judge(&request);
        let denials = Arc::clone(&self.guest.denials);
        let places = Arc::clone(&self.places);
        Box::new(async move {
            let (web, target) = judged?;
            let times = Times::of(options.unwrap_or_default(), web.grant.timeout);
            let route = connect::Route {
                target,
                web,
                denials,
            };
            exchange::send(route, request, times, places).await
        })
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        PIECE
    }

    fn p2_error_from_hyper(&mut self, error: &hyper::Error) -> ErrorCode {
        exchange::code(&exchange::problem(error))
    }
}

/// What is shorter: what a guest wants, or what it is granted.
fn at_most(wanted: Option<Duration>, granted: Duration) -> Duration {
    wanted.map_or(granted, |wanted| wanted.min(granted))
}
