//! Events as lines of JSON on standard output.

use super::Ui;
use crate::event::Events;

pub(super) fn events(ui: Ui) -> Events {
    Events::new(move |event| {
        // A reader that went away does not stop the work.
        let _ = ui.print_json(&event);
    })
}
