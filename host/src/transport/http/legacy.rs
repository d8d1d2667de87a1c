//! Sessions over Streamable HTTP: what runs in them, and their streams
//! (docs/requirements.md, §6).
//!
//! A call belongs to its session and not to the connection its request came by: a
//! client that hangs up does not end it (SHL-9), only a cancellation or the end of
//! the session does. What it says goes to a [`Stream`] of its own, which the
//! response to its request reads, or whoever comes back for the rest.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use wharf_mcp::model::Principal;
use wharf_mcp::{Answer, Call, InFlight, RequestId, Session, Step};

use super::Endpoints;
use super::events::{RunningCall, Spoken};
use super::replay::{Budget, EventId, First, Reader, Stream};
use super::sessions::{SessionId, Table};
use crate::call::{Asks, Line, Live};
use crate::changes::{Listener, Notice};
use crate::drain::Drain;
use crate::session::{Batch, CallHandle, MAX_RUNNING};

/// How many sessions there may be at once. An idle one costs about two kilobytes.
const MAX_SESSIONS: usize = 10_000;

/// How long a session lives without a request. A person who comes back from lunch
/// finds it; an abandoned one does not last the night.
const IDLE: Duration = Duration::from_hours(2);

/// How many streams of calls that have ended are kept, for clients that come back
/// for the answer (SHL-29).
const MAX_ENDED: usize = 32;

/// How many notifications of one call wait for its stream.
const QUEUE: usize = 32;

/// The number of the stream that belongs to no call.
const GENERAL: u64 = 0;

/// The legacy sessions of this endpoint.
#[derive(Debug)]
pub(super) struct Sessions {
    table: Table<Arc<HttpSession>>,
    budget: Budget,
    epoch: tokio::time::Instant,
}

/// A legacy session and what runs in it. Dropping it ends that.
#[derive(Debug)]
pub(super) struct HttpSession {
    pub(super) session: Session,
    running: Mutex<Running>,
    /// What belongs to no call.
    general: Arc<Stream>,
    /// What changes while nobody reads waits here.
    changes: Listener,
    asks: Arc<Asks>,
    closed: CancellationToken,
    drain: Drain,
    budget: Budget,
    /// Seconds since the table's epoch.
    last_used: AtomicU64,
}

#[derive(Debug, Default)]
struct Running {
    calls: InFlight<CallHandle>,
    tasks: JoinSet<()>,
    /// Streams that a client may come back for, by number.
    streams: BTreeMap<u64, Arc<Stream>>,
    last_stream: u64,
}

/// Why a call is not started.
pub(super) enum NotStarted {
    /// This is the answer.
    Answer(Answer),
    /// There are too many already.
    Full,
}

/// Why a client cannot have the rest of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoRest {
    /// The identifier is none of this session's.
    Unknown,
    /// Some of it is not kept any more.
    Evicted,
}

impl Sessions {
    pub(super) fn insert(
        &self,
        session: Session,
        endpoints: &Endpoints,
    ) -> Result<SessionId, Arc<HttpSession>> {
        let general = Stream::new(GENERAL, &self.budget);
        let there = endpoints.door.facts().capabilities;
        let aside = Arc::clone(&general);
        self.table.insert(Arc::new(HttpSession {
            session,
            running: Mutex::default(),
            general,
            changes: endpoints.door.calls.changes.listen_to_lists(there),
            asks: Asks::new(move |frame| aside.push_now(&frame)),
            closed: CancellationToken::new(),
            drain: endpoints.drain.clone(),
            budget: self.budget.clone(),
            last_used: AtomicU64::new(self.now()),
        }))
    }

    /// A session of this principal's. One of somebody else's does not exist (SHL-15).
    pub(super) fn get(&self, id: SessionId, principal: &Principal) -> Option<Arc<HttpSession>> {
        let session = self.table.get(id)?;
        if session.session.principal().subject != principal.subject {
            return None;
        }
        session.last_used.store(self.now(), Ordering::Relaxed);
        Some(session)
    }

    /// Ends a session (SHL-14).
    pub(super) fn end(&self, id: SessionId) {
        if let Some(session) = self.table.remove(id) {
            session.close();
        }
    }

    /// Ends sessions that have not been used for a long time and have nothing
    /// running and nobody listening.
    pub(super) fn sweep(&self) {
        let now = self.now();
        self.table.retain(|session| {
            let idle = now.saturating_sub(session.last_used.load(Ordering::Relaxed));
            idle < IDLE.as_secs() || session.is_busy()
        });
    }

