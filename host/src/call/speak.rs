//! What a call says before its answer.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use wharf_mcp::Exchange;
use wharf_mcp::model::{Event, LogLevel};

use super::Line;
use crate::registry::Events;

/// What a transport is to send.
#[derive(Debug)]
pub struct Outbound {
    what: What,
    /// The call it was said by; none: nothing that can be cancelled.
    live: Option<Live>,
}

/// What is said.
#[derive(Debug)]
pub(crate) enum What {
    /// A message.
    Frame(Bytes),
    /// Nothing, for about so long: the connection may be let go of.
    Silence(Duration),
}

/// Whether a call is still wanted. Shared by everything it says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Live {
    cancelled: Arc<AtomicBool>,
}

impl Live {
    /// It is wanted no more.
    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

impl Outbound {
    /// The message, unless the call it belongs to has been cancelled since.
    pub fn into_frame(self) -> Option<Bytes> {
        match self.still_wanted()? {
            What::Frame(frame) => Some(frame),
            What::Silence(_) => None,
        }
    }

    /// What is said, for transports that can let go of a connection meanwhile.
    pub(crate) fn still_wanted(self) -> Option<What> {
        let cancelled = self.live.is_some_and(|live| live.is_cancelled());
        (!cancelled).then_some(self.what)
    }
}

impl From<Bytes> for Outbound {
    fn from(frame: Bytes) -> Self {
        Self {
            what: What::Frame(frame),
            live: None,
        }
    }
}

impl Line {
    /// Says something, when there is room for it. If nobody listens any more, it is
    /// as good as said.
    pub(super) async fn say(&self, frame: Bytes) {
        self.send(What::Frame(frame)).await;
    }

    async fn send(&self, what: What) {
        let Some(said) = self.said.as_ref().filter(|_| !self.live.is_cancelled()) else {
            return;
        };
        let what = Outbound {
            what,
            live: Some(self.live.clone()),
        };
        if said.send(what).await.is_err() {
            tracing::trace!("nobody listens to this call any more");
        }
    }
}

/// A [`Line`] for what goes on longer than its channel, which it does not keep open.
#[derive(Debug)]
pub(super) struct Earshot {
    said: mpsc::WeakSender<Outbound>,
    /// All of the line but that.
    rest: Line,
}

impl Line {
    /// This line, for as long as somebody else has it, too.
    pub(super) fn earshot(&self) -> Option<Earshot> {
        let said = self.said.as_ref()?.downgrade();
        let rest = Self {
            said: None,
            asks: None,
            ..self.clone()
        };
        Some(Earshot { said, rest })
    }
}

impl Earshot {
    /// The line, if there is still somebody at its other end.
    pub(super) fn line(&self) -> Option<Line> {
        let said = Some(self.said.upgrade()?);
        Some(Line {
            said,
            ..self.rest.clone()
        })
    }
}

/// Sends what a call says, if its client wants it.
pub(crate) struct Speaker {
    exchange: Arc<Exchange>,
    line: Line,
    /// The task it speaks for.
    task: Option<Arc<str>>,
}

impl Speaker {
    pub(crate) fn of_call(exchange: &Arc<Exchange>, line: &Line) -> Arc<dyn Events> {
        if line.said.is_none() {
            return Arc::new(());
        }
        Arc::new(Self::of_task(exchange, line, None))
    }

    pub(super) fn of_task(exchange: &Arc<Exchange>, line: &Line, task: Option<Arc<str>>) -> Self {
        Self {
            exchange: Arc::clone(exchange),
            line: line.clone(),
            task,
        }
    }
}

impl Events for Speaker {
    fn emit(&self, event: Event) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let what = match &event {
            Event::Silence { lasts } => self.exchange.can_poll().then_some(What::Silence(*lasts)),
            Event::Progress { .. } | Event::Log { .. } => self
                .exchange
                .notification(&event, self.task.as_deref())
                .map(What::Frame),
        };
        Box::pin(async move {
            if let Some(what) = what {
                self.line.send(what).await;
            }
        })
    }

    fn wants_progress(&self) -> bool {
        self.exchange.wants_progress()
    }

    fn wants_log(&self, level: LogLevel) -> bool {
        self.exchange.wants_log(level)
    }
}
