//! The backend's process: spawned into a group of its own, watched until it answers, ended with
//! everything that it started.

use std::fs::File;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use super::super::Launch;
use super::super::launch::is_read_by_ollama;
use crate::daemon::{SECRET, describe_end};
use crate::error::{Context, Error, Kind, Result};
use crate::ollama::{Client, OllamaHost, Probe, host, is_runner};
use crate::process::{self, Identity, Info, Signal};
use crate::units::seconds;

/// Marks a backend as started by a supervisor of ours, with its address: one whose supervisor was killed
/// before it could write anything down is still known as ours.
const MARK: &str = "OLLAMACTL_SUPERVISED";
/// Pause between two probes while nothing listens yet.
const PROBE_PAUSE: Duration = Duration::from_millis(4);
/// One probe: once the port is bound, Ollama holds requests until it is ready, so a long one hears of
/// readiness at once.
const PROBE: Duration = Duration::from_secs(2);

/// Starts the backend. Its output goes straight to the log's descriptor, so that it goes on when the
/// supervisor is killed; a group of its own keeps Ctrl-C in the terminal away from it.
pub fn spawn(launch: &Launch, log: &File) -> Result<Child> {
    let program = launch.find_program()?;
    let out = log.try_clone().or_failed(|| "cannot share the log")?;
    let err = log.try_clone().or_failed(|| "cannot share the log")?;
    let mut command = Command::new(&program);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_read_by_ollama) {
            command.env_remove(&name);
        }
    }
    command
        .args(&launch.args)
        .env_remove(SECRET)
        .envs(&launch.environment)
        .env("OLLAMA_HOST", &launch.bind)
        .env(MARK, &launch.bind)
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err);
    if let Some(models) = &launch.models {
        command.env("OLLAMA_MODELS", models);
    }
    #[cfg(unix)]
    command.process_group(0);
    command.spawn().map_err(|error| {
        let error = Error::failed(format!("cannot run {}", program.display())).caused_by(error);
        error.hint("check that it is an Ollama for this machine: file, permissions, architecture")
    })
}

/// Whether the process bears our mark for this address, and is an orphan of ours: another user's supervisor, one
/// in a container, and one that lives give the same mark.
pub(super) fn bears_mark(process: &Identity, host: &OllamaHost) -> bool {
    let environment = process::environment(process.pid).unwrap_or_default();
    let marked = environment.get(MARK);
    marked.is_some_and(|bind| host::parse(bind).place() == host.place())
        && process::shares_pids(process.pid) == Some(true)
        && process::info(process.pid).is_some_and(|info| is_own(&info) && !is_kept(&info))
        && process.is_alive()
}

fn is_own(process: &Info) -> bool {
    process.uid == process::users::own()
}

/// A supervisor that lives keeps it.
fn is_kept(process: &Info) -> bool {
    process::info(process.parent).is_some_and(|parent| parent.is_ollamactl())
}

/// The process that bears our mark for this address and leads its group, as what we start does; its runners
/// inherit the mark.
pub fn marked(host: &OllamaHost) -> Option<Identity> {
    process::scan()
        .into_iter()
        .filter(|process| process.group == process.pid)
        .filter_map(|process| Identity::of(process.pid))
        .find(|process| bears_mark(process, host))
}

/// The identity of a child that was just spawned; where it has ended already, how.
pub async fn identity(child: &mut Child, launch: &Launch) -> Result<Identity> {
    match child.id().and_then(Identity::of) {
        Some(identity) => Ok(identity),
        None => Err(ended_early(launch, child.wait().await)),
    }
}

/// Waits until the backend answers HTTP; fails when it ends first or when the deadline passes.
pub async fn wait_ready(child: &mut Child, launch: &Launch, client: &Client) -> Result<()> {
    let deadline = Instant::now() + launch.ready_timeout;
    let pid = child.id().unwrap_or_default();
    let probing = async {
        loop {
            match client.probe(PROBE).await {
                Probe::Ollama if answers_for(pid, launch) => return,
                _ => sleep(PROBE_PAUSE).await,
            }
        }
    };
    tokio::select! {
        status = child.wait() => Err(ended_early(launch, status)),
        done = tokio::time::timeout_at(deadline, probing) => done.map_err(|_| never_ready(launch)),
    }
}

/// Whether it is this process (or one of its group) that answers: another Ollama may have taken the
/// port in the same moment, and ours is about to end over it.
fn answers_for(pid: u32, launch: &Launch) -> bool {
    let Some(address) = launch.host().for_client().socket_addr() else {
        return true;
    };
    if process::owns_port(pid, address) {
        return true;
    }
    // A wrapper script's server has another pid, but is in its group.
    process::port_owner(address).is_none_or(|owner| owner.group == pid)
}

fn ended_early(launch: &Launch, status: std::io::Result<ExitStatus>) -> Error {
    let how = status.map_or_else(|error| error.to_string(), describe_end);
    Error::failed(format!(
        "{} on {} ended before it was ready: {how}",
        launch.noun(),
        launch.bind
    ))
}

fn never_ready(launch: &Launch) -> Error {
    Error::new(
        Kind::Timeout,
        format!(
            "{} on {} did not answer within {}, and was stopped",
            launch.noun(),
            launch.bind,
            seconds(launch.ready_timeout)
        ),
    )
    .hint("device discovery can be slow; give it more time: --ready-timeout 3m")
}

/// Ends the backend and the runners that it started; says whether force was needed.
pub async fn end(identity: &Identity, grace: Duration) -> Result<bool> {
    let group = group_members(identity);
    let forced = process::stop(identity, grace).await?;
    end_runners(&group, forced).await;
    // Those that were started in the meantime.
    end_runners(&group_members(identity), true).await;
    Ok(forced)
}

/// The runners in the group that the backend leads, and where there are no groups (Windows) those that it
/// started. A killed backend leaves them running.
fn group_members(identity: &Identity) -> Vec<Identity> {
    // A group's number is its leader's pid, which a reboot or time gives to somebody else.
    let is_other = Identity::of(identity.pid).is_some_and(|now| now != *identity);
    if is_other || identity.boot_id != Identity::of_self().boot_id {
        return Vec::new();
    }
    let is_member = |process: &Info| {
        process.pid != identity.pid
            && is_runner(process)
            && match process.group {
                0 => process.parent == identity.pid,
                group => group == identity.pid,
            }
    };
    let seen = process::scan().into_iter().filter(is_member);
    seen.filter_map(|process| process::proven(process.pid, is_member))
        .map(|(member, _)| member)
        .collect()
}

async fn end_runners(runners: &[Identity], at_once: bool) {
    let grace = if at_once {
        Duration::ZERO
    } else {
        Duration::from_secs(1)
    };
    for runner in runners {
        if !process::wait_gone(runner, grace).await {
            let _ = process::signal(runner, Signal::Kill);
            process::wait_gone(runner, Duration::from_secs(1)).await;
        }
    }
}
