//! How much a plugin may use, each number with its reason.
//!
//! There is no way to switch a limit off. A plugin is somebody else's program,
//! fed by somebody else's language model; what is unbounded will be reached.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::events::Call;

/// Entries in a guest's function tables, per table. Large guests (C# in debug
/// builds, Python with its standard library) reach tens of thousands; an entry
/// is a pointer, so even this much is 800 KiB.
pub(crate) const TABLE_ELEMENTS: usize = 100_000;

/// Core module instances in a component, tables in it, memories in it. A plugin
/// in Rust has four instances, two tables, one memory; an interpreter compiled
/// with its extension modules has some dozens of instances.
pub(crate) const CORE_INSTANCES: usize = 100;

/// Open handles a call may hold: streams, files, timers. Each open file is a
/// descriptor of the host's process, of which there are 1,024 by default.
pub(crate) const HANDLES: usize = 256;

/// Random bytes that a guest may ask for at once. A key is 32 of them.
pub(crate) const RANDOM_BYTES: u64 = 1 << 20;

/// What a plugin may use. The defaults suit a tool that talks to an API or
/// reads some files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of linear memory in one call, over all memories. 64 MiB: parsing a
    /// document of some megabytes takes ten times its size, and 64 such calls at
    /// once still fit into a small server.
    pub memory: usize,
    /// Time that one call may run, waiting included, counted from when it gets a
    /// slot. 30 s: clients give up after 60 s by default, and a clear message
    /// from the host is better than their silence.
    pub deadline: Duration,
    /// The same for a call that runs as a task, where nobody waits for the answer.
    /// 10 min: long enough for a report or a build, and a plugin that hangs is
    /// noticed the same day. Waiting for a person's answers does not count.
    pub task_deadline: Duration,
    /// Processor time that one call may use. 10 s: a third of its deadline; what
    /// computes for longer is stuck, or belongs into a task.
    pub cpu: Duration,
    /// The same for a call that runs as a task. 2 min.
    pub task_cpu: Duration,
    /// Bytes of text and lists that a call may return. 16 MiB: more than any
    /// model reads; a picture of that size is possible.
    pub output: usize,
    /// Calls that may run at the same time. 64: calls mostly wait for something,
    /// and 64 times the memory limit is what has to fit.
    pub concurrency: usize,
    /// Calls that may wait for one of those to end; the next one is told that the
    /// plugin is busy. 256: four rounds, which a client can be asked to wait.
    pub queue: usize,
    /// How long one may wait. 10 s: whoever waits longer had better be told, and try
    /// again when there is room.
    pub queue_wait: Duration,
    /// Calls that may begin in a second; none: as many as there are. What runs at once
    /// is bounded anyway, so this is for plugins that must not do too much of
    /// something, such as ask a service that counts.
    pub rate: Option<NonZeroU32>,
    /// Handles a call may hold open: files, streams, connections, timers. 256: each
    /// open file is a descriptor of the host's process, of which there are 1,024 by
    /// default.
    pub handles: usize,
    /// Progress reports that a call may make, and log messages beside them. The
    /// rest is dropped. 1,000: the plugin contract promises that many.
    pub events: u32,
    /// Bytes of text in those. 1 MiB, promised likewise.
    pub event_bytes: usize,
    /// Notices of changed lists and resources that a call may send. 100: a plugin
    /// that knows of more changes had better say that the list has changed.
    pub changes: u32,
    /// Bytes of standard output and error of one call that are logged. 64 KiB:
    /// enough for any backtrace, and a thousand calls in a loop do not fill a
    /// disk.
    pub console: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 64 << 20,
            deadline: Duration::from_secs(30),
            task_deadline: Duration::from_mins(10),
            cpu: Duration::from_secs(10),
            task_cpu: Duration::from_mins(2),
            output: 16 << 20,
            concurrency: 64,
            queue: 256,
            queue_wait: Duration::from_secs(10),
            rate: None,
            handles: 256,
            events: 1_000,
            event_bytes: 1 << 20,
            changes: 100,
            console: 64 << 10,
        }
    }
}

impl Limits {
    /// How long this call may take.
    pub(crate) fn of(&self, call: &Call) -> Duration {
        if call.context.in_task {
            self.task_deadline
        } else {
            self.deadline
        }
    }
}
