//! What a call brings along, and what comes out of it before its result.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use wharf_mcp::model::{CallContext, Change, Event, LogLevel};

use crate::session::Session;

/// Everything about a call that is not its target and arguments.
#[derive(Clone)]
pub struct Call {
    /// Who asks, with what abilities; answers of the round before.
    pub context: Arc<CallContext>,
    /// Where progress and log messages go.
    pub events: Arc<dyn Events>,
    /// The session it is made in, if there is one.
    pub session: Option<Session>,
}

/// Where a running call's progress and log messages go.
///
/// The guest waits while [`emit`](Self::emit) is pending: a client that reads
/// slowly slows the plugin down instead of filling the host's memory. Time spent
/// there counts towards the call's deadline.
pub trait Events: Send + Sync {
    /// Passes an event on. It may be dropped before it is finished, together
    /// with the call.
    fn emit(&self, event: Event) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;

    /// Whether anybody wants progress reports. If not, none are made.
    fn wants_progress(&self) -> bool;

    /// Whether anybody but the host's own log wants messages of this level.
    fn wants_log(&self, level: LogLevel) -> bool;

    /// Whether the client has given up, and the host lets the call run on for a
    /// moment. Usually the host drops such a call at once.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Nobody listens.
impl Events for () {
    fn emit(&self, _: Event) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::ready(()))
    }

    fn wants_progress(&self) -> bool {
        false
    }

    fn wants_log(&self, _: LogLevel) -> bool {
        false
    }
}

/// Takes what a plugin says has changed. Called while a guest runs, on a thread
/// of the async runtime: it must not block.
pub type ChangeSink = Arc<dyn Fn(Change) + Send + Sync>;

impl Call {
    /// A call on behalf of nobody that nobody listens to.
    pub fn silent() -> Self {
        Self {
            context: Arc::default(),
            events: Arc::new(()),
            session: None,
        }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("context", &self.context)
            .finish_non_exhaustive()
    }
}
