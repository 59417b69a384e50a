//! `pull-model`: through the backend that runs, or through a private one.

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::private::Private;
use super::pulls::Registered;
use super::{Launch, Observed, Standing, observe, precheck};
use crate::config::{Config, Mode};
use crate::error::{Error, Kind, Result};
use crate::event::{Events, Step};
use crate::ollama::{
    Client, Manifest, Model, ModelName, PullFailure, PullUpdate, default_store, empty_part_files,
    manifest,
};
use crate::paths::{self, Paths};
use crate::units::{bytes, seconds};

/// Nothing moved for so long: the pull is cancelled and started again where it stopped. Longer than
/// the 30 s after which Ollama itself fetches a silent part anew.
const STALL: Duration = Duration::from_secs(75);
/// How long the registry may take to tell what a model is.
const REGISTRY: Duration = Duration::from_secs(5);
/// Tries in all, with growing pauses between.
const TRIES: u32 = 5;

/// What is to be pulled.
#[derive(Debug, Clone)]
pub struct PullRequest {
    /// The model.
    pub model: ModelName,
    /// A model that the store has is left as it is, without asking the registry.
    pub if_missing: bool,
    /// Disk and memory are not looked at first.
    pub skip_checks: bool,
    /// Nothing moved for so long counts as stalled.
    pub stall: Duration,
}

impl PullRequest {
    /// A pull of this model with everything else as usual.
    pub fn new(model: ModelName) -> Self {
        Self {
            model,
            if_missing: false,
            skip_checks: false,
            stall: STALL,
        }
    }
}

/// What a pull did.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Pulled {
    /// The model.
    pub model: ModelName,
    /// Its digest now.
    pub digest: String,
    /// Its size on disk in bytes.
    pub size: u64,
    /// It was there, and nothing changed.
    pub unchanged: bool,
    /// How often it was tried; 0 where nothing had to be pulled.
    pub tries: u32,
}

impl Pulled {
    fn unchanged(model: &ModelName, found: &Model) -> Self {
        Self {
            model: model.clone(),
            digest: found.digest.clone(),
            size: found.size,
            unchanged: true,
            tries: 0,
        }
    }

    /// `tiny, 4.7 GB, up to date`.
    pub fn describe(&self) -> String {
        let what = match self {
            Self { tries: 0, .. } => "there already",
            Self {
                unchanged: true, ..
            } => "up to date",
            _ => "pulled",
        };
        let tries = match self.tries {
            0 | 1 => String::new(),
            tries => format!(" in {tries} tries"),
        };
        format!("{}, {}, {what}{tries}", self.model, bytes(self.size))
    }
}

/// Pulls one model. Dropping the future cancels it; what was loaded stays.
pub async fn pull(
    request: &PullRequest,
    config: &Config,
    paths: &Paths,
    (step, events): (&Step, &Events),
) -> Result<Pulled> {
    let host = config.client_host();
    let observed = observe(config, paths).await?;
    if observed.answers() {
        let client = Client::new(&host)?;
        let puller = Puller {
            client: &client,
            request,
            store: store_of(&observed),
            real: !observed.is_stub(),
            step,
            events,
        };
        // Known to whoever stops the backend: it must not be stopped in the middle of a pull.
        let _registered = Registered::new(paths, &host)?;
        return puller.run().await;
    }
    if !host.is_local() {
        return Err(Error::new(
            Kind::Unhealthy,
            format!(
                "no Ollama answers at {host} ({})",
                config.backend.host.source
            ),
        )
        .hint("start it there, or unset OLLAMA_HOST to use one on this machine"));
    }
    let launch = Launch::from_config(config, paths)?;
    step.progress(format!(
        "no backend runs; starting {} for this pull",
        launch.noun()
    ));
    let private = Private::start(&launch, paths).await?;
    let puller = Puller {
        client: &private.client,
        request,
        store: launch.models.clone().or_else(default_store),
        real: launch.mode == Mode::Ollama && !private.client.version().await?.contains("stub"),
        step,
        events,
    };
    let outcome = puller.run().await;
    private.end().await?;
    outcome
}

/// The store that the backend pulls into, where we know it: ours has the one with which it was started,
/// whatever this shell says, and somebody else's Ollama has its own.
fn store_of(observed: &Observed) -> Option<PathBuf> {
    match observed.standing {
        Standing::Supervised | Standing::Unsupervised => {
            let launch = &observed.record.as_ref()?.launch;
            launch.models.clone().or_else(default_store)
        }
        _ => None,
    }
}

