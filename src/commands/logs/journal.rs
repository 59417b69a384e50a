//! The log of a systemd unit, which is in the journal.

use std::process::{ExitStatus, Stdio};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::Wanted;
use super::show::{Told, rfc3339};
use crate::commands::context::Context;
use crate::error::{Context as _, Error, Result};

/// Shows what these arguments of journalctl find.
pub(super) async fn show(context: &Context, words: &[String], wanted: &Wanted) -> Result<()> {
    let mut command = command(words, wanted);
    if context.ui.is_json() {
        command.arg("--output=json").stdout(Stdio::piped());
    }
    let mut child = command.spawn().or_failed(|| "cannot run journalctl")?;
    pass_on(context, &mut child).await?;
    let status = child.wait().await.or_failed(|| "cannot run journalctl")?;
    if status.success() || its_reader_left(status) {
        return Ok(());
    }
    Err(Error::failed(format!("journalctl ended with {status}"))
        .hint("reading another user's journal needs the group systemd-journal, or sudo"))
}

fn command(words: &[String], wanted: &Wanted) -> Command {
    let mut command = Command::new("journalctl");
    command.args(words).arg("--no-pager").kill_on_drop(true);
    if let Some(lines) = wanted.selection.lines {
        command.arg("--lines").arg(lines.to_string());
    }
    let time = |time: DateTime<Utc>| time.format("%Y-%m-%d %H:%M:%S UTC").to_string();
    if let Some(since) = wanted.selection.since {
        command.arg("--since").arg(time(since));
    }
    if let Some(until) = wanted.selection.until {
        command.arg("--until").arg(time(until));
    }
    if wanted.follow {
        command.arg("--follow");
    }
    command
}

/// Retells the journal's JSON, if it was asked for, as that of every other log.
async fn pass_on(context: &Context, child: &mut Child) -> Result<()> {
    let Some(out) = child.stdout.take() else {
        return Ok(());
    };
    let mut lines = BufReader::new(out).lines();
    let mut next = async || {
        lines
            .next_line()
            .await
            .or_failed(|| "cannot read the journal")
    };
    while let Some(line) = next().await? {
        if let Ok(mut entry) = serde_json::from_str::<Entry>(&line) {
            context.ui.print_json(&entry.line())?;
        }
        if context.ui.reader_left() {
            break;
        }
    }
    Ok(())
}

/// What is used of an entry.
#[derive(Deserialize)]
struct Entry {
    /// Microseconds since 1970.
    #[serde(rename = "__REALTIME_TIMESTAMP")]
    time: String,
    #[serde(rename = "MESSAGE")]
    message: Message,
}

/// Bytes that are no plain text come as numbers.
#[derive(Deserialize)]
#[serde(untagged)]
enum Message {
    Text(String),
    Bytes(Vec<u8>),
    Missing(()),
}

impl Entry {
    fn line(&mut self) -> Told<'_> {
        if let Message::Bytes(bytes) = &self.message {
            self.message = Message::Text(String::from_utf8_lossy(bytes).into_owned());
        }
        let time = self.time.parse().ok();
        Told {
            time: time
                .and_then(DateTime::<Utc>::from_timestamp_micros)
                .map(rfc3339),
            source: "backend",
            stream: None,
            line: match &self.message {
                Message::Text(text) => text,
                _ => "",
            },
        }
    }
}

/// A reader that went away (`| head`) is no error of journalctl's either.
#[cfg(unix)]
fn its_reader_left(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    status.signal() == Some(rustix::process::Signal::PIPE.as_raw())
}

#[cfg(not(unix))]
fn its_reader_left(_status: ExitStatus) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_of_the_journal_is_a_line_like_any_other() {
        for (message, line) in [
            (
                r#""Listening on 127.0.0.1:11434""#,
                "Listening on 127.0.0.1:11434",
            ),
            ("[104,105,7]", "hi\u{7}"),
            ("null", ""),
        ] {
            let entry = format!(
                r#"{{"__REALTIME_TIMESTAMP":"1795339800250000","PRIORITY":"6","MESSAGE":{message}}}"#
            );
            let mut entry: Entry = serde_json::from_str(&entry).expect("an entry");
            let said = entry.line();
            assert_eq!(said.time.as_deref(), Some("2026-11-22T09:30:00.250Z"));
            assert_eq!(said.line, line);
        }
    }
}
