//! A pull: what the registry would send, at the pace and with the faults that were asked for.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};

use super::Stub;
use super::catalogue::{Blob, Layer, Model, short};
use super::download::{self, End};
use super::name::Name;

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

impl Line {
    /// A line without numbers.
    pub(super) fn status(status: impl Into<String>) -> Self {
        Self::Progress(Progress {
            status: status.into(),
            digest: None,
            total: None,
            completed: None,
        })
    }

    /// How far a blob is; `completed` is left out while it is 0.
    pub(super) fn blob(status: String, layer: &Layer, completed: u64) -> Self {
        Self::Progress(Progress {
            status,
            digest: Some(layer.digest.clone()),
            total: Some(layer.size),
            completed: Some(completed).filter(|n| *n > 0),
        })
    }
}

/// Begins a pull. It is cancelled when the receiver is dropped.
pub(super) fn start(stub: Arc<Stub>, name: Name) -> mpsc::Receiver<Line> {
    let (lines, receiver) = mpsc::channel(1);
    let client = lines.clone();
    let nth = stub.pulls.fetch_add(1, Ordering::Relaxed);
    let faulty = nth < stub.faults.pull.faulty;
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

impl Pull {
    async fn run(self) {
        self.status("pulling manifest").await;
        if let Err(End::Failed(error)) = self.fetch().await {
            self.send(Line::Failed { error }).await;
        }
    }

    async fn fetch(&self) -> Result<(), End> {
        let (name, revision) = (self.name.clone(), self.stub.faults.pull.revision);
        let made = tokio::task::spawn_blocking(move || Model::make(&name, revision)).await;
        let missing = || End::Failed("pull model manifest: file does not exist".to_owned());
        let model = made.ok().flatten().ok_or_else(missing)?;
        let error = self.stub.faults.pull.error.as_ref();
        if let Some(error) = error.filter(|_| self.faulty) {
            return Err(End::Failed(error.clone()));
        }
        let mut fetched = Vec::new();
        for blob in &model.blobs {
            if self.blob(blob).await? {
                fetched.push(blob);
            }
        }
        self.status("verifying sha256 digest").await;
        self.verify(&fetched)?;
        self.status("writing manifest").await;
        self.write(&model).await.map_err(End::Failed)?;
        self.status("success").await;
        Ok(())
    }

    /// Removes the first blob whose content is not what its digest says.
    fn verify(&self, fetched: &[&Blob]) -> Result<(), End> {
        let store = &self.stub.store;
        let mut wrong = fetched
            .iter()
            .filter_map(|blob| Some((blob, store.mismatch(blob)?)));
        let Some((blob, got)) = wrong.next() else {
            return Ok(());
        };
        store.remove_blob(&blob.layer.digest).map_err(End::Failed)?;
        let want = &blob.layer.digest;
        Err(End::Failed(format!(
            "digest mismatch, file must be downloaded again: want {want}, got {got}"
        )))
    }

    async fn write(&self, model: &Model) -> Result<(), String> {
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

    /// Downloads a blob; `false`: it was there.
    async fn blob(&self, blob: &Blob) -> Result<bool, End> {
        let layer = &blob.layer;
        if self.stub.store.blob(&layer.digest).exists() {
            self.progress(layer, layer.size).await;
            return Ok(false);
        }
        let joined = download::join(&self.stub, blob, self.faulty).await;
        let download = joined.map_err(End::Failed)?;
        let mut ticks = tokio::time::interval_at(Instant::now() + TICK, TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let end = loop {
            tokio::select! {
                biased;
                end = download.ended() => break end,
                _ = ticks.tick() => self.progress(layer, download.completed()).await,
            }
        };
        match end {
            Some(End::Done) => Ok(true),
            // A download that went away without a word ended with the server.
            other => Err(other.unwrap_or(End::Cut)),
        }
    }

    async fn status(&self, status: &str) {
        self.send(Line::status(status)).await;
    }

    async fn progress(&self, layer: &Layer, completed: u64) {
        let status = format!("pulling {}", short(layer));
        self.send(Line::blob(status, layer, completed)).await;
    }

    /// A client that has gone is noticed by `start`.
    async fn send(&self, line: Line) {
        let _ = self.lines.send(line).await;
    }
}
