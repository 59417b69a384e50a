//! Downloads of blobs: each runs once, however many pulls wait for it, and ends when the last of them
//! leaves.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::catalogue::{Blob, short};
use super::faults::{PartAfterTerm, PullFaults};
use super::partial::{Partial, part_file};
use super::{Stub, Version};

/// How often a download says how far it is.
const STEP: Duration = Duration::from_millis(20);
/// How often Ollama asks a registry that is gone.
const TRIES: u32 = 6;
/// v0.24.0 looks once in so long whether a blob is there.
const OLD_PACE: Duration = Duration::from_secs(1);

/// The downloads that are running.
#[derive(Default)]
pub(super) struct Downloads {
    /// By digest.
    running: Mutex<HashMap<String, Slot>>,
    /// The file that filled the disk.
    filler: Mutex<Option<PathBuf>>,
    /// The server ends.
    ending: CancellationToken,
}

struct Slot {
    download: Weak<Download>,
    /// Cancelled when nothing of it runs any more.
    finished: CancellationToken,
}

/// A running download; it is cancelled when the last of these is dropped.
pub(super) struct Download {
    state: watch::Receiver<State>,
    _wanted: DropGuard,
}

/// How far a download is.
struct State {
    completed: u64,
    end: Option<End>,
}

/// How a download ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// The blob is there.
    Done,
    /// The stream of the pull just ends.
    Cut,
    /// With this error.
    Failed(String),
}

impl Download {
    /// Bytes that have come.
    pub(super) fn completed(&self) -> u64 {
        self.state.borrow().completed
    }

    /// Waits for the end; `None` where it went away without one.
    pub(super) async fn ended(&self) -> Option<End> {
        let mut state = self.state.clone();
        let ended = state.wait_for(|state| state.end.is_some()).await;
        ended.ok()?.end.clone()
    }
}

impl Downloads {
    fn running(&self) -> MutexGuard<'_, HashMap<String, Slot>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Cancels all downloads as SIGTERM does, and waits until their files are as it leaves them.
    pub(super) async fn end(&self) {
        self.ending.cancel();
        let slots = std::mem::take(&mut *self.running());
        for slot in slots.into_values() {
            slot.finished.cancelled().await;
        }
    }

    /// Whether the disk is full of another file than this one.
    fn is_full_but_for(&self, data: &Path) -> bool {
        let mut filler = self.filler.lock().unwrap_or_else(PoisonError::into_inner);
        *filler = filler.take().filter(|file| file.exists());
        filler.as_ref().is_some_and(|file| file != data)
    }

    fn fill_with(&self, data: PathBuf) {
        *self.filler.lock().unwrap_or_else(PoisonError::into_inner) = Some(data);
    }
}

/// The download of a blob: the one that runs, or a new one, which is `faulty` or not.
pub(super) async fn join(
    stub: &Arc<Stub>,
    blob: &Blob,
    faulty: bool,
) -> Result<Arc<Download>, String> {
    loop {
        let leaving = {
            let mut running = stub.downloads.running();
            match running.get(&blob.layer.digest) {
                Some(slot) if !slot.finished.is_cancelled() => match slot.download.upgrade() {
                    Some(download) => return Ok(download),
                    None => slot.finished.clone(),
                },
                _ => {
                    let (download, slot) = begin(stub, blob, faulty)?;
                    running.insert(blob.layer.digest.clone(), slot);
                    return Ok(download);
                }
            }
        };
        leaving.cancelled().await;
    }
}

fn begin(stub: &Arc<Stub>, blob: &Blob, faulty: bool) -> Result<(Arc<Download>, Slot), String> {
    let sound = !(faulty && stub.faults.pull.bad_digest && blob.is_weights());
    let partial = stub.store.begin(blob, sound)?;
    if stub.downloads.is_full_but_for(partial.data()) {
        return Err(no_space(&part_file(partial.data(), 0)));
    }
    let message = format!(
        "downloading {} in {} part(s)",
        short(&blob.layer),
        partial.parts()
    );
    stub.log.info("download.go:181", &message, "");
    let state = State {
        completed: partial.completed,
        end: None,
    };
    let (tell, state) = watch::channel(state);
    let (wanted, finished) = (CancellationToken::new(), CancellationToken::new());
    let transfer = Transfer {
        fault: faulty
            .then(|| Fault::of(&stub.faults.pull, blob.layer.size))
            .flatten(),
        short: short(&blob.layer).to_owned(),
        size: blob.layer.size,
        digest: blob.layer.digest.clone(),
        stub: stub.clone(),
        tell,
    };
    let (client, done) = (wanted.clone(), finished.clone().drop_guard());
    tokio::spawn(async move {
        transfer.run(partial, client).await;
        drop(done);
    });
    let download = Arc::new(Download {
        state,
        _wanted: wanted.drop_guard(),
    });
    let slot = Slot {
        download: Arc::downgrade(&download),
        finished,
    };
    Ok((download, slot))
}

/// Where a download goes wrong, and how.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Stall(u64),
    Lost(u64),
    Cut(u64),
    DiskFull(u64),
}

