//! `--since`: a moment, and the first line of a log that is not older.

use std::time::Duration;

use chrono::{DateTime, Local, NaiveDateTime, TimeZone, Utc};

use crate::error::{Error, Result};

/// A moment in the past.
pub type Since = DateTime<Utc>;

/// Reads `10m` or `2h` (ago), or RFC 3339.
pub fn since(text: &str, now: DateTime<Utc>) -> Result<Since> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Ok(moment.to_utc());
    }
    let ago =
        ago(text).and_then(|ago| now.checked_sub_signed(chrono::Duration::from_std(ago).ok()?));
    ago.ok_or_else(|| {
        Error::usage(format!(
            "{text:?} is no time: write 10m (ago), 2h or 2026-01-31T10:00:00Z"
        ))
    })
}

fn ago(text: &str) -> Option<Duration> {
    let number: u64 = text.get(..text.len().checked_sub(1)?)?.parse().ok()?;
    let unit = match text.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86400,
        _ => return None,
    };
    number.checked_mul(unit).map(Duration::from_secs)
}

/// Drops the lines before the first that was written at `since` or later. Lines without a time belong
/// to the line above them.
pub fn lines_since(text: &[u8], since: Since) -> &[u8] {
    let mut offset = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if time_of(line).is_some_and(|time| time >= since) {
            return &text[offset..];
        }
        offset += line.len();
    }
    &[]
}

/// The time of a log line of Ollama or of the embedded gateway: `time=2026-11-22T08:20:38.376Z …`,
/// `{"time":"2026-11-22T08:20:38.376Z",…`, or `[GIN] 2026/11/22 - 08:20:38 …` in local time.
fn time_of(line: &[u8]) -> Option<DateTime<Utc>> {
    let line = std::str::from_utf8(line.get(..line.len().min(64))?).ok()?;
    let named = line
        .strip_prefix("time=")
        .or_else(|| line.strip_prefix("{\"time\":\""));
    if let Some(rest) = named {
        let stamp = rest.split([' ', '"']).next()?;
        return DateTime::parse_from_rfc3339(stamp)
            .ok()
            .map(|time| time.to_utc());
    }
    let stamp = line.strip_prefix("[GIN] ")?.get(..21)?;
    let local = NaiveDateTime::parse_from_str(stamp, "%Y/%m/%d - %H:%M:%S").ok()?;
    Local
        .from_local_datetime(&local)
        .earliest()
        .map(|time| time.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_before_the_moment_are_dropped() {
        let log = b"time=2026-11-22T08:00:00.000Z level=INFO a\n more\ntime=2026-11-22T09:00:00.000Z level=INFO b\n tail\n";
        let moment = since("2026-11-22T08:30:00Z", Utc::now()).expect("a time");
        assert_eq!(
            lines_since(log, moment),
            b"time=2026-11-22T09:00:00.000Z level=INFO b\n tail\n"
        );
    }

    #[test]
    fn lines_of_json_have_a_time_too() {
        let log =
            b"{\"time\":\"2026-11-22T08:00:00.000Z\"}\n{\"time\":\"2026-11-22T09:00:00.000Z\"}\n";
        let moment = since("2026-11-22T08:30:00Z", Utc::now()).expect("a time");
        assert_eq!(
            lines_since(log, moment),
            b"{\"time\":\"2026-11-22T09:00:00.000Z\"}\n"
        );
    }

    #[test]
    fn times_are_durations_or_moments() {
        let now = Utc::now();
        assert_eq!(
            since("10m", now).expect("a time"),
            now - chrono::Duration::minutes(10)
        );
        for bad in ["", "m", "ten", "5y", "2026-13-01T00:00:00Z"] {
            assert!(since(bad, now).is_err(), "{bad}");
        }
    }
}
