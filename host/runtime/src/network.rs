//! Sockets of a plugin's own: to granted addresses, or not at all.
//!
//! Standard libraries link against sockets whether a program uses them or not, so
//! the interfaces have to be there. Without a grant none of them ever makes a socket:
//! the functions with which it all begins refuse, and say so in the log. With one,
//! each address is checked when it is used. Nobody ever listens or chooses the port
//! that it sends from, and names are never looked up.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use wasmtime::Result;
use wasmtime::component::{HasSelf, Linker, Resource};
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::p2::bindings::sockets::ip_name_lookup::ResolveAddressStream;
use wasmtime_wasi::p2::bindings::sockets::network::{
    self, ErrorCode, IpAddress, IpAddressFamily, Network,
};
use wasmtime_wasi::p2::bindings::sockets::{ip_name_lookup, tcp_create_socket, udp_create_socket};
use wasmtime_wasi::p2::{DynPollable, IoError, SocketError, SocketResult, TcpSocket, UdpSocket};
use wasmtime_wasi::sockets::{SocketAddrUse, WasiSocketsView};

use crate::denial::{Denials, Protocol};
use crate::grants::SocketGrant;
use crate::state::State;

/// Puts our refusals in front.
pub(crate) fn link(linker: &mut Linker<State>) -> Result<()> {
    type Own = HasSelf<State>;
    tcp_create_socket::add_to_linker::<State, Own>(linker, |state| state)?;
    udp_create_socket::add_to_linker::<State, Own>(linker, |state| state)?;
    ip_name_lookup::add_to_linker::<State, Own>(linker, |state| state)
}

/// Makes the check that is done for each use of an address.
pub(crate) fn grant(grant: &SocketGrant, denials: &Arc<Denials>, builder: &mut WasiCtxBuilder) {
    builder.allow_tcp(!grant.tcp.is_empty());
    builder.allow_udp(!grant.udp.is_empty());
    builder.allow_ip_name_lookup(false);
    if grant.is_empty() {
        return;
    }
    let (grant, denials) = (grant.clone(), Arc::clone(denials));
    builder.socket_addr_check(move |address, usage| {
        let is_granted = is_granted(&grant, &denials, address, usage);
        Box::pin(std::future::ready(is_granted))
    });
}

fn is_granted(
    grant: &SocketGrant,
    denials: &Denials,
    address: SocketAddr,
    usage: SocketAddrUse,
) -> bool {
    // An address of version 4 in one of version 6 is the former.
    let ip = address.ip().to_canonical();
    let (protocol, targets) = match usage {
        SocketAddrUse::TcpBind | SocketAddrUse::TcpListen | SocketAddrUse::TcpAccept => {
            (Protocol::Tcp, &[][..])
        }
        SocketAddrUse::UdpBind => (Protocol::Udp, &[][..]),
        SocketAddrUse::TcpConnect => (Protocol::Tcp, &grant.tcp[..]),
        SocketAddrUse::UdpSend | SocketAddrUse::UdpReceive => (Protocol::Udp, &grant.udp[..]),
    };
    match usage {
        // The system chooses, which it has to before a connection.
        SocketAddrUse::TcpBind | SocketAddrUse::UdpBind if is_unchosen(ip, address.port()) => true,
        SocketAddrUse::TcpBind
        | SocketAddrUse::TcpListen
        | SocketAddrUse::TcpAccept
        | SocketAddrUse::UdpBind => {
            denials.binding(protocol, address);
            false
        }
        SocketAddrUse::TcpConnect | SocketAddrUse::UdpSend => {
            let fits = targets.iter().any(|target| target.fits(ip, address.port()));
            if !fits {
                denials.socket(protocol, SocketAddr::new(ip, address.port()));
            }
            fits
        }
        // Anybody can send something; that is not the plugin's wish.
        SocketAddrUse::UdpReceive => targets.iter().any(|target| target.fits(ip, address.port())),
    }
}

fn is_unchosen(ip: IpAddr, port: u16) -> bool {
    ip.is_unspecified() && port == 0
}

impl tcp_create_socket::Host for State {
    fn create_tcp_socket(&mut self, family: IpAddressFamily) -> SocketResult<Resource<TcpSocket>> {
        if !self.guest.granted.has_tcp {
            self.guest.denials.sockets(Protocol::Tcp);
            return Err(ErrorCode::AccessDenied.into());
        }
        tcp_create_socket::Host::create_tcp_socket(&mut self.sockets(), family)
    }
}

impl udp_create_socket::Host for State {
    async fn create_udp_socket(
        &mut self,
        family: IpAddressFamily,
    ) -> SocketResult<Resource<UdpSocket>> {
        if !self.guest.granted.has_udp {
            self.guest.denials.sockets(Protocol::Udp);
            return Err(ErrorCode::AccessDenied.into());
        }
        udp_create_socket::Host::create_udp_socket(&mut self.sockets(), family).await
    }
}

impl ip_name_lookup::Host for State {
    fn resolve_addresses(
        &mut self,
        _: Resource<Network>,
        name: String,
    ) -> SocketResult<Resource<ResolveAddressStream>> {
        self.guest.denials.name(&name);
        Err(ErrorCode::AccessDenied.into())
    }
}

/// Streams of addresses are never made, so these are for the type checker.
impl ip_name_lookup::HostResolveAddressStream for State {
    fn resolve_next_address(
        &mut self,
        stream: Resource<ResolveAddressStream>,
    ) -> SocketResult<Option<IpAddress>> {
        ip_name_lookup::HostResolveAddressStream::resolve_next_address(&mut self.sockets(), stream)
    }

    fn subscribe(
        &mut self,
        stream: Resource<ResolveAddressStream>,
    ) -> Result<Resource<DynPollable>> {
        ip_name_lookup::HostResolveAddressStream::subscribe(&mut self.sockets(), stream)
    }

    fn drop(&mut self, stream: Resource<ResolveAddressStream>) -> Result<()> {
        ip_name_lookup::HostResolveAddressStream::drop(&mut self.sockets(), stream)
    }
}

/// How refusals are put for guests: as wasmtime does it.
impl network::Host for State {
    fn convert_error_code(&mut self, error: SocketError) -> Result<ErrorCode> {
        network::Host::convert_error_code(&mut self.sockets(), error)
    }

    fn network_error_code(&mut self, error: Resource<IoError>) -> Result<Option<ErrorCode>> {
        network::Host::network_error_code(&mut self.sockets(), error)
    }
}

impl network::HostNetwork for State {
    fn drop(&mut self, network: Resource<Network>) -> Result<()> {
        network::HostNetwork::drop(&mut self.sockets(), network)
    }
}
