//! How a detached process tells the command that started it how the start went: one JSON line on the
//! standard output that it inherited, which is closed after.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{Context, Error, Report, Result};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Message<T> {
    Ready(T),
    Failed(Report),
}

/// The detached side. Reports once; later reports go nowhere.
#[derive(Debug, Default)]
pub struct Reporter {
    silent: bool,
}

impl Reporter {
    /// A reporter that has somebody listening.
    pub fn new() -> Self {
        Self::default()
    }

    /// A reporter that nobody listens to: the process runs in the foreground.
    pub fn silent() -> Self {
        Self { silent: true }
    }

    /// Ready; the command that waits returns with this.
    pub fn ready<T: Serialize>(&mut self, record: &T) {
        self.send(&Message::Ready(record));
    }

    /// Could not start.
    pub fn failed(&mut self, error: &Error) {
        self.send(&Message::<()>::Failed(error.into()));
    }

    fn send<T: Serialize>(&mut self, message: &Message<T>) {
        if std::mem::replace(&mut self.silent, true) {
            return;
        }
        if let Ok(mut line) = serde_json::to_vec(message) {
            line.push(b'\n');
            // The listener may be gone (Ctrl-C); the process goes on without it.
            let _ = std::io::Write::write_all(&mut std::io::stdout(), &line);
            let _ = std::io::Write::flush(&mut std::io::stdout());
        }
        close_stdout();
    }
}

/// Points standard output at the log (where standard error goes already), which closes the pipe.
#[cfg(unix)]
fn close_stdout() {
    let _ = rustix::stdio::dup2_stdout(std::io::stderr());
}

#[cfg(not(unix))]
fn close_stdout() {}

/// What the starting command learned.
#[derive(Debug)]
pub enum Started<T> {
    /// The process is ready and described itself.
    Ready(T),
    /// It reported why it could not start.
    Failed(Error),
    /// It ended without a word.
    Vanished,
}

impl<T: DeserializeOwned> Started<T> {
    /// Reads the line that the detached process wrote; an empty text means that it vanished.
    pub(super) fn parse(text: &str) -> Result<Self> {
        if text.trim().is_empty() {
            return Ok(Self::Vanished);
        }
        let message: Message<T> = serde_json::from_str(text)
            .or_failed(|| format!("the background process said something unexpected: {text}"))?;
        Ok(match message {
            Message::Ready(record) => Self::Ready(record),
            Message::Failed(report) => Self::Failed(report.into()),
        })
    }
}
