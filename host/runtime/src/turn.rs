//! Fairness between guests: short calls run when they like, long ones by turns.
//!
//! Yielding alone is not enough. A hundred guests in endless loops that yield at
//! each tick still queue a hundred ticks in front of a call that needs ten
//! microseconds. So a call that has used more than its first ticks becomes
//! *slow*, and a slow call is polled only while it holds one of a few permits
//! (fewer than there are worker threads); the permits go round in the order of
//! asking. Measured with a hundred such loops, the slowest percent of short calls
//! falls from 110 ms to 6 ms.
//!
//! The permit is held for one poll, never while the guest waits for something:
//! a guest that sleeps takes no turn from others.
//!
//! Who counts turns knows what a call has used of the processor, so its budget is
//! kept here as well. Waiting, for a turn or for anything else, does not count.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::Semaphore;
use wasmtime::UpdateDeadline;

use crate::ticker::Clock;

/// Ticks a call may use before it is slow. Two, because the first one may have
/// been nearly over when the call began.
const FIRST_TICKS: u64 = 2;

/// How much processor time a call has used: in ticks, which decide whether it is
/// slow, and in microseconds, which its budget is in. Ticks may come late on a busy
/// machine.
///
/// Shared between the call's store, whose epoch callback reads it, and
/// [`take_turns`], which counts. Both run on the task that polls the call, so
/// relaxed order is enough.
#[derive(Debug)]
pub(crate) struct Turn {
    clock: Arc<Clock>,
    /// When the running poll began.
    began: Reading,
    /// What the polls before it used.
    used: Reading,
    /// Microseconds that the call may use.
    budget: u64,
}

#[derive(Debug, Default)]
struct Reading {
    ticks: AtomicU64,
    micros: AtomicU64,
}

/// A guest has used up the processor time of its call.
#[derive(Debug, thiserror::Error)]
#[error("the call has used up its processor time")]
pub(crate) struct Spent;

impl Turn {
    /// The account of a new call.
    pub(crate) fn new(clock: &Arc<Clock>, budget: Duration) -> Self {
        let turn = Self {
            clock: Arc::clone(clock),
            began: Reading::default(),
            used: Reading::default(),
            budget: u64::try_from(budget.as_micros()).unwrap_or(u64::MAX),
        };
        turn.begin();
        turn
    }

    /// What a guest does when it notices a tick: yield, unless the call is young. It
    /// stops if it has used enough.
    pub(crate) fn on_tick(&self) -> Result<UpdateDeadline, Spent> {
        if self.micros() >= self.budget {
            return Err(Spent);
        }
        let used = self.used.ticks.load(Ordering::Relaxed) + self.ticks_running();
        Ok(if used < FIRST_TICKS {
            UpdateDeadline::Continue(1)
        } else {
            UpdateDeadline::Yield(1)
        })
    }

    /// Microseconds used so far. Exact to a tick.
    fn micros(&self) -> u64 {
        self.used.micros.load(Ordering::Relaxed) + self.micros_running()
    }

    fn is_slow(&self) -> bool {
        self.used.ticks.load(Ordering::Relaxed) >= FIRST_TICKS
    }

    fn ticks_running(&self) -> u64 {
        let began = self.began.ticks.load(Ordering::Relaxed);
        self.clock.now().saturating_sub(began)
    }

    fn micros_running(&self) -> u64 {
        let began = self.began.micros.load(Ordering::Relaxed);
        self.clock.micros().saturating_sub(began)
    }

    fn begin(&self) {
        let Reading { ticks, micros } = &self.began;
        ticks.store(self.clock.now(), Ordering::Relaxed);
        micros.store(self.clock.micros(), Ordering::Relaxed);
    }

    fn end(&self) {
        let Reading { ticks, micros } = &self.used;
        ticks.fetch_add(self.ticks_running(), Ordering::Relaxed);
        micros.fetch_add(self.micros_running(), Ordering::Relaxed);
        self.begin();
    }
}

/// Runs `call` to its end, by turns once it is slow. Dropping this drops the
/// call.
pub(crate) async fn take_turns<F: Future>(turn: &Turn, lane: &Semaphore, call: F) -> F::Output {
    let mut call = pin!(call);
    loop {
        // An error means that the semaphore was closed, which nobody does; the
        // call would then run without a permit rather than not at all.
        let permit = if turn.is_slow() {
            lane.acquire().await.ok()
        } else {
            None
        };
        turn.begin();
        let polled = poll_fn(|cx| Poll::Ready(call.as_mut().poll(cx))).await;
        turn.end();
        drop(permit);
        if let Poll::Ready(output) = polled {
            return output;
        }
        suspend().await;
    }
}

/// Returns to the executor once. Whoever polled something pending just before
/// has arranged for the wake-up.
async fn suspend() {
    let mut suspended = false;
    poll_fn(|_| {
        if std::mem::replace(&mut suspended, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use tokio::sync::Semaphore;

    use super::{Duration, FIRST_TICKS, Turn, take_turns};
    use crate::ticker::Clock;

    fn turn(used: u64) -> Turn {
        let turn = Turn::new(&Arc::new(Clock::default()), Duration::MAX);
        turn.used.ticks.store(used, Ordering::Relaxed);
        turn
    }

    #[tokio::test]
    async fn short_calls_need_no_permit() {
        let none_left = Semaphore::new(0);
        assert_eq!(take_turns(&turn(0), &none_left, async { 1 }).await, 1);
    }

    #[tokio::test]
    async fn slow_calls_run_only_with_a_permit() {
        let (lane, turn, ran) = (Semaphore::new(0), turn(FIRST_TICKS), AtomicBool::new(false));
        let call = take_turns(&turn, &lane, async { ran.store(true, Ordering::Relaxed) });
        let other = async {
            for _ in 0..10 {
                tokio::task::yield_now().await;
                assert!(!ran.load(Ordering::Relaxed));
            }
            lane.add_permits(1);
        };
        tokio::join!(call, other);
        assert_eq!(lane.available_permits(), 1);
    }

    #[tokio::test]
    async fn a_slow_call_that_waits_holds_no_permit() {
        let (lane, turn) = (Semaphore::new(1), turn(FIRST_TICKS));
        let done = Semaphore::new(0);
        let call = take_turns(&turn, &lane, async { done.acquire().await.is_ok() });
        let other = async {
            tokio::task::yield_now().await;
            assert_eq!(lane.available_permits(), 1);
            done.add_permits(1);
        };
        assert!(tokio::join!(call, other).0);
    }
    #[tokio::test]
    async fn what_a_call_used_counts_and_what_passed_meanwhile_does_not() {
        let (lane, clock) = (Semaphore::new(1), Arc::new(Clock::default()));
        let turn = Turn::new(&clock, Duration::from_millis(5));
        clock.pass(1_000_000);
        let work = async {
            clock.pass(3_000);
            assert!(turn.on_tick().is_ok());
            tokio::task::yield_now().await;
            clock.pass(1_999);
            assert!(turn.on_tick().is_ok());
            clock.pass(1);
            assert!(turn.on_tick().is_err());
        };
        let other = async { clock.pass(1_000_000) };
        tokio::join!(take_turns(&turn, &lane, work), other);
        assert_eq!(turn.micros(), 5_000);
    }
}
