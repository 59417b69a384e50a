//! A moment as docker and compose take it on the command line.

use chrono::{DateTime, Local, NaiveDate, NaiveDateTime, TimeDelta, TimeZone as _, Utc};

use crate::error::{Error, Result};

/// Dates and times without a zone, which are local.
const LOCAL: [&str; 3] = [
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M:%S%.f",
];

/// Reads what `flag` says: a time ago (`10m`, `1h30m`, `2d`), RFC 3339 with or without its zone, a date,
/// or seconds since 1970.
pub fn moment(flag: &str, text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>> {
    let read = absolute(text).or_else(|| now.checked_sub_signed(ago(text)?));
    read.ok_or_else(|| {
        Error::usage(format!(
            "{flag}: {text:?} is no time: write 10m or 1h30m (ago), 2026-01-31, 2026-01-31T10:00:00, \
             2026-01-31T10:00:00Z or seconds since 1970"
        ))
    })
}

fn absolute(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Some(moment.to_utc());
    }
    if let Some(moment) = unix(text) {
        return Some(moment);
    }
    // A minute is enough before the zone, too.
    if let Ok(moment) = DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M%:z") {
        return Some(moment.to_utc());
    }
    if let Some(text) = text.strip_suffix('Z') {
        return without_zone(text).map(|time| time.and_utc());
    }
    let local = Local.from_local_datetime(&without_zone(text)?);
    local.earliest().map(|moment| moment.to_utc())
}

fn without_zone(text: &str) -> Option<NaiveDateTime> {
    let mut times = LOCAL.iter();
    let time = times.find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    time.or_else(|| {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        date.and_hms_opt(0, 0, 0)
    })
}

/// `1764000000` and `1764000000.25`.
fn unix(text: &str) -> Option<DateTime<Utc>> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(seconds) || !is_number(fraction) || fraction.len() > 9 {
        return None;
    }
    let nanoseconds = format!("{fraction:0<9}").parse().ok()?;
    DateTime::from_timestamp(seconds.parse().ok()?, nanoseconds)
}

/// Numbers with units, as in Go, and days: `1h30m`, `1.5h`, `2d`.
fn ago(text: &str) -> Option<TimeDelta> {
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (amount, after) = rest.split_at(number);
        let unit = after.find(|c: char| c.is_ascii_digit() || c == '.');
        let (unit, next) = after.split_at(unit.unwrap_or(after.len()));
        let unit = match unit {
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86400.0,
            _ => return None,
        };
        seconds += amount.parse::<f64>().ok()? * unit;
        rest = next;
    }
    let duration = std::time::Duration::try_from_secs_f64(seconds).ok()?;
    TimeDelta::from_std(duration)
        .ok()
        .filter(|_| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<DateTime<Utc>> {
        let now = "2026-11-22T12:00:00Z".parse().expect("a time");
        moment("--since", text, now).ok()
    }

    #[test]
    fn a_time_ago_may_have_several_units() {
        for (text, expected) in [
            ("10m", "2026-11-22T11:50:00Z"),
            ("1h30m", "2026-11-22T10:30:00Z"),
            ("1.5h", "2026-11-22T10:30:00Z"),
            ("2d", "2026-11-20T12:00:00Z"),
            ("500ms", "2026-11-22T11:59:59.500Z"),
        ] {
            assert_eq!(read(text), expected.parse().ok(), "{text}");
        }
    }

    #[test]
    fn moments_with_a_zone_are_what_they_say() {
        for (text, expected) in [
            ("2026-11-22T08:30:00Z", "2026-11-22T08:30:00Z"),
            ("2026-11-22T08:30:00.25+02:00", "2026-11-22T06:30:00.250Z"),
            ("2026-11-22T08:30Z", "2026-11-22T08:30:00Z"),
            ("2026-11-22T08:30+02:00", "2026-11-22T06:30:00Z"),
            ("2026-11-22Z", "2026-11-22T00:00:00Z"),
            ("1795339800", "2026-11-22T09:30:00Z"),
            ("1795339800.25", "2026-11-22T09:30:00.250Z"),
        ] {
            assert_eq!(read(text), expected.parse().ok(), "{text}");
        }
    }

    #[test]
    fn moments_without_a_zone_are_local() {
        let midnight =
            NaiveDate::from_ymd_opt(2026, 11, 22).and_then(|day| day.and_hms_opt(0, 0, 0));
        let midnight = Local
            .from_local_datetime(&midnight.expect("a day"))
            .earliest();
        let midnight = midnight.expect("a moment").to_utc();
        assert_eq!(read("2026-11-22"), Some(midnight));
        for text in [
            "2026-11-22T08:30",
            "2026-11-22T08:30:00",
            "2026-11-22 08:30:00",
        ] {
            assert_eq!(
                read(text),
                Some(midnight + TimeDelta::minutes(510)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for bad in [
            "",
            "m",
            "ten",
            "5y",
            "1h30",
            "-1h",
            "2026-13-01T00:00:00Z",
            "yesterday",
            "1.2.3",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
