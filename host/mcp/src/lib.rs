//! The Model Context Protocol without the world: bytes in, decisions out.
//!
//! This crate knows every revision of the protocol and nothing else. It does no
//! IO, reads no clock and makes no randomness; the same input gives the same
//! output. Whoever drives it owns the sockets, the tasks and the plugins.
//!
//! # How a message goes through
//!
//! 1. `jsonrpc` finds the envelope. Ids and parameters stay text.
//! 2. `door` decides the era: a request that carries its protocol version in
//!    `_meta` is modern, `initialize` opens a legacy session. On HTTP that is
//!    [`route_http`], on ordered channels [`Peer`].
//! 3. `modern` or `legacy` takes it in, and yields a [`Call`]: an operation in
//!    the words of the [`model`], the context it is made in, and an [`Exchange`]
//!    that knows how to answer.
//! 4. The host carries the operation out and hands the [`Reply`] to the exchange,
//!    which writes it for the client's revision (`revision`, `encode`).
//!
//! # Invariants
//!
//! - No input makes anything here panic.
//! - Only this crate knows revision dates and the names of methods.
//! - Nobody compares revisions: differences are facts in a [`Dialect`], or the
//!   choice of a door.
//! - Model types do not serialise themselves.

mod ask;
mod decode;
mod door;
mod encode;
mod exchange;
mod frame;
mod headers;
mod jsonrpc;
mod legacy;
mod mirror;
pub mod model;
mod modern;
mod operation;
mod peer;
mod retry;
mod revision;
mod seal;
mod server;
mod task;
mod trace;
mod write;

pub use door::{HttpRoute, Request, SessionMessage, route_http, session_required};
pub use encode::DefinitionList;
pub use exchange::{Call, Exchange, Refusal, Reply};
pub use frame::{Answer, Standing, batch, cancelled, internal_error, malformed, refusal, too_many};
pub use headers::{Header, Headers};
pub use jsonrpc::{ErrorCode, Malformed, Message, RequestId, check, parse};
pub use legacy::{InFlight, Response, Session, Step};
pub use mirror::{InvalidMirror, Mirrored};
pub use operation::{Filter, Operation, TaskWish};
pub use peer::{Effect, Peer};
pub use retry::{Answers, FilledIn, Retry, Sealing, read_reply, read_task_answers};
pub use revision::{Dialect, Era, Forms, Revision, Sampling, Structured, Tasks};
pub use seal::{NONCE, Purpose, Seconds, StateKeys};
pub use server::{Capabilities, ServerFacts};
pub use task::{Task, TaskEnd, TaskState};
pub use trace::trace_parent;
