//! Times and sizes, such as `30s` and `64MiB`.
//!
//! A number without a unit is refused: whether `--timeout 30` means seconds or
//! milliseconds is not for us to guess. So are fractions, which smaller units
//! express, and units that mean different things to different people (`MB`).

use std::time::Duration;

use super::{ConfigError, UnitProblem};

/// Addresses that a 32-bit memory has, and so the most that a plugin can use.
const MAX_SIZE: u64 = 4 << 30;

/// Units and what they stand for, smallest first, with an example for hints.
struct Units {
    units: &'static [(&'static str, u64)],
    hint: &'static str,
}

const TIMES: Units = Units {
    units: &[("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)],
    hint: "write a whole number and `ms`, `s`, `m` or `h`, such as `30s`",
};

const SIZES: Units = Units {
    units: &[("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)],
    hint: "write a whole number and `KiB`, `MiB` or `GiB`, such as `64MiB`",
};

/// Something else where a time or a size should be.
#[derive(Debug)]
pub(super) struct Misfit {
    /// What is wrong with it.
    pub(super) problem: UnitProblem,
    /// How it could be written.
    pub(super) hint: &'static str,
}

/// The time that a value stands for.
pub(super) fn time(value: &str) -> Result<Duration, Misfit> {
    let millis = amount(value, &TIMES).map_err(|problem| TIMES.misfit(problem))?;
    Ok(Duration::from_millis(millis))
}

/// The number of bytes in memory that a value stands for.
pub(super) fn size(value: &str) -> Result<usize, Misfit> {
    let bytes = amount(value, &SIZES).and_then(|bytes| match usize::try_from(bytes) {
        Ok(fits) if bytes <= MAX_SIZE => Ok(fits),
        _ => Err(UnitProblem::MoreThanMemory),
    });
    bytes.map_err(|problem| SIZES.misfit(problem))
}

/// The number of bytes that a value stands for, wherever they are kept.
pub(super) fn bytes(value: &str) -> Result<u64, Misfit> {
    amount(value, &SIZES).map_err(|problem| SIZES.misfit(problem))
}

/// What the value of `flag` stands for, read by one of the above.
pub(super) fn flag<T>(
    flag: &'static str,
    value: &str,
    read: fn(&str) -> Result<T, Misfit>,
) -> Result<T, ConfigError> {
    read(value).map_err(|Misfit { problem, hint }| ConfigError::Unit {
        flag,
        value: value.to_owned(),
        problem,
        hint,
    })
}

impl Units {
    fn misfit(&self, problem: UnitProblem) -> Misfit {
        let hint = self.hint;
        Misfit { problem, hint }
    }
}

fn amount(value: &str, units: &Units) -> Result<u64, UnitProblem> {
    let (number, unit) = split(value);
    if number.is_empty() {
        return Err(UnitProblem::NoNumber);
    }
    let factor = match units.units.iter().find(|(name, _)| *name == unit) {
        Some((_, factor)) => factor,
        None if unit.is_empty() => return Err(UnitProblem::NoUnit),
        None => return Err(UnitProblem::UnknownUnit(unit.to_owned())),
    };
    let number: u64 = number
        .parse()
        .map_err(|_too_many_digits| UnitProblem::TooLarge)?;
    match number.checked_mul(*factor) {
        Some(0) => Err(UnitProblem::Zero),
        Some(amount) => Ok(amount),
        None => Err(UnitProblem::TooLarge),
    }
}

fn split(value: &str) -> (&str, &str) {
    let end = value
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(value.len());
    value.split_at(end)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Misfit, bytes, size, time};

    #[test]
    fn times() {
        for (value, millis) in [
            ("500ms", 500),
            ("30s", 30_000),
            ("2m", 120_000),
            ("1h", 3_600_000),
        ] {
            let parsed = time(value).unwrap();
            assert_eq!(parsed, Duration::from_millis(millis), "{value}");
        }
    }

    #[test]
    fn sizes() {
        for (value, bytes) in [("1KiB", 1024), ("64MiB", 64 << 20), ("4GiB", 4 << 30)] {
            assert_eq!(size(value).unwrap(), bytes, "{value}");
        }
    }

    #[test]
    fn what_is_not_a_time_is_explained() {
        for (value, expected) in [
            ("30", "the unit is missing"),
            ("1.5s", "`.5s` is not a unit"),
            ("1 s", "` s` is not a unit"),
            ("-1s", "this does not begin with a number"),
            ("", "this does not begin with a number"),
            ("0s", "this must be more than zero"),
            ("9999999999999999h", "this is too large"),
            ("99999999999999999999s", "this is too large"),
        ] {
            assert_eq!(explain(time(value)), expected, "{value}");
        }
    }

    #[test]
    fn what_is_not_a_size_is_explained() {
        for (value, expected) in [
            ("64MB", "`MB` is not a unit"),
            ("64mib", "`mib` is not a unit"),
            ("5GiB", "a plugin cannot use more than 4GiB"),
        ] {
            assert_eq!(explain(size(value)), expected, "{value}");
        }
    }

    #[test]
    fn what_is_on_disk_may_be_larger_than_memory() {
        assert_eq!(bytes("5GiB").unwrap(), 5 << 30);
    }

    fn explain<T: std::fmt::Debug>(result: Result<T, Misfit>) -> String {
        result.unwrap_err().problem.to_string()
    }
}
