//! Clocks and randomness, which are real unless a test needs them not to be.

use std::time::SystemTime;

/// What time it is for a plugin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Clock {
    /// What the host's clocks say.
    #[default]
    Real,
    /// Always the same: the wall clock stands, and the monotonic clock with it.
    /// Waiting takes its time all the same.
    Fixed(SystemTime),
}

/// Where a plugin's random numbers come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Randomness {
    /// The operating system.
    #[default]
    Real,
    /// The same numbers in every call, which follow from the seed. For tests:
    /// whatever a plugin makes of them can be guessed.
    Seeded(u64),
}