    fn now(&self) -> u64 {
        self.epoch.elapsed().as_secs()
    }
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            table: Table::new(MAX_SESSIONS),
            budget: Budget::default(),
            epoch: tokio::time::Instant::now(),
        }
    }
}

impl HttpSession {
    /// Starts a call as a task of the session. What it says, and its answer, are on
    /// the stream that comes back.
    pub(super) fn start(
        self: &Arc<Self>,
        endpoints: &Endpoints,
        call: Box<Call>,
    ) -> Result<Listening, NotStarted> {
        let stream = self.new_stream();
        // Before the call can say anything: what nobody reads is not all kept.
        let listening = self.listen_to(&stream);
        let to = Destination {
            stream,
            batch: None,
        };
        self.spawn(endpoints, call, to)?;
        Ok(listening)
    }

    /// Carries out all steps of a batch. Their answers come as one, on the stream
    /// that comes back (BAT-3).
    pub(super) fn start_batch(
        self: &Arc<Self>,
        endpoints: &Endpoints,
        steps: Vec<Step>,
    ) -> Listening {
        let batch = Arc::new(Batch::default());
        // Until all have been started.
        batch.expect_one();
        let stream = self.new_stream();
        let listening = self.listen_to(&stream);
        for step in steps {
            let answer = if let Step::Run(call) = step {
                self.start_in(endpoints, call, &stream, &batch)
            } else {
                self.carry_out(step).map(|answer| answer.frame)
            };
            if let Some(frame) = answer {
                batch.add(frame);
            }
        }
        batch.settle_one(&stream);
        listening
    }

    /// Starts a call of a batch. What comes back is its answer, if it has one already.
    fn start_in(
        self: &Arc<Self>,
        endpoints: &Endpoints,
        call: Box<Call>,
        stream: &Arc<Stream>,
        batch: &Arc<Batch>,
    ) -> Option<Bytes> {
        let id = call.exchange.id().clone();
        let to = Destination {
            stream: Arc::clone(stream),
            batch: Some(Arc::clone(batch)),
        };
        match self.spawn(endpoints, call, to) {
            Ok(()) => None,
            Err(NotStarted::Answer(answer)) => Some(answer.frame),
            Err(NotStarted::Full) => {
                let problem = format!("{MAX_RUNNING} requests are running already");
                Some(wharf_mcp::too_many(&id, &problem))
            }
        }
    }

    /// Does what a message asks for that starts nothing, and returns the answer.
    pub(super) fn carry_out(&self, step: Step) -> Option<Answer> {
        match step {
            Step::Answer(answer) => return Some(answer),
            Step::Cancel(id) => self.running().cancel(&id),
            Step::Response(response) => self.asks.answered(response),
            Step::Watch {
                id,
                uri,
                watched,
                answer,
            } => {
                let changes = &self.changes;
                let frame = changes.answer_to_watching(&id, uri, watched, answer.frame);
                return Some(Answer { frame, ..answer });
            }
            // Started elsewhere; a batch holds no batches.
            Step::Run(_) | Step::Batch(_) | Step::Nothing => {}
        }
        None
    }

    fn spawn(
        self: &Arc<Self>,
        endpoints: &Endpoints,
        call: Box<Call>,
        to: Destination,
    ) -> Result<(), NotStarted> {
        let id = call.exchange.id().clone();
        let mut running = self.running();
        // What has ended in the meantime.
        while running.tasks.try_join_next().is_some() {}
        running.calls.admit(&id).map_err(NotStarted::Answer)?;
        if running.calls.len() >= MAX_RUNNING {
            return Err(NotStarted::Full);
        }
        let (said, events) = mpsc::channel(QUEUE);
        let live = Live::default();
        let line = Line {
            said: Some(said),
            live: live.clone(),
            asks: Some(Arc::clone(&self.asks)),
            outlives_calls: false,
            drain: endpoints.drain.clone(),
        };
        let answering = endpoints.door.calls.run(call, line);
        if let Some(batch) = &to.batch {
            batch.expect_one();
        }
        let work = Work {
            call: RunningCall::new(answering, events),
            id: id.clone(),
            session: Arc::downgrade(self),
            to,
        };
        let abort = running.tasks.spawn(work.run());
        running.calls.insert(id, CallHandle::new(live, abort));
        Ok(())
    }

    /// The stream that belongs to no call, from here on (SHL-20).
    pub(super) fn listen(self: &Arc<Self>) -> Option<Listening> {
        let reader = self.general.read_on(self.primes())?;
        Some(Listening {
            session: Arc::clone(self),
            reader,
            general: true,
        })
    }

