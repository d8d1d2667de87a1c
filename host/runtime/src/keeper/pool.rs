//! Instances for anybody, one call after the other.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::{Live, Shelf};

/// The idle instances of a plugin.
pub(crate) struct Pool {
    max: usize,
    uses: u32,
    /// The longest unused first. Calls take the last: what is in use all the time is
    /// warm, and what is never used is the first to go.
    idle: Mutex<VecDeque<(Instant, Live)>>,
}

impl Pool {
    pub(crate) fn new(max: usize, uses: u32) -> Self {
        Self {
            max,
            uses,
            idle: Mutex::default(),
        }
    }

    pub(super) fn find(&self) -> Option<Live> {
        self.idle().pop_back().map(|(_, live)| live)
    }

    pub(super) fn keep(&self, live: Live) -> &dyn Shelf {
        let mut idle = self.idle();
        if live.calls < self.uses && idle.len() < self.max {
            idle.push_back((Instant::now(), live));
        } else {
            // Its memory is put in order without holding the lock.
            drop(idle);
            drop(live);
        }
        self
    }

    fn idle(&self) -> MutexGuard<'_, VecDeque<(Instant, Live)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf for Pool {
    fn idle_since(&self) -> Option<Instant> {
        self.idle().front().map(|(since, _)| *since)
    }

    fn give_up(&self) -> Option<Live> {
        self.idle().pop_front().map(|(_, live)| live)
    }
}