impl Fault {
    fn of(faults: &PullFaults, size: u64) -> Option<Self> {
        let stall = faults.stall_at.map(Self::Stall);
        let lost = faults.lost_at.map(Self::Lost);
        let cut = faults.cut_at.map(Self::Cut);
        let full = faults.disk_full_at.map(Self::DiskFull);
        let faults = [stall, lost, cut, full].into_iter().flatten();
        faults.into_iter().find(|fault| fault.at() < size)
    }

    fn at(self) -> u64 {
        match self {
            Self::Stall(at) | Self::Lost(at) | Self::Cut(at) | Self::DiskFull(at) => at,
        }
    }
}

/// The task behind a download.
struct Transfer {
    stub: Arc<Stub>,
    digest: String,
    /// The digest, shortened for people.
    short: String,
    size: u64,
    fault: Option<Fault>,
    tell: watch::Sender<State>,
}

impl Transfer {
    async fn run(self, mut partial: Partial, wanted: CancellationToken) {
        let end = tokio::select! {
            end = self.transfer(&mut partial) => Some(end),
            () = wanted.cancelled() => None,
            () = self.stub.downloads.ending.cancelled() => {
                self.end_with_the_server(&partial);
                return;
            }
        };
        let end = match end {
            Some(End::Done) => match partial.finish() {
                Ok(()) => End::Done,
                Err(error) => End::Failed(error),
            },
            Some(end @ End::Failed(_)) if matches!(self.fault, Some(Fault::DiskFull(_))) => end,
            other => {
                let saved = partial.save();
                saved.map_or_else(End::Failed, |()| other.unwrap_or(End::Cut))
            }
        };
        self.tell.send_modify(|state| state.end = Some(end));
    }

    fn end_with_the_server(&self, partial: &Partial) {
        match self.stub.faults.pull.part_after_term {
            PartAfterTerm::Kept => {}
            PartAfterTerm::Count => {
                let _ = partial.save();
            }
            PartAfterTerm::Empty => partial.spoil(),
        }
    }

    async fn transfer(&self, partial: &mut Partial) -> End {
        let begun = Instant::now();
        tokio::time::sleep(self.stub.faults.pull.round_trip).await;
        if let Some(fault) = self.fault {
            self.move_to(partial, fault.at()).await;
            if let Some(end) = self.go_wrong(partial, fault).await {
                return end;
            }
        }
        self.move_to(partial, self.size).await;
        if self.stub.settings.version == Version::V0_24 {
            tokio::time::sleep_until(begun + OLD_PACE).await;
        }
        End::Done
    }

    /// What happens at the faulty byte; `None`: it goes on.
    async fn go_wrong(&self, partial: &mut Partial, fault: Fault) -> Option<End> {
        match fault {
            Fault::Cut(_) => Some(End::Cut),
            Fault::DiskFull(_) => {
                self.stub.downloads.fill_with(partial.data().to_owned());
                Some(End::Failed(no_space(partial.data())))
            }
            Fault::Lost(_) => Some(self.lose_registry().await),
            Fault::Stall(_) => {
                match self.stub.faults.pull.stall {
                    Some(time) => tokio::time::sleep(time).await,
                    None => std::future::pending().await,
                }
                let message = format!(
                    "{} part 0 stalled; retrying. If this persists, press ctrl-c to exit, then \
                     'ollama pull' to find a faster connection.",
                    self.short
                );
                self.stub.log.info("download.go:384", &message, "");
                self.show(partial, 0);
                None
            }
        }
    }

    /// Six tries to reach a registry that is gone.
    async fn lose_registry(&self) -> End {
        let error = format!(
            "Get \"https://registry.invalid/blobs/{}\": dial tcp: connection refused",
            self.digest
        );
        for attempt in 0..TRIES {
            let pause = self.stub.faults.pull.retry * 2_u32.pow(attempt);
            let why = if attempt == 0 {
                "unexpected EOF"
            } else {
                &error
            };
            let message = format!(
                "{} part 0 attempt {attempt} failed: {why}, retrying in {pause:?}",
                self.short
            );
            self.stub.log.info("download.go:299", &message, "");
            tokio::time::sleep(pause).await;
        }
        End::Failed(format!("max retries exceeded: {error}"))
    }

    /// Moves forward to `goal` bytes at the registry's pace.
    async fn move_to(&self, partial: &mut Partial, goal: u64) {
        let rate = u128::from(self.stub.faults.pull.rate);
        let (from, begun) = (partial.completed, Instant::now());
        while partial.completed < goal {
            let left = u128::from(goal - partial.completed) * 1_000_000_000 / rate;
            let left = Duration::from_nanos(u64::try_from(left).unwrap_or(u64::MAX));
            if left.is_zero() {
                break;
            }
            tokio::time::sleep(left.min(STEP)).await;
            let moved = rate * begun.elapsed().as_nanos() / 1_000_000_000;
            let moved = u64::try_from(moved).unwrap_or(u64::MAX);
            self.show(partial, from.saturating_add(moved).min(goal));
        }
        self.show(partial, partial.completed.max(goal));
    }

    fn show(&self, partial: &mut Partial, completed: u64) {
        partial.completed = completed;
        self.tell.send_modify(|state| state.completed = completed);
    }
}

fn no_space(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    format!("write {}: no space left on device", path.display())
}