struct Puller<'a> {
    client: &'a Client,
    request: &'a PullRequest,
    store: Option<PathBuf>,
    /// Real Ollama: what the stub pulls is in no registry, unless one on this machine has it.
    real: bool,
    step: &'a Step,
    events: &'a Events,
}

impl Puller<'_> {
    async fn run(&self) -> Result<Pulled> {
        let model = &self.request.model;
        let before = self.client.model(model).await?;
        if let (Some(found), true) = (&before, self.request.if_missing) {
            return Ok(Pulled::unchanged(model, found));
        }
        // A registry that does not answer now is the pull's own error.
        let remote = if self.real || model.has_local_registry() {
            manifest(model, REGISTRY).await.ok()
        } else {
            None
        };
        if let (Some(found), Some(remote)) = (&before, &remote)
            && self.is_current(found, remote)
        {
            return Ok(Pulled::unchanged(model, found));
        }
        if let Some(remote) = remote.filter(|_| !self.request.skip_checks) {
            precheck::memory(&remote, model, self.events);
            precheck::disk(&remote, model, self.store.as_deref())?;
        }
        let tries = self.with_retries().await?;
        let after = self.client.model(model).await?.ok_or_else(|| {
            Error::failed(format!(
                "the pull of {model} said success, but the backend does not list it"
            ))
            .hint("see what the backend logged: ollamactl logs backend")
        })?;
        Ok(Pulled {
            model: model.clone(),
            unchanged: before.is_some_and(|model| model.digest == after.digest),
            digest: after.digest,
            size: after.size,
            tries,
        })
    }

    /// By the manifest's digest; for models that older versions pulled, by what the manifest names.
    fn is_current(&self, found: &Model, remote: &Manifest) -> bool {
        found.digest == remote.digest
            || self
                .store
                .as_ref()
                .and_then(|store| Manifest::of_store(store, &self.request.model))
                .is_some_and(|local| local.same_content(remote))
    }

    /// A pull that broke off is tried again, and goes on where it stopped; one that was refused is not.
    async fn with_retries(&self) -> Result<u32> {
        let model = &self.request.model;
        let started = Instant::now();
        let mut tries = 1;
        let mut mended = false;
        loop {
            let pulled = self
                .client
                .pull(model, self.request.stall, |update| self.show(update))
                .await;
            let failure = match pulled {
                Ok(()) => return Ok(tries),
                Err(failure) => failure,
            };
            if failure.empty_part_file && !std::mem::replace(&mut mended, true) && self.mend()? {
                continue;
            }
            if !failure.resumable || tries == TRIES {
                return Err(after_tries(failure, tries, started.elapsed()));
            }
            let pause = Duration::from_secs(1 << (tries - 1));
            self.step.progress(format!(
                "{}; trying again in {} s",
                failure.error,
                pause.as_secs()
            ));
            sleep(pause).await;
            tries += 1;
        }
    }

    fn show(&self, update: PullUpdate) {
        match update {
            PullUpdate::Stage(text) => self.step.progress(text),
            PullUpdate::Layer {
                digest,
                total,
                completed,
            } => self.step.transfer(short(&digest), completed, total),
        }
    }

    /// Removes empty part files, which keep a blob from ever being pulled; says whether there were any.
    /// The data that they belong to is fetched anew.
    fn mend(&self) -> Result<bool> {
        let empty = self
            .store
            .as_deref()
            .map(empty_part_files)
            .unwrap_or_default();
        for file in &empty {
            paths::remove_if_there(file)?;
            self.events.warn(format!(
                "removed {}, which an interrupted pull had left empty and which made every pull end with EOF",
                file.display()
            ));
        }
        Ok(!empty.is_empty())
    }
}

fn after_tries(failure: PullFailure, tries: u32, took: Duration) -> Error {
    let mut error = failure.error;
    if tries > 1 {
        error.message = format!("{} ({tries} tries in {})", error.message, seconds(took));
    }
    error
}

/// The 12 digits by which Ollama itself names a layer.
fn short(digest: &str) -> &str {
    let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
    hex.get(..12).unwrap_or(hex)
}
