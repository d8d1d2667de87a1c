//! How often a plugin may be called.
//!
//! The generic cell rate algorithm: a single point in time says all there is to know
//! of the past. Each accepted call moves it on by the interval between calls; a call
//! is accepted while it is less than a second ahead. So after a quiet second as many
//! calls as the rate allows may come at once, and from then on one per interval.

use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use wharf_mcp::model::Busy;

/// How far ahead calls may be: what they have saved up.
const BURST: Duration = Duration::from_secs(1);

/// The rate of one plugin.
#[derive(Debug)]
pub(crate) struct Rate {
    per_second: NonZeroU32,
    /// When all calls so far would have come if they kept their distance.
    paid_until: Mutex<Instant>,
}

impl Rate {
    pub(crate) fn new(per_second: NonZeroU32) -> Self {
        Self {
            per_second,
            paid_until: Mutex::new(Instant::now()),
        }
    }

    /// Counts a call, or says that it came too early. One that is refused does not
    /// count.
    pub(crate) fn admit(&self) -> Result<(), Busy> {
        let now = Instant::now();
        let interval = BURST / self.per_second.get();
        let mut paid_until = self
            .paid_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let next = (*paid_until).max(now) + interval;
        let ahead = next.saturating_duration_since(now);
        if ahead > BURST {
            return Err(Busy::Rate {
                per_second: self.per_second.get(),
                wait: ahead.saturating_sub(BURST),
            });
        }
        *paid_until = next;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::time::Duration;

    use tokio::time::advance;
    use wharf_mcp::model::Busy;

    use super::Rate;

    fn rate(per_second: u32) -> Rate {
        Rate::new(NonZeroU32::new(per_second).unwrap())
    }

    fn admitted(rate: &Rate) -> usize {
        (0..1_000).take_while(|_| rate.admit().is_ok()).count()
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_may_come_at_once_and_then_one_by_one() {
        let rate = rate(10);
        assert_eq!(admitted(&rate), 10);
        advance(Duration::from_millis(99)).await;
        assert_eq!(admitted(&rate), 0);
        advance(Duration::from_millis(1)).await;
        assert_eq!(admitted(&rate), 1);
        advance(Duration::from_millis(350)).await;
        assert_eq!(admitted(&rate), 3);
        advance(Duration::from_hours(1)).await;
        assert_eq!(admitted(&rate), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_as_told_is_admitted() {
        for per_second in [1, 3, 7, 1_000] {
            let rate = rate(per_second);
            admitted(&rate);
            let Err(Busy::Rate { wait, .. }) = rate.admit() else {
                panic!("{per_second}: no limit");
            };
            assert!(!wait.is_zero());
            advance(wait).await;
            assert!(rate.admit().is_ok(), "{per_second}");
            assert!(rate.admit().is_err(), "{per_second}");
        }
    }
}
