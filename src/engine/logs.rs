//! A container's output as lines. The engine hands it over in frames that may hold half a line or
//! several; a line is put together per stream, bounded, and cut where it would grow without end.

use std::time::Duration;

use bollard::container::LogOutput;
use bollard::query_parameters::LogsOptions;
use chrono::{DateTime, Utc};
use futures_util::{Stream, StreamExt as _};

use super::Engine;
use super::containers::short;
use crate::error::Result;

/// A longer line is handed on in parts.
const LONGEST_LINE: usize = 1 << 20;

/// How long the last lines may take that go with an error: it is told with or without them.
const TAIL_DEADLINE: Duration = Duration::from_secs(5);

/// Which lines to read.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogQuery {
    /// Only so many of the last lines; `None`: all.
    pub tail: Option<usize>,
    /// Stay and hand on what is printed later.
    pub follow: bool,
    /// Only what was printed at this time or after it.
    pub since: Option<DateTime<Utc>>,
    /// Only what was printed at this time or before it.
    pub until: Option<DateTime<Utc>>,
    /// Each line begins with the time at which it was printed (RFC 3339).
    pub timestamps: bool,
}

/// A line that a container printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// It came through stderr. A container with a terminal has stdout alone.
    pub stderr: bool,
    /// The line without its end. Bytes that are not UTF-8 are replaced.
    pub text: String,
}

impl LogQuery {
    /// Whether whole seconds, which is all that can be asked for, do not say it.
    fn is_finer(&self) -> bool {
        let fraction = |time: DateTime<Utc>| time.timestamp_subsec_nanos() != 0;
        self.since.is_some_and(fraction) || self.until.is_some_and(fraction)
    }

    /// Whether the output ends before this line, which begins with its time. As for the engine, with the
    /// first that is later: where two streams were written at once, an earlier one may follow.
    fn ends_before(&self, line: &LogLine) -> bool {
        let later = |until| time_of(&line.text).is_some_and(|time| time > until);
        self.until.is_some_and(later)
    }

    /// The line as it was asked for, if it was, of one that begins with its time.
    fn choose(&self, mut line: LogLine) -> Option<LogLine> {
        let time = time_of(&line.text)?;
        if self.since.is_some_and(|since| time < since) {
            return None;
        }
        if !self.timestamps {
            let text = line.text.split_once(' ').map_or("", |(_, text)| text);
            line.text = text.to_owned();
        }
        Some(line)
    }
}

/// The time that a line begins with.
fn time_of(line: &str) -> Option<DateTime<Utc>> {
    line.split(' ').next()?.parse().ok()
}

impl Engine {
    /// What the container printed, line by line.
    pub fn logs(
        &self,
        container: &str,
        query: LogQuery,
    ) -> impl Stream<Item = Result<LogLine>> + use<> {
        // The Engine API's field is 32 bits wide in bollard; such a time is before 2038.
        let seconds = |time: DateTime<Utc>| i32::try_from(time.timestamp()).unwrap_or(i32::MAX);
        let finer = query.is_finer();
        let options = LogsOptions {
            follow: query.follow,
            stdout: true,
            stderr: true,
            since: query.since.map_or(0, seconds),
            // The engine takes the second's begin for the end.
            until: query
                .until
                .map_or(0, |until| seconds(until).saturating_add(i32::from(finer))),
            timestamps: query.timestamps || finer,
            tail: query
                .tail
                .map_or_else(|| "all".to_owned(), |lines| lines.to_string()),
        };
        let doing = format!("reading the output of container {}", short(container));
        let frames = self.listen(doing, self.docker.logs(container, Some(options)));
        let frames = frames
            .map(Some)
            .chain(futures_util::stream::once(async { None }));
        frames
            .scan(Assembler::default(), |assembler, frame| {
                let lines: Vec<Result<LogLine>> = match frame {
                    Some(Ok(frame)) => assembler.push(frame).into_iter().map(Ok).collect(),
                    Some(Err(error)) => vec![Err(error)],
                    None => assembler.rest().into_iter().map(Ok).collect(),
                };
                std::future::ready(Some(futures_util::stream::iter(lines)))
            })
            .flatten()
            .take_while(move |line| {
                let over = |line| finer && query.ends_before(line);
                std::future::ready(!line.as_ref().is_ok_and(over))
            })
            .filter_map(move |line| {
                std::future::ready(match line {
                    Ok(line) if finer => query.choose(line).map(Ok),
                    line => Some(line),
                })
            })
    }

