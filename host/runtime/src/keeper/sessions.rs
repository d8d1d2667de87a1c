//! An instance for each session, and the order of its calls.
//!
//! A session has a place here while it has an instance or calls that want one. Its
//! calls take turns. The instance ends with its session, when it has been unused for
//! too long, when too many sessions have one, or when its slots are needed elsewhere;
//! the session's next call then finds a new one, as after a crash.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout_at};
use wharf_mcp::model::Busy;

use super::{Live, Shelf};
use crate::gate::Gate;
use crate::session::{Session, SessionId};

/// Long enough to stand for "never".
const FAR: Duration = Duration::from_hours(24 * 365);

/// The sessions that use a plugin.
pub(crate) struct Sessions {
    me: Weak<Self>,
    max: usize,
    idle: Duration,
    /// Calls of one session that may wait for their turn: a quarter of all that may
    /// wait for the plugin, so that one session cannot take all places.
    line: usize,
    places: Mutex<Places>,
    kept: Arc<Notify>,
    /// Ends what is idle for too long; ends itself with this.
    _sweeper: JoinSet<()>,
}

type Places = BTreeMap<SessionId, Place>;

struct Place {
    turn: Arc<Semaphore>,
    /// Calls that wait for their turn.
    waiting: usize,
    /// A call has its turn, and with it the instance if there is one.
    taken: bool,
    idle: Option<(Instant, Live)>,
}

/// A session's turn: nobody else of it runs until this is dropped.
pub(crate) struct Turn {
    sessions: Arc<Sessions>,
    session: SessionId,
    permit: Option<OwnedSemaphorePermit>,
}

impl Sessions {
    /// Nobody yet. Needs an async runtime, for what ends idle instances.
    pub(crate) fn start(max: usize, idle: Duration, queue: usize) -> Arc<Self> {
        let kept = Arc::new(Notify::new());
        Arc::new_cyclic(|me| {
            let mut sweeper = JoinSet::new();
            sweeper.spawn(sweep(Weak::clone(me), Arc::clone(&kept)));
            Self {
                me: Weak::clone(me),
                max: max.max(1),
                idle,
                line: queue.div_ceil(4),
                places: Mutex::default(),
                kept,
                _sweeper: sweeper,
            }
        })
    }

    /// Waits for the session's turn until `until`.
    pub(super) async fn turn(
        self: &Arc<Self>,
        session: &Session,
        gate: &Gate,
        until: Instant,
    ) -> Result<Turn, Busy> {
        let id = session.id();
        session.tell_at_end(&self.me);
        let (semaphore, mut turn) = self.stand_in_line(id)?;
        let permit = if let Ok(permit) = Arc::clone(&semaphore).try_acquire_owned() {
            permit
        } else {
            let Ok(_place) = gate.queue_up() else {
                return Err(Busy::Session);
            };
            let Ok(Ok(permit)) = timeout_at(until, semaphore.acquire_owned()).await else {
                return Err(Busy::Session);
            };
            permit
        };
        self.take_turn(id);
        turn.permit = Some(permit);
        Ok(turn)
    }

    /// The session has ended, and with it what was kept for it.
    pub(crate) fn forget(&self, session: SessionId) {
        let place = self.places().remove(&session);
        drop(place);
    }

    /// The turn stands for a place in the line first, and then for the session's turn.
    fn stand_in_line(self: &Arc<Self>, id: SessionId) -> Result<(Arc<Semaphore>, Turn), Busy> {
        let mut places = self.places();
        let place = places.entry(id).or_insert_with(Place::new);
        let is_free = !place.taken && place.waiting == 0;
        if !is_free && place.waiting >= self.line {
            return Err(Busy::Session);
        }
        place.waiting += 1;
        let turn = Turn {
            sessions: Arc::clone(self),
            session: id,
            permit: None,
        };
        Ok((Arc::clone(&place.turn), turn))
    }

    fn take_turn(&self, id: SessionId) {
        if let Some(place) = self.places().get_mut(&id) {
            place.waiting = place.waiting.saturating_sub(1);
            place.taken = true;
        }
    }

    /// Ends what has been idle for too long. When to do so again.
    fn sweep(&self) -> Option<Instant> {
        let now = Instant::now();
        let mut over = Vec::new();
        let mut next = None;
        let mut places = self.places();
        for place in places.values_mut() {
            let Some((since, _)) = place.idle.as_ref() else {
                continue;
            };
            let ends = since.checked_add(self.idle).unwrap_or(now + FAR);
            if ends <= now {
                over.extend(place.idle.take());
            } else {
                next = Some(next.map_or(ends, |next: Instant| next.min(ends)));
            }
        }
        places.retain(|_, place| place.is_needed());
        drop(places);
        drop(over);
        next
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    fn new() -> Self {
        Self {
            turn: Arc::new(Semaphore::new(1)),
            waiting: 0,
            taken: false,
            idle: None,
        }
    }

    fn is_needed(&self) -> bool {
        self.idle.is_some() || self.taken || self.waiting > 0
    }
}

/// Ends idle instances in time, as long as the sessions are there.
async fn sweep(sessions: Weak<Sessions>, kept: Arc<Notify>) {
    let mut next = None;
    loop {
        match next {
            // What is kept from now on ends later than what is kept already.
            Some(at) => sleep_until(at).await,
            None => kept.notified().await,
        }
        let Some(sessions) = sessions.upgrade() else {
            return;
        };
        next = sessions.sweep();
    }
}

impl Turn {
    /// The session's instance. If it has none, it is going to have one, so that
    /// another session's may have to end.
    pub(super) fn find(&self) -> Option<Live> {
        let mut places = self.sessions.places();
        let place = places.get_mut(&self.session)?;
        if let Some((_, live)) = place.idle.take() {
            return Some(live);
        }
        let have = places.values();
        let have = have.filter(|place| place.taken || place.idle.is_some());
        let have = have.count();
        let over = (have > self.sessions.max)
            .then(|| give_up(&mut places))
            .flatten();
        drop(places);
        drop(over);
        None
    }

    /// Keeps the session's instance, unless the session has ended.
    pub(super) fn keep(&self, live: Live) -> &dyn Shelf {
        let mut places = self.sessions.places();
        if let Some(place) = places.get_mut(&self.session) {
            place.idle = Some((Instant::now(), live));
        } else {
            // Its memory is put in order without holding the lock.
            drop(places);
            drop(live);
        }
        self.sessions.kept.notify_one();
        &*self.sessions
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut places = self.sessions.places();
        if let Some(place) = places.get_mut(&self.session) {
            if self.permit.is_some() {
                place.taken = false;
            } else {
                place.waiting = place.waiting.saturating_sub(1);
            }
            if !place.is_needed() {
                places.remove(&self.session);
            }
        }
        drop(places);
        // The next call of the session begins when it sees the place as it is now.
        self.permit.take();
    }
}

impl Shelf for Sessions {
    fn idle_since(&self) -> Option<Instant> {
        let places = self.places();
        let idle = places.values().filter_map(|place| place.idle.as_ref());
        idle.map(|(since, _)| *since).min()
    }

    fn give_up(&self) -> Option<Live> {
        give_up(&mut self.places())
    }
}

/// Takes the longest unused away. The place stays as long as calls stand in it.
fn give_up(places: &mut Places) -> Option<Live> {
    let idle = places
        .iter()
        .filter_map(|(id, place)| Some((place.idle.as_ref()?.0, *id)));
    let (_, id) = idle.min()?;
    let place = places.get_mut(&id)?;
    let given = place.idle.take();
    if !place.is_needed() {
        places.remove(&id);
    }
    given.map(|(_, live)| live)
}
