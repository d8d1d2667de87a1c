//! Shutting down without losing what was begun.
//!
//! On the first signal (or when standard input ends) transports stop accepting,
//! running calls finish, streams end. What is not done after a grace period is
//! dropped; a second signal drops it at once.

use std::fs::File;
use std::future::{Future, pending};
use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;
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
    interrupt: Signal,
    terminate: Signal,
    hangup: Option<Hangup>,
}

/// SIGHUP, and whom to tell.
#[derive(Debug)]
struct Hangup {
    signal: Signal,
    wanted: Arc<Notify>,
    /// Whether the program was started on a terminal.
    on_terminal: bool,
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
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: None,
        })
    }

    /// From now on SIGHUP is told here, for as long as somebody waits for the next
    /// signal, and does not end the process. Where the terminal that the program was
    /// started on has gone, it still does: that is what the signal then means.
    pub fn hangups(&mut self) -> std::io::Result<Arc<Notify>> {
        let wanted = Arc::new(Notify::new());
        self.hangup = Some(Hangup {
            signal: signal(SignalKind::hangup())?,
            wanted: Arc::clone(&wanted),
            on_terminal: std::io::stdin().is_terminal(),
        });
        Ok(wanted)
    }

    /// The next signal.
    pub async fn next(&mut self) -> Shutdown {
        tokio::select! {
            _ = self.interrupt.recv() => Shutdown::Interrupted,
            _ = self.terminate.recv() => Shutdown::Terminated,
            () = left_alone(&mut self.hangup) => Shutdown::Terminated,
        }
    }
}

/// Tells of each SIGHUP. Completes when one comes because the terminal has gone.
async fn left_alone(hangup: &mut Option<Hangup>) {
    let Some(Hangup {
        signal,
        wanted,
        on_terminal,
    }) = hangup
    else {
        return pending().await;
    };
    while signal.recv().await.is_some() {
        // A process that has lost its terminal cannot open it any more.
        if *on_terminal && File::open("/dev/tty").is_err() {
            return;
        }
        wanted.notify_one();
    }
    pending::<()>().await;
}
