//! What `kill` would signal, and what proves each.

use super::super::{Owner, Record};
use super::{is_reachable, is_stub, records};
use crate::ollama::{is_backend, is_runner};
use crate::paths::Paths;
use crate::process::{self, Info};

/// A process that `kill` would end.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Doomed {
    /// Its pid.
    pub pid: u32,
    /// Which one, for people.
    pub process: String,
    /// What proves that it is a backend, the supervisor of one, or a runner.
    pub because: String,
    /// The command that keeps it from coming back, where something would start it again.
    pub respawned_by: Option<String>,
}

/// Every process that [`super::kill()`] would end now, supervisors before what they keep. Nothing is done.
pub fn plan_kill(paths: &Paths) -> Vec<Doomed> {
    let mut plan: Vec<Doomed> = records(paths).iter().flat_map(of_record).collect();
    let processes: Vec<Info> = process::scan().into_iter().filter(is_reachable).collect();
    for process in &processes {
        let because = if is_backend(process) {
            "its program is called ollama, and its command is serve".to_owned()
        } else if is_stub(process) {
            "its program is called ollamactl, and its command is stub".to_owned()
        } else if is_runner(process) {
            format!(
                "its program and arguments are those of a model runner of pid {}",
                process.parent
            )
        } else {
            continue;
        };
        if plan.iter().all(|doomed| doomed.pid != process.pid) {
            plan.push(Doomed {
                pid: process.pid,
                process: process.describe(),
                because,
                respawned_by: Owner::of(process)
                    .stop_command()
                    .filter(|_| !is_runner(process)),
            });
        }
    }
    plan
}

/// The supervisor and the backend that a record of ours names, of which each is known by its pid, its
/// start time and the boot.
fn of_record(record: &Record) -> Vec<Doomed> {
    let address = &record.launch.bind;
    let named = [
        (Some(&record.supervisor), "supervisor"),
        (record.process(), record.launch.noun()),
    ];
    let living = named
        .into_iter()
        .filter_map(|(identity, what)| Some((identity.filter(|one| one.is_alive())?, what)));
    living
        .map(|(identity, what)| Doomed {
            pid: identity.pid,
            process: format!("{what} on {address} (pid {})", identity.pid),
            because: "ollamactl's record names it by pid, start time and boot".to_owned(),
            respawned_by: None,
        })
        .collect()
}

impl std::fmt::Display for Doomed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "end {}: {}", self.process, self.because)?;
        match &self.respawned_by {
            Some(command) => write!(f, "; it will be started again, unless by: {command}"),
            None => Ok(()),
        }
    }
}
