//! Who may start: a permit is taken before any work is done.
//!
//! A plugin runs a bounded number of calls and lets a bounded number wait; the
//! next one is turned away at once. Behind that, all plugins share the slots of
//! the instance pool, so the allocator itself never runs out.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

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

/// Leave to run. Given back when dropped, so it has to be dropped after the
/// store whose place in the pool it stands for.
#[derive(Debug)]
pub(crate) struct Pass<'a> {
    _plugin: SemaphorePermit<'a>,
    _pool: SemaphorePermit<'a>,
}

/// Turned away. Holds the number of calls that may run at once.
#[derive(Debug)]
pub(crate) struct TurnedAway(pub(crate) usize);

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

    /// Takes a permit, waiting for it up to `patience`.
    pub(crate) async fn enter<'a>(
        &'a self,
        pool: &'a Semaphore,
        patience: Duration,
    ) -> Result<Pass<'a>, TurnedAway> {
        if let Some(pass) = self.enter_now(pool) {
            return Ok(pass);
        }
        let _place = self.queue_up()?;
        match timeout(patience, self.wait(pool)).await {
            Ok(Some(pass)) => Ok(pass),
            Ok(None) | Err(_) => Err(TurnedAway(self.limit)),
        }
    }

    fn enter_now<'a>(&'a self, pool: &'a Semaphore) -> Option<Pass<'a>> {
        Some(Pass {
            _plugin: self.running.try_acquire().ok()?,
            _pool: pool.try_acquire_many(self.slots).ok()?,
        })
    }

    /// The plugin's own permit first: a crowd in front of one plugin must not sit
    /// on slots that others could use.
    async fn wait<'a>(&'a self, pool: &'a Semaphore) -> Option<Pass<'a>> {
        Some(Pass {
            _plugin: self.running.acquire().await.ok()?,
            _pool: pool.acquire_many(self.slots).await.ok()?,
        })
    }

    fn queue_up(&self) -> Result<Place<'_>, TurnedAway> {
        let place = Place(&self.waiting);
        if self.waiting.fetch_add(1, Ordering::Relaxed) < self.queue {
            Ok(place)
        } else {
            Err(TurnedAway(self.limit))
        }
    }
}

/// A place in the queue, left when dropped.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::Semaphore;

    use super::{Gate, TurnedAway};

    const SOON: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn who_finds_the_queue_full_is_turned_away() {
        let (gate, pool) = (Gate::new(1, 1, 1), Semaphore::new(10));
        let first = gate.enter(&pool, SOON).await.unwrap();
        let second = gate.enter(&pool, SOON);
        let third = async {
            let third = gate.enter(&pool, SOON).await;
            assert!(matches!(third, Err(TurnedAway(1))));
            drop(first);
        };
        let (second, ()) = tokio::join!(second, third);
        drop(second.unwrap());
        assert!(gate.enter(&pool, SOON).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn patience_ends() {
        let (gate, pool) = (Gate::new(1, 9, 1), Semaphore::new(10));
        let _first = gate.enter(&pool, SOON).await.unwrap();
        assert!(gate.enter(&pool, SOON).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_stops_waiting_leaves_the_queue() {
        let (gate, pool) = (Gate::new(1, 1, 1), Semaphore::new(10));
        let first = gate.enter(&pool, SOON).await.unwrap();
        for _ in 0..3 {
            let waiting = gate.enter(&pool, SOON);
            assert!(tokio::time::timeout(SOON / 2, waiting).await.is_err());
        }
        let (second, ()) = tokio::join!(gate.enter(&pool, SOON), async { drop(first) });
        assert!(second.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn large_instances_take_several_slots_of_the_pool() {
        let (gate, pool) = (Gate::new(9, 9, 2), Semaphore::new(3));
        let _first = gate.enter(&pool, SOON).await.unwrap();
        assert_eq!(pool.available_permits(), 1);
        assert!(gate.enter(&pool, SOON).await.is_err());
    }
}
