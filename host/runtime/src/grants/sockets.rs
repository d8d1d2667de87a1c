//! Raw sockets: where a plugin may connect.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

/// Where a plugin may connect with a socket of its own. Names are never looked up for
/// it, and it never listens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SocketGrant {
    /// With TCP.
    pub tcp: Vec<SocketTarget>,
    /// With UDP.
    pub udp: Vec<SocketTarget>,
}

/// `ADDRESS:PORT` or `NETWORK:PORT`, such as `10.0.0.5:5432`, `10.1.0.0/16:53` or
/// `[fd00::1]:5432`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SocketTarget {
    network: IpNet,
    port: u16,
}

/// Why something is no [`SocketTarget`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SocketProblem {
    /// No port.
    #[error("the port is missing")]
    NoPort,
    /// Something else where the port should be.
    #[error("`{0}` is not a port")]
    Port(String),
    /// Something else where the address should be.
    #[error("`{0}` is not an address or a network")]
    Address(String),
}

impl SocketGrant {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.tcp.is_empty() && self.udp.is_empty()
    }
}

impl SocketTarget {
    /// Whether this address and port are meant.
    pub fn fits(&self, address: IpAddr, port: u16) -> bool {
        self.port == port && self.network.contains(&address)
    }
}

impl SocketTarget {
    /// What is meant by both: one of two networks with something in common is a part
    /// of the other.
    pub(crate) fn and(&self, other: &Self) -> Option<Self> {
        if self.port != other.port {
            return None;
        }
        if self.network.contains(&other.network) {
            return Some(*other);
        }
        other.network.contains(&self.network).then_some(*self)
    }
}

impl FromStr for SocketTarget {
    type Err = SocketProblem;

    fn from_str(text: &str) -> Result<Self, SocketProblem> {
        let (network, port) = match text.rsplit_once(':') {
            Some((network, port)) if !port.contains(']') => (network, port),
            _ => return Err(SocketProblem::NoPort),
        };
        let number = port.parse().ok().filter(|number| *number != 0);
        Ok(Self {
            network: parse_network(network)
                .ok_or_else(|| SocketProblem::Address(network.to_owned()))?,
            port: number.ok_or_else(|| SocketProblem::Port(port.to_owned()))?,
        })
    }
}

/// An address or a network, with IPv6 addresses in brackets.
fn parse_network(text: &str) -> Option<IpNet> {
    let plain = match text.strip_prefix('[') {
        None if text.contains(':') => return None,
        None => text.to_owned(),
        Some(rest) => rest.replacen(']', "", 1),
    };
    let network = plain.parse::<IpNet>();
    network
        .or_else(|_| plain.parse::<IpAddr>().map(IpNet::from))
        .ok()
}

impl fmt::Display for SocketTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.network.addr();
        match address {
            IpAddr::V4(address) => write!(f, "{address}")?,
            IpAddr::V6(address) => write!(f, "[{address}]")?,
        }
        if self.network.prefix_len() != self.network.max_prefix_len() {
            write!(f, "/{}", self.network.prefix_len())?;
        }
        write!(f, ":{}", self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::{SocketProblem, SocketTarget};

    #[test]
    fn what_fits() {
        for (target, address, port, fits) in [
            ("10.0.0.5:5432", "10.0.0.5", 5432, true),
            ("10.0.0.5:5432", "10.0.0.6", 5432, false),
            ("10.0.0.5:5432", "10.0.0.5", 5433, false),
            ("10.1.0.0/16:53", "10.1.200.3", 53, true),
            ("10.1.0.0/16:53", "10.2.0.0", 53, false),
            ("[fd00::1]:5432", "fd00::1", 5432, true),
            ("[fd00::]/8:5432", "fdff::1", 5432, true),
            ("0.0.0.0/0:80", "::ffff:1.2.3.4", 80, false),
        ] {
            let target: SocketTarget = target.parse().unwrap();
            assert_eq!(
                target.fits(address.parse().unwrap(), port),
                fits,
                "{target} {address}"
            );
        }
    }

    #[test]
    fn what_two_have_in_common() {
        let target = |text: &str| text.parse::<SocketTarget>().unwrap();
        for (one, other, both) in [
            ("10.0.0.0/8:53", "10.0.0.1:53", Some("10.0.0.1:53")),
            ("10.0.0.0/8:53", "10.0.0.1:54", None),
            ("10.0.0.0/8:53", "11.0.0.1:53", None),
            ("10.0.0.0/8:53", "[::]/0:53", None),
        ] {
            let (one, other, both) = (target(one), target(other), both.map(target));
            assert_eq!(one.and(&other), both, "{one} {other}");
            assert_eq!(other.and(&one), both, "{other} {one}");
        }
    }

    #[test]
    fn what_is_no_target() {
        for (text, problem) in [
            ("10.0.0.5", SocketProblem::NoPort),
            ("[::1]", SocketProblem::NoPort),
            ("10.0.0.5:0", SocketProblem::Port("0".to_owned())),
            ("db:5432", SocketProblem::Address("db".to_owned())),
            ("::1:5432", SocketProblem::Address("::1".to_owned())),
            ("*:80", SocketProblem::Address("*".to_owned())),
        ] {
            assert_eq!(text.parse::<SocketTarget>(), Err(problem), "{text}");
        }
    }

    #[test]
    fn how_they_are_written() {
        for text in [
            "10.0.0.5:5432",
            "10.1.0.0/16:53",
            "[fd00::1]:1",
            "[fd00::]/8:1",
        ] {
            assert_eq!(text.parse::<SocketTarget>().unwrap().to_string(), text);
        }
    }
}
