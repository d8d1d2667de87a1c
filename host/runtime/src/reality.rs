//! Clocks that stand and dice that fall the same way every time, for those plugins
//! that are granted them instead of real ones.

use std::time::{Duration, SystemTime};

use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtx, WasiCtxBuilder};

use crate::grants::{Clock, Randomness};

/// The system interface of one call, with the clocks that are granted.
pub(crate) fn wasi(clock: Clock) -> WasiCtx {
    match clock {
        // What is real costs nothing extra.
        Clock::Real => WasiCtx::default(),
        Clock::Fixed(time) => WasiCtxBuilder::new()
            .wall_clock(Standing::at(time))
            .monotonic_clock(Standing::at(SystemTime::UNIX_EPOCH))
            .build(),
    }
}

/// A clock that stands.
///
/// What waits does so by the host's clock: a guest that sleeps for a second is back
/// after one. One that waits by looking at the clock again and again waits until its
/// time is up.
struct Standing(Duration);

impl Standing {
    /// WASI has no times before 1970.
    fn at(time: SystemTime) -> Self {
        Self(
            time.duration_since(SystemTime::UNIX_EPOCH)
                .unwrap_or_default(),
        )
    }
}

impl HostWallClock for Standing {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        self.0
    }
}

impl HostMonotonicClock for Standing {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        u64::try_from(self.0.as_nanos()).unwrap_or(u64::MAX)
    }
}

/// Numbers that follow from a seed: `SplitMix64`, which is short enough to be the same
/// for ever. Anybody can guess them.
#[derive(Debug, Clone)]
pub(crate) struct Dice {
    random: u64,
    insecure: u64,
    seed: (u64, u64),
}

/// Which of a guest's sources of random numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source {
    Random,
    Insecure,
}

impl Dice {
    /// For one call; none: the real ones.
    pub(crate) fn of(randomness: Randomness) -> Option<Self> {
        let Randomness::Seeded(mut seed) = randomness else {
            return None;
        };
        // Sources that do not follow each other.
        Some(Self {
            random: roll(&mut seed),
            insecure: roll(&mut seed),
            seed: (roll(&mut seed), roll(&mut seed)),
        })
    }

    pub(crate) fn seed(&self) -> (u64, u64) {
        self.seed
    }

    pub(crate) fn number(&mut self, source: Source) -> u64 {
        match source {
            Source::Random => roll(&mut self.random),
            Source::Insecure => roll(&mut self.insecure),
        }
    }

    pub(crate) fn bytes(&mut self, source: Source, len: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        while bytes.len() < len {
            bytes.extend_from_slice(&self.number(source).to_le_bytes());
        }
        bytes.truncate(len);
        bytes
    }
}

fn roll(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut number = *state;
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::roll;

    /// The first numbers of the reference implementation for this seed.
    #[test]
    fn the_numbers_never_change() {
        let mut state = 1_234_567;
        let numbers = [(); 3].map(|()| roll(&mut state));
        assert_eq!(
            numbers,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }
}
