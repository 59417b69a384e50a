//! Lines as a person, a pipe or a program gets them.

use serde::Serialize;

use crate::commands::context::Context;
use crate::error::Result;
use crate::logs::{Cleaner, Lines, time_of};

/// How a line is told with `--json`; documented in `docs/troubleshooting.md`.
#[derive(Debug, Serialize)]
pub(super) struct Told<'a> {
    /// When it was written (RFC 3339), if that is known.
    pub time: Option<String>,
    /// `backend`, `gateway`, or the container's name without the project's.
    pub source: &'a str,
    /// `stdout` or `stderr`, where they are kept apart.
    pub stream: Option<&'static str>,
    /// The line without its end.
    pub line: &'a str,
}

/// Shows a log that comes as bytes: raw in a pipe, cleaned on a terminal, line by line in JSON.
pub(super) struct Shower<'a> {
    context: &'a Context,
    source: &'static str,
    lines: Lines,
    cleaner: Cleaner,
}

impl<'a> Shower<'a> {
    pub fn new(context: &'a Context, source: &'static str) -> Self {
        Self {
            context,
            source,
            lines: Lines::default(),
            cleaner: Cleaner::default(),
        }
    }

    /// Shows the next bytes.
    pub fn show(&mut self, bytes: &[u8]) -> Result<()> {
        let ui = &self.context.ui;
        if bytes.is_empty() {
            Ok(())
        } else if ui.is_json() {
            let lines = self.lines.push(bytes);
            lines.iter().try_for_each(|line| self.json(line))
        } else if ui.is_terminal() {
            ui.print_raw(self.cleaner.clean(bytes).as_bytes())
        } else {
            ui.print_raw(bytes)
        }
    }

    /// Shows what never got its end.
    pub fn end(mut self) -> Result<()> {
        let rest = self.lines.rest();
        rest.map_or(Ok(()), |line| self.json(&line))
    }

    fn json(&self, line: &[u8]) -> Result<()> {
        let time = time_of(line).map(rfc3339);
        self.context.ui.print_json(&Told {
            time,
            source: self.source,
            stream: None,
            line: without_end(&String::from_utf8_lossy(line)),
        })
    }
}

/// A line without the characters that end it.
pub(super) fn without_end(line: &str) -> &str {
    line.trim_end_matches(['\n', '\r'])
}

/// The time as all lines bear it.
pub(super) fn rfc3339(time: chrono::DateTime<chrono::Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}
