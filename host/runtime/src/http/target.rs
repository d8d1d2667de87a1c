//! Where a request goes, read strictly.
//!
//! Whoever reads an address more generously than the one who checks it gets
//! somewhere else than was checked. So there is one reading, it knows one spelling of
//! each address, and what goes on the wire is written anew from it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hyper::Uri;
use hyper::http::uri::Scheme;

use crate::grants::{HttpTarget, is_name};

/// A server to send a request to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) tls: bool,
    pub(super) host: Host,
    pub(super) port: u16,
}

/// A name or an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Host {
    /// In lower case.
    Name(String),
    Address(IpAddr),
}

impl Target {
    /// Reads the target of a URI. None for what is not exactly a host and a port: user
    /// names, escapes, final dots, spellings of addresses that only some programs
    /// know, zones.
    pub(super) fn of(uri: &Uri) -> Option<Self> {
        let tls = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return None,
        };
        let (host, port) = split(uri.authority()?.as_str())?;
        let usual = if tls { 443 } else { 80 };
        Some(Self {
            tls,
            host: Host::read(host)?,
            port: port.map_or(Some(usual), read_port)?,
        })
    }

    /// Whether it fits one of these.
    pub(super) fn is_in(&self, granted: &[HttpTarget]) -> bool {
        let host = match &self.host {
            Host::Name(name) => name.clone(),
            Host::Address(address) => address.to_string(),
        };
        let mut granted = granted.iter();
        granted.any(|granted| granted.fits(self.tls, &host, self.port))
    }

    /// Host and port as they stand in a `Host` header: without the port if it is the
    /// usual one.
    pub(super) fn authority(&self) -> String {
        let host = match &self.host {
            Host::Name(name) => name.clone(),
            Host::Address(IpAddr::V4(address)) => address.to_string(),
            Host::Address(IpAddr::V6(address)) => format!("[{address}]"),
        };
        match (self.tls, self.port) {
            (true, 443) | (false, 80) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }

    /// The same with its scheme, as it would be granted.
    pub(super) fn origin(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://{}", self.authority())
    }
}

impl Host {
    fn read(text: &str) -> Option<Self> {
        if let Some(inner) = text.strip_prefix('[') {
            let address: Ipv6Addr = inner.strip_suffix(']')?.parse().ok()?;
            return Some(Self::Address(address.into()));
        }
        // Four decimal numbers without leading zeros, and nothing else.
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Some(Self::Address(address.into()));
        }
        let name = text.to_ascii_lowercase();
        is_name(&name).then_some(Self::Name(name))
    }
}

/// Host and port, if there is one.
fn split(authority: &str) -> Option<(&str, Option<&str>)> {
    if authority.contains('@') {
        return None;
    }
    Some(match authority.rsplit_once(':') {
        // The colons of an address in brackets are its own.
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    })
}

/// Rust's own reading allows a sign, and the number may be 0.
fn read_port(text: &str) -> Option<u16> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let port = text.parse().ok().filter(|port| *port != 0);
    port.filter(|_| is_number && text.len() <= 5)
}

#[cfg(test)]
mod tests {
    use super::{Host, HttpTarget, Target, Uri};

    fn read(uri: &str) -> Option<Target> {
        Target::of(&uri.parse::<Uri>().ok()?)
    }

    #[test]
    fn one_spelling_of_each() {
        for (uri, origin) in [
            ("https://example.com", "https://example.com"),
            ("https://EXAMPLE.com:443/path", "https://example.com"),
            ("http://example.com:0080/?query", "http://example.com"),
            ("http://example.com:443", "http://example.com:443"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[0:0:0:0:0:0:0:1]:80", "http://[::1]"),
            ("http://[::FFFF:127.0.0.1]", "http://[::ffff:127.0.0.1]"),
        ] {
            let target = read(uri).unwrap();
            assert_eq!(target.origin(), origin);
            assert_eq!(read(origin), Some(target));
        }
    }

    #[test]
    fn what_is_refused() {
        for uri in [
            "ftp://example.com",
            "/path",
            "http://user@example.com",
            "http://user:password@example.com",
            "http://example.com@127.0.0.1",
            "http://example.com.",
            "http://localhost.",
            "http://127.0.0.1.",
            "http://127.1",
            "http://0x7f.1",
            "http://0x7f000001",
            "http://2130706433",
            "http://017700000001",
            "http://0177.0.0.1",
            "http://127.0.0.01",
            "http://127.0.0.0x1",
            "http://127.0.0.1.0",
            "http://1.2.3.256",
            "http://example..com",
            "http://.example.com",
            "http://-example.com",
            "http://%6c%6fcalhost",
            "http://exa%6dple.com",
            "http://[::1",
            "http://[::1%25lo]",
            "http://[fe80::1%eth0]",
            "http://[127.0.0.1]",
            "http://::1",
            "http://example.com:",
            "http://example.com:0",
            "http://example.com:65536",
            "http://example.com:+80",
            "http://example.com:80:80",
            "http://exämple.com",
            "http://①②⑦.0.0.1",
        ] {
            assert_eq!(read(uri), None, "{uri}");
        }
    }

    #[test]
    fn addresses_are_not_names() {
        let grant: HttpTarget = "http://127.0.0.1".parse().unwrap();
        let name: HttpTarget = "http://*.example.com".parse().unwrap();
        let granted = [grant, name];
        for (uri, fits) in [
            ("http://127.0.0.1", true),
            ("http://[::ffff:127.0.0.1]", false),
            ("http://[::ffff:7f00:1]", false),
            ("http://127.0.0.2", false),
            ("http://localhost", false),
            ("http://A.example.COM", true),
            ("http://example.com", false),
            ("http://example.com.evil.net", false),
        ] {
            assert_eq!(read(uri).unwrap().is_in(&granted), fits, "{uri}");
        }
        assert!(matches!(read("http://a").unwrap().host, Host::Name(_)));
    }
}
