//! Times and sizes, such as `30s` and `64MiB`.
//!
//! A number without a unit is refused: whether `--timeout 30` means seconds or
//! milliseconds is not for us to guess. So are fractions, which smaller units
//! express, and units that mean different things to different people (`MB`).

use std::time::Duration;

use super::{ConfigError, UnitProblem};

/// Addresses that a 32-bit memory has, and so the most that a plugin can use.
const MAX_SIZE: u64 = 4 << 30;

const TIMES: &[(&str, u64)] = &[("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];
const SIZES: &[(&str, u64)] = &[("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

/// The time that the value of `flag` stands for.
pub(super) fn time(flag: &'static str, value: &str) -> Result<Duration, ConfigError> {
    match amount(value, TIMES) {
        Ok(millis) => Ok(Duration::from_millis(millis)),
        Err(problem) => Err(ConfigError::Unit {
            flag,
            value: value.to_owned(),
            problem,
            hint: format!("write it as {}", examples(value, TIMES, "30s")),
        }),
    }
}

/// The number of bytes that the value of `flag` stands for.
pub(super) fn size(flag: &'static str, value: &str) -> Result<usize, ConfigError> {
    let bytes = amount(value, SIZES).and_then(|bytes| match usize::try_from(bytes) {
        Ok(fits) if bytes <= MAX_SIZE => Ok(fits),
        _ => Err(UnitProblem::MoreThanMemory),
    });
    bytes.map_err(|problem| ConfigError::Unit {
        flag,
        value: value.to_owned(),
        problem,
        hint: format!("write it as {}", examples(value, SIZES, "64MiB")),
    })
}

fn amount(value: &str, units: &[(&str, u64)]) -> Result<u64, UnitProblem> {
    let (number, unit) = split(value);
    if number.is_empty() {
        return Err(UnitProblem::NoNumber);
    }
    let factor = match units.iter().find(|(name, _)| *name == unit) {
        Some((_, factor)) => factor,
        None if unit.is_empty() => return Err(UnitProblem::NoUnit),
        None => return Err(UnitProblem::UnknownUnit(unit.to_owned())),
    };
    let number: u64 = number.parse().map_err(|_too_many_digits| UnitProblem::TooLarge)?;
    match number.checked_mul(*factor) {
        Some(0) => Err(UnitProblem::Zero),
        Some(amount) => Ok(amount),
        None => Err(UnitProblem::TooLarge),
    }
}

fn split(value: &str) -> (&str, &str) {
    let end = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
    value.split_at(end)
}

/// The number as it was given with each of the units, or an example.
fn examples(value: &str, units: &[(&str, u64)], otherwise: &str) -> String {
    let number = split(value).0.trim_start_matches('0');
    if !(1..=4).contains(&number.len()) {
        return format!("`{otherwise}`");
    }
    let written: Vec<_> = units.iter().map(|(unit, _)| format!("`{number}{unit}`")).collect();
    match written.split_last() {
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => format!("`{otherwise}`"),
    }
}
