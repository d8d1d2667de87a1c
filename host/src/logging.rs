//! Where the log goes: to standard error, without ever waiting for it.
//!
//! Standard output is not for logs, whatever is served. And standard error may be
//! a pipe that nobody empties: a client that starts a server and only looks at its
//! answers is common. So events are put into a bounded queue, and a thread of its
//! own writes them (`queue`); if nobody reads, lines are lost, and no call waits.
//!
//! What plugins print and log has the target `plugin`, without their secrets; everything else is named
//! after the module it comes from.

use std::io::{self, IsTerminal};

use tracing::{Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{Colour, LogConfig};

mod queue;

/// The log. Dropping it writes what is still in the queue, for a moment at most.
#[derive(Debug)]
#[must_use = "what is still in the queue is written when this is dropped"]
pub struct Log(queue::Queue);

/// Starts the log of this process. If there is one already, that one stays.
pub fn init(config: LogConfig) -> io::Result<Log> {
    let queue = queue::Queue::start(io::stderr())?;
    let layer = fmt::layer()
        .compact()
        .with_ansi(config.colour == Colour::Auto && io::stderr().is_terminal())
        .with_writer(queue.writer());
    // The only reason to fail is that there is one.
    let _ = tracing_subscriber::registry()
        .with(config.filter)
        .with(filter_fn(is_ours_to_write))
        .with(layer)
        .try_init();
    Ok(Log(queue))
}

/// Nobody hides the secrets of plugins in what the sandbox's engine writes at its most
/// verbose, so that is never logged.
fn is_ours_to_write(event: &Metadata<'_>) -> bool {
    *event.level() != Level::TRACE || !wharf_runtime::traces_guests(event.target())
}

impl Drop for Log {
    fn drop(&mut self) {
        self.0.flush();
    }
}
