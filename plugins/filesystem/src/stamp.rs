//! Points in time as ISO 8601, and sizes for people.

use std::time::{SystemTime, UNIX_EPOCH};

/// The time as `2026-07-28T12:34:56Z`. None for times before 1970, which no file
/// really has.
pub(crate) fn iso(time: SystemTime) -> Option<String> {
    const DAY: u64 = 24 * 60 * 60;
    let seconds = time.duration_since(UNIX_EPOCH).ok()?.as_secs();
    let (year, month, day) = date(seconds / DAY);
    let second = seconds % DAY;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    Some(format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
    ))
}

/// Year, month and day of the Gregorian calendar, so many days after 1970-01-01.
///
/// Counted in years that begin in March, so that the leap day is the last of them,
/// and in eras of 400 such years, which all have the same length.
fn date(days: u64) -> (u64, u64, u64) {
    const ERA: u64 = 146_097;
    /// From 0000-03-01, where eras begin, to 1970-01-01.
    const TO_EPOCH: u64 = 719_468;
    let days = days + TO_EPOCH;
    let day = days % ERA;
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let year = year + days / ERA * 400;
    if month < 10 {
        (year, month + 3, day)
    } else {
        (year + 1, month - 9, day)
    }
}

/// The size as a person says it: `17 bytes`, `1.4 MiB`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1024 {
        let unit = if bytes == 1 { "byte" } else { "bytes" };
        return format!("{bytes} {unit}");
    }
    let mut tenths = u128::from(bytes) * 10 / 1024;
    let mut unit = 0;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

/// The size both ways: `1.4 MiB (1500000 bytes)`.
pub(crate) fn exact_size(bytes: u64) -> String {
    if bytes < 1024 {
        return size(bytes);
    }
    format!("{} ({bytes} bytes)", size(bytes))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_written_out() {
        let check = |seconds: u64, expect: &str| {
            let time = UNIX_EPOCH + Duration::from_secs(seconds);
            assert_eq!(iso(time).as_deref(), Some(expect));
        };
        check(0, "1970-01-01T00:00:00Z");
        check(951_782_399, "2000-02-28T23:59:59Z");
        check(951_782_400, "2000-02-29T00:00:00Z");
        check(951_868_800, "2000-03-01T00:00:00Z");
        check(1_785_242_096, "2026-07-28T12:34:56Z");
        check(4_107_542_400, "2100-03-01T00:00:00Z");
        assert_eq!(iso(UNIX_EPOCH - Duration::from_secs(1)), None);
    }

    #[test]
    fn sizes_are_rounded() {
        let check = |bytes: u64, expect: &str| assert_eq!(size(bytes), expect);
        check(0, "0 bytes");
        check(1, "1 byte");
        check(1023, "1023 bytes");
        check(1024, "1.0 KiB");
        check(1024 * 1024 * 3 / 2, "1.5 MiB");
        check(u64::MAX, "16383.9 PiB");
        assert_eq!(exact_size(5), "5 bytes");
        assert_eq!(exact_size(1500), "1.4 KiB (1500 bytes)");
    }
}
