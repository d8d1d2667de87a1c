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

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinError, JoinSet};
use tokio_util::task::AbortOnDropHandle;
use wharf_mcp::model::Principal;
use wharf_mcp::{Answer, Call, Effect, Peer, RequestId, ServerFacts, StateKeys};

use crate::call::{Asks, Calls, Line, Live};
use crate::changes::{Changes, Listener, Notice};
use crate::drain::Drain;
use crate::router::Router;

pub use crate::call::Outbound;

/// How many calls one channel may have running, waiting for their plugin included.
/// More than a client has in flight on purpose, and more than one plugin takes.
pub const MAX_RUNNING: usize = 512;

/// The way in: what transports hand frames to. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Door {
    pub(crate) calls: Calls,
    /// Keeps the catalogue up to date, for as long as there is a door.
    _refreshing: Option<Arc<AbortOnDropHandle<()>>>,
}

/// What a transport has read.
#[derive(Debug)]
pub enum Inbound {
    /// One message.
    Frame(Bytes),
    /// A message that was longer than this many bytes, and was thrown away.
    Oversized(usize),
}

/// What a running call is held by.
#[derive(Debug)]
pub(crate) struct CallHandle {
    live: Live,
    abort: AbortHandle,
    /// The batch that its answer goes into.
    batch: Option<Arc<Batch>>,
}

/// The answers to a batch, until all are there (BAT-3).
#[derive(Default)]
pub(crate) struct Batch(Mutex<BatchState>);

#[derive(Default)]
struct BatchState {
    frames: Vec<Bytes>,
    /// How many calls have no answer yet, and one more until all have been started.
    left: usize,
}

/// A call that has its answer, and room in the queue for it.
struct Ended {
    id: RequestId,
    answer: Answer,
    /// None if nobody is there to read it any more.
    room: Option<mpsc::OwnedPermit<Outbound>>,
}

impl Door {
    /// A door to what the router serves. `changes` is where it is told when something
    /// has changed; `keys` seal what clients keep for plugins.
    pub fn new(router: Router, changes: Changes, keys: StateKeys) -> Self {
        Self {
            calls: Calls::new(router, changes, keys),
            _refreshing: None,
        }
    }

    /// Runs a task for as long as there is a clone of this door.
    #[expect(
        clippy::disallowed_methods,
        reason = "the handle goes into the door, which ends the task when the last is dropped"
    )]
    pub(crate) fn refreshed_by(self, task: impl Future<Output = ()> + Send + 'static) -> Self {
        let handle = AbortOnDropHandle::new(tokio::spawn(task));
        Self {
            _refreshing: Some(Arc::new(handle)),
            ..self
        }
    }

    /// What the server says about itself.
    pub fn facts(&self) -> Arc<ServerFacts> {
        self.calls.router.facts()
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
        let aside = outbound.clone();
        let asks = Asks::new(move |frame| {
            // If the queue is full the client does not read; it will find out.
            if aside.try_send(Outbound::from(frame)).is_err() {
                tracing::debug!("there was no room for a message");
            }
        });
        let mut channel = Channel {
            door: self,
            peer: Peer::new(principal),
            calls: JoinSet::new(),
            outbound,
            asks,
            changes: None,
            drain,
        };
        loop {
            tokio::select! {
                biased;
                Some(ended) = channel.calls.join_next() => channel.ended(ended),
                () = drain.begun() => break,
                notice = next(channel.changes.as_ref()) => channel.tell(notice).await,
                received = inbound.recv() => match received {
                    Some(received) => channel.receive(received).await,
                    None => break,
                },
            }
        }
        drop(inbound);
        drain.within_grace(channel.finish()).await;
    }
}

/// The next notice, if anybody listens.
async fn next(changes: Option<&Listener>) -> Notice {
    match changes {
        Some(changes) => changes.next().await,
        None => std::future::pending().await,
    }
}

/// One channel being served.
struct Channel<'a> {
    door: &'a Door,
    peer: Peer<CallHandle>,
    calls: JoinSet<Ended>,
    outbound: mpsc::Sender<Outbound>,
    asks: Arc<Asks>,
    /// There is something to tell as soon as there is a session.
    changes: Option<Listener>,
    drain: &'a Drain,
}

