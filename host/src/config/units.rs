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
    let millis = amount(value, TIMES);
    let millis = millis.map_err(|problem| refuse(flag, value, problem, TIMES, "30s"))?;
    Ok(Duration::from_millis(millis))
}

/// The number of bytes that the value of `flag` stands for.
pub(super) fn size(flag: &'static str, value: &str) -> Result<usize, ConfigError> {
    let bytes = amount(value, SIZES).and_then(|bytes| match usize::try_from(bytes) {
        Ok(fits) if bytes <= MAX_SIZE => Ok(fits),
        _ => Err(UnitProblem::MoreThanMemory),
    });
    bytes.map_err(|problem| refuse(flag, value, problem, SIZES, "64MiB"))
}

fn refuse(
    flag: &'static str,
    value: &str,
    problem: UnitProblem,
    units: &[(&str, u64)],
    example: &str,
) -> ConfigError {
    let hint = match &problem {
        UnitProblem::NoUnit | UnitProblem::UnknownUnit(_) => with_units(value, units),
        UnitProblem::NoNumber
        | UnitProblem::Zero
        | UnitProblem::TooLarge
        | UnitProblem::MoreThanMemory => format!("`{example}`"),
    };
    ConfigError::Unit {
        flag,
        value: value.to_owned(),
        hint: format!("write it as {hint}"),
        problem,
    }
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

/// The number as it was given with each of the units.
fn with_units(value: &str, units: &[(&str, u64)]) -> String {
    let number = split(value).0;
    let written: Vec<_> = units
        .iter()
        .map(|(unit, _)| format!("`{number}{unit}`"))
        .collect();
    match written.split_last() {
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{size, time};
    use crate::config::ConfigError;

    #[test]
    fn times() {
        for (value, millis) in [
            ("500ms", 500),
            ("30s", 30_000),
            ("2m", 120_000),
            ("1h", 3_600_000),
        ] {
            let parsed = time("--timeout", value).unwrap();
            assert_eq!(parsed, Duration::from_millis(millis), "{value}");
        }
    }

    #[test]
    fn sizes() {
        for (value, bytes) in [("1KiB", 1024), ("64MiB", 64 << 20), ("4GiB", 4 << 30)] {
            assert_eq!(size("--memory", value).unwrap(), bytes, "{value}");
        }
    }

    #[test]
    fn what_is_not_a_time_or_size_is_explained() {
        let huge = "99999999999999999999s";
        for (result, expected) in [
            (
                time_error("30"),
                "the unit is missing; write it as `30ms`, `30s`, `30m` or `30h`",
            ),
            (
                time_error("1.5s"),
                "`.5s` is not a unit; write it as `1ms`, `1s`, `1m` or `1h`",
            ),
            (
                time_error("-1s"),
                "this does not begin with a number; write it as `30s`",
            ),
            (
                time_error(""),
                "this does not begin with a number; write it as `30s`",
            ),
            (
                time_error("0s"),
                "this must be more than zero; write it as `30s`",
            ),
            (time_error(huge), "this is too large; write it as `30s`"),
            (
                time_error("9999999999999999h"),
                "this is too large; write it as `30s`",
            ),
            (
                size_error("64MB"),
                "`MB` is not a unit; write it as `64KiB`, `64MiB` or `64GiB`",
            ),
            (
                size_error("5GiB"),
                "a plugin cannot use more than 4GiB; write it as `64MiB`",
            ),
        ] {
            assert_eq!(result, expected);
        }
    }

    fn time_error(value: &str) -> String {
        explain(time("--timeout", value).unwrap_err())
    }

    fn size_error(value: &str) -> String {
        explain(size("--memory", value).unwrap_err())
    }

    fn explain(error: ConfigError) -> String {
        match error {
            ConfigError::Unit { problem, hint, .. } => format!("{problem}; {hint}"),
            other => panic!("{other}"),
        }
    }
}