    /// The rest of a stream (SHL-25).
    pub(super) fn come_back(self: &Arc<Self>, after: EventId) -> Result<Listening, NoRest> {
        let general = after.stream == GENERAL;
        let stream = if general {
            Some(Arc::clone(&self.general))
        } else {
            self.running().streams.get(&after.stream).cloned()
        };
        let stream = stream.ok_or(NoRest::Unknown)?;
        let reader = stream
            .read_after(after.event, self.primes())
            .map_err(|_evicted| NoRest::Evicted)?;
        Ok(Listening {
            session: Arc::clone(self),
            reader,
            general,
        })
    }

    /// The whole of a stream, for the response to its request.
    fn listen_to(self: &Arc<Self>, stream: &Arc<Stream>) -> Listening {
        Listening {
            session: Arc::clone(self),
            reader: stream.read_all(self.primes()),
            general: false,
        }
    }

    fn new_stream(&self) -> Arc<Stream> {
        let mut running = self.running();
        running.last_stream += 1;
        Stream::new(running.last_stream, &self.budget)
    }

    fn primes(&self) -> bool {
        self.session.dialect().polling
    }

    fn is_busy(&self) -> bool {
        self.general.is_read() || !self.running().calls.is_empty()
    }

    fn close(&self) {
        self.closed.cancel();
        self.running().tasks.abort_all();
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        // A panic while the lock is held leaves the tables as they were.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for HttpSession {
    fn drop(&mut self) {
        self.closed.cancel();
    }
}

impl Running {
    /// Keeps a stream for those that come back, and forgets old ones.
    fn keep(&mut self, stream: &Arc<Stream>) {
        self.streams.insert(stream.number(), Arc::clone(stream));
        let ended = self.streams.values().filter(|stream| stream.has_ended());
        let surplus: Vec<u64> = ended.map(|stream| stream.number()).collect();
        let surplus = surplus.len().saturating_sub(MAX_ENDED);
        for _ in 0..surplus {
            let oldest = self.streams.iter().find(|(_, stream)| stream.has_ended());
            let Some(number) = oldest.map(|(number, _)| *number) else {
                break;
            };
            self.streams.remove(&number);
        }
    }

    fn cancel(&mut self, id: &RequestId) {
        if let Some(handle) = self.calls.remove(id) {
            handle.cancel();
        }
    }
}

/// A call and where what it says goes. However it ends, its stream does too.
struct Work {
    call: RunningCall,
    id: RequestId,
    session: Weak<HttpSession>,
    to: Destination,
}

/// Where a call speaks.
struct Destination {
    stream: Arc<Stream>,
    /// The batch that its answer is a part of.
    batch: Option<Arc<Batch>>,
}

impl Work {
    async fn run(mut self) {
        while let Some(spoken) = self.call.next().await {
            match spoken {
                Spoken::Event(frame) => self.to.stream.push(&frame).await,
                Spoken::Silence(lasts) => self.to.stream.pause(lasts),
                Spoken::Answer(answer) => {
                    // The id is free before the client can see the answer.
                    if let Some(session) = self.session.upgrade() {
                        session.running().calls.remove(&self.id);
                    }
                    match &self.to.batch {
                        None => self.to.stream.finish(answer),
                        Some(batch) => batch.add(answer.frame),
                    }
                    break;
                }
            }
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        match &self.to.batch {
            None => self.to.stream.end(),
            Some(batch) => batch.settle_one(&self.to.stream),
        }
    }
}

impl Batch {
    /// One less is expected; if that was the last, its stream has its answer.
    fn settle_one(&self, stream: &Stream) {
        if let Some(frame) = self.one_less() {
            stream.finish(Answer::of_batch(frame));
        } else if self.is_done() {
            stream.end();
        }
    }
}

/// A stream being read by a client.
pub(super) struct Listening {
    session: Arc<HttpSession>,
    reader: Reader,
    /// Changes are told here.
    general: bool,
}

impl Listening {
    /// Waits until it is known what comes first. Where there are events, clients may
    /// come back for them.
    pub(super) async fn first(&self) -> First {
        let stream = &self.reader.stream;
        let first = stream.first().await;
        if matches!(first, First::Events) {
            self.session.running().keep(stream);
        }
        first
    }

    /// The next event; none at the end.
    pub(super) async fn next(&mut self) -> Option<Bytes> {
        loop {
            let session = &self.session;
            tokio::select! {
                biased;
                () = session.closed.cancelled() => return None,
                // Calls are finished; there is no end to what changes.
                () = session.drain.begun(), if self.general => return None,
                event = self.reader.next() => return event,
                notice = session.changes.next(), if self.general => {
                    if let Notice::Change(change) = notice {
                        session.general.push_now(&session.session.change(&change));
                    }
                }
            }
        }
    }
}
