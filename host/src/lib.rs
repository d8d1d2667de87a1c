#![doc = include_str!("../ARCHITECTURE.md")]

pub mod cli;
pub mod compile;
pub mod config;
pub mod drain;
pub mod inspect;
pub mod logging;
pub mod registry;
pub mod report;
pub mod router;
mod schema;
pub mod session;
pub mod transport;
