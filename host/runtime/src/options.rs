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
    /// One session of one client: for plugins that keep state in memory. Calls of a
    /// session run one after the other: a quarter of [`Limits::queue`] may wait for their
    /// turn, for [`Limits::queue_wait`]. Calls outside of a session have an instance of
    /// their own.
    ///
    /// An instance also ends when a call in it fails, or when its place is needed for
    /// calls of other plugins. The plugin has to expect to find its memory empty.
    Session {
        /// How many sessions may have one, at least one; the longest unused ends for a
        /// new one. No more calls than this run at the same time.
        max: usize,
        /// How long one may be unused before it ends.
        idle: Duration,
    },
    /// Any number of calls of anybody, one after the other: for plugins that are slow
    /// to start. One in which a call fails is not used again.
    Pool {
        /// How many are kept while they have nothing to do. Those too end when their
        /// place is needed.
        max: usize,
        /// How many calls one takes before it is replaced.
        uses: u32,
    },
}
