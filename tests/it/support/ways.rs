//! The ways to reach a host: by what, and in which revision of the protocol.

use super::{Client, Host};

/// The revisions, by the letters of docs/requirements.md.
pub(crate) const A: &str = "2024-11-05";
pub(crate) const B: &str = "2025-03-26";
pub(crate) const C: &str = "2025-06-18";
pub(crate) const D: &str = "2025-11-25";
pub(crate) const E: &str = "2026-07-28";

/// All of them, oldest first. Dates compare as text.
pub(crate) const REVISIONS: [&str; 5] = [A, B, C, D, E];

/// What carries the messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Binding {
    /// The library's own, in this process.
    Memory,
    Stdio,
    Unix,
    Sse,
    Streamable,
    WebSocket,
}

/// One way to reach a host. What carries the messages and what they say are
/// independent of each other (ERA-12).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) binding: Binding,
    pub(crate) revision: &'static str,
}

impl Way {
    pub(crate) const STDIO: Self = Self::new(Binding::Stdio, D);
    pub(crate) const STDIO_MODERN: Self = Self::new(Binding::Stdio, E);
    pub(crate) const UNIX: Self = Self::new(Binding::Unix, D);
    pub(crate) const UNIX_MODERN: Self = Self::new(Binding::Unix, E);
    pub(crate) const SSE: Self = Self::new(Binding::Sse, A);
    pub(crate) const STREAMABLE: Self = Self::new(Binding::Streamable, D);
    pub(crate) const STREAMABLE_MODERN: Self = Self::new(Binding::Streamable, E);
    pub(crate) const WEBSOCKET: Self = Self::new(Binding::WebSocket, D);
    pub(crate) const WEBSOCKET_MODERN: Self = Self::new(Binding::WebSocket, E);

    pub(crate) const fn new(binding: Binding, revision: &'static str) -> Self {
        Self { binding, revision }
    }

    /// Whether requests stand alone.
    pub(crate) fn is_modern(self) -> bool {
        self.revision >= E
    }
}

impl Binding {
    /// The arguments that make a host serve it.
    pub(super) fn endpoint(self) -> &'static [&'static str] {
        match self {
            Self::Stdio => &["--stdio"],
            Self::Unix => &["--listen", "unix:wharf.sock"],
            Self::Sse | Self::Streamable | Self::WebSocket => &["--listen", "127.0.0.1:0"],
            Self::Memory => &[],
        }
    }
}

/// A host of these plugins (and flags), and a client that has reached it.
pub(crate) fn stage(way: Way, arguments: &[&str]) -> (Host, Client) {
    let mut host = Host::of(way.binding, arguments);
    let client = Client::connect(&mut host, way);
    (host, client)
}

/// Does this in these revisions on one binding, with one host where that can serve
/// several clients.
pub(crate) fn in_revisions(
    revisions: &[&'static str],
    binding: Binding,
    arguments: &[&str],
    body: impl Fn(&mut Host, Way),
) {
    let mut shared = None;
    for revision in revisions {
        let way = Way::new(binding, revision);
        // What fails is to say in which.
        eprintln!("{way:?}");
        if binding == Binding::Stdio {
            shared = None;
        }
        let host = shared.get_or_insert_with(|| Host::of(binding, arguments));
        body(host, way);
    }
}

/// Makes a test of each function for every binding, in a module for each. A test
/// goes through these revisions; the functions take the host and the [`Way`].
macro_rules! matrix {
    ($revisions:expr, $plugins:expr => $($test:ident)+) => {
        crate::support::matrix! { @ memory Memory $revisions, $plugins => $($test)+ }
        crate::support::matrix! { @ stdio Stdio $revisions, $plugins => $($test)+ }
        crate::support::matrix! { @ unix Unix $revisions, $plugins => $($test)+ }
        crate::support::matrix! { @ sse Sse $revisions, $plugins => $($test)+ }
        crate::support::matrix! { @ streamable Streamable $revisions, $plugins => $($test)+ }
        crate::support::matrix! { @ websocket WebSocket $revisions, $plugins => $($test)+ }
    };
    (@ $module:ident $binding:ident $revisions:expr, $plugins:expr => $($test:ident)+) => {
        mod $module {
            use super::*;
            $(#[test]
            fn $test() {
                let binding = crate::support::Binding::$binding;
                crate::support::in_revisions(&$revisions, binding, $plugins, super::$test);
            })+
        }
    };
}

/// Makes a test of each function for every way, in a module for each way. The
/// functions take the [`Way`].
macro_rules! on_every_way {
    ($($test:ident)+) => {
        mod stdio_modern { $(#[test] fn $test() { super::$test(super::Way::STDIO_MODERN); })+ }
        mod unix_modern { $(#[test] fn $test() { super::$test(super::Way::UNIX_MODERN); })+ }
        mod streamable_modern {
            $(#[test] fn $test() { super::$test(super::Way::STREAMABLE_MODERN); })+
        }
        mod websocket_modern {
            $(#[test] fn $test() { super::$test(super::Way::WEBSOCKET_MODERN); })+
        }
        crate::support::on_every_session!($($test)+);
    };
}

/// The same for the ways that begin with a handshake.
macro_rules! on_every_session {
    ($($test:ident)+) => {
        mod stdio { $(#[test] fn $test() { super::$test(super::Way::STDIO); })+ }
        mod unix { $(#[test] fn $test() { super::$test(super::Way::UNIX); })+ }
        mod sse { $(#[test] fn $test() { super::$test(super::Way::SSE); })+ }
        mod streamable { $(#[test] fn $test() { super::$test(super::Way::STREAMABLE); })+ }
        mod websocket { $(#[test] fn $test() { super::$test(super::Way::WEBSOCKET); })+ }
    };
}

pub(crate) use {matrix, on_every_session, on_every_way};
