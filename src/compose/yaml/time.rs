//! Dates and times as Go's YAML library reads them from plain scalars, and as Go prints them.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, TimeZone};

/// `2026-1-31`, `2026-01-31 15:04:05.5`, or `2026-01-31T15:04:05+01:00`, the zone required.
pub(in crate::compose) fn parse(text: &str) -> Option<DateTime<FixedOffset>> {
    let utc = FixedOffset::east_opt(0)?;
    let Some((date, rest)) = text.split_once(['T', 't', ' ']) else {
        return at(utc, date(text)?, NaiveTime::MIN);
    };
    let date = self::date(date)?;
    if text.as_bytes().contains(&b' ') {
        return at(utc, date, time(rest)?);
    }
    if let Some(rest) = rest.strip_suffix('Z') {
        return at(utc, date, time(rest)?);
    }
    let sign = rest.rfind(['+', '-'])?;
    let (hours, minutes) = rest[sign + 1..].split_once(':')?;
    let seconds = 3600 * number(hours, 2..=2)? + 60 * number(minutes, 2..=2)?;
    let seconds = i32::try_from(seconds).ok()?;
    let negative = rest[sign..].starts_with('-');
    let zone = FixedOffset::east_opt(if negative { -seconds } else { seconds })?;
    at(zone, date, time(&rest[..sign])?)
}

/// Go's `Time.String`.
pub(in crate::compose) fn print(time: &DateTime<FixedOffset>) -> String {
    let zone = time.format("%z").to_string();
    let name = if time.offset().local_minus_utc() == 0 {
        "UTC"
    } else {
        &zone
    };
    let seconds = time.format("%Y-%m-%d %H:%M:%S%.9f").to_string();
    let seconds = seconds.trim_end_matches('0').trim_end_matches('.');
    // Whole seconds that end in a zero keep it.
    let whole = time.format("%Y-%m-%d %H:%M:%S").to_string();
    let seconds = if seconds.len() < whole.len() {
        &whole
    } else {
        seconds
    };
    format!("{seconds} {zone} {name}")
}

fn at(zone: FixedOffset, date: NaiveDate, time: NaiveTime) -> Option<DateTime<FixedOffset>> {
    zone.from_local_datetime(&date.and_time(time)).single()
}

fn date(text: &str) -> Option<NaiveDate> {
    let mut parts = text.split('-');
    let year = number(parts.next()?, 4..=4)?;
    let (month, day) = (number(parts.next()?, 1..=2)?, number(parts.next()?, 1..=2)?);
    let year = i32::try_from(year)
        .ok()
        .filter(|_| parts.next().is_none())?;
    NaiveDate::from_ymd_opt(year, month, day)
}

fn time(text: &str) -> Option<NaiveTime> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let nanos = number(fraction, 1..=9)? * 10_u32.pow(9 - u32::try_from(fraction.len()).ok()?);
    let mut parts = whole.split(':');
    let mut part = || number(parts.next()?, 1..=2);
    let (hour, minute, second) = (part()?, part()?, part()?);
    if parts.next().is_some() {
        return None;
    }
    NaiveTime::from_hms_nano_opt(hour, minute, second, nanos)
}

/// A number of that many digits.
fn number(text: &str, digits: std::ops::RangeInclusive<usize>) -> Option<u32> {
    let all = text.bytes().all(|byte| byte.is_ascii_digit());
    (all && digits.contains(&text.len()))
        .then(|| text.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_printed_as_go_does() {
        for (text, printed) in [
            ("2024-01-02", "2024-01-02 00:00:00 +0000 UTC"),
            ("2024-1-2", "2024-01-02 00:00:00 +0000 UTC"),
            ("2024-01-02T03:04:05Z", "2024-01-02 03:04:05 +0000 UTC"),
            ("2024-01-02 03:04:50", "2024-01-02 03:04:50 +0000 UTC"),
            (
                "2024-01-02t03:04:05.50+01:00",
                "2024-01-02 03:04:05.5 +0100 +0100",
            ),
        ] {
            assert_eq!(
                parse(text).map(|time| print(&time)).as_deref(),
                Some(printed)
            );
        }
        for text in [
            "2024-13-02",
            "24-01-02",
            "2024-01-02T03:04:05",
            "2024-01-02 03:04:05 +1",
            "2024-01-02 03:04",
            "2024-01-02-03",
            "2024-01",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
