//! `serve --background`: the supervisor, detached; returns when the backend is ready.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::observe::living_record;
use super::record::{Origin, Record, slot};
use super::{Launch, adopt, log};
use crate::daemon::{self, Started};
use crate::error::{Error, Kind, Result};
use crate::event::Step;
use crate::ollama::{Client, Probe};
use crate::paths::Paths;
use crate::process;

/// How long somebody else's start may take beyond the backend's own deadline.
const SLACK: Duration = Duration::from_secs(10);

/// A backend that is ready.
#[derive(Debug, Clone)]
pub struct Running {
    /// What is known of it.
    pub record: Record,
    /// This call started something; `false` where it ran already.
    pub fresh: bool,
}

impl Running {
    /// The backend is ours, not adopted.
    pub fn is_ours(&self) -> bool {
        matches!(self.record.origin, Origin::Started { .. })
    }
}

/// Makes sure that the backend runs. Of any number of calls at the same time one starts it, and the
/// others wait for that one.
pub async fn start(launch: &Launch, paths: &Paths, step: &Step) -> Result<Running> {
    let slot = slot(paths, &launch.host());
    let deadline = Instant::now() + launch.ready_timeout + SLACK;
    while Instant::now() < deadline {
        if let Some(record) = ready_record(launch, paths).await? {
            return Ok(Running {
                record,
                fresh: false,
            });
        }
        if slot.is_locked()? {
            refuse_suspended(launch, paths)?;
            step.progress("another ollamactl is starting it");
            sleep(Duration::from_millis(20)).await;
            continue;
        }
        step.progress(format!("starting {} on {}", launch.noun(), launch.bind));
        let log_file = slot.open_log()?;
        let offset = log_file.metadata().map_or(0, |meta| meta.len());
        let args = ["supervise", "backend", &launch.bind].map(str::to_owned);
        match daemon::spawn::<Record>(&args, launch, log_file).await? {
            Started::Ready(record) => {
                let fresh = !matches!(record.origin, Origin::Adopted { .. });
                return Ok(Running { record, fresh });
            }
            Started::Failed(_) if slot.is_locked()? => {}
            Started::Failed(error) => return Err(error),
            Started::Vanished => {
                return Err(
                    Error::failed("the supervisor ended before it could say why")
                        .details(log::tail(&slot.log_file(), offset, 20)),
                );
            }
        }
    }
    Err(Error::new(
        Kind::Timeout,
        format!(
            "another ollamactl has been starting the backend {} for too long",
            launch.bind
        ),
    )
    .hint("see what it does: ollamactl logs backend")
    .hint("end it: ollamactl kill"))
}

/// A suspended backend gets ready only when somebody wakes it.
fn refuse_suspended(launch: &Launch, paths: &Paths) -> Result<()> {
    let host = launch.host();
    let record = living_record(paths, &host)?;
    let backend = record.as_ref().and_then(Record::process);
    if backend.is_some_and(|backend| process::is_suspended(backend.pid)) {
        let owner = adopt::owner_of(&host);
        return Err(adopt::unresponsive(&host, owner.as_ref())
            .hint("or end it and start another: ollamactl restart"));
    }
    Ok(())
}

/// The record of a supervisor that lives and whose backend answers.
async fn ready_record(launch: &Launch, paths: &Paths) -> Result<Option<Record>> {
    let Some(record) = living_record(paths, &launch.host())?.filter(|r| r.supervisor.is_alive())
    else {
        return Ok(None);
    };
    let probe = Client::new(&launch.host())?
        .probe(Duration::from_secs(1))
        .await;
    // Until the version is recorded its supervisor is still at it.
    Ok((probe == Probe::Ollama && record.version.is_some()).then_some(record))
}
