//! Outgoing HTTP: what a plugin may ask for, and of whom.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;

/// Which requests a plugin may make. Nothing that is not allowed here is even looked
/// up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpGrant {
    /// Whom it may ask. A request has to fit one of these.
    pub allow: Vec<HttpTarget>,
    /// With which methods, in capitals; empty: with any.
    pub methods: Vec<String>,
    /// Addresses that are not public and may be reached nevertheless. Without this,
    /// names that resolve to loopback, private, link-local or other special addresses
    /// are refused, so that a name on the allow list cannot be pointed at the inside.
    pub addresses: Vec<IpNet>,
    /// Connections that one call may have open at a time. 8: browsers have six for each
    /// host. A request more waits for one of them to end, as long as `timeout`.
    pub connections: usize,
    /// Time from the request to the end of the response's head, and between any two
    /// parts of a body. 20 s: less than a call may take, so that the plugin can say
    /// what was late.
    pub timeout: Duration,
    /// Bytes of a request's body. 16 MiB.
    pub request_body: u64,
    /// Bytes of a response's body. 64 MiB: as much as a plugin has memory for.
    pub response_body: u64,
}

impl Default for HttpGrant {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            methods: Vec::new(),
            addresses: Vec::new(),
            connections: 8,
            timeout: Duration::from_secs(20),
            request_body: 16 << 20,
            response_body: 64 << 20,
        }
    }
}

/// A server, or servers, that may be asked: `[http://|https://]HOST[:PORT]`.
///
/// HOST is a name, an address (IPv6 in brackets), or `*.` and a name, which stands
/// for everything below that name at any depth, and not for the name itself; `*`
/// alone is any name and any address that is public. Without
/// a scheme it is `https`. Without a port it is that of the scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpTarget {
    tls: bool,
    host: HostPattern,
    port: u16,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum HostPattern {
    Any,
    Name(String),
    /// With the dot in front.
    Below(String),
    Address(IpAddr),
}

/// Why something is no [`HttpTarget`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetProblem {
    /// Something before `://` that is neither `http` nor `https`.
    #[error("`{0}` is not `http` or `https`")]
    Scheme(String),
    /// A path, a query or a name and password.
    #[error("there is more than a host and a port in it")]
    More,
    /// No port behind the colon.
    #[error("`{0}` is not a port")]
    Port(String),
    /// No name, no address, no `*.name`.
    #[error("`{0}` is not a host name, an address, or `*.` and a host name")]
    Host(String),
}

impl HttpTarget {
    /// Whether a request to this place fits. `host` is in lower case, IPv6 addresses
    /// without brackets.
    pub fn fits(&self, tls: bool, host: &str, port: u16) -> bool {
        self.tls == tls && self.port == port && self.host.fits(host)
    }
}

impl HttpTarget {
    /// What is meant by both.
    pub(crate) fn and(&self, other: &Self) -> Option<Self> {
        if self.tls != other.tls || self.port != other.port {
            return None;
        }
        Some(Self {
            host: self.host.and(&other.host)?,
            ..*self
        })
    }
}

impl HostPattern {
    /// One of two patterns that have something in common is a part of the other.
    fn and(&self, other: &Self) -> Option<Self> {
        if self.covers(other) {
            return Some(other.clone());
        }
        other.covers(self).then(|| self.clone())
    }

    /// Whether all that the other means fits this.
    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) => true,
            (_, Self::Name(name)) => self.fits(name),
            (_, Self::Address(address)) => self.fits(&address.to_string()),
            (Self::Below(suffix), Self::Below(other)) => other.ends_with(suffix.as_str()),
            (_, Self::Any) | (Self::Name(_) | Self::Address(_), Self::Below(_)) => false,
        }
    }

    fn fits(&self, host: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Name(name) => name == host,
            Self::Below(suffix) => host.len() > suffix.len() && host.ends_with(suffix.as_str()),
            Self::Address(address) => host.parse() == Ok(*address),
        }
    }
}

impl FromStr for HttpTarget {
    type Err = TargetProblem;

    fn from_str(text: &str) -> Result<Self, TargetProblem> {
        let (tls, rest) = match text.split_once("://") {
            None | Some(("https", _)) => (true, text.trim_start_matches("https://")),
            Some(("http", rest)) => (false, rest),
            Some((scheme, _)) => return Err(TargetProblem::Scheme(scheme.to_owned())),
        };
        if rest.contains(['/', '?', '#', '@']) {
            return Err(TargetProblem::More);
        }
        let (host, port) = split_port(rest)?;
        Ok(Self {
            tls,
            host: host.parse()?,
            port: port.unwrap_or(if tls { 443 } else { 80 }),
        })
    }
}

fn split_port(text: &str) -> Result<(&str, Option<u16>), TargetProblem> {
    // The colons of an address in brackets are its own.
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => return Ok((text, None)),
    };
    match port.parse() {
        Ok(number) if number != 0 => Ok((host, Some(number))),
        _ => Err(TargetProblem::Port(port.to_owned())),
    }
}

impl FromStr for HostPattern {
    type Err = TargetProblem;

