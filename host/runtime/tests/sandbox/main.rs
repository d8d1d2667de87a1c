//! The sandbox from outside, with real components in it.
//!
//! One binary, so that it is linked once. `support` has what the tests share;
//! every other module is one promise of the crate.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what a test does not expect makes it fail"
)]

mod contract;
mod describing;
mod endurance;
mod events;
mod faults;
mod functions;
mod grants;
mod instances;
mod limits;
mod loading;
mod network;
mod permissions;
mod pressure;
mod reality;
mod secrets;
mod servers;
mod sockets;
mod store;
mod support;
mod traffic;
