//! Instances that outlive a call, for plugins whose operator wants that.
//!
//! An instance belongs to the call that runs in it, and to the keeper in between:
//! never to both. A call takes it away, and gives it back when it has ended well. One
//! that trapped, ran out of time or was dropped is gone with its call, so there is
//! nothing to be cleaned up and no way to find an instance in the middle of something.
//!
//! What is kept holds slots of the instance pool. It gives them up when others need
//! them ([`crate::slots`]), and ends with the plugin it is an instance of.

mod live;
mod pool;
mod sessions;

use std::sync::Arc;

use tokio::time::Instant;
use wharf_mcp::model::Busy;

pub(crate) use self::live::Live;
use self::pool::Pool;
pub(crate) use self::sessions::Sessions;
use crate::gate::Gate;
use crate::limits::Limits;
use crate::options::Instances;
use crate::session::Session;
use crate::slots::Slots;

/// Who keeps the instances of a plugin.
pub(crate) enum Keeper {
    /// Nobody: each call has its own.
    Nobody,
    /// One for each session.
    Sessions(Arc<Sessions>),
    /// Some for everybody.
    Pool(Arc<Pool>),
}

/// Something that keeps idle instances.
pub(crate) trait Shelf: Send + Sync {
    /// Since when the one is idle that has been so for longest.
    fn idle_since(&self) -> Option<Instant>;

    /// Gives that one up, to be dropped.
    fn give_up(&self) -> Option<Live>;
}

/// The right of one call to an instance.
pub(crate) enum Seat {
    /// A new one, which ends with the call.
    Fresh,
    /// That of a session, which nobody else uses meanwhile.
    Session(sessions::Turn),
    /// Any that is kept.
    Pool(Arc<Pool>),
}

impl Keeper {
    pub(crate) fn new(instances: Instances, limits: &Limits, slots: &Slots) -> Self {
        match instances {
            Instances::Call => Self::Nobody,
            Instances::Session { max, idle } => {
                let sessions = Sessions::start(max, idle, limits.queue);
                let shelf: Arc<dyn Shelf> = sessions.clone();
                slots.add(&shelf);
                Self::Sessions(sessions)
            }
            Instances::Pool { max, uses } => {
                let pool = Arc::new(Pool::new(max, uses));
                let shelf: Arc<dyn Shelf> = pool.clone();
                slots.add(&shelf);
                Self::Pool(pool)
            }
        }
    }

    /// Calls that may run at once if the limit says so: not more than sessions may
    /// have instances, so that there is always an idle one that can give way.
    pub(crate) fn at_once(instances: Instances, limit: usize) -> usize {
        match instances {
            Instances::Session { max, .. } => limit.min(max),
            Instances::Call | Instances::Pool { .. } => limit,
        }
    }

    /// A seat for a call of `session`. Waits for the session's other calls, in the
    /// queue of the gate, until `until`.
    pub(crate) async fn seat(
        &self,
        session: Option<&Session>,
        gate: &Gate,
        until: Instant,
    ) -> Result<Seat, Busy> {
        match (self, session) {
            (Self::Sessions(sessions), Some(session)) => {
                let turn = sessions.turn(session, gate, until).await?;
                Ok(Seat::Session(turn))
            }
            (Self::Pool(pool), _) => Ok(Seat::Pool(Arc::clone(pool))),
            (Self::Nobody, _) | (Self::Sessions(_), None) => Ok(Seat::Fresh),
        }
    }
}

impl Seat {
    /// The instance that was kept for this call, if there is one.
    pub(crate) fn find(&self) -> Option<Live> {
        match self {
            Self::Fresh => None,
            Self::Session(turn) => turn.find(),
            Self::Pool(pool) => pool.find(),
        }
    }

    /// Keeps an instance whose call has ended well, or drops it if it must not be
    /// kept.
    pub(crate) fn keep(&self, live: Live, slots: &Slots) {
        let shelf: &dyn Shelf = match self {
            Self::Fresh => return,
            Self::Session(turn) => turn.keep(live),
            Self::Pool(pool) => pool.keep(live),
        };
        if slots.is_short() {
            drop(shelf.give_up());
        }
    }

    /// Whether anything is kept here.
    pub(crate) fn keeps(&self) -> bool {
        !matches!(self, Self::Fresh)
    }
}