    fn from_str(text: &str) -> Result<Self, TargetProblem> {
        let problem = || TargetProblem::Host(text.to_owned());
        if text == "*" {
            return Ok(Self::Any);
        }
        let inner = text
            .strip_prefix('[')
            .and_then(|text| text.strip_suffix(']'));
        if let Some(inner) = inner {
            return inner
                .parse()
                .map(Self::Address)
                .map_err(|_invalid| problem());
        }
        if let Ok(address) = text.parse::<std::net::Ipv4Addr>() {
            return Ok(Self::Address(address.into()));
        }
        let lower = text.to_ascii_lowercase();
        let (name, below) = match lower.strip_prefix('*') {
            Some(suffix) => (suffix.strip_prefix('.').ok_or_else(problem)?, true),
            None => (lower.as_str(), false),
        };
        if !is_name(name) {
            return Err(problem());
        }
        Ok(if below {
            Self::Below(format!(".{name}"))
        } else {
            Self::Name(lower)
        })
    }
}

/// A host name as it stands in a URL. One that ends in a number is an address, or an
/// attempt at one.
pub(crate) fn is_name(name: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let last = name.rsplit('.').next().unwrap_or_default();
    name.len() <= 253
        && name.split('.').all(is_label)
        && !last.bytes().all(|byte| byte.is_ascii_digit())
        && !last.starts_with("0x")
}

impl fmt::Display for HttpTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, usual) = if self.tls {
            ("https", 443)
        } else {
            ("http", 80)
        };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port == usual {
            return Ok(());
        }
        write!(f, ":{}", self.port)
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Name(name) => f.write_str(name),
            Self::Below(suffix) => write!(f, "*{suffix}"),
            Self::Address(IpAddr::V4(address)) => write!(f, "{address}"),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{HttpTarget, TargetProblem};

    fn target(text: &str) -> HttpTarget {
        text.parse().unwrap()
    }

    #[test]
    fn what_fits() {
        for (pattern, tls, host, port, fits) in [
            ("example.com", true, "example.com", 443, true),
            ("Example.COM", true, "example.com", 443, true),
            ("example.com", false, "example.com", 80, false),
            ("example.com", true, "example.com", 8443, false),
            ("example.com", true, "api.example.com", 443, false),
            ("https://example.com:8443", true, "example.com", 8443, true),
            ("http://example.com", false, "example.com", 80, true),
            ("http://example.com", true, "example.com", 443, false),
            ("*.example.com", true, "api.example.com", 443, true),
            ("*.example.com", true, "a.b.example.com", 443, true),
            ("*.example.com", true, "example.com", 443, false),
            ("*.example.com", true, "badexample.com", 443, false),
            ("*.example.com", true, ".example.com", 443, false),
            ("*", true, "anything", 443, true),
            ("*", false, "anything", 80, false),
            ("*", true, "anything", 8443, false),
            ("10.0.0.1", true, "10.0.0.1", 443, true),
            ("http://[::1]:80", false, "::1", 80, true),
            ("http://[::1]:80", false, "0:0:0:0:0:0:0:1", 80, true),
        ] {
            assert_eq!(
                target(pattern).fits(tls, host, port),
                fits,
                "{pattern} {host}"
            );
        }
    }

    #[test]
    fn what_two_have_in_common() {
        for (one, other, both) in [
            ("a.com", "a.com", Some("https://a.com")),
            ("a.com", "b.com", None),
            ("a.com", "http://a.com", None),
            ("a.com", "a.com:8443", None),
            ("*.a.com", "x.a.com", Some("https://x.a.com")),
            ("*.a.com", "a.com", None),
            ("*.a.com", "*.x.a.com", Some("https://*.x.a.com")),
            ("*.a.com", "*.b.com", None),
            ("*.a.com", "*.aa.com", None),
            ("*", "*.a.com", Some("https://*.a.com")),
            ("*", "[::1]", Some("https://[::1]")),
            ("*", "*", Some("https://*")),
        ] {
            let (one, other) = (target(one), target(other));
            let both = both.map(target);
            assert_eq!(one.and(&other), both, "{one} {other}");
            assert_eq!(other.and(&one), both, "{other} {one}");
        }
    }

    #[test]
    fn what_is_no_target() {
        let host = |text: &str| TargetProblem::Host(text.to_owned());
        for (text, problem) in [
            ("ftp://example.com", TargetProblem::Scheme("ftp".to_owned())),
            ("https://example.com/", TargetProblem::More),
            ("me@example.com", TargetProblem::More),
            ("example.com:0", TargetProblem::Port("0".to_owned())),
            ("example.com:", TargetProblem::Port(String::new())),
            ("example.com:65536", TargetProblem::Port("65536".to_owned())),
            ("", host("")),
            ("*example.com", host("*example.com")),
            ("a.*.com", host("a.*.com")),
            ("*.*.com", host("*.*.com")),
            ("example..com", host("example..com")),
            ("0x7f.1", host("0x7f.1")),
            ("127.1", host("127.1")),
            ("2130706433", host("2130706433")),
            ("[::1", host("[:")),
        ] {
            let refused = text.parse::<HttpTarget>();
            assert!(refused.is_err(), "{text}");
            if text != "[::1" {
                assert_eq!(refused.unwrap_err(), problem, "{text}");
            }
        }
    }

    #[test]
    fn how_they_are_written() {
        for text in [
            "https://example.com",
            "http://example.com",
            "https://*.example.com:8443",
            "http://[::1]:8080",
        ] {
            assert_eq!(target(text).to_string(), text);
        }
    }
}
