//! The session loop: drives a [`Peer`] for as long as its channel lives, and owns
//! the calls that are running on it.
//!
//! # Order, cancellation, back-pressure
//!
//! What a call says goes into the channel's one outgoing queue as it is said; its
//! answer is handed back to the loop and queued there, after everything else
//! and after the id is free again. So nothing overtakes, and a client that sees
//! an answer may use the id at once.
//!
//! Cancelling drops the call's future, which stops the guest. What the call has
//! queued already is marked dead and not sent.
//!
//! A call waits for room in the queue before it hands its answer over, so a
//! client that does not read holds up its own calls and nobody else. When
//! [`MAX_RUNNING`] calls are running, further ones are refused: the loop goes on
//! reading, because what comes next may be a cancellation.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinError, JoinSet};
use tokio::time::Instant;
use wharf_mcp::model::{Event, LogLevel, Principal};
use wharf_mcp::{Answer, Call, Effect, Exchange, Operation, Peer, Reply, RequestId, ServerFacts};

use crate::drain::Drain;
use crate::registry::{Events, Invocation};
use crate::router::Router;

/// How many calls one channel may have running, waiting for their plugin included.
/// More than a client has in flight on purpose, and more than one plugin takes.
pub const MAX_RUNNING: usize = 512;

/// The way in: what transports hand frames to. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Door {
    router: Arc<Router>,
}

/// What a transport has read.
#[derive(Debug)]
pub enum Inbound {
    /// One message.
    Frame(Bytes),
    /// A message that was longer than this many bytes, and was thrown away.
    Oversized(usize),
}

/// What a transport is to send.
#[derive(Debug)]
pub struct Outbound {
    frame: Bytes,
    /// The call this was said by; none: nothing that can be cancelled.
    call: Option<Live>,
}

/// Whether a call is still wanted. Shared by everything it says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Live {
    cancelled: Arc<AtomicBool>,
}

/// What a running call is held by.
#[derive(Debug)]
pub(crate) struct CallHandle {
    live: Live,
    abort: AbortHandle,
}

/// A call that has its answer, and room in the queue for it.
struct Ended {
    id: RequestId,
    answer: Bytes,
    /// None if nobody is there to read it any more.
    room: Option<mpsc::OwnedPermit<Outbound>>,
}

impl Door {
    /// A door to what the router serves.
    pub fn new(router: Router) -> Self {
        Self {
            router: Arc::new(router),
        }
    }

    /// What the server says about itself.
    pub fn facts(&self) -> &Arc<ServerFacts> {
        self.router.facts()
    }

    /// Serves one ordered channel until its inbound side ends or the host drains,
    /// then finishes the calls that are running, within the drain's grace.
    /// Dropping the future cancels them. Everything on the channel is done on behalf
    /// of `principal`.
    pub async fn duplex(
        &self,
        principal: Arc<Principal>,
        mut inbound: mpsc::Receiver<Inbound>,
        outbound: mpsc::Sender<Outbound>,
        drain: &Drain,
    ) {
        let mut channel = Channel {
            door: self,
            principal,
            peer: Peer::new(),
            calls: JoinSet::new(),
            outbound,
        };
        loop {
            tokio::select! {
                biased;
                Some(ended) = channel.calls.join_next() => channel.ended(ended),
                () = drain.begun() => break,
                received = inbound.recv() => match received {
                    Some(received) => channel.receive(received).await,
                    None => break,
                },
            }
        }
        drop(inbound);
        drain.within_grace(channel.finish()).await;
    }

    /// Runs a call to its answer; what it says before goes to `outbound`.
    pub(crate) fn run(
        &self,
        call: Box<Call>,
        live: Live,
        outbound: mpsc::Sender<Outbound>,
    ) -> impl Future<Output = Answer> + Send + use<> {
        let router = Arc::clone(&self.router);
        async move {
            let call = *call;
            let exchange = Arc::new(call.exchange);
            let events = Arc::new(Speaker {
                exchange: Arc::clone(&exchange),
                outbound,
                live,
            });
            let invocation = Invocation {
                context: Arc::new(call.context),
                events,
            };
            let reply = routed(&router, &exchange, &call.operation, invocation).await;
            exchange.answer(&reply)
        }
    }

    /// Runs a call that may not say anything before its answer.
    pub(crate) async fn run_silently(&self, call: Box<Call>) -> Answer {
        let call = *call;
        let invocation = Invocation {
            context: Arc::new(call.context),
            events: Arc::new(Silence),
        };
        let reply = routed(&self.router, &call.exchange, &call.operation, invocation).await;
        call.exchange.answer(&reply)
    }
}

