//! A pull: what the registry would send, at the pace and with the faults that were asked for.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::Stub;
use super::catalogue::{Blob, Layer, Model};
use super::log::go_error;
use super::name::Name;
use super::store::Partial;

/// A running blob gives a line each time this passes; one that is there sooner gives none.
const TICK: Duration = Duration::from_millis(60);

/// A line of the stream.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Line {
    Progress(Progress),
    Failed { error: String },
}

/// How far the pull is. The numbers are those of one blob.
#[derive(Debug, Serialize)]
pub(super) struct Progress {
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed: Option<u64>,
}

/// Begins a pull. It is cancelled when the receiver is dropped.
pub(super) fn start(stub: Arc<Stub>, name: Name) -> mpsc::Receiver<Line> {
    let (lines, receiver) = mpsc::channel(1);
    let client = lines.clone();
    let nth = stub.pulls.fetch_add(1, Ordering::Relaxed);
    let faulty = nth < stub.faults.faulty_pulls;
    let pull = Pull {
        stub,
        name,
        lines,
        faulty,
    };
    tokio::spawn(async move {
        tokio::select! {
            () = client.closed() => {}
            () = pull.run() => {}
        }
    });
    receiver
}

struct Pull {
    stub: Arc<Stub>,
    name: Name,
    lines: mpsc::Sender<Line>,
    /// The faults of pulls hit this one.
    faulty: bool,
}

/// Why a pull ends without success.
enum End {
    /// Its stream just ends.
    Cut,
    /// Its last line is this error.
    Failed(String),
}

impl From<std::io::Error> for End {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(go_error(&error))
    }
}

/// Where a blob's download goes wrong.
enum Fault {
    Stall,
    Cut,
}

impl Pull {
    async fn run(self) {
        self.status("pulling manifest").await;
        if let Err(End::Failed(error)) = self.fetch().await {
            self.send(Line::Failed { error }).await;
        }
    }

    async fn fetch(&self) -> Result<(), End> {
        let name = self.name.clone();
        let made = tokio::task::spawn_blocking(move || Model::make(&name)).await;
        let missing = || End::Failed("pull model manifest: file does not exist".to_owned());
        let model = made.ok().flatten().ok_or_else(missing)?;
        let error = self.stub.faults.pull_error.as_ref();
        if let Some(error) = error.filter(|_| self.faulty) {
            return Err(End::Failed(error.clone()));
        }
        for blob in &model.blobs {
            self.blob(blob).await?;
        }
        self.status("verifying sha256 digest").await;
        self.status("writing manifest").await;
        self.write(&model).await?;
        self.status("success").await;
        Ok(())
    }

    async fn write(&self, model: &Model) -> Result<(), End> {
        let store = &self.stub.store;
        let before = store.find(&self.name);
        store.write_manifest(&self.name, &model.manifest)?;
        let now = store.find(&self.name);
        if let (Some(before), Some(now)) = (before, now)
            && before.digest != now.digest
        {
            self.status("removing unused layers").await;
            store.remove_unused(&before.manifest, &self.stub.log)?;
        }
        Ok(())
    }

    async fn blob(&self, blob: &Blob) -> Result<(), End> {
        let layer = &blob.layer;
        if self.stub.store.blob(&layer.digest).exists() {
            self.progress(layer, layer.size).await;
            return Ok(());
        }
        let (digest, size) = (short(layer), layer.size);
        let message = format!("downloading {digest} in 1 {} part(s)", human(size));
        self.stub.log.info(&message, "");
        let mut partial = self.stub.store.begin(blob)?;
        let fault = self.fault(layer.size);
        let goal = fault.as_ref().map_or(layer.size, |(at, _)| *at);
        self.download(layer, &mut partial, goal).await;
        match fault {
            None => Ok(partial.finish()?),
            Some((_, Fault::Cut)) => Err(End::Cut),
            // Until the client has had enough.
            Some((_, Fault::Stall)) => loop {
                self.progress(layer, partial.completed).await;
                tokio::time::sleep(TICK).await;
            },
        }
    }

    fn fault(&self, size: u64) -> Option<(u64, Fault)> {
        let faults = &self.stub.faults;
        let stall = faults.pull_stall_at.map(|at| (at, Fault::Stall));
        let cut = faults.pull_cut_at.map(|at| (at, Fault::Cut));
        stall.or(cut).filter(|(at, _)| self.faulty && *at < size)
    }

    /// Moves a blob forward to `goal` bytes, a line each tick.
    async fn download(&self, layer: &Layer, partial: &mut Partial, goal: u64) {
        let rate = u128::from(self.stub.faults.pull_rate);
        let from = partial.completed;
        let time = u128::from(goal.saturating_sub(from)) * 1_000_000_000 / rate;
        let time = Duration::from_nanos(u64::try_from(time).unwrap_or(u64::MAX));
        let first_byte = Instant::now() + self.stub.faults.round_trip;
        let end = first_byte + time;
        while Instant::now() + TICK < end {
            tokio::time::sleep(TICK).await;
            let moving = Instant::now().saturating_duration_since(first_byte);
            let moved = rate * moving.as_nanos() / 1_000_000_000;
            let moved = u64::try_from(moved).unwrap_or(u64::MAX);
            partial.completed = from.saturating_add(moved).min(goal);
            self.progress(layer, partial.completed).await;
        }
        tokio::time::sleep_until(end).await;
        partial.completed = partial.completed.max(goal);
    }

    async fn status(&self, status: &str) {
        let progress = Progress {
            status: status.to_owned(),
            digest: None,
            total: None,
            completed: None,
        };
        self.send(Line::Progress(progress)).await;
    }

    async fn progress(&self, layer: &Layer, completed: u64) {
        let progress = Progress {
            status: format!("pulling {}", short(layer)),
            digest: Some(layer.digest.clone()),
            total: Some(layer.size),
            completed: Some(completed).filter(|n| *n > 0),
        };
        self.send(Line::Progress(progress)).await;
    }

    /// A client that has gone is noticed by `start`.
    async fn send(&self, line: Line) {
        let _ = self.lines.send(line).await;
    }
}

/// The first 12 digits of a digest.
fn short(layer: &Layer) -> &str {
    let digits = layer.digest.trim_start_matches("sha256:");
    digits.get(..12).unwrap_or(digits)
}

fn human(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} KB", bytes / 1_000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}
