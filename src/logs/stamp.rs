//! The time that a line of a log bears.

use chrono::{DateTime, Local, NaiveDateTime, TimeZone as _, Utc};

/// So many bytes of a line hold its time.
pub(super) const LONGEST: usize = 64;

/// The time of a log line of Ollama or of the embedded gateway: `time=2026-11-22T08:20:38.376Z …`,
/// `{"time":"2026-11-22T08:20:38.376Z",…`, or `[GIN] 2026/11/22 - 08:20:38 …` in local time.
pub fn time_of(line: &[u8]) -> Option<DateTime<Utc>> {
    let line = &line[..line.len().min(LONGEST)];
    let line = match std::str::from_utf8(line) {
        Ok(line) => line,
        Err(error) => std::str::from_utf8(&line[..error.valid_up_to()]).ok()?,
    };
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
