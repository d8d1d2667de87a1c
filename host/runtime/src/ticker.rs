//! The clock that guests are interrupted by.
//!
//! A thread moves the engine's epoch on, tick by tick; compiled guest code looks
//! at the epoch in loops and function entries, and yields when it has moved (see
//! [`crate::turn`]). The thread belongs to the [`Ticker`] and is joined when that
//! is dropped. While no call is running the thread sleeps: an idle host wakes
//! nobody's processor a thousand times a second.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::time::Instant;
use wasmtime::Engine;

/// Owns the thread.
pub(crate) struct Ticker {
    clock: Arc<Clock>,
    thread: Option<JoinHandle<()>>,
}

/// What the thread and the calls share.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    ticks: AtomicU64,
    micros: AtomicU64,
    running: AtomicUsize,
    asleep: AtomicBool,
    stop: AtomicBool,
}

/// As long as one of these lives, the clock ticks.
pub(crate) struct Ticking<'a>(&'a Clock);

impl Ticker {
    /// Starts the thread. `tick` is how long a tick takes; shorter than a tenth
    /// of a millisecond is taken as that.
    pub(crate) fn start(engine: &Engine, tick: Duration) -> io::Result<Self> {
        let clock = Arc::new(Clock::default());
        let tick = tick.max(Duration::from_micros(100));
        let thread = thread::Builder::new().name("wharf-ticker".to_owned());
        let thread = thread.spawn({
            let (engine, clock) = (engine.clone(), Arc::clone(&clock));
            move || clock.run(&engine, tick)
        })?;
        Ok(Self {
            clock,
            thread: Some(thread),
        })
    }

    /// The clock, for what reads it while a call runs.
    pub(crate) fn clock(&self) -> &Arc<Clock> {
        &self.clock
    }

    /// Keeps the clock ticking until the guard is dropped.
    pub(crate) fn keep_ticking(&self) -> Ticking<'_> {
        self.clock.running.fetch_add(1, Ordering::SeqCst);
        // Both sides write first and read then, in one total order: either the
        // thread sees that a call runs, or we see that it went to sleep.
        if self.clock.asleep.load(Ordering::SeqCst) {
            self.wake();
        }
        Ticking(&self.clock)
    }

    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.clock.stop.store(true, Ordering::SeqCst);
        self.wake();
        if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join) {
            tracing::error!(?panic, "the ticker thread panicked");
        }
    }
}

impl Clock {
    /// Ticks since the start. Stands still while no call runs.
    pub(crate) fn now(&self) -> u64 {
        self.ticks.load(Ordering::Relaxed)
    }

    /// Microseconds that the clock has been ticking, as of the last tick.
    pub(crate) fn micros(&self) -> u64 {
        self.micros.load(Ordering::Relaxed)
    }

    fn run(&self, engine: &Engine, tick: Duration) {
        let mut last = Instant::now();
        while !self.stop.load(Ordering::SeqCst) {
            // A park may end early; then this tick is a short one, which harms
            // nobody.
            thread::park_timeout(tick);
            let now = Instant::now();
            self.pass(micros(now.saturating_duration_since(last)));
            engine.increment_epoch();
            last = if self.sleep_while_idle() {
                Instant::now()
            } else {
                now
            };
        }
    }

    /// One tick of so many microseconds.
    pub(crate) fn pass(&self, micros: u64) {
        self.micros.fetch_add(micros, Ordering::Relaxed);
        self.ticks.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether it has slept.
    fn sleep_while_idle(&self) -> bool {
        let mut slept = false;
        while self.running.load(Ordering::SeqCst) == 0 && !self.stop.load(Ordering::SeqCst) {
            self.asleep.store(true, Ordering::SeqCst);
            if self.running.load(Ordering::SeqCst) == 0 && !self.stop.load(Ordering::SeqCst) {
                thread::park();
            }
            self.asleep.store(false, Ordering::SeqCst);
            slept = true;
        }
        slept
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

impl Drop for Ticking<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;
    use std::thread;
    use std::time::Duration;

    use wasmtime::Engine;

    use super::Ticker;

    fn wait_until(condition: impl Fn() -> bool) {
        while !condition() {
            thread::yield_now();
        }
    }

    #[test]
    fn the_clock_ticks_while_a_call_runs_and_only_then() {
        let ticker = Ticker::start(&Engine::default(), Duration::from_micros(100)).unwrap();
        let clock = ticker.clock();
        for _ in 0..3 {
            wait_until(|| clock.asleep.load(Ordering::SeqCst));
            let then = clock.now();
            let call = ticker.keep_ticking();
            wait_until(|| clock.now() > then + 2);
            drop(call);
        }
    }

    #[test]
    fn dropping_the_ticker_ends_its_thread() {
        let ticker = Ticker::start(&Engine::default(), Duration::from_hours(1)).unwrap();
        let clock = ticker.clock().clone();
        drop(ticker);
        assert_eq!(std::sync::Arc::strong_count(&clock), 1);
    }
}
