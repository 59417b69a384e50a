//! `ollama pull`: its progress goes to stderr with terminal control codes, into a pipe too.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use http_body_util::{BodyExt, Collected};
use hyper::Method;
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::time::{Instant, interval_at};

use super::client::{Server, refused};
use crate::error::{Error, Result};
use crate::stub::Version;
use crate::stub::partial::human;

/// How often the progress is drawn.
const FRAME: Duration = Duration::from_millis(100);
const SPINNER: [char; 10] = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
/// Cells of a bar, on a terminal of 80 columns.
const BAR: u64 = 18;
/// Columns of what follows a bar.
const SUFFIX: usize = 32;

/// Pulls a model, and draws how far it is.
pub(super) async fn pull(server: &Server, model: &str, version: Version) -> Result<()> {
    let mut progress = Progress::default();
    let pulled = follow(server, model, version, &mut progress).await;
    progress.draw(true);
    let _ = writeln!(std::io::stderr().lock());
    pulled
}

async fn follow(
    server: &Server,
    model: &str,
    version: Version,
    progress: &mut Progress,
) -> Result<()> {
    let answer = server
        .send(Method::POST, "/api/pull", &json!({"model": model}))
        .await?;
    let status = answer.status();
    let mut body = answer.into_body();
    if !status.is_success() {
        let bytes = body.collect().await.map(Collected::to_bytes);
        let value: Value = serde_json::from_slice(&bytes.unwrap_or_default()).unwrap_or_default();
        return Err(Error::failed(format!("{status}: {}", refused(&value, ""))));
    }
    let mut frames = interval_at(Instant::now() + FRAME, FRAME);
    let mut lines = Vec::new();
    loop {
        tokio::select! {
            more = read(&mut body) => match more {
                Ok(Some(bytes)) => lines.extend(bytes),
                Ok(None) => return Ok(()),
                // v0.24.0 takes a broken answer for its end.
                Err(()) => return version.pick(Ok(()), Err(Error::failed("unexpected EOF"))),
            },
            _ = frames.tick() => progress.draw(false),
        }
        while let Some(end) = lines.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = lines.drain(..=end).collect();
            progress.take(&serde_json::from_slice(&line).unwrap_or_default())?;
        }
    }
}

async fn read(body: &mut Incoming) -> Result<Option<Vec<u8>>, ()> {
    match body.frame().await {
        None => Ok(None),
        Some(Ok(frame)) => Ok(Some(frame.into_data().unwrap_or_default().to_vec())),
        Some(Err(_)) => Err(()),
    }
}

/// What is drawn: a row for each status and each blob.
#[derive(Default)]
struct Progress {
    rows: Vec<Row>,
    /// Rows of the last drawing.
    drawn: usize,
    frames: usize,
}

enum Row {
    Status(String),
    Blob {
        digest: String,
        total: u64,
        completed: u64,
    },
}

impl Progress {
    /// Takes in a line of the server's.
    fn take(&mut self, line: &Value) -> Result<()> {
        if line.get("error").is_some() {
            return Err(refused(line, ""));
        }
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        let number = |name: &str| line[name].as_u64().unwrap_or(0);
        let (status, digest) = (text("status"), text("digest"));
        let (new, last) = if digest.is_empty() {
            let same = |row: &&mut Row| matches!(row, Row::Status(shown) if *shown == status);
            (
                Row::Status(status.clone()),
                self.rows.last_mut().filter(same),
            )
        } else {
            let same =
                |row: &&mut Row| matches!(row, Row::Blob { digest: shown, .. } if *shown == digest);
            let row = Row::Blob {
                digest: digest.clone(),
                total: number("total"),
                completed: number("completed"),
            };
            (row, self.rows.last_mut().filter(same))
        };
        match last {
            Some(row) => *row = new,
            None => self.rows.push(new),
        }
        Ok(())
    }

    /// Draws all rows over those that were drawn before.
    fn draw(&mut self, last: bool) {
        let mut out = "\x1b[?2026h\x1b[?25l".to_owned();
        out += &"\x1b[A".repeat(self.drawn.saturating_sub(1));
        out += "\x1b[1G";
        for (n, row) in self.rows.iter().enumerate() {
            let running = !last && n + 1 == self.rows.len();
            let gap = if n == 0 { "" } else { "\n" };
            let _ = write!(out, "{gap}{}\x1b[K", row.text(running, self.frames));
        }
        out += "\x1b[?25h\x1b[?2026l";
        let _ = std::io::stderr().lock().write_all(out.as_bytes());
        self.drawn = self.rows.len();
        self.frames += 1;
    }
}

impl Row {
    fn text(&self, running: bool, frame: usize) -> String {
        match self {
            Self::Status(status) if running => {
                format!("{status} {} ", SPINNER[frame % SPINNER.len()])
            }
            Self::Status(status) => format!("{status} "),
            Self::Blob {
                digest,
                total,
                completed,
            } => {
                let short = digest.trim_start_matches("sha256:");
                let short = short.get(..12).unwrap_or(short);
                bar(short, *total, *completed)
            }
        }
    }
}

fn bar(short: &str, total: u64, completed: u64) -> String {
    let share = |parts: u64| completed.min(total) * parts / total.max(1);
    let full = usize::try_from(share(BAR)).unwrap_or(0);
    let cells = "█".repeat(full) + &" ".repeat(usize::try_from(BAR).unwrap_or(0) - full);
    let suffix = if completed < total {
        format!(" {:>6}/{:>6}", human(completed), human(total))
    } else {
        format!(" {:>6}", human(total))
    };
    format!(
        "pulling {short}: {:>3}% ▕{cells}▏{suffix:<SUFFIX$}",
        share(100)
    )
}
