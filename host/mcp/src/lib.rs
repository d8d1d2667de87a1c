//! The Model Context Protocol as pure functions and state machines.

pub mod model;
