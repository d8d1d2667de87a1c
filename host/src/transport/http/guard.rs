//! Who may talk to us at all: `Host` and `Origin` (ORG-1 to ORG-3).
//!
//! A web page in a browser can send requests to any address, also to one that is
//! reachable only from that browser's machine. Two headers give it away: `Origin`,
//! which the browser adds and the page cannot change, and `Host`, which holds the
//! name the page used to get here (a name of its own that it made point to us, in
//! a DNS rebinding attack). An IP address in `Host` cannot be such a name.

use std::net::IpAddr;

use axum::body::Body;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderValue, Request, Response, StatusCode};

use super::{Allowed, reply};

/// The path that is open to everybody: it tells nothing and changes nothing.
const OPEN: &str = "/healthz";

/// Decides by `Host` and `Origin`.
#[derive(Debug)]
pub(super) struct Guard {
    allowed: Allowed,
}

impl Guard {
    pub(super) fn new(allowed: Allowed) -> Self {
        Self { allowed }
    }

    /// The refusal, if the request is not to be let through.
    pub(super) fn refuse<B>(&self, request: &Request<B>) -> Option<Response<Body>> {
        if request.uri().path() == OPEN {
            return None;
        }
        let host = authority(request);
        if !host.is_some_and(|host| self.host_is_ours(host)) {
            return Some(refusal(&format!(
                "the Host `{}` is not allowed here; allow it with `--allow-host`",
                host.unwrap_or_default()
            )));
        }
        let mut origins = request.headers().get_all(ORIGIN).iter();
        let foreign = origins.find(|origin| !self.origin_is_ours(origin, host))?;
        Some(refusal(&format!(
            "the Origin `{}` is not allowed here; allow it with `--allow-origin`",
            foreign.to_str().unwrap_or_default()
        )))
    }

    fn host_is_ours(&self, authority: &str) -> bool {
        let Some(host) = host_of(authority) else {
            return false;
        };
        let is_allowed = |allowed: &String| allowed.eq_ignore_ascii_case(host);
        bare(host).parse::<IpAddr>().is_ok()
            || host.eq_ignore_ascii_case("localhost")
            || self.allowed.hosts.iter().any(is_allowed)
    }

    /// The same authority as `Host`, a page of this machine if `Host` is this machine
    /// too, or one that is allowed by name. An opaque origin (`null`) is none of these
    /// (ORG-2).
    fn origin_is_ours(&self, origin: &HeaderValue, host: Option<&str>) -> bool {
        let Ok(origin) = origin.to_str() else {
            return false;
        };
        let page = origin
            .strip_prefix("http://")
            .or_else(|| origin.strip_prefix("https://"));
        let is_known = page.zip(host).is_some_and(|(page, host)| {
            page.eq_ignore_ascii_case(host) || (is_loopback(page) && is_loopback(host))
        });
        let is_allowed = |allowed: &String| allowed.eq_ignore_ascii_case(origin);
        is_known || self.allowed.origins.iter().any(is_allowed)
    }
}

/// What the client called us: the request line's authority, if it has one, or the
/// one `Host` header.
fn authority<B>(request: &Request<B>) -> Option<&str> {
    if let Some(authority) = request.uri().authority() {
        return Some(authority.as_str());
    }
    let mut hosts = request.headers().get_all(HOST).iter();
    let host = hosts.next()?.to_str().ok()?;
    hosts.next().is_none().then_some(host)
}

/// The host of `host:port`, with the brackets of an IPv6 address.
fn host_of(authority: &str) -> Option<&str> {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        Some(_) | None => (authority, None),
    };
    let port_fits = port.is_none_or(|port| port.parse::<u16>().is_ok());
    (port_fits && !host.is_empty()).then_some(host)
}

/// Whether this is a name of the machine itself.
fn is_loopback(authority: &str) -> bool {
    host_of(authority).is_some_and(|host| {
        host.eq_ignore_ascii_case("localhost")
            || bare(host)
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    })
}

/// An IPv6 address without its brackets.
fn bare(host: &str) -> &str {
    host.strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host)
}

fn refusal(message: &str) -> Response<Body> {
    reply::json(StatusCode::FORBIDDEN, wharf_mcp::refusal(message))
}

#[cfg(test)]
mod tests {
    use super::{Allowed, Guard};
    use axum::http::Request;

    #[track_caller]
    fn check(host: &str, origin: Option<&str>, let_through: bool) {
        let guard = Guard::new(Allowed {
            hosts: vec!["mcp.example.com".to_owned()],
            origins: vec!["https://app.example.com".to_owned()],
        });
        let mut request = Request::get("/mcp").header("host", host);
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let refused = guard.refuse(&request.body(()).unwrap());
        assert_eq!(refused.is_none(), let_through, "{host} {origin:?}");
    }

    #[test]
    fn names_that_could_be_rebound_are_refused() {
        check("localhost:8080", None, true);
        check("LOCALHOST", None, true);
        check("127.0.0.1:8080", None, true);
        check("[::1]:8080", None, true);
        check("[::1]", None, true);
        check("mcp.example.com", None, true);
        check("evil.example.com", None, false);
        check("evil.example.com:8080", None, false);
        check("localhost.evil.example.com", None, false);
        check("localhost:x", None, false);
        check("", None, false);
    }

    #[test]
    fn pages_of_others_are_refused() {
        check("localhost:8080", Some("http://localhost:8080"), true);
        check("localhost:8080", Some("http://localhost:3000"), true);
        check("localhost:8080", Some("http://127.0.0.1:3000"), true);
        check("192.0.2.1:8080", Some("http://localhost:3000"), false);
        check("localhost:8080", Some("ftp://localhost:3000"), false);
        check("localhost:8080", Some("https://app.example.com"), true);
        check("localhost:8080", Some("https://evil.example.com"), false);
        check("localhost:8080", Some("null"), false);
        check("localhost:8080", Some(""), false);
    }

    #[test]
    fn everybody_may_ask_whether_we_are_well() {
        let guard = Guard::new(Allowed::default());
        let request = Request::get("/healthz")
            .header("host", "probe.internal")
            .body(())
            .unwrap();
        assert!(guard.refuse(&request).is_none());
    }
}
