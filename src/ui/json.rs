//! Events, and the error that ends a command, as lines of JSON on standard output.

use serde::Serialize;

use super::Ui;
use crate::error::Error;
use crate::event::{Event, Events, Fault};

pub(super) fn events(ui: Ui) -> Events {
    Events::new(move |event| {
        if matches!(event, Event::StepFinished { error: Some(_), .. }) {
            ui.told();
        }
        // Details are for people; a command that reads prints its one document alone.
        if !matches!(event, Event::Detail { .. }) {
            // A reader that went away does not stop the work.
            let _ = ui.print_json(&event);
        }
    })
}

/// Why a command failed that has not told it yet.
#[derive(Serialize)]
pub(super) struct Failure {
    event: &'static str,
    error: Fault,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        Self {
            event: "error",
            error: error.into(),
        }
    }
}
