//! `kill`: every backend of this machine that we may signal, with its runners. Nothing is matched by
//! text: see [`crate::ollama::is_backend`].

pub(super) mod orphans;
pub(super) mod plan;

use std::time::{Duration, Instant};

use super::pull::pulls;
use super::record::PREFIX;
use super::supervisor::child;
use super::{Owner, Record, Stopped, stop};
use crate::daemon;
use crate::error::Result;
use crate::ollama::{host, is_backend, is_runner};
use crate::paths::Paths;
use crate::process::{self, Cgroup, Identity, Info, Signal};

/// One process that `kill` met.
#[derive(Debug, Clone)]
pub struct Ended {
    /// Which one, for people.
    pub process: String,
    /// Its pid.
    pub pid: u32,
    /// It had to be killed.
    pub forced: bool,
    /// The command that keeps it from coming back, where something would start it again.
    pub respawned_by: Option<String>,
}

/// What `kill` did.
#[derive(Debug, Clone, Default)]
pub struct Killed {
    /// Backends that were ended.
    pub backends: Vec<Ended>,
    /// Runners that a dead backend had left and that were ended.
    pub runners: usize,
    /// What could not be ended, and why.
    pub left: Vec<String>,
}

/// Ends every backend of this machine: first what supervisors of ours keep, then whatever else serves.
pub async fn kill(paths: &Paths, grace: Duration) -> Result<Killed> {
    let mut killed = Killed::default();
    end_supervised(paths, grace, &mut killed).await;
    let serves = |p: &Info| (is_backend(p) || is_stub(p)) && is_reachable(p);
    for seen in process::scan().into_iter().filter(serves) {
        // The ones before it may have taken their whole grace.
        if let Some((identity, process)) = process::proven(seen.pid, serves) {
            end_one(&process, &identity, grace, paths, &mut killed).await;
        }
    }
    let runs = |p: &Info| is_runner(p) && is_reachable(p);
    for seen in process::scan().into_iter().filter(runs) {
        if let Some((identity, runner)) = process::proven(seen.pid, runs) {
            match process::stop(&identity, grace).await {
                Ok(_) => killed.runners += 1,
                Err(error) => killed.left.push(format!("{}: {error}", runner.describe())),
            }
        }
    }
    Ok(killed)
}

/// Every slot of ours that has a living supervisor or backend. One that cannot be ended does not keep the
/// others running.
async fn end_supervised(paths: &Paths, grace: Duration, killed: &mut Killed) {
    for address in recorded_addresses(paths) {
        match stop(paths, &host::parse(&address), Some(grace)).await {
            Ok(Stopped::Ended { record, forced }) => {
                if let Some(process) = record.process() {
                    killed.backends.push(Ended {
                        process: format!(
                            "{} on {address} (ollama pid {})",
                            record.launch.noun(),
                            process.pid
                        ),
                        pid: process.pid,
                        forced,
                        respawned_by: None,
                    });
                }
            }
            Ok(Stopped::NotRunning) => {}
            Err(error) => killed
                .left
                .push(format!("the backend on {address}: {error}")),
        }
    }
}

fn recorded_addresses(paths: &Paths) -> Vec<String> {
    let records = records(paths).into_iter();
    records.map(|record| record.launch.bind).collect()
}

/// What the supervisors of ours have written down.
pub(super) fn records(paths: &Paths) -> Vec<Record> {
    daemon::recorded(paths, PREFIX)
}

async fn end_one(
    process: &Info,
    identity: &Identity,
    grace: Duration,
    paths: &Paths,
    killed: &mut Killed,
) {
    // Asked before it ends, since afterwards nothing tells.
    let respawned_by = Owner::of(process).stop_command();
    pulls::cancel_through(paths, identity).await;
    match end_for_good(process, identity, grace).await {
        Ok(forced) => killed.backends.push(Ended {
            process: process.describe(),
            pid: process.pid,
            forced,
            respawned_by,
        }),
        Err(error) => {
            let instead = respawned_by
                .map_or_else(String::new, |command| format!("; stop it with: {command}"));
            killed
                .left
                .push(format!("{}: {error}{instead}", process.describe()));
        }
    }
}

/// The stand-in counts as a backend.
pub(super) fn is_stub(process: &Info) -> bool {
    process.is_ollamactl() && process.subcommand() == Some("stub")
}

/// Ends a backend after the supervisor that would start it again. One that our own records do not name
/// is another user's, or has its state in another folder.
async fn end_for_good(process: &Info, identity: &Identity, grace: Duration) -> Result<bool> {
    let is_keeper = |parent: &Info| {
        let now = process::info(process.pid);
        parent.is_ollamactl() && now.is_some_and(|process| process.parent == parent.pid)
    };
    let mut forced = false;
    if let Some((keeper, _)) = process::proven(process.parent, is_keeper) {
        let asked = Instant::now();
        process::signal(&keeper, Signal::Terminate)?;
        process::wait_gone(identity, grace).await;
        forced = asked.elapsed() >= grace;
        process::stop(&keeper, Duration::from_secs(5)).await?;
    }
    Ok(child::end(identity, grace).await? || forced)
}

/// What runs in a container is its engine's, unless we run in one ourselves. A container that has pids of its
/// own is known by those, whatever its control group is called.
pub(super) fn is_reachable(process: &Info) -> bool {
    let is_contained = |process: &Info| matches!(process.cgroup, Cgroup::Container { .. });
    process::shares_pids(process.pid) != Some(false)
        && (!is_contained(process)
            || process::info(std::process::id()).is_some_and(|own| is_contained(&own)))
}
