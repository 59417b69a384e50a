//! How a supervisor begins: what is at the address is found out, and started, taken over or adopted.

use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

use super::super::owner::holder;
use super::super::record::{Origin, Record};
use super::super::{Launch, Owner, adopt, log};
use super::{Held, Supervision, child, interrupted};
use crate::config::Mode;
use crate::error::{Error, Kind, Result};
use crate::ollama::{Probe, is_backend};
use crate::process::{self, Identity};

/// How long the port's owner may take to answer before it counts as unresponsive.
pub(super) const FIRST_LOOK: Duration = Duration::from_secs(2);

impl Supervision<'_> {
    /// Finds out what is at the address, and starts, takes over or adopts.
    pub async fn begin(&self, earlier: Option<Record>) -> Result<Held> {
        let host = self.launch.host();
        let last = earlier.as_ref().and_then(Record::process).cloned();
        let recorded = last.clone().filter(Identity::is_alive);
        let mut probe = self.client.probe(FIRST_LOOK).await;
        let ours = match probe {
            Probe::Absent => recorded,
            _ => recorded.or_else(|| self.marked()),
        };
        if probe == Probe::Silent && ours.is_none() {
            probe = tokio::select! {
                probe = self.wait_for_starting() => probe,
                () = self.shutdown.requested.cancelled() => {
                    return Err(Error::interrupted());
                }
            };
        }
        match probe {
            Probe::Ollama => match ours {
                Some(process) => Ok(Held::TakenOver(process)),
                None if self.is_taken_for_the_stub().await => Err(adopt::no_stub(&host)),
                None => Ok(Held::Adopted(Owner::at(&host))),
            },
            Probe::Stranger(what) => Err(adopt::stranger(&host, &what)),
            Probe::Silent if ours.is_none() => Err(adopt::unresponsive(&host)),
            Probe::Unresolved(unresolved) => Err(unresolved.into()),
            Probe::Silent | Probe::Absent => {
                // Half-started, or hanging: nobody but us may use it, so it is ended first. One that is
                // dead may have left runners.
                if let Some(process) = ours.or(last) {
                    child::end(&process, self.launch.stop_timeout).await?;
                }
                self.start(&self.blank_record()).await
            }
        }
    }

    /// Whether the stub is wanted, and what answers is not.
    async fn is_taken_for_the_stub(&self) -> bool {
        let version = self.client.version().await;
        self.launch.mode == Mode::Stub && !version.is_ok_and(|version| version.contains("stub"))
    }

    /// The process on the port, where it bears our mark: its supervisor was killed before it could write it
    /// down.
    fn marked(&self) -> Option<Identity> {
        let host = self.launch.host();
        let process = Identity::of(holder(&host)?.pid)?;
        child::bears_mark(&process, &host).then_some(process)
    }

    /// Somebody else's Ollama that was started a moment ago takes connections, but answers only after
    /// device discovery, so it is given the time that a start may take.
    async fn wait_for_starting(&self) -> Probe {
        let deadline = Instant::now() + self.launch.ready_timeout;
        let starting = || {
            holder(&self.launch.host())
                .is_some_and(|owner| is_backend(&owner) && !process::is_suspended(owner.pid))
        };
        let mut probe = Probe::Silent;
        while probe == Probe::Silent && Instant::now() < deadline && starting() {
            probe = self.client.probe(FIRST_LOOK).await;
        }
        probe
    }

    /// Starts the backend and waits until it answers. On failure nothing of it is left. The disk is written
    /// to before, so that nothing waits for it after.
    pub async fn start(&self, record: &Record) -> Result<Held> {
        let mut record = Record {
            origin: Origin::Starting,
            version: None,
            ..record.clone()
        };
        self.lock.record(std::process::id(), &record)?;
        let log_path = self.lock.slot().log_file();
        let offset = self.log_file.metadata().map_or(0, |meta| meta.len());
        let evidence = |error| explain(error, &log_path, offset, self.launch);
        let mut child = child::spawn(self.launch, self.log_file)?;
        let identity = child::identity(&mut child, self.launch)
            .await
            .map_err(evidence)?;
        record.origin = Origin::Started {
            process: identity.clone(),
        };
        let ready = match self.lock.update(&record) {
            Ok(()) => tokio::select! {
                ready = child::wait_ready(&mut child, self.launch, self.client) => ready,
                () = self.shutdown.requested.cancelled() => Err(interrupted()),
            },
            Err(error) => Err(error),
        };
        let Err(error) = ready else {
            return Ok(Held::Child(Box::new(child), identity));
        };
        let _ = self.end_process(&identity).await;
        let _ = child.wait().await;
        Err(match error.kind {
            Kind::Interrupted => error,
            _ => evidence(error),
        })
    }
}

/// Adds the log's last lines, and what the best known of them mean.
fn explain(error: Error, log_file: &Path, offset: u64, launch: &Launch) -> Error {
    let error = log::with_evidence(error, log_file, offset);
    if error.kind == Kind::Conflict {
        return error.hint(format!("see who holds {}: ollamactl status", launch.bind));
    }
    if error
        .details
        .iter()
        .any(|line| line.contains("permission denied"))
    {
        return error
            .hint("check the model store's owner and mode, or name another: --models-dir DIR");
    }
    error.hint("read the whole log: ollamactl logs backend")
}
