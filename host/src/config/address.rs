//! Where HTTP is served, and for whom: addresses, host names, origins.
//!
//! Host names and origins are brought into the form they have in requests, so that
//! the server compares texts and nothing more.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{AddressProblem, ConfigError};

/// Understands `IP:PORT`, and for loopback `localhost:PORT`, `:PORT` and `PORT`.
/// The short forms never mean "every address", as `:PORT` does elsewhere: a server
/// without authentication must not become public by a shorthand.
pub(super) fn listen(value: &str) -> Result<SocketAddr, ConfigError> {
    socket_address(value).map_err(|problem| ConfigError::Listen {
        value: value.to_owned(),
        problem,
    })
}

fn socket_address(value: &str) -> Result<SocketAddr, AddressProblem> {
    if let Ok(address) = value.parse() {
        return Ok(address);
    }
    if value.parse::<IpAddr>().is_ok() || value.eq_ignore_ascii_case("localhost") {
        return Err(AddressProblem::NoPort);
    }
    if value.contains("//") {
        return Err(AddressProblem::Url);
    }
    let (host, port) = value.rsplit_once(':').unwrap_or(("", value));
    if !host.is_empty() && !host.eq_ignore_ascii_case("localhost") {
        return Err(AddressProblem::NotAnAddress);
    }
    match port.parse() {
        Ok(port) => Ok(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port)),
        Err(_not_a_port) if host.is_empty() && !value.starts_with(':') => {
            Err(AddressProblem::NotAnAddress)
        }
        Err(_not_a_port) => Err(AddressProblem::NotAPort),
    }
}

/// Names that requests may be for. The address that is listened on is one of them
/// where it is a particular one, since clients then have it in their URL.
pub(super) fn hosts(
    values: &[String],
    listen: Option<SocketAddr>,
) -> Result<Vec<String>, ConfigError> {
    let listened = listen.map(|address| address.ip());
    let own = listened.filter(|ip| !ip.is_unspecified() && !ip.to_canonical().is_loopback());
    let named = values.iter().map(|value| {
        host(value).ok_or_else(|| ConfigError::Host { value: value.clone() })
    });
    own.map(host_of_ip).map(Ok).into_iter().chain(named).collect()
}

/// Origins that requests may come from.
pub(super) fn origins(values: &[String]) -> Result<Vec<String>, ConfigError> {
    let origin = |value: &String| {
        origin(value).ok_or_else(|| ConfigError::Origin { value: value.clone() })
    };
    values.iter().map(origin).collect()
}

/// A name or an address without a port, as in a `Host` header.
fn host(value: &str) -> Option<String> {
    let bare = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(value);
    if let Ok(ip) = bare.parse::<Ipv6Addr>() {
        return Some(host_of_ip(ip.into()));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let is_name = !value.is_empty() && value.chars().all(allowed);
    is_name.then(|| value.to_ascii_lowercase())
}

fn host_of_ip(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

/// `scheme://host` or `scheme://host:port`. A default port is left out, as in an
/// `Origin` header; other schemes than HTTP's are those of editors and desktop
/// programs with a browser inside.
fn origin(value: &str) -> Option<String> {
    let value = value.to_ascii_lowercase();
    let (scheme, authority) = value.split_once("://")?;
    let (name, port) = match authority.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port.parse::<u16>().ok()?)),
        _ => (authority, None),
    };
    let in_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    if scheme.is_empty() || !scheme.chars().all(in_scheme) {
        return None;
    }
    let name = host(name)?;
    match (scheme, port) {
        (_, None) | ("http", Some(80)) | ("https", Some(443)) => Some(format!("{scheme}://{name}")),
        (_, Some(port)) => Some(format!("{scheme}://{name}:{port}")),
    }
}
