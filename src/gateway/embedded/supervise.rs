//! The supervisor of a background gateway: holds the lock and the record of its address, keeps a worker
//! running, and ends it.

use std::time::Duration;

use tokio::process::Child;

use super::{Instructions, Record, slot};
use crate::daemon::{
    self, Crashes, Kept, LOCK_PATIENCE, Lock, Reporter, Restarts, Shutdown, Started,
};
use crate::error::{Error, Kind, Result};
use crate::event::Events;
use crate::paths::Paths;
use crate::process::{self, Identity};

/// A worker may take so much longer than its drain before it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// A worker that serves.
struct Worker {
    identity: Identity,
    child: Child,
}

/// Runs until a shutdown is requested, or until the worker has crashed too often. `report` hears as soon
/// as the gateway serves, or why it does not.
pub async fn supervise(
    how: &Instructions,
    paths: &Paths,
    shutdown: &Shutdown,
    report: &mut Reporter,
    events: &Events,
) -> Result<()> {
    let outcome = keep(how, paths, shutdown, report, events).await;
    if let Err(error) = &outcome {
        report.failed(error);
    }
    outcome
}

async fn keep(
    how: &Instructions,
    paths: &Paths,
    shutdown: &Shutdown,
    report: &mut Reporter,
    events: &Events,
) -> Result<()> {
    let listen = how.launch.listen;
    let slot = slot(paths, listen);
    let lock = slot
        .lock_within(LOCK_PATIENCE)
        .await
        .map_err(|error| match error.kind {
            Kind::Timeout => Error::new(
                Kind::Conflict,
                format!("another embedded gateway of ours has {listen}"),
            )
            .hint("stop it first: ollamactl gateway down"),
            _ => error,
        })?;
    let mut record = Record {
        process: Identity::of_self(),
        worker: None,
        launch: how.launch.clone(),
        folder: how.folder.clone(),
        restarts: Restarts::default(),
    };
    // Before anything is started: what nothing is known of could not be stopped.
    lock.record(record.process.pid, &record)?;
    let mut worker = start(how, &lock).await?;
    record.worker = Some(worker.identity.clone());
    if let Err(error) = lock.update(&record) {
        end(worker, how, &lock).await?;
        return Err(error);
    }
    report.ready(&record);
    events.note(record.describe());
    let mut crashes = Crashes::default();
    let kept = Kept {
        noun: &format!("the gateway on {listen}"),
        log: "gateway",
        lock: &lock,
        shutdown,
        events,
    };
    loop {
        let ended = tokio::select! {
            () = shutdown.requested.cancelled() => return end(worker, how, &lock).await,
            ended = worker.child.wait() => ended,
        };
        let ended = ended.map_or_else(|error| error.to_string(), daemon::describe_end);
        let again = async |_: &Restarts| start(how, &lock).await;
        let revived = crashes.revive(&kept, ended, &mut record.restarts, again);
        worker = match revived.await {
            Err(error) if error.kind == Kind::Interrupted => return Ok(()),
            revived => revived?,
        };
        record.worker = Some(worker.identity.clone());
        // A record that cannot be brought up to date (the disk is full) does not stop the gateway.
        if let Err(error) = lock.update(&record) {
            events.warn(error.in_a_line());
        }
    }
}

/// Starts a worker and waits until it serves.
async fn start(how: &Instructions, lock: &Lock) -> Result<Worker> {
    let listen = how.launch.listen.to_string();
    let args = ["supervise", "gateway-worker", &listen].map(str::to_owned);
    match daemon::spawn_child(&args, &how.for_worker(), lock.slot().open_log()?).await? {
        (Started::Ready(identity), child) => Ok(Worker { identity, child }),
        (Started::Failed(error), _) => Err(error),
        (Started::Vanished, mut child) => {
            let ended = child.wait().await;
            let ended = ended.map_or_else(|error| error.to_string(), daemon::describe_end);
            Err(Error::failed(format!(
                "the gateway on {listen} ended before it served ({ended})"
            ))
            .hint(format!(
                "read its log: {}",
                lock.slot().log_file().display()
            )))
        }
    }
}

/// Ends a worker: it drains first.
async fn end(mut worker: Worker, how: &Instructions, lock: &Lock) -> Result<()> {
    let drain = how.for_worker().drain(lock.slot());
    process::stop(&worker.identity, drain.saturating_add(GRACE)).await?;
    let _ = worker.child.wait().await;
    Ok(())
}

/// How long a supervisor may take to end whose worker drains for so long.
pub(super) fn longest_end(drain: Duration) -> Duration {
    drain.saturating_add(2 * GRACE)
}
