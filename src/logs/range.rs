//! The part of a log file that is asked for, without reading the rest: the last lines are found from the
//! end, a moment by bisection, since the times of a log rise.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::ops::Range;

use chrono::{DateTime, TimeDelta, Utc};

use super::stamp;
use super::tail::start_of_last;
use crate::error::{Context, Result};

/// A stretch so long is read through.
const STRETCH: u64 = 64 * 1024;

/// Lines that were written at about the same time may stand in another order: some bear whole seconds,
/// and some the time of a request's begin.
const DISORDER: TimeDelta = TimeDelta::seconds(2);

/// Which lines of a log.
#[derive(Debug, Clone, Copy, Default)]
pub struct Selection {
    /// Only so many of the last; `None`: all.
    pub lines: Option<usize>,
    /// Only from the first line on that was written then or later.
    pub since: Option<DateTime<Utc>>,
    /// Only up to the first line that was written later.
    pub until: Option<DateTime<Utc>>,
}

impl Selection {
    /// The bytes of the file in which these lines are. Lines without a time belong to the line above them.
    pub fn range(&self, file: &mut File) -> Result<Range<u64>> {
        self.find(file).or_failed(|| "cannot read the log")
    }

    fn find(&self, file: &mut File) -> std::io::Result<Range<u64>> {
        let length = file.metadata()?.len();
        let end = match self.until {
            Some(until) => first_after(file, length, until, |time| time > until)?,
            None => length,
        };
        let start = match self.since {
            Some(since) => first_after(file, length, since, |time| time >= since)?.min(end),
            None => 0,
        };
        Ok(match self.lines {
            Some(count) => start_of_last(file, count, start..end)?..end,
            None => start..end,
        })
    }
}

/// Where the first line begins whose time `is_wanted`, which it is from about `moment` on; `length`, where
/// there is none.
fn first_after(
    file: &mut File,
    length: u64,
    moment: DateTime<Utc>,
    is_wanted: impl Fn(DateTime<Utc>) -> bool,
) -> std::io::Result<u64> {
    let early = moment - DISORDER;
    let (mut low, mut high) = (0, length);
    while high - low > STRETCH {
        let middle = low + (high - low) / 2;
        match next_timed(file, middle, high, |_| true)? {
            Some((offset, time)) if time < early => low = offset,
            // Lines without a time are as old as the one above them.
            _ => high = middle,
        }
    }
    let found = next_timed(file, low, length, is_wanted)?;
    Ok(found.map_or(length, |(offset, _)| offset))
}

/// The first line from `offset` on, and before `end`, that has a time which `is_wanted`. A line of which
/// only the rest is after the offset does not count.
fn next_timed(
    file: &mut File,
    offset: u64,
    end: u64,
    is_wanted: impl Fn(DateTime<Utc>) -> bool,
) -> std::io::Result<Option<(u64, DateTime<Utc>)>> {
    // The newline before a line tells that it is whole.
    let mut offset = offset.saturating_sub(1);
    file.seek(SeekFrom::Start(offset))?;
    let mut reader = BufReader::with_capacity(8 * 1024, file);
    let mut head = Vec::new();
    if offset > 0 {
        offset += line(&mut reader, &mut head)?;
    }
    while offset < end {
        let length = line(&mut reader, &mut head)?;
        if length == 0 {
            break;
        }
        if let Some(time) = stamp::time_of(&head).filter(|time| is_wanted(*time)) {
            return Ok(Some((offset, time)));
        }
        offset += length;
    }
    Ok(None)
}

/// Reads a line of any length and returns that; of the line itself, its beginning is kept.
fn line(reader: &mut impl BufRead, head: &mut Vec<u8>) -> std::io::Result<u64> {
    head.clear();
    let mut length = 0;
    loop {
        let bytes = reader.fill_buf()?;
        if bytes.is_empty() {
            return Ok(length);
        }
        let newline = bytes.iter().position(|byte| *byte == b'\n');
        let taken = newline.map_or(bytes.len(), |at| at + 1);
        let kept = stamp::LONGEST.saturating_sub(head.len()).min(taken);
        head.extend_from_slice(&bytes[..kept]);
        reader.consume(taken);
        length += taken as u64;
        if newline.is_some() {
            return Ok(length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    fn log(text: &str) -> File {
        let mut file = tempfile::tempfile().expect("a temporary file");
        file.write_all(text.as_bytes()).expect("written");
        file
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    fn selected(file: &mut File, selection: Selection) -> String {
        let range = selection.range(file).expect("readable");
        file.seek(SeekFrom::Start(range.start)).expect("sought");
        let mut text = String::new();
        let part = file.take(range.end - range.start).read_to_string(&mut text);
        part.expect("text");
        text
    }

    #[test]
    fn lines_belong_to_the_time_above_them() {
        let early = "time=2026-11-22T08:00:00.000Z level=INFO a\n more\n";
        let late = "{\"time\":\"2026-11-22T09:00:00.000Z\"}\n tail\n";
        let mut file = log(&format!("{early}{late}"));
        let since = |time| Selection {
            since: Some(at(time)),
            ..Selection::default()
        };
        let until = |time| Selection {
            until: Some(at(time)),
            ..Selection::default()
        };
        assert_eq!(selected(&mut file, since("2026-11-22T08:30:00Z")), late);
        assert_eq!(selected(&mut file, until("2026-11-22T08:30:00Z")), early);
        assert_eq!(selected(&mut file, since("2026-11-22T09:00:00Z")), late);
        assert_eq!(selected(&mut file, since("2026-11-22T09:00:01Z")), "");
        let last = Selection {
            lines: Some(1),
            ..until("2026-11-22T08:30:00Z")
        };
        assert_eq!(selected(&mut file, last), " more\n");
        let more_than_there_are = Selection {
            lines: Some(9),
            ..since("2026-11-22T08:30:00Z")
        };
        assert_eq!(selected(&mut file, more_than_there_are), late);
    }

    #[test]
    fn every_moment_of_a_long_log_is_found() {
        let start = at("2026-11-22T00:00:00Z");
        let line = |second: i64| {
            let time = (start + TimeDelta::seconds(second)).format("%Y-%m-%dT%H:%M:%S%.3fZ");
            // Some are long, and some have lines below them.
            let rest = "x".repeat(usize::try_from(second % 97).expect("small") * 40);
            format!(
                "time={time} {rest}\n{}",
                "  more\n".repeat(usize::from(second % 7 == 0))
            )
        };
        let lines: Vec<String> = (0..2000).map(line).collect();
        let mut file = log(&lines.concat());
        for second in (0..2000).step_by(61) {
            let since = start + TimeDelta::seconds(second);
            let selection = Selection {
                since: Some(since),
                until: Some(since + TimeDelta::seconds(9)),
                ..Selection::default()
            };
            let first = usize::try_from(second).expect("small");
            let last = (first + 10).min(lines.len());
            assert_eq!(selected(&mut file, selection), lines[first..last].concat());
        }
    }

    #[test]
    fn a_log_without_times_has_no_lines_since_one() {
        let mut file = log(&"nothing\n".repeat(50_000));
        let since = Selection {
            since: Some(at("2026-11-22T08:30:00Z")),
            ..Selection::default()
        };
        assert_eq!(selected(&mut file, since), "");
    }
}
