//! Where to serve, and for whom: addresses, sockets, host names, origins.
//!
//! Host names and origins are brought into the form they have in requests, so that
//! the server compares texts and nothing more.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use super::{AddressProblem, ConfigError, Listen};

/// Where HTTP is served if nothing is said. Loopback, because there is no
/// authentication; 8080, because that is what people try first.
const DEFAULT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// What Unix sockets are written with.
const UNIX: &str = "unix:";
const HTTP_UNIX: &str = "http+unix:";

/// Where the values of `--listen` want to be served.
pub(super) fn places(values: &[String]) -> Result<Vec<Listen>, ConfigError> {
    let places = values.iter().map(|value| {
        place(value).map_err(|problem| ConfigError::Listen {
            value: value.clone(),
            problem,
        })
    });
    places.collect()
}

/// Where to serve, apart from standard input and output.
pub(super) fn listen(
    mut places: Vec<Listen>,
    stdio: bool,
    allow_public: bool,
) -> Result<Vec<Listen>, ConfigError> {
    if places.is_empty() && !stdio {
        places.push(Listen::Http(DEFAULT));
    }
    let public = addresses(&places).find(|address| !is_loopback(address.ip()));
    match public {
        Some(address) if !allow_public => Err(ConfigError::PublicAddress { address }),
        Some(_) | None => Ok(places),
    }
}

fn addresses(places: &[Listen]) -> impl Iterator<Item = SocketAddr> {
    places.iter().filter_map(|place| match place {
        Listen::Http(address) => Some(*address),
        Listen::HttpUnix(_) | Listen::Unix(_) => None,
    })
}

pub(super) fn place(value: &str) -> Result<Listen, AddressProblem> {
    if let Some(path) = value.strip_prefix(UNIX) {
        Ok(Listen::Unix(socket_path(path)?))
    } else if let Some(path) = value.strip_prefix(HTTP_UNIX) {
        Ok(Listen::HttpUnix(socket_path(path)?))
    } else if value.starts_with(['/', '.']) {
        Err(AddressProblem::Path)
    } else {
        Ok(Listen::Http(socket_address(value)?))
    }
}

/// A path, perhaps with the two slashes that URLs have before it.
fn socket_path(value: &str) -> Result<PathBuf, AddressProblem> {
    match value.strip_prefix("//").unwrap_or(value) {
        "" => Err(AddressProblem::NoPath),
        path => Ok(path.into()),
    }
}

fn is_loopback(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}

/// Understands `IP:PORT`, and for loopback `localhost:PORT`, `:PORT` and `PORT`.
/// The short forms never mean "every address", as `:PORT` does elsewhere: a server
/// without authentication must not become public by a shorthand.
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
pub(super) fn hosts(values: &[String], listen: &[Listen]) -> Result<Vec<String>, ConfigError> {
    let listened = addresses(listen).map(|address| address.ip());
    let own = listened.filter(|ip| !ip.is_unspecified() && !is_loopback(*ip));
    let named = values.iter().map(|value| {
        host(value).ok_or_else(|| ConfigError::Host {
            value: value.clone(),
        })
    });
    own.map(host_of_ip).map(Ok).chain(named).collect()
}

/// Origins that requests may come from.
pub(super) fn origins(values: &[String]) -> Result<Vec<String>, ConfigError> {
    let origin = |value: &String| {
        origin(value).ok_or_else(|| ConfigError::Origin {
            value: value.clone(),
        })
    };
    values.iter().map(origin).collect()
}

/// A name or an address without a port, as in a `Host` header.
pub(super) fn host(value: &str) -> Option<String> {
    let bare = value
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(value);
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
pub(super) fn origin(value: &str) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use super::{Listen, host, hosts, origin, place, socket_address};

    #[test]
    fn sockets() {
        for (value, expected) in [
            ("unix:/run/a.sock", Some(Listen::Unix("/run/a.sock".into()))),
            (
                "unix:///run/a.sock",
                Some(Listen::Unix("/run/a.sock".into())),
            ),
            ("unix:a.sock", Some(Listen::Unix("a.sock".into()))),
            (
                "http+unix:/run/a.sock",
                Some(Listen::HttpUnix("/run/a.sock".into())),
            ),
            ("unix:", None),
            ("http+unix://", None),
            ("/run/a.sock", None),
            ("./a.sock", None),
        ] {
            assert_eq!(place(value).ok(), expected, "{value}");
        }
    }

    #[test]
    fn addresses() {
        for (value, expected) in [
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("0.0.0.0:80", "0.0.0.0:80"),
            ("[::1]:0", "[::1]:0"),
            ("localhost:8080", "127.0.0.1:8080"),
            ("LOCALHOST:8080", "127.0.0.1:8080"),
            (":8080", "127.0.0.1:8080"),
            ("8080", "127.0.0.1:8080"),
            ("0", "127.0.0.1:0"),
        ] {
            assert_eq!(
                socket_address(value).unwrap().to_string(),
                expected,
                "{value}"
            );
        }
    }

    #[test]
    fn what_is_not_an_address_is_explained() {
        for (value, expected) in [
            ("127.0.0.1", "the port is missing"),
            ("::1", "the port is missing"),
            ("localhost", "the port is missing"),
            ("http://127.0.0.1:80", "this is a URL, not an address"),
            ("localhost:http", "this is not a port"),
            ("localhost:65536", "this is not a port"),
            (":", "this is not a port"),
            ("127.0.0.1:65536", "this is not an IP address and a port"),
            ("example.com:80", "this is not an IP address and a port"),
            ("65536", "this is not an IP address and a port"),
            ("::1:8080x", "this is not an IP address and a port"),
            ("", "this is not an IP address and a port"),
        ] {
            assert_eq!(
                socket_address(value).unwrap_err().to_string(),
                expected,
                "{value}"
            );
        }
    }

    #[test]
    fn host_names_are_as_in_requests() {
        for (value, expected) in [
            ("Tools.Example.com", Some("tools.example.com")),
            ("192.168.0.2", Some("192.168.0.2")),
            ("fe80::0:1", Some("[fe80::1]")),
            ("[FE80::1]", Some("[fe80::1]")),
            ("example.com:8080", None),
            ("http://example.com", None),
            ("[example.com]", None),
            ("*", None),
            ("", None),
        ] {
            assert_eq!(host(value).as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn origins_are_as_browsers_write_them() {
        for (value, expected) in [
            ("https://App.example.com", Some("https://app.example.com")),
            (
                "https://app.example.com:443",
                Some("https://app.example.com"),
            ),
            ("http://app.example.com:80", Some("http://app.example.com")),
            (
                "http://app.example.com:443",
                Some("http://app.example.com:443"),
            ),
            ("https://[FE80::1]:8443", Some("https://[fe80::1]:8443")),
            ("tauri://localhost", Some("tauri://localhost")),
            ("https://app.example.com/", None),
            ("https://me@app.example.com", None),
            ("https://app.example.com:port", None),
            ("app.example.com", None),
            ("://app", None),
            ("null", None),
            ("*", None),
        ] {
            assert_eq!(origin(value).as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn a_particular_public_address_is_a_host_name() {
        for (listen, expected) in [
            ("192.168.0.2:80", vec!["192.168.0.2", "a"]),
            ("[fe80::1]:80", vec!["[fe80::1]", "a"]),
            ("0.0.0.0:80", vec!["a"]),
            ("127.0.0.1:80", vec!["a"]),
        ] {
            let listen = [Listen::Http(listen.parse().unwrap())];
            assert_eq!(hosts(&["A".to_owned()], &listen).unwrap(), expected);
        }
    }
}
