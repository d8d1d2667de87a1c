//! How much a plugin may use, each number with its reason.
//!
//! There is no way to switch a limit off. A plugin is somebody else's program,
//! fed by somebody else's language model; what is unbounded will be reached.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::events::Call;

/// The largest [`Limits::table_elements`]: what a slot of the instance pool has
/// room for. An entry is a pointer, so this is 800 KiB.
pub(crate) const TABLE_ELEMENTS: usize = 100_000;

/// The largest [`Limits::core_instances`], for the same reason.
pub(crate) const CORE_INSTANCES: usize = 100;

/// Handles of resources that components hold among themselves, beside those of
/// [`Limits::handles`]. Each costs the host some dozens of bytes; interpreters that
/// are made of several components hold hundreds.
pub(crate) const OWN_HANDLES: usize = 10_000;

/// Random bytes that a guest may ask for at once: as many as a web page may. They are
/// made in one go, on a thread that others wait for, at some nanoseconds each.
pub(crate) const RANDOM_BYTES: u64 = 64 << 10;

/// What a plugin may use. The defaults suit a tool that talks to an API or
/// reads some files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of linear memory of one instance, over all memories. 64 MiB: parsing a
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
    /// Processor time that one call may use, exact to some ticks. Waiting does not
    /// count. 10 s: a third of its deadline; what
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
    /// something, such as ask a service that counts. After a quiet second so many may
    /// come at once, and from then on one after the other.
    pub rate: Option<NonZeroU32>,
    /// Handles an instance may hold open: files, streams, connections, timers. 256:
    /// each open file is a descriptor of the host's process, of which there are 1,024
    /// by default.
    pub handles: usize,
    /// Entries in each function table. 100,000, which is also the most: large guests
    /// (C# in debug builds, Python with its standard library) reach tens of thousands.
    pub table_elements: usize,
    /// Core module instances in a component, and tables and memories in it. 100, which
    /// is also the most: a plugin in Rust has four instances, two tables and one memory,
    /// an interpreter with its extension modules some dozens of instances.
    pub core_instances: usize,
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
            table_elements: TABLE_ELEMENTS,
            core_instances: CORE_INSTANCES,
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

    /// How much processor time this call may use.
    pub(crate) fn cpu_of(&self, call: &Call) -> Duration {
        if call.context.in_task {
            self.task_cpu
        } else {
            self.cpu
        }
    }
}
