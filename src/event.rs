//! What the domain says while it works. Nothing below the ui prints: it emits events, and the ui
//! renders them for a terminal, a pipe, `--quiet` or `--json`.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::Serialize;

use crate::error::{Error, Report, Result};

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Something was done.
    Done,
    /// Nothing was to be done.
    Unchanged,
    /// It did not succeed; the command's error says why.
    Failed,
}

/// Why a step failed, for programs.
#[derive(Debug, Clone, Serialize)]
pub struct Fault {
    /// What failed, why, and what to do next.
    #[serde(flatten)]
    error: Report,
    /// The exit code that stands for its kind.
    exit_code: u8,
}

impl From<&Error> for Fault {
    fn from(error: &Error) -> Self {
        Self {
            error: error.into(),
            exit_code: error.kind.code(),
        }
    }
}

/// One thing worth telling.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A step of the command begins. Steps run side by side and are told apart by name
    /// (`model`, `backend`, `relay`, `gateway`).
    StepStarted {
        /// Name of the step.
        step: String,
        /// What it is about to do.
        message: String,
    },
    /// A step goes on.
    StepProgress {
        /// Name of the step.
        step: String,
        /// What it is doing now.
        message: String,
    },
    /// A step has ended.
    StepFinished {
        /// Name of the step.
        step: String,
        /// How it ended.
        outcome: Outcome,
        /// What is true now.
        message: String,
        /// How long the step took.
        seconds: f64,
        /// Why it failed; absent where it did not, or was interrupted.
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<Fault>,
    },
    /// Bytes moved: one layer of a model or of an image.
    Transfer {
        /// Name of the step that it belongs to.
        step: String,
        /// What is moved, unique within the step: the layer's short digest.
        item: String,
        /// Bytes here so far. Can fall when a part is fetched again.
        completed: u64,
        /// Bytes in all; 0 while unknown.
        total: u64,
    },
    /// A line printed by something that we run: a build step, a server.
    Output {
        /// Name of the step.
        step: String,
        /// The line, as it came.
        line: String,
    },
    /// Worth knowing when something is not understood: shown with `--verbose`.
    Detail {
        /// The text.
        message: String,
    },
    /// Worth knowing.
    Note {
        /// The text.
        message: String,
    },
    /// Worth acting on, though the command goes on.
    Warning {
        /// The text.
        message: String,
    },
}

/// Where events go. Cheap to clone; every part of a command holds one.
#[derive(Clone)]
pub struct Events(Arc<dyn Fn(Event) + Send + Sync>);

impl Events {
    /// Events go to this function.
    pub fn new(sink: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self(Arc::new(sink))
    }

    /// Events are dropped.
    pub fn none() -> Self {
        Self::new(|_| {})
    }

    /// Reports one event.
    pub fn emit(&self, event: Event) {
        (self.0)(event);
    }

    /// Reports a detail.
    pub fn detail(&self, message: impl Into<String>) {
        self.emit(Event::Detail {
            message: message.into(),
        });
    }

    /// Reports a note.
    pub fn note(&self, message: impl Into<String>) {
        self.emit(Event::Note {
            message: message.into(),
        });
    }

    /// Reports a warning.
    pub fn warn(&self, message: impl Into<String>) {
        self.emit(Event::Warning {
            message: message.into(),
        });
    }

    /// Begins a step; the returned handle ends it.
    pub fn step(&self, name: &str, message: impl Into<String>) -> Step {
        self.emit(Event::StepStarted {
            step: name.to_owned(),
            message: message.into(),
        });
        Step {
            events: self.clone(),
            name: name.to_owned(),
            started: std::time::Instant::now(),
            ended: false,
            fault: OnceLock::new(),
            said: Mutex::default(),
        }
    }
}

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Events")
    }
}

/// A running step. Dropped before it was ended, it reports that it failed, with the error of the work
/// that it [watched](Step::watch).
#[derive(Debug)]
pub struct Step {
    events: Events,
    name: String,
    started: std::time::Instant,
    ended: bool,
    fault: OnceLock<Fault>,
    /// What it said last.
    said: Mutex<String>,
}

impl Step {
    /// Says what the step does now, unless it said so before.
    pub fn progress(&self, message: impl Into<String>) {
        let message = message.into();
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if *said == message {
            return;
        }
        said.clone_from(&message);
        drop(said);
        self.events.emit(Event::StepProgress {
            step: self.name.clone(),
            message,
        });
    }

    /// Does the step's work. Where that fails, the step has failed for that reason.
    pub async fn watch<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let outcome = work.await;
        if let Err(error) = &outcome {
            self.blame(error);
        }
        outcome
    }

    /// Says why the step is about to fail.
    pub fn blame(&self, error: &Error) {
        // The first error is the cause of the others.
        let _ = self.fault.set(error.into());
    }

    /// Reports bytes moved for one item.
    pub fn transfer(&self, item: &str, completed: u64, total: u64) {
        self.events.emit(Event::Transfer {
            step: self.name.clone(),
            item: item.to_owned(),
            completed,
            total,
        });
    }

    /// Passes on a line of a program's output.
    pub fn output(&self, line: impl Into<String>) {
        self.events.emit(Event::Output {
            step: self.name.clone(),
            line: line.into(),
        });
    }

    /// Ends the step: something was done.
    pub fn done(self, message: impl Into<String>) {
        self.finish(Outcome::Done, message.into());
    }

    /// Ends the step: nothing was to be done.
    pub fn unchanged(self, message: impl Into<String>) {
        self.finish(Outcome::Unchanged, message.into());
    }

    /// Ends the step: something was done, or there was nothing to do.
    pub fn ended(self, something_done: bool, message: impl Into<String>) {
        if something_done {
            self.done(message);
        } else {
            self.unchanged(message);
        }
    }

    /// Ends the step: it did not succeed, and others go on.
    pub fn failed(self, error: &Error) {
        self.blame(error);
        self.finish(Outcome::Failed, error.to_string());
    }

    fn finish(mut self, outcome: Outcome, message: String) {
        self.end(outcome, message);
    }

    fn end(&mut self, outcome: Outcome, message: String) {
        self.ended = true;
        self.events.emit(Event::StepFinished {
            step: self.name.clone(),
            outcome,
            message,
            seconds: self.started.elapsed().as_secs_f64(),
            error: self.fault.take(),
        });
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        if !self.ended {
            // Dropped without an error, its work was: that is what Ctrl-C does.
            let how = if self.fault.get().is_some() {
                "failed"
            } else {
                "did not finish"
            };
            self.end(Outcome::Failed, how.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn a_dropped_step_is_a_failed_step() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = seen.clone();
        let events = Events::new(move |event| sink.lock().expect("not poisoned").push(event));
        drop(events.step("model", "pulling"));
        let seen = seen.lock().expect("not poisoned");
        assert!(matches!(
            seen.last(),
            Some(Event::StepFinished {
                outcome: Outcome::Failed,
                ..
            })
        ));
    }
}
