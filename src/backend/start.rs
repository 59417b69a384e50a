//! `serve --background`: the supervisor, detached; returns when the backend is ready.

use std::time::Duration;

use super::drift::drift;
use super::observe::{living_record, recorded};
use super::record::{Origin, Record, slot};
use super::{Launch, adopt, exposure};
use crate::daemon::Wanted;
use crate::error::Result;
use crate::event::{Events, Step};
use crate::ollama::{Client, Probe};
use crate::paths::Paths;
use crate::process;

/// How long somebody else's start may take beyond the backend's own deadline.
const SLACK: Duration = Duration::from_secs(10);
/// How long a backend that is ready may take to answer.
const ANSWER: Duration = Duration::from_secs(1);

/// A backend that is ready.
#[derive(Debug, Clone)]
pub struct Running {
    /// What is known of it.
    pub record: Record,
    /// This call started something; `false` where it ran already.
    pub fresh: bool,
}

/// Makes sure that the backend runs, as a step of its own, and warns of what it opens.
pub async fn bring_up(launch: &Launch, paths: &Paths, events: &Events) -> Result<Running> {
    let step = events.step("backend", format!("looking at {}", launch.bind));
    let running = step.watch(start(launch, paths, &step)).await?;
    if let Some(warning) = exposure(launch).filter(|_| running.fresh) {
        events.warn(warning);
    }
    step.ended(running.fresh, running.record.describe());
    let ignored = drift(launch, &running.record);
    if !running.fresh && !ignored.is_empty() {
        events.warn(format!(
            "the backend runs with other settings than these: {}; it takes them when it is started: ollamactl down, then this command again",
            ignored.join(", ")
        ));
    }
    Ok(running)
}

/// Makes sure that the backend runs. Of any number of calls at the same time one starts it, and the
/// others wait for that one.
pub async fn start(launch: &Launch, paths: &Paths, step: &Step) -> Result<Running> {
    let wanted = Wanted {
        slot: &slot(paths, &launch.host()),
        noun: &noun(launch, paths).await,
        args: &["supervise", "backend", &launch.bind].map(str::to_owned),
        how: launch,
        patience: launch.ready_timeout + SLACK,
        hints: &[
            "see what it does: ollamactl logs backend",
            "end it: ollamactl down",
        ],
    };
    let running = async || ready_record(launch, paths).await;
    let (record, started) = wanted.ensure(step, running).await?;
    let fresh = started && !matches!(record.origin, Origin::Adopted { .. });
    Ok(Running { record, fresh })
}

/// What is started. Of somebody else's Ollama that is not the backend.
async fn noun(launch: &Launch, paths: &Paths) -> String {
    let host = launch.host();
    let client = Client::new(&host)
        .ok()
        .filter(|_| recorded(paths, &host).is_none());
    let is_there = match client {
        Some(client) => client.probe(ANSWER).await == Probe::Ollama,
        None => false,
    };
    match (is_there, launch.relay) {
        (true, true) => format!("the relay to the Ollama that runs on {}", launch.bind),
        (true, false) => format!("a watch over the Ollama that runs on {}", launch.bind),
        (false, _) => format!("{} on {}", launch.noun(), launch.bind),
    }
}

/// The record of a supervisor that lives and whose backend answers.
async fn ready_record(launch: &Launch, paths: &Paths) -> Result<Option<Record>> {
    let host = launch.host();
    let Some(record) = living_record(paths, &host)?.filter(|r| r.supervisor.is_alive()) else {
        return Ok(None);
    };
    if Client::new(&host)?.probe(ANSWER).await == Probe::Ollama {
        // Until the version is recorded its supervisor is still at it.
        return Ok(record.version.is_some().then_some(record));
    }
    let backend = record.process();
    if backend.is_some_and(|backend| process::is_suspended(backend.pid)) {
        // It gets ready only when somebody wakes it.
        return Err(
            adopt::unresponsive(&host).hint("or end it and start another: ollamactl restart")
        );
    }
    Ok(None)
}
