//! The supervisor: `ollamactl serve`. It takes the lock of its address, starts the backend or takes
//! over what runs there ([`begin`]), and keeps it ([`keep`]) with its relay.

mod begin;
pub(super) mod child;
mod keep;

use std::fs::File;
use std::time::Duration;

use tokio::process::Child;
use tokio_util::sync::CancellationToken;

use super::pull::pulls;
use super::record::{Origin, Record, RelayState, slot};
use super::{Launch, Owner, relay};
use crate::daemon::{LOCK_PATIENCE, Lock, Reporter, Restarts, Shutdown, grace};
use crate::error::{Error, Kind, Result};
use crate::event::Events;
use crate::ollama::Client;
use crate::paths::Paths;
use crate::process::{Identity, commands, users};

/// The process that answers, as the supervisor holds it.
pub(super) enum Held {
    /// Our own child, which we also reap.
    Child(Box<Child>, Identity),
    /// Ours, but started by a supervisor that was killed.
    TakenOver(Identity),
    /// Somebody else's.
    Adopted(Owner),
}

impl Held {
    pub fn origin(&self) -> Origin {
        match self {
            Self::Child(_, process) | Self::TakenOver(process) => Origin::Started {
                process: process.clone(),
            },
            Self::Adopted(owner) => Origin::Adopted {
                owner: owner.clone(),
            },
        }
    }
}

/// What one supervisor works with.
pub(super) struct Supervision<'a> {
    pub launch: &'a Launch,
    pub lock: &'a Lock,
    pub log_file: &'a File,
    pub client: &'a Client,
    pub paths: &'a Paths,
    pub shutdown: &'a Shutdown,
    pub events: &'a Events,
}

/// Runs until the backend ends for good or a shutdown is requested. `report` hears as soon as the
/// backend is ready, or why it is not.
pub async fn supervise(
    launch: &Launch,
    paths: &Paths,
    shutdown: &Shutdown,
    report: &mut Reporter,
    events: &Events,
) -> Result<()> {
    let outcome = run(launch, paths, shutdown, report, events).await;
    if let Err(error) = &outcome {
        report.failed(error);
    }
    outcome
}

async fn run(
    launch: &Launch,
    paths: &Paths,
    shutdown: &Shutdown,
    report: &mut Reporter,
    events: &Events,
) -> Result<()> {
    let host = launch.host();
    let slot = slot(paths, &host);
    // Somebody who only looks at the lock holds it for a moment.
    let lock = slot
        .lock_within(LOCK_PATIENCE)
        .await
        .map_err(|error| match error.kind {
            Kind::Timeout => already_supervised(launch, slot.read().ok().flatten()),
            _ => error,
        })?;
    let log_file = slot.open_log()?;
    let earlier: Option<Record> = slot.read().unwrap_or_default();
    let earlier = earlier.map(Record::resolved);
    let client = Client::new(&host)?;
    let supervision = Supervision {
        launch,
        lock: &lock,
        log_file: &log_file,
        client: &client,
        paths,
        shutdown,
        events,
    };
    let relay_stop = CancellationToken::new();
    // The engine is asked while the backend starts.
    let relay = relay::start(launch, &relay_stop);
    let outcome = match supervision.begin(earlier).await {
        Ok(held) => supervision.keep(held, report, relay.state.clone()).await,
        Err(error) => Err(error),
    };
    relay_stop.cancel();
    relay.ended().await;
    outcome
}

impl Supervision<'_> {
    /// The record of this supervisor before anything is known of its backend.
    pub fn blank_record(&self) -> Record {
        Record {
            supervisor: Identity::of_self(),
            origin: Origin::Starting,
            launch: self.launch.clone(),
            version: None,
            relay: RelayState::Off,
            restarts: Restarts::default(),
            log: self.lock.slot().log_file(),
        }
    }

    /// Ends a backend of ours, after the pulls that run through it; at once when that is asked for. Says
    /// whether force was needed.
    pub async fn end_process(&self, identity: &Identity) -> Result<bool> {
        let ending = async {
            pulls::cancel(self.paths, &self.launch.host()).await;
            let told = grace::told(self.lock.slot(), &Identity::of_self());
            child::end(identity, told.unwrap_or(self.launch.stop_timeout)).await
        };
        tokio::select! {
            forced = ending => forced,
            () = self.shutdown.forced.cancelled() => child::end(identity, Duration::ZERO).await,
        }
    }
}

fn already_supervised(launch: &Launch, other: Option<Record>) -> Error {
    let end = other.map(|other| commands::kill(other.supervisor.pid, users::own()));
    Error::new(
        Kind::Conflict,
        format!("another supervisor of ours has the backend {}", launch.bind),
    )
    .hint("see it: ollamactl status")
    .hint(format!(
        "stop it first: {}",
        end.as_deref().unwrap_or("ollamactl down")
    ))
}

/// A start that was not waited for.
pub(super) fn interrupted() -> Error {
    Error::new(
        Kind::Interrupted,
        "interrupted before the backend was ready; it was stopped",
    )
}