impl Channel<'_> {
    async fn receive(&mut self, received: Inbound) {
        let facts = self.door.facts();
        let effect = match received {
            Inbound::Frame(frame) => self.peer.receive(&frame, &facts),
            Inbound::Oversized(limit) => Effect::Send(self.peer.oversized(limit)),
        };
        if self.changes.is_none() && self.peer.session().is_some() {
            self.changes = Some(self.door.calls.changes.listen_to_lists(facts.capabilities));
        }
        let answer = if let Effect::Batch(effects) = effect {
            self.batch(effects)
        } else {
            self.carry_out(effect, None)
        };
        if let Some(frame) = answer {
            self.send(frame).await;
        }
    }

    /// Does what the peer asks for, and returns what is to be sent at once.
    fn carry_out(
        &mut self,
        effect: Effect<CallHandle>,
        batch: Option<&Arc<Batch>>,
    ) -> Option<Bytes> {
        match effect {
            Effect::Send(frame) => return Some(frame),
            Effect::Start(call) if self.peer.running() >= MAX_RUNNING => {
                let id = call.exchange.id();
                let problem = format!("{MAX_RUNNING} requests are running already");
                return Some(wharf_mcp::too_many(id, &problem));
            }
            Effect::Start(call) => self.start(call, batch),
            Effect::Cancel(handle) => return handle.cancel(),
            Effect::Response(response) => self.asks.answered(response),
            Effect::Watch {
                id,
                uri,
                watched,
                answer,
            } => return Some(self.watch(&id, uri, watched, answer)),
            // A batch holds no batches.
            Effect::Batch(_) | Effect::Nothing => {}
        }
        None
    }

    /// All elements of a batch; their answers, if all are there.
    fn batch(&mut self, effects: Vec<Effect<CallHandle>>) -> Option<Bytes> {
        let batch = Arc::new(Batch::default());
        // Until all have been started.
        batch.expect_one();
        for effect in effects {
            if let Some(frame) = self.carry_out(effect, Some(&batch)) {
                batch.add(frame);
            }
        }
        batch.one_less()
    }

    fn start(&mut self, call: Box<Call>, batch: Option<&Arc<Batch>>) {
        let live = Live::default();
        let id = call.exchange.id().clone();
        let line = Line {
            said: Some(self.outbound.clone()),
            live: live.clone(),
            asks: Some(Arc::clone(&self.asks)),
            outlives_calls: true,
            drain: self.drain.clone(),
        };
        let answering = self.door.calls.run(call, line);
        let outbound = self.outbound.clone();
        let ended = {
            let id = id.clone();
            async move {
                let answer = answering.await;
                let room = outbound.reserve_owned().await.ok();
                Ended { id, answer, room }
            }
        };
        let abort = self.calls.spawn(ended);
        let batch = batch.map(Arc::clone);
        if let Some(batch) = &batch {
            batch.expect_one();
        }
        self.peer.started(id, CallHandle { live, abort, batch });
    }

    fn ended(&mut self, ended: Result<Ended, JoinError>) {
        let ended = match ended {
            Ok(ended) => ended,
            Err(error) => return self.broke(&error),
        };
        let (Some(handle), Some(room)) = (self.peer.ended(&ended.id), ended.room) else {
            return;
        };
        if let Some(answer) = handle.answered(ended.answer.frame) {
            room.send(Outbound::from(answer));
        }
        if let Some(frame) = ended.answer.last_words {
            self.try_send(frame);
        }
    }

    /// A call was cancelled, or the host panicked in it.
    fn broke(&mut self, error: &JoinError) {
        let failed = self.peer.failed(|handle| handle.abort.id() == error.id());
        let Some((id, handle)) = failed else {
            return;
        };
        tracing::error!(%id, %error, "a call ended without an answer");
        if let Some(answer) = handle.answered(wharf_mcp::internal_error(&id)) {
            self.try_send(answer);
        }
    }

    /// RES-7.
    fn watch(&self, id: &RequestId, uri: String, watched: bool, answer: Bytes) -> Bytes {
        let Some(changes) = &self.changes else {
            return answer;
        };
        changes.answer_to_watching(id, uri, watched, answer)
    }

    async fn tell(&mut self, notice: Notice) {
        if let (Notice::Change(change), Some(session)) = (notice, self.peer.session()) {
            let frame = session.change(&change);
            self.send(frame).await;
        }
    }

    async fn send(&mut self, frame: Bytes) {
        // An error means that nobody reads any more; the inbound side will end.
        if self.outbound.send(Outbound::from(frame)).await.is_err() {
            tracing::trace!("the client is gone");
        }
    }

    /// Sends what must not wait. If the queue is full the client does not read; it
    /// will find the call unanswered.
    fn try_send(&self, frame: Bytes) {
        if self.outbound.try_send(Outbound::from(frame)).is_err() {
            tracing::debug!("there was no room for a message");
        }
    }

    async fn finish(&mut self) {
        while let Some(ended) = self.calls.join_next().await {
            self.ended(ended);
        }
    }
}

impl CallHandle {
    pub(crate) fn new(live: Live, abort: AbortHandle) -> Self {
        Self {
            live,
            abort,
            batch: None,
        }
    }

    /// Ends the call and withholds what it has said but is not yet sent. What comes
    /// back are the other answers of its batch, if they only waited for this one.
    pub(crate) fn cancel(self) -> Option<Bytes> {
        self.live.cancel();
        self.abort.abort();
        self.batch.and_then(|batch| batch.one_less())
    }

    /// What is to be sent now that there is an answer.
    fn answered(self, answer: Bytes) -> Option<Bytes> {
        match self.batch {
            None => Some(answer),
            Some(batch) => {
                batch.add(answer);
                batch.one_less()
            }
        }
    }
}

impl Batch {
    /// One more answer will come, or not.
    pub(crate) fn expect_one(&self) {
        self.lock().left += 1;
    }

    pub(crate) fn add(&self, frame: Bytes) {
        self.lock().frames.push(frame);
    }

    /// One less is expected. The whole, if that was the last, and there is anything
    /// to say.
    pub(crate) fn one_less(&self) -> Option<Bytes> {
        let mut state = self.lock();
        state.left -= 1;
        (state.left == 0 && !state.frames.is_empty()).then(|| wharf_mcp::batch(&state.frames))
    }

    /// Whether nothing is expected any more.
    pub(crate) fn is_done(&self) -> bool {
        self.lock().left == 0
    }

    fn lock(&self) -> MutexGuard<'_, BatchState> {
        // A panic while the lock is held leaves the state as it was.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        write!(f, "Batch({} of {})", state.frames.len(), state.left)
    }
}
