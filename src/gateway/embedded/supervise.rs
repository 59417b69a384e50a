//! The supervisor of a background gateway: holds the lock and the record of its address, keeps a worker
//! running, and ends it.

use std::time::Duration;

use tokio::process::Child;
use tokio::time::sleep;

use super::{Instructions, Record, slot};
use crate::daemon::{self, Crashes, LOCK_PATIENCE, Lock, Reporter, Restarts, Shutdown, Started};
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
    loop {
        let ended = tokio::select! {
            () = shutdown.requested.cancelled() => return end(worker, how, &lock).await,
            ended = worker.child.wait() => ended,
        };
        let how_it_ended = ended.map_or_else(|error| error.to_string(), daemon::describe_end);
        events.warn(format!("the gateway ended by itself ({how_it_ended})"));
        let restarts = &mut record.restarts;
        let revived = revive(
            how,
            &lock,
            (&mut crashes, restarts),
            how_it_ended,
            shutdown,
            events,
        );
        worker = match revived.await? {
            Some(worker) => worker,
            None => return Ok(()),
        };
        record.worker = Some(worker.identity.clone());
        // A record that cannot be brought up to date (the disk is full) does not stop the gateway.
        if let Err(error) = lock.record(record.process.pid, &record) {
            events.warn(error.to_string());
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

/// Starts a worker after a crash, and after that one crashed too, until there were too many. `None` when
/// a shutdown was requested meanwhile.
async fn revive(
    how: &Instructions,
    lock: &Lock,
    (crashes, restarts): (&mut Crashes, &mut Restarts),
    mut how_it_ended: String,
    shutdown: &Shutdown,
    events: &Events,
) -> Result<Option<Worker>> {
    loop {
        let Some(pause) = crashes.another() else {
            return Err(Error::failed(format!(
                "the gateway on {} ended {} times within a minute; given up",
                how.launch.listen,
                Crashes::MOST
            ))
            .hint("see why: ollamactl logs gateway"));
        };
        restarts.another(&how_it_ended);
        events.note(format!("starting it again in {} ms", pause.as_millis()));
        tokio::select! {
            () = sleep(pause) => {}
            () = shutdown.requested.cancelled() => return Ok(None),
        }
        match start(how, lock).await {
            Ok(worker) => return Ok(Some(worker)),
            Err(error) => {
                how_it_ended = error.to_string();
                events.warn(&how_it_ended);
            }
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
