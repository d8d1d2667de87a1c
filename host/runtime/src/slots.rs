//! The slots of the instance pool, which all plugins share.
//!
//! An instance holds its slots for as long as it lives, also while it is kept for
//! later calls. So what is kept gives way: whoever finds too few slots ends the
//! instances that have been idle longest, of whatever plugin, and while somebody
//! waits for slots none are kept. The allocator itself never runs out.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::keeper::Shelf;

/// All slots of a runtime.
pub(crate) struct Slots {
    free: Arc<Semaphore>,
    total: u32,
    /// Calls that wait for slots.
    waiting: AtomicUsize,
    /// Where instances are kept, some of which may have to go.
    shelves: Mutex<Vec<Weak<dyn Shelf>>>,
}

/// The slots of one instance. Given back when dropped, so it has to be dropped after
/// the store whose place in the pool it stands for.
#[derive(Debug)]
pub(crate) struct Slot(#[expect(dead_code, reason = "held for its drop")] OwnedSemaphorePermit);

impl Slots {
    pub(crate) fn new(total: u32) -> Self {
        let permits = usize::try_from(total).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            free: Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS))),
            total,
            waiting: AtomicUsize::new(0),
            shelves: Mutex::default(),
        }
    }

    /// How many there are.
    pub(crate) fn total(&self) -> u32 {
        self.total
    }

    /// How many are free.
    pub(crate) fn free(&self) -> usize {
        self.free.available_permits()
    }

    /// Takes instances from this shelf as well when slots run short.
    pub(crate) fn add(&self, shelf: &Arc<dyn Shelf>) {
        let mut shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        shelves.retain(|shelf| shelf.strong_count() > 0);
        shelves.push(Arc::downgrade(shelf));
    }

    /// Slots for an instance that needs so many, if they can be had now.
    pub(crate) fn take_now(&self, needed: u32) -> Option<Slot> {
        self.try_take(needed).or_else(|| {
            self.make_room(needed);
            self.try_take(needed)
        })
    }

    /// Waits for slots. None if there never are any, which nobody sees: the semaphore
    /// is not closed.
    pub(crate) async fn take(&self, needed: u32) -> Option<Slot> {
        // In this order, and the other way round where an instance is kept: either it is seen here, or whoever keeps it sees that
        // we wait.
        let _waiting = Waiting::begin(&self.waiting);
        self.make_room(needed);
        let permits = Arc::clone(&self.free).acquire_many_owned(needed).await;
        permits.ok().map(Slot)
    }

    /// Whether somebody waits for slots, so that none should be kept.
    pub(crate) fn is_short(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) > 0
    }

    fn try_take(&self, needed: u32) -> Option<Slot> {
        let permits = Arc::clone(&self.free).try_acquire_many_owned(needed);
        permits.ok().map(Slot)
    }

    /// Ends idle instances until there are enough free slots, or none are idle.
    fn make_room(&self, needed: u32) {
        let needed = usize::try_from(needed).unwrap_or(usize::MAX);
        while self.free() < needed && self.end_longest_idle() {}
    }

    /// False if no instance is idle.
    fn end_longest_idle(&self) -> bool {
        let shelves: Vec<Arc<dyn Shelf>> = {
            let shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
            shelves.iter().filter_map(Weak::upgrade).collect()
        };
        let idle = shelves
            .iter()
            .filter_map(|shelf| Some((shelf.idle_since()?, shelf)));
        let Some((_, shelf)) = idle.min_by_key(|(since, _)| *since) else {
            return false;
        };
        // It may have been taken meanwhile; then another is looked for.
        drop(shelf.give_up());
        true
    }
}

/// One more waits, until this is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn begin(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::SeqCst);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
