//! Nobody can tell ollamactl from docker compose: every folder of `tests/engine/compat/projects` is brought
//! up by real compose and by ollamactl on the same engine, and each must find what it would have made itself.
//! The outcome is `docs/compose-compatibility.md`.
//!
//! `OLLAMACTL_ENGINE_TESTS=1` asks for this suite; `OLLAMACTL_COMPOSE` names the releases of compose, as
//! `.ci/compose` prints it. With `OLLAMACTL_WRITE_TABLE=1` the document is written instead of compared.

#[path = "engine/compat/agent.rs"]
mod agent;
#[path = "engine/compat/api.rs"]
mod api;
#[path = "engine/compat/guest.rs"]
mod guest;
#[path = "engine/compat/logs.rs"]
mod logs;
#[path = "engine/compat/project.rs"]
mod project;
#[path = "engine/compat/snapshot.rs"]
mod snapshot;
mod support;
#[path = "engine/compat/table.rs"]
mod table;
#[path = "engine/compat/trial.rs"]
mod trial;

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Trial};

use table::Table;

/// Set to `1`, the suite runs.
const ASKED: &str = "OLLAMACTL_ENGINE_TESTS";
/// Paths of compose binaries, separated like those of PATH.
const COMPOSE: &str = "OLLAMACTL_COMPOSE";
/// Projects at a time: most of their time they wait for the engine.
const AT_A_TIME: usize = 4;

fn main() -> ExitCode {
    if let Some(code) = guest::role() {
        return code;
    }
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(AT_A_TIME);
    let programs = programs();
    if programs.is_empty() || arguments.list {
        let nothing = Arguments {
            filter: None,
            ..arguments
        };
        let names = project::all()
            .into_iter()
            .filter(|_| nothing.list)
            .map(|project| Trial::test(project.name, || Ok(())));
        return libtest_mimic::run(&nothing, names.collect()).exit_code();
    }
    compare(&arguments, &programs)
}

/// The releases to compare with; none where the suite is not asked for.
fn programs() -> Vec<PathBuf> {
    if std::env::var(ASKED).as_deref() != Ok("1") {
        support::skipped(&format!("side by side with docker compose (set {ASKED}=1)"));
        return Vec::new();
    }
    let Some(paths) = std::env::var_os(COMPOSE) else {
        support::skipped(&format!(
            "side by side with docker compose (eval \"$(.ci/compose)\" sets {COMPOSE})"
        ));
        return Vec::new();
    };
    std::env::split_paths(&paths).collect()
}

fn compare(arguments: &Arguments, programs: &[PathBuf]) -> ExitCode {
    // The projects have fixed ports, addresses and names, so one suite at a time has the machine.
    let lock = std::env::temp_dir().join("ollamactl-engine-compat.lock");
    let lock = File::create(lock).expect("created");
    lock.lock().expect("locked");
    let bench = Arc::new(trial::Bench::new(programs));
    let table = Arc::new(Table::new(bench.releases()));
    let trials = project::all().into_iter().map(|project| {
        let (bench, table) = (bench.clone(), table.clone());
        Trial::test(project.name.clone(), move || {
            let faults = trial::run(&bench, &project, &table);
            if faults.is_empty() {
                return Ok(());
            }
            Err(faults.join("\n").into())
        })
    });
    let conclusion = libtest_mimic::run(arguments, trials.collect());
    // Of a part of the projects there is nothing to say about the whole.
    let whole = arguments.filter.is_none() && arguments.skip.is_empty();
    if whole && let Err(fault) = table.settle() {
        let _ = writeln!(std::io::stderr(), "{fault}"); // nobody is left to tell
        return ExitCode::FAILURE;
    }
    conclusion.exit_code()
}
