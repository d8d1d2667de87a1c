//! What the tests share: the program as a process, and clients for every way to
//! reach it.
//!
//! Clients are written by hand on pipes and sockets, so that they can also do what
//! no library would: say half a message, hang up in the middle of a call, leave
//! out a header. They never wait for time to pass; they wait for something to
//! happen, and give up after [`PATIENCE`].

mod asking;
mod client;
mod conformity;
mod host;
mod http;
mod inside;
mod lines;
mod link;
mod messages;
mod partner;
mod watching;
mod ways;
mod websocket;

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use tokio::time::Instant;

pub(crate) use client::{Client, Exchange};
pub(crate) use host::{Host, Signal, refused, refused_in};
pub(crate) use http::{Event, Request, Response, hang_up};
pub(crate) use inside::{door, tcp};
pub(crate) use lines::Lines;
pub(crate) use messages::{Modern, Session, handshake};
pub(crate) use partner::Partner;
pub(crate) use watching::{subscription, told};
pub(crate) use ways::{
    A, B, Binding, C, D, E, REVISIONS, Way, in_revisions, matrix, on_every_session, on_every_way,
    stage,
};
pub(crate) use websocket::WebSocket;

/// How long anything may take. Far longer than it does on a busy machine, and
/// only reached by what does not happen at all.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// How many calls of one plugin run at once. The next one waits for one of them
/// to end, so filling these places, ending the calls and then calling once more
/// tells whether the calls have really ended.
pub(crate) const PLACES: usize = 64;

/// Asks again and again, until there is an answer.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = probe() {
            return found;
        }
        assert!(Instant::now() < deadline, "it never happened: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Everything that still comes, to the end.
pub(crate) fn until_closed<T>(inbox: &Receiver<T>) -> impl Iterator<Item = T> {
    std::iter::from_fn(|| match inbox.recv_timeout(PATIENCE) {
        Ok(received) => Some(received),
        Err(RecvTimeoutError::Disconnected) => None,
        Err(RecvTimeoutError::Timeout) => panic!("there is no end"),
    })
}
