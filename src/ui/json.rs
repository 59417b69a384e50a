//! Events as lines of JSON on standard output.

use super::Ui;
use crate::event::{Event, Events};

pub(super) fn events(ui: Ui) -> Events {
    Events::new(move |event| {
        // Details are for people; a command that reads prints its one document alone.
        if !matches!(event, Event::Detail { .. }) {
            // A reader that went away does not stop the work.
            let _ = ui.print_json(&event);
        }
    })
}
