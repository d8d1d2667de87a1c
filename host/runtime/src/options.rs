//! How a plugin is to be run, as its operator decides it.

use std::time::Duration;

use crate::grants::Grants;
use crate::limits::Limits;

/// What a plugin may reach and use, and how it is run. The default grants nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PluginOptions {
    /// What it may reach.
    pub grants: Grants,
    /// How much it may use.
    pub limits: Limits,
    /// How long an instance of it lives.
    pub instances: Instances,
    /// Whether the exported functions of a component that does not speak the plugin
    /// contract are served as tools.
    pub functions: bool,
}

/// How long an instance lives. Everything but the default lets one call see what an
/// earlier one has left in memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Instances {
    /// One call.
    #[default]
    Call,
    /// One session of one client: for plugins that keep state in memory. Calls outside
    /// of a session have an instance of their own.
    Session {
        /// How many sessions may have one; the longest unused ends for a new one.
        max: usize,
        /// How long one may be unused before it ends.
        idle: Duration,
    },
    /// Any number of calls of anybody, one after the other: for plugins that are slow
    /// to start.
    Pool {
        /// How many are kept while they have nothing to do.
        max: usize,
        /// How many calls one takes before it is replaced.
        uses: u32,
    },
}
