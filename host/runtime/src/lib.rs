//! Runs plugins: WebAssembly components in a sandbox, one fresh instance per
//! call.
//!
//! # What a plugin is to this crate
//!
//! A program nobody here has read, called by a language model that believes what
//! it reads. So the question is never what a plugin is meant to do, only what it
//! can do. It can compute, in memory of its own. It can call the functions it was
//! linked with: a handle to the running call, and as much of WASI as the operator
//! granted, which is nothing by default: no folder, no environment, no network, no
//! arguments, no standard input. And it can fail, in every way programs fail; a
//! failure is the answer to one call and changes nothing for the next.
//!
//! # One call, one instance
//!
//! A [`Plugin`] holds compiled code that is linked already. A call takes a permit,
//! makes a store and an instance, calls one function, reads its result, and drops
//! everything. That costs some ten microseconds, because instances come from a
//! pool whose memory is mapped copy-on-write, and it buys isolation between calls,
//! clients and tenants without a word of policy: there is no memory in which
//! something of the last caller could be left.
//!
//! # Time
//!
//! A call is a future. Guests return to the executor at each tick of a clock that
//! a thread of this crate moves on, so ending a call is dropping its future. The
//! deadline does that, a cancelled request does that, a client that hangs up does
//! that; there is no other mechanism. Calls that compute for long take turns, so
//! that short ones are not kept waiting by them.
//!
//! # Space
//!
//! Memory, tables, handles, output, log lines, progress reports, running and
//! waiting calls: each has a bound in [`Limits`] or a constant beside it, and each
//! bound has its reason written down. Reaching one gives a message that names it.
//!
//! # What is kept
//!
//! A plugin that is to remember something is granted a store (`wasi:keyvalue`), for all
//! its callers, for each principal, or for each session. One database file has it all;
//! an address in it begins with the plugin and the scope, which the host puts there, so
//! no name that a guest can choose leads anywhere else. A thread of this crate makes the
//! changes of all calls, those that have come in at the same time in one transaction,
//! and answers each when it is on the disk: a host that is killed has all it has
//! acknowledged. How much there is in a scope is kept in the same transaction, so a quota
//! is exact. No transaction is open while a guest runs.
//!
//! # Two messages
//!
//! What went wrong is told twice. The caller gets a
//! [`Fault`](wharf_mcp::model::Fault), one line fit for a client; the log gets the
//! whole error with the backtrace inside the guest, and for something that was not
//! granted, the option that would grant it. What a guest prints goes to the log
//! under the target `plugin`. This crate never writes to standard output. Secrets that
//! a plugin was given are hidden in all of that; only wasmtime itself, at the level
//! `TRACE`, would write down what guests pass to it, so its targets should be left out
//! there.
//!
//! # What is not here
//!
//! No JSON-RPC, no HTTP but what plugins send, no configuration files, and no policy:
//! who may call what is decided in front of this crate. Nothing of wasmtime is in its
//! interface: what goes in and out is the vocabulary of [`wharf_mcp::model`].
//!
//! # Where to read on
//!
//! `invoke` is the life of one call, and `runtime` how a plugin is loaded. `abi`
//! translates between the plugin contract in `wit/` and the model. `gate`, `rate`,
//! `slots` and `turn` are about fairness, `keeper` about instances that outlive a call,
//! `grants` and `wasi` about what a guest can reach, `http`, `network` and `addresses`
//! about what it can reach outside, `store` and `keyvalue` about what it keeps, `denial`
//! and `verdict` about what is said when it is refused or fails, `masks` about what is
//! not.

mod abi;
mod addresses;
mod cache;
mod console;
mod denial;
mod engine;
mod error;
mod events;
mod files;
mod gate;
mod grants;
mod http;
mod imports;
mod invoke;
mod keeper;
mod keyvalue;
mod limits;
mod masks;
mod network;
mod options;
mod output;
mod permissions;
mod plugin;
mod rate;
mod reality;
mod runtime;
mod session;
mod slots;
mod state;
mod store;
mod surface;
mod ticker;
mod turn;
mod verdict;
mod wasi;

pub use engine::{RuntimeConfig, SetupError};
pub use error::LoadError;
pub use events::{Call, ChangeSink, Events};
pub use grants::{
    Clock, DirGrant, GrantError, Grants, HttpGrant, HttpTarget, Randomness, SocketGrant,
    SocketProblem, SocketTarget, StoreGrant, StoreScope, TargetProblem, Value,
};
pub use limits::Limits;
pub use options::{Instances, PluginOptions};
pub use permissions::{Capability, Permission};
pub use plugin::{Description, Plugin, PluginSource};
pub use runtime::Runtime;
pub use session::Session;
pub use store::StoreError;
pub use surface::{Inspection, Interface, Need};

/// Whether events of this target tell, at the level `TRACE`, what plugins hand over:
/// paths, addresses, what they print, and secrets with it.
pub fn traces_guests(target: &str) -> bool {
    target.starts_with("wasmtime")
}