    /// The last lines that the container printed; empty where they cannot be read.
    pub async fn tail(&self, container: &str, lines: usize) -> Vec<String> {
        let query = LogQuery {
            tail: Some(lines),
            ..LogQuery::default()
        };
        let lines = self.logs(container, query);
        let read = lines
            .filter_map(|line| {
                std::future::ready(line.ok().map(|line| line.text.trim_end().to_owned()))
            })
            .collect();
        tokio::time::timeout(TAIL_DEADLINE, read)
            .await
            .unwrap_or_default()
    }
}

/// Puts lines together from frames.
#[derive(Default)]
struct Assembler {
    out: Vec<u8>,
    err: Vec<u8>,
}

impl Assembler {
    fn push(&mut self, frame: LogOutput) -> Vec<LogLine> {
        let stderr = matches!(frame, LogOutput::StdErr { .. });
        let buffer = if stderr { &mut self.err } else { &mut self.out };
        buffer.extend_from_slice(&frame.into_bytes());
        let mut lines = Vec::new();
        while let Some((end, next)) = line_end(buffer) {
            lines.push(line(stderr, &buffer[..end]));
            buffer.drain(..next);
        }
        lines
    }

    /// What never got its end.
    fn rest(&mut self) -> Vec<LogLine> {
        let rest = [
            (false, std::mem::take(&mut self.out)),
            (true, std::mem::take(&mut self.err)),
        ];
        let rest = rest.into_iter().filter(|(_, bytes)| !bytes.is_empty());
        rest.map(|(stderr, bytes)| line(stderr, &bytes)).collect()
    }
}

/// Where the first line ends and where the next begins.
fn line_end(buffer: &[u8]) -> Option<(usize, usize)> {
    match buffer.iter().position(|byte| *byte == b'\n') {
        Some(end) => Some((end, end + 1)),
        None if buffer.len() >= LONGEST_LINE => Some((LONGEST_LINE, LONGEST_LINE)),
        None => None,
    }
}

fn line(stderr: bool, bytes: &[u8]) -> LogLine {
    LogLine {
        stderr,
        text: String::from_utf8_lossy(bytes).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn out(text: &'static str) -> LogOutput {
        LogOutput::StdOut {
            message: text.into(),
        }
    }

    fn texts(lines: &[LogLine]) -> Vec<&str> {
        lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn halves_of_a_line_are_joined_and_streams_kept_apart() {
        let mut assembler = Assembler::default();
        assert!(assembler.push(out("one ")).is_empty());
        let error = assembler.push(LogOutput::StdErr {
            message: "oops\n".into(),
        });
        assert!(error[0].stderr && error[0].text == "oops");
        assert_eq!(
            texts(&assembler.push(out("line\r\ntwo\nthr"))),
            ["one line\r", "two"]
        );
        assert_eq!(texts(&assembler.rest()), ["thr"]);
    }

    #[test]
    fn a_time_is_told_to_the_fraction_of_a_second() {
        let time = |text: &str| text.parse::<DateTime<Utc>>().expect("a time");
        let mut query = LogQuery {
            since: Some(time("2026-01-31T10:00:00.5Z")),
            until: Some(time("2026-01-31T10:00:02.5Z")),
            ..LogQuery::default()
        };
        assert!(query.is_finer());
        let chosen = |query: &LogQuery, text: &str| {
            let line = LogLine {
                stderr: true,
                text: text.to_owned(),
            };
            query.choose(line).map(|line| line.text)
        };
        let within = "2026-01-31T10:00:00.500000000Z a b";
        assert_eq!(chosen(&query, within).as_deref(), Some("a b"));
        assert_eq!(chosen(&query, "2026-01-31T10:00:00.499999999Z a"), None);
        let ends = |text: &str| {
            let text = text.to_owned();
            let stderr = false;
            query.ends_before(&LogLine { stderr, text })
        };
        assert!(ends("2026-01-31T10:00:02.500000001Z a"));
        assert!(!ends("2026-01-31T10:00:02.500000000Z a"));
        query.timestamps = true;
        assert_eq!(chosen(&query, within).as_deref(), Some(within));
    }

    #[test]
    fn a_line_without_end_is_bounded() {
        let mut assembler = Assembler::default();
        let message = vec![b'x'; LONGEST_LINE * 2 + 5].into();
        let lines = assembler.push(LogOutput::Console { message });
        assert_eq!(lines.len(), 2);
        assert_eq!(assembler.rest()[0].text.len(), 5);
    }
}
