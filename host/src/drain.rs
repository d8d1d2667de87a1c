//! Shutting down without losing what was begun.
//!
//! On the first signal (or when standard input ends) transports stop accepting,
//! running calls finish, streams end. What is not done after a grace period is
//! dropped; a second signal drops it at once.

use std::future::Future;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// How long running calls may go on after a drain has begun. Clients that start
/// a server as a subprocess wait about this long before they kill it.
const GRACE: Duration = Duration::from_secs(5);

/// Tells everybody that the host is shutting down. Clones share one state.
#[derive(Debug, Clone, Default)]
pub struct Drain {
    token: CancellationToken,
}

impl Drain {
    /// A host that is not shutting down.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins. Doing so again changes nothing.
    pub fn begin(&self) {
        self.token.cancel();
    }

    /// Completes when the drain has begun.
    pub async fn begun(&self) {
        self.token.cancelled().await;
    }

    /// Runs `work` for as long as the grace period allows. True if it was finished.
    pub async fn within_grace(&self, work: impl Future<Output = ()>) -> bool {
        tokio::time::timeout(GRACE, work).await.is_ok()
    }
}

/// Completes at the first SIGINT or SIGTERM after each call.
#[derive(Debug)]
pub struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

/// Which signal came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shutdown {
    /// SIGINT: somebody pressed Ctrl-C.
    Interrupted,
    /// SIGTERM: somebody wants the process to end.
    Terminated,
}

impl Signals {
    /// Starts listening, so that no signal is missed from here on.
    pub fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// The next signal.
    pub async fn next(&mut self) -> Shutdown {
        tokio::select! {
            _ = self.interrupt.recv() => Shutdown::Interrupted,
            _ = self.terminate.recv() => Shutdown::Terminated,
        }
    }
}
