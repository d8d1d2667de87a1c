//! No network.
//!
//! Standard libraries link against sockets whether a program uses them or not, so
//! the interfaces have to be there. None of them ever makes a socket or asks a
//! name server: the functions with which it all begins refuse, and say so in the
//! log. Nothing behind them can be reached.

use wasmtime::Result;
use wasmtime::component::{HasSelf, Linker, Resource};
use wasmtime_wasi::p2::bindings::sockets::ip_name_lookup::ResolveAddressStream;
use wasmtime_wasi::p2::bindings::sockets::network::{
    self, ErrorCode, IpAddress, IpAddressFamily, Network,
};
use wasmtime_wasi::p2::bindings::sockets::{ip_name_lookup, tcp_create_socket, udp_create_socket};
use wasmtime_wasi::p2::{DynPollable, IoError, SocketError, SocketResult, TcpSocket, UdpSocket};
use wasmtime_wasi::sockets::WasiSocketsView;

use crate::state::State;

/// Puts our refusals in front.
pub(crate) fn link(linker: &mut Linker<State>) -> Result<()> {
    type Own = HasSelf<State>;
    tcp_create_socket::add_to_linker::<State, Own>(linker, |state| state)?;
    udp_create_socket::add_to_linker::<State, Own>(linker, |state| state)?;
    ip_name_lookup::add_to_linker::<State, Own>(linker, |state| state)
}

impl State {
    fn refuse<T>(&self, what: &str) -> SocketResult<T> {
        self.guest.denials.network(what);
        Err(ErrorCode::AccessDenied.into())
    }
}

impl tcp_create_socket::Host for State {
    fn create_tcp_socket(&mut self, _: IpAddressFamily) -> SocketResult<Resource<TcpSocket>> {
        self.refuse("a TCP socket")
    }
}

impl udp_create_socket::Host for State {
    async fn create_udp_socket(&mut self, _: IpAddressFamily) -> SocketResult<Resource<UdpSocket>> {
        self.refuse("a UDP socket")
    }
}

impl ip_name_lookup::Host for State {
    fn resolve_addresses(
        &mut self,
        _: Resource<Network>,
        name: String,
    ) -> SocketResult<Resource<ResolveAddressStream>> {
        self.refuse(&format!("the address of {name}"))
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
