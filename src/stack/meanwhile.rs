//! What others did to the stack while `up` was at it, and what goes on when it gives up.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::request::UpRequest;
use crate::backend::{self, Record};
use crate::error::{Error, Kind};
use crate::gateway::{Gateway, embedded};
use crate::ollama::{Client, Probe};
use crate::process::Identity;

/// How long a backend has no supervisor while somebody restarts it.
pub(super) const RESTARTING: Duration = Duration::from_secs(2);
/// Pauses between two looks at it.
const LOOK: Duration = Duration::from_millis(50);
/// How long a backend may take to answer.
const ANSWER: Duration = Duration::from_secs(1);

/// Whether somebody restarted the backend since it was seen (`ollamactl restart` in another terminal).
/// Waits for the other's start to begin.
pub(super) async fn restarted(request: &UpRequest<'_>, seen: &Record) -> bool {
    let host = request.config.client_host();
    let Ok(client) = Client::new(&host) else {
        return false;
    };
    let since = Instant::now();
    while since.elapsed() < RESTARTING {
        match backend::recorded(request.paths, &host) {
            Some(now) if now.supervisor != seen.supervisor => return true,
            Some(_) if client.probe(ANSWER).await == Probe::Ollama => return false,
            _ => sleep(LOOK).await,
        }
    }
    false
}

/// Whether somebody stopped the backend: an orderly end leaves no record, a killed supervisor does.
pub(super) fn was_stopped(request: &UpRequest<'_>) -> bool {
    let slot = backend::slot(request.paths, &request.config.client_host());
    !slot.record_file().exists()
}

/// The error for a backend that somebody stopped meanwhile.
pub(super) fn stopped(request: &UpRequest<'_>) -> Error {
    let host = request.config.client_host();
    Error::new(
        Kind::Unhealthy,
        format!("the backend on {host} was stopped meanwhile, by another ollamactl"),
    )
    .hint("have it again: ollamactl up")
}

/// The background processes of the stack that are ready.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct GoingOn {
    backend: Option<Identity>,
    gateway: Option<Identity>,
}

impl GoingOn {
    pub(super) fn now(request: &UpRequest<'_>) -> Self {
        let backend = backend::recorded(request.paths, &request.config.client_host());
        let gateway = match request.gateway {
            Gateway::Embedded(how) => embedded::observe(request.paths, how.launch.listen),
            Gateway::Compose(_) => Ok(None),
        };
        Self {
            // One that is not ready yet was asked to end when its start was given up.
            backend: backend
                .filter(|record| record.version.is_some() && record.supervisor.is_alive())
                .map(|record| record.supervisor),
            gateway: gateway
                .ok()
                .flatten()
                .filter(|record| record.worker.is_some())
                .map(|record| record.process),
        }
    }

    /// What was started goes on when another part fails, so that the next `up` goes on from there; whoever
    /// does not want that must know.
    pub(super) fn told(self, before: &Self, error: Error) -> Error {
        let fresh = |now: Option<Identity>, before: &Option<Identity>| {
            now.is_some_and(|now| before.as_ref() != Some(&now))
        };
        let what = match (
            fresh(self.backend, &before.backend),
            fresh(self.gateway, &before.gateway),
        ) {
            (true, true) => "the backend and the gateway that were started go on",
            (true, false) => "the backend that was started goes on",
            (false, true) => "the gateway that was started goes on",
            (false, false) => return error,
        };
        error.hint(format!(
            "{what}, for the next try; to end what runs: ollamactl down"
        ))
    }
}
