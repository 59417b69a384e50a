//! What can go wrong, for the person who reads it: a kind (and with it the exit code), what failed,
//! why, and the next command to run.

use std::fmt;

/// The exit codes of every command. One table; documented in `docs/exit-codes.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Kind {
    /// The operation was tried and failed.
    Failed = 1,
    /// Bad arguments, configuration or compose file. Nothing was changed.
    Usage = 2,
    /// Something is not running, or runs and is not healthy.
    Unhealthy = 3,
    /// The state cannot be told, so nothing was touched.
    Unknown = 4,
    /// Somebody else's process, port, container or lock is in the way.
    Conflict = 5,
    /// The container engine cannot be reached.
    Engine = 6,
    /// A deadline passed.
    Timeout = 7,
    /// Ctrl-C.
    Interrupted = 130,
}

impl Kind {
    /// The process exit code.
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// An error that names what failed, why, and what to do next.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// Decides the exit code.
    pub kind: Kind,
    /// What failed, naming the thing: a path, port, pid, service or model.
    pub message: String,
    /// Evidence, one line each: the tail of a log, the output of a build step.
    pub details: Vec<String>,
    /// What to do next, one command or action each.
    pub hints: Vec<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The result of everything below the command layer.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of this kind.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            details: Vec::new(),
            hints: Vec::new(),
            source: None,
        }
    }

    /// [`Kind::Failed`].
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Kind::Failed, message)
    }

    /// [`Kind::Usage`].
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// [`Kind::Interrupted`].
    pub fn interrupted() -> Self {
        Self::new(Kind::Interrupted, "interrupted")
    }

    /// Adds the next thing to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds lines of evidence.
    #[must_use]
    pub fn details<S: Into<String>>(mut self, lines: impl IntoIterator<Item = S>) -> Self {
        self.details.extend(lines.into_iter().map(Into::into));
        self
    }

    /// Keeps the error that caused this one; printed as "caused by".
    #[must_use]
    pub fn caused_by(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Message and causes in one line, where the error is no more than a remark.
    pub fn in_a_line(&self) -> String {
        std::iter::once(self.message.clone())
            .chain(self.causes())
            .collect::<Vec<_>>()
            .join(": ")
    }

    /// The texts of the underlying causes, outermost first, without repetitions.
    pub fn causes(&self) -> Vec<String> {
        let mut texts: Vec<String> = Vec::new();
        let mut next = std::error::Error::source(self);
        while let Some(cause) = next {
            let text = cause.to_string();
            let known = self.message.contains(&text)
                || texts.last().is_some_and(|last| last.contains(&text));
            if !known {
                texts.push(text);
            }
            next = cause.source();
        }
        texts
    }
}

/// An error in a form that crosses a process boundary: a background process reports it to the
/// command that started it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Report {
    kind: Kind,
    message: String,
    details: Vec<String>,
    hints: Vec<String>,
    causes: Vec<String>,
}

impl From<&Error> for Report {
    fn from(error: &Error) -> Self {
        Self {
            kind: error.kind,
            message: error.message.clone(),
            details: error.details.clone(),
            hints: error.hints.clone(),
            causes: error.causes(),
        }
    }
}

impl From<Report> for Error {
    fn from(report: Report) -> Self {
        let mut error = Self::new(report.kind, report.message);
        error.details = report.details;
        error.hints = report.hints;
        if report.causes.is_empty() {
            error
        } else {
            error.caused_by(report.causes.join(": "))
        }
    }
}

/// Turns foreign errors into ours, saying what was being done.
pub trait Context<T> {
    /// Fails with `kind` and a message made when needed; the foreign error becomes the cause.
    fn context<M: fmt::Display>(self, kind: Kind, message: impl FnOnce() -> M) -> Result<T>;

    /// The same with [`Kind::Failed`].
    fn or_failed<M: fmt::Display>(self, message: impl FnOnce() -> M) -> Result<T>
    where
        Self: Sized,
    {
        self.context(Kind::Failed, message)
    }
}

impl<T, E: Into<Box<dyn std::error::Error + Send + Sync>>> Context<T>
    for std::result::Result<T, E>
{
    fn context<M: fmt::Display>(self, kind: Kind, message: impl FnOnce() -> M) -> Result<T> {
        self.map_err(|cause| Error::new(kind, message().to_string()).caused_by(cause))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_walk_the_chain_without_repeating_the_message() {
        let io = std::io::Error::other("disk on fire");
        let inner = Error::failed("cannot write /x").caused_by(io);
        let outer = Error::failed("cannot start").caused_by(inner);
        assert_eq!(outer.causes(), ["cannot write /x", "disk on fire"]);
    }

    #[test]
    fn a_report_survives_the_pipe() {
        let error = Error::new(Kind::Conflict, "port 1 is taken")
            .hint("free it")
            .details(["line"])
            .caused_by(std::io::Error::other("EADDRINUSE"));
        let json = serde_json::to_string(&Report::from(&error)).expect("serialises");
        let report: Report = serde_json::from_str(&json).expect("parses");
        let back = Error::from(report);
        assert_eq!(back.kind.code(), 5);
        assert_eq!(back.hints, ["free it"]);
        assert_eq!(back.causes(), ["EADDRINUSE"]);
    }
}
