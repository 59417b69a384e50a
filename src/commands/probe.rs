//! What `doctor` runs inside the gateway's network: see [`crate::doctor::probe`].

use std::process::ExitCode;

use crate::doctor::probe;
use crate::ui::{Look, Ui};

/// Prints what is found as one line of JSON. There is no home folder here, nor anything else.
pub(super) fn run(url: &str, model: &str) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let Ok(runtime) = runtime else {
        return ExitCode::FAILURE;
    };
    let report = runtime.block_on(probe::ask(url, model));
    // A name look-up that hangs must not hold up the end.
    runtime.shutdown_background();
    match Ui::new(Look::default()).print_json(&report) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
