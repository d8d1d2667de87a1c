//! Who may start: a permit is taken before any work is done.
//!
//! A plugin runs a bounded number of calls and lets a bounded number wait; the
//! next one is turned away at once. Behind that, all plugins share the slots of
//! the instance pool (see [`crate::slots`]).

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};
use wharf_mcp::model::Busy;

use crate::keeper::{Live, Seat};
use crate::slots::{Slot, Slots};

/// The gate of one plugin.
#[derive(Debug)]
pub(crate) struct Gate {
    running: Semaphore,
    waiting: AtomicUsize,
    /// Calls that may run at once.
    limit: usize,
    /// Calls that may wait.
    queue: usize,
    /// Slots of the pool that an instance of this plugin takes.
    slots: u32,
}

/// Leave to run. Has to be dropped after what the call runs in.
#[derive(Debug)]
pub(crate) struct Pass<'a>(#[expect(dead_code, reason = "held for its drop")] SemaphorePermit<'a>);

/// What a call runs in.
pub(crate) enum Room {
    /// An instance that was kept.
    Kept(Live),
    /// Slots for a new one.
    New(Slot),
}

impl Gate {
    pub(crate) fn new(limit: usize, queue: usize, slots: u32) -> Self {
        let limit = limit.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            running: Semaphore::new(limit),
            waiting: AtomicUsize::new(0),
            limit,
            queue,
            slots,
        }
    }

    /// Takes a permit and finds room for the call, waiting for both until `until`.
    pub(crate) async fn enter(
        &self,
        slots: &Slots,
        seat: &Seat,
        until: Instant,
    ) -> Result<(Pass<'_>, Room), Busy> {
        if let Ok(permit) = self.running.try_acquire()
            && let Some(room) = self.room_now(slots, seat)
        {
            return Ok((Pass(permit), room));
        }
        let _place = self.queue_up()?;
        // The plugin's own permit first: a crowd in front of one plugin must not sit
        // on slots that others could use.
        let crowded = self.crowded();
        let Ok(Ok(permit)) = timeout_at(until, self.running.acquire()).await else {
            return Err(crowded);
        };
        let full = Busy::Slots {
            limit: slots.total(),
        };
        let room = timeout_at(until, self.room(slots, seat)).await;
        let room = room.ok().flatten().ok_or(full)?;
        Ok((Pass(permit), room))
    }

    /// A place in the queue of the plugin, if there is one left.
    pub(crate) fn queue_up(&self) -> Result<Place<'_>, Busy> {
        let place = Place(&self.waiting);
        if self.waiting.fetch_add(1, Ordering::Relaxed) < self.queue {
            Ok(place)
        } else {
            Err(self.crowded())
        }
    }

    fn room_now(&self, slots: &Slots, seat: &Seat) -> Option<Room> {
        let kept = seat.find().map(Room::Kept);
        kept.or_else(|| slots.take_now(self.slots).map(Room::New))
    }

    async fn room(&self, slots: &Slots, seat: &Seat) -> Option<Room> {
        match seat.find() {
            Some(live) => Some(Room::Kept(live)),
            None => slots.take(self.slots).await.map(Room::New),
        }
    }

    fn crowded(&self) -> Busy {
        Busy::Calls { limit: self.limit }
    }
}

/// A place in the queue, left when dropped.
#[derive(Debug)]
pub(crate) struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{Instant, timeout};
    use wharf_mcp::model::Busy;

    use super::{Gate, Pass, Room};
    use crate::keeper::Seat;
    use crate::slots::Slots;

    const SOON: Duration = Duration::from_secs(1);

    async fn enter<'a>(gate: &'a Gate, slots: &Slots) -> Result<(Pass<'a>, Room), Busy> {
        gate.enter(slots, &Seat::Fresh, Instant::now() + SOON).await
    }

    #[tokio::test(start_paused = true)]
    async fn who_finds_the_queue_full_is_turned_away() {
        let (gate, slots) = (Gate::new(1, 1, 1), Slots::new(10));
        let first = enter(&gate, &slots).await.ok().unwrap();
        let second = enter(&gate, &slots);
        let third = async {
            let third = enter(&gate, &slots).await;
            assert_eq!(third.err(), Some(Busy::Calls { limit: 1 }));
            drop(first);
        };
        let (second, ()) = tokio::join!(second, third);
        drop(second.ok().unwrap());
        assert!(enter(&gate, &slots).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn patience_ends() {
        let (gate, slots) = (Gate::new(1, 9, 1), Slots::new(10));
        let _first = enter(&gate, &slots).await;
        assert!(enter(&gate, &slots).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_stops_waiting_leaves_the_queue() {
        let (gate, slots) = (Gate::new(1, 1, 1), Slots::new(10));
        let first = enter(&gate, &slots).await.ok().unwrap();
        for _ in 0..3 {
            assert!(timeout(SOON / 2, enter(&gate, &slots)).await.is_err());
        }
        let (second, ()) = tokio::join!(enter(&gate, &slots), async { drop(first) });
        assert!(second.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn large_instances_take_several_slots_of_the_pool() {
        let (gate, slots) = (Gate::new(9, 9, 2), Slots::new(3));
        let _first = enter(&gate, &slots).await;
        assert_eq!(slots.free(), 1);
        let second = enter(&gate, &slots).await;
        assert_eq!(second.err(), Some(Busy::Slots { limit: 3 }));
    }
}
