//! Pulls that run through us, known to whoever stops the backend. A backend that is stopped in the
//! middle of a pull can leave an empty part file, after which every pull of that blob fails (recorded:
//! 2 of 20 stops); a pull that is cancelled first leaves its place in good order.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::supervisor::child;
use crate::daemon::{self, LOCK_PATIENCE, Lock, Slot};
use crate::error::Result;
use crate::ollama::{OllamaHost, host, settle};
use crate::paths::Paths;
use crate::process::{self, Identity, Signal};

const PREFIX: &str = "pull-";
/// How long a pull may take to let go.
const LET_GO: Duration = Duration::from_secs(3);

#[derive(Serialize, Deserialize)]
struct Record {
    process: Identity,
    backend: String,
    /// The backend's model store, where it is known.
    store: Option<PathBuf>,
    /// The backend is started for it alone, and ends with it.
    #[serde(default)]
    own: Option<Own>,
}

/// A pull's own backend.
#[derive(Serialize, Deserialize)]
struct Own {
    /// Unknown until it is started; what bears our mark then is it.
    process: Option<Identity>,
}

impl Record {
    /// The backend that a pull has left which was killed.
    fn left(&self) -> Option<Identity> {
        let own = self.own.as_ref().filter(|_| !self.process.is_alive())?;
        let started = || child::marked(&host::parse(&self.backend));
        own.process.clone().or_else(started)
    }
}

/// This process's pulls, for as long as it lives.
pub(super) struct Registered {
    lock: Lock,
    record: Record,
}

impl Registered {
    /// Pulls through the backend there.
    pub async fn new(paths: &Paths, host: &OllamaHost, store: Option<&Path>) -> Result<Self> {
        Self::with(paths, host, store, None).await
    }

    /// Pulls through a backend that is about to be started there for them alone.
    pub async fn with_own(paths: &Paths, host: &OllamaHost, store: Option<&Path>) -> Result<Self> {
        Self::with(paths, host, store, Some(Own { process: None })).await
    }

    async fn with(
        paths: &Paths,
        host: &OllamaHost,
        store: Option<&Path>,
        own: Option<Own>,
    ) -> Result<Self> {
        let process = Identity::of_self();
        clear_dead(paths).await;
        let slot = Slot::new(paths, &format!("{PREFIX}{}", process.pid));
        // Somebody else who clears up holds the lock for a moment.
        let lock = slot.lock_within(LOCK_PATIENCE).await?;
        let record = Record {
            backend: host.place(),
            process,
            store: store.map(Path::to_owned),
            own,
        };
        lock.record(record.process.pid, &record)?;
        Ok(Self { lock, record })
    }

    /// The backend is started.
    pub fn has(&mut self, own: &Identity) -> Result<()> {
        self.record.own = Some(Own {
            process: Some(own.clone()),
        });
        self.lock.update(&self.record)
    }
}

/// Cancels the pulls that run through this backend, and waits until they have let go.
pub async fn cancel(paths: &Paths, host: &OllamaHost) {
    let address = host.place();
    cancel_where(paths, |backend| backend == address).await;
}

/// Cancels the pulls that run through whatever this process serves.
pub async fn cancel_through(paths: &Paths, server: &Identity) {
    let is_served = |backend: &str| {
        let address = host::parse(backend).socket_addr();
        address.is_some_and(|address| process::owns_port(server.pid, address))
    };
    cancel_where(paths, is_served).await;
}

async fn cancel_where(paths: &Paths, is_meant: impl Fn(&str) -> bool) {
    clear_dead(paths).await;
    for pull in running(paths, is_meant) {
        // One that cannot be cancelled does not keep the backend from being stopped.
        if process::signal(&pull.process, Signal::Terminate).is_ok() {
            process::wait_gone(&pull.process, LET_GO).await;
            if let Some(store) = &pull.store {
                settle(store).await;
            }
        }
    }
}

/// Ends what pulls that were killed had started for themselves, and removes their files.
pub async fn clear_dead(paths: &Paths) {
    for record in daemon::recorded::<Record>(paths, PREFIX) {
        if let Some(private) = record.left() {
            // One that cannot be ended is shown by `status` and ended by `kill`, as any other.
            let _ = child::end(&private, LET_GO).await;
        }
    }
    let Ok(entries) = std::fs::read_dir(&paths.state) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        // `pull-12.json`, `pull-12.lock`, `pull-12.json.12.tmp`.
        if let Some(stem) = name
            .split('.')
            .next()
            .filter(|stem| stem.starts_with(PREFIX))
        {
            // What cannot be cleared hurts nobody.
            let _ = Slot::new(paths, stem).clear_if_free();
        }
    }
}

fn running(paths: &Paths, is_meant: impl Fn(&str) -> bool) -> Vec<Record> {
    let mut records = daemon::recorded::<Record>(paths, PREFIX);
    records.retain(|record| is_meant(&record.backend) && record.process.is_alive());
    records
}