/// Routes an operation, and tells the log how it went.
async fn routed(
    router: &Router,
    exchange: &Exchange,
    operation: &Operation,
    invocation: Invocation,
) -> Reply {
    let begun = Instant::now();
    let reply = router.route(operation, invocation).await;
    tracing::debug!(
        id = %exchange.id(),
        %operation,
        revision = exchange.revision(),
        outcome = reply.outcome(),
        took = ?begun.elapsed(),
        "a call has ended"
    );
    reply
}

/// One channel being served.
struct Channel<'a> {
    door: &'a Door,
    principal: Arc<Principal>,
    peer: Peer<CallHandle>,
    calls: JoinSet<Ended>,
    outbound: mpsc::Sender<Outbound>,
}

impl Channel<'_> {
    async fn receive(&mut self, received: Inbound) {
        let effect = match received {
            Inbound::Frame(frame) => self.peer.receive(&frame, self.door.facts()),
            Inbound::Oversized(limit) => Effect::Send(self.peer.oversized(limit)),
        };
        match effect {
            Effect::Send(frame) => self.send(frame).await,
            Effect::Start(call) if self.peer.running() >= MAX_RUNNING => {
                let busy = wharf_mcp::too_many_requests(call.exchange.id(), MAX_RUNNING);
                self.send(busy).await;
            }
            Effect::Start(call) => self.start(call),
            Effect::Cancel(handle) => handle.cancel(),
            Effect::Nothing => {}
        }
    }

    fn start(&mut self, mut call: Box<Call>) {
        call.context.principal = Arc::clone(&self.principal);
        let live = Live::default();
        let id = call.exchange.id().clone();
        let answering = self.door.run(call, live.clone(), self.outbound.clone());
        let outbound = self.outbound.clone();
        let ended = {
            let id = id.clone();
            async move {
                let answer = answering.await.frame;
                let room = outbound.reserve_owned().await.ok();
                Ended { id, answer, room }
            }
        };
        let abort = self.calls.spawn(ended);
        self.peer.started(id, CallHandle { live, abort });
    }

    fn ended(&mut self, ended: Result<Ended, JoinError>) {
        match ended {
            Ok(Ended { id, answer, room }) => {
                if let (true, Some(room)) = (self.peer.ended(&id), room) {
                    room.send(Outbound::from(answer));
                }
            }
            Err(error) => self.broke(&error),
        }
    }

    /// A call was cancelled, or the host panicked in it.
    fn broke(&mut self, error: &JoinError) {
        let Some(id) = self.peer.failed(|handle| handle.abort.id() == error.id()) else {
            return;
        };
        tracing::error!(%id, %error, "a call ended without an answer");
        // If the queue is full the client does not read; it will find the call
        // unanswered.
        if self
            .outbound
            .try_send(Outbound::from(wharf_mcp::internal_error(&id)))
            .is_err()
        {
            tracing::debug!(%id, "there was no room for the answer");
        }
    }

    async fn send(&mut self, frame: Bytes) {
        // An error means that nobody reads any more; the inbound side will end.
        if self.outbound.send(Outbound::from(frame)).await.is_err() {
            tracing::trace!("the client is gone");
        }
    }

    async fn finish(&mut self) {
        while let Some(ended) = self.calls.join_next().await {
            self.ended(ended);
        }
    }
}

impl Outbound {
    /// The message, unless the call it belongs to has been cancelled since.
    pub fn into_frame(self) -> Option<Bytes> {
        match self.call {
            Some(call) if call.is_cancelled() => None,
            Some(_) | None => Some(self.frame),
        }
    }
}

impl From<Bytes> for Outbound {
    fn from(frame: Bytes) -> Self {
        Self { frame, call: None }
    }
}

impl Live {
    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

impl CallHandle {
    pub(crate) fn new(live: Live, abort: AbortHandle) -> Self {
        Self { live, abort }
    }

    /// Ends the call and withholds what it has said but is not yet sent.
    pub(crate) fn cancel(&self) {
        self.live.cancelled.store(true, Ordering::Relaxed);
        self.abort.abort();
    }
}

/// Sends what a call says, if its client wants it.
struct Speaker {
    exchange: Arc<Exchange>,
    outbound: mpsc::Sender<Outbound>,
    live: Live,
}

impl Events for Speaker {
    fn emit(&self, event: Event) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let frame = self.exchange.notification(&event);
        Box::pin(async move {
            let Some(frame) = frame.filter(|_| !self.live.is_cancelled()) else {
                return;
            };
            let said = Outbound {
                frame,
                call: Some(self.live.clone()),
            };
            if self.outbound.send(said).await.is_err() {
                tracing::trace!("nobody listens to this call any more");
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

/// For calls whose client wants nothing but the answer.
struct Silence;

impl Events for Silence {
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
