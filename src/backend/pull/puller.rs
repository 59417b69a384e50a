//! One model's pull: looked at first, tried again where it breaks off, verified after.

use std::cell::RefCell;
use std::path::PathBuf;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::precheck;
use crate::config::PullSettings;
use crate::error::{Error, Kind, Result};
use crate::event::{Events, Step};
use crate::ollama::{
    Client, Manifest, Model, ModelName, PullFailure, PullUpdate, empty_part_files, manifest,
};
use crate::paths;
use crate::process::commands;
use crate::units::{bytes, seconds};

/// How long the registry may take to tell what a model is.
const REGISTRY: Duration = Duration::from_secs(5);
/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// What is to be pulled.
#[derive(Debug, Clone)]
pub struct PullRequest {
    /// The models.
    pub models: Vec<ModelName>,
    /// A model that the store has is left as it is, without asking the registry.
    pub if_missing: bool,
    /// Disk and memory are not looked at first.
    pub skip_checks: bool,
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

/// What became of one model.
pub type PullOutcome = (ModelName, Result<Pulled>);

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

    /// `tiny:latest, 4.7 GB, up to date`.
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
        let model = self.model.with_tag();
        format!("{model}, {}, {what}{tries}", bytes(self.size))
    }
}

/// Pulls models through one backend.
pub(super) struct Puller<'a> {
    pub client: &'a Client,
    pub request: &'a PullRequest,
    pub settings: &'a PullSettings,
    /// The backend's model store, or why it is not known.
    pub store: Result<PathBuf, String>,
    /// The backend was started for this pull, and nobody starts it again where it ends.
    pub private: bool,
    /// Real Ollama: what the stub pulls is in no registry, unless one on this machine has it.
    pub real: bool,
    pub events: &'a Events,
    /// What is being pulled now, for the space that it will take yet.
    pub running: RefCell<Vec<Manifest>>,
}

impl Puller<'_> {
    /// Pulls one model under a step of this name. Dropping the future cancels it; what was loaded stays.
    pub async fn pull(&self, model: &ModelName, step: &str) -> PullOutcome {
        let alone = self.request.models.len() == 1;
        let verb = if self.request.if_missing {
            "looking for"
        } else {
            "pulling"
        };
        let step = self.events.step(step, format!("{verb} {model}"));
        let pulled = self.pull_under(model, &step).await;
        match &pulled {
            Ok(pulled) => step.ended(!pulled.unchanged, pulled.describe()),
            // Where it is all that was asked for, it is the command's own error.
            Err(error) if alone => step.blame(error),
            Err(error) => step.failed(error),
        }
        (model.clone(), pulled)
    }

    async fn pull_under(&self, model: &ModelName, step: &Step) -> Result<Pulled> {
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
            && self.is_current(found, remote, model)
        {
            return Ok(Pulled::unchanged(model, found));
        }
        if let Some(remote) = &remote {
            if !self.request.skip_checks {
                self.check(remote, model)?;
            }
            self.running.borrow_mut().push(remote.clone());
        }
        let tries = self.with_retries(model, step).await;
        if let Some(remote) = &remote {
            self.running
                .borrow_mut()
                .retain(|running| running.digest != remote.digest);
        }
        let tries = tries?;
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
    fn is_current(&self, found: &Model, remote: &Manifest, model: &ModelName) -> bool {
        found.digest == remote.digest
            || self
                .store
                .as_ref()
                .ok()
                .and_then(|store| Manifest::of_store(store, model))
                .is_some_and(|local| local.same_content(remote))
    }

    fn check(&self, remote: &Manifest, model: &ModelName) -> Result<()> {
        precheck::memory(remote, model, self.events);
        match &self.store {
            Ok(store) => {
                let running = self.running.borrow();
                precheck::disk(remote, &running, model, store, self.events)
            }
            Err(why) => {
                self.events.note(format!(
                    "free disk space is not checked: the backend's model store is not known, since {why}"
                ));
                Ok(())
            }
        }
    }

    /// A pull that broke off is tried again, and goes on where it stopped; one that was refused is not.
    async fn with_retries(&self, model: &ModelName, step: &Step) -> Result<u32> {
        let started = Instant::now();
        let mut tries = 1;
        let mut mended = false;
        let mut cut: Option<Error> = None;
        loop {
            let stall = self.settings.stall_timeout.value;
            let pulled = self
                .client
                .pull(model, stall, |update| show(step, update))
                .await;
            let failure = match pulled {
                Ok(()) => return Ok(tries),
                Err(failure) => failure,
            };
            if failure.empty_part_file && !std::mem::replace(&mut mended, true) && self.mend()? {
                continue;
            }
            // A backend that is gone since may be on its way back: somebody keeps it alive.
            let gone = failure.unanswered && cut.is_some();
            let hopeful = failure.resumable || gone && !self.private;
            if !hopeful || tries >= self.settings.tries.value {
                let failure = match cut {
                    Some(cut) if gone => PullFailure {
                        error: after(&cut, &failure.error),
                        ..failure
                    },
                    _ => failure,
                };
                return Err(self.given_up(failure, tries, started.elapsed()));
            }
            let pause = pause_after(tries);
            step.progress(format!(
                "{}; trying again in {} s",
                failure.error,
                pause.as_secs()
            ));
            sleep(pause).await;
            tries += 1;
            if !failure.unanswered {
                cut = Some(failure.error);
            }
        }
    }

    /// Removes empty part files, which keep a blob from ever being pulled; says whether there were any.
    /// The data that they belong to is fetched anew.
    fn mend(&self) -> Result<bool> {
        let store = self.store.as_deref();
        let empty = store.map(empty_part_files).unwrap_or_default();
        for file in &empty {
            paths::remove_if_there(file).map_err(|error| {
                error
                    .hint("an interrupted pull left it empty, and it makes every pull end with EOF")
                    .hint(format!(
                        "remove it: {}rm {}",
                        commands::sudo(),
                        commands::word(file)
                    ))
            })?;
            self.events.warn(format!(
                "removed {}, which an interrupted pull had left empty and which made every pull end with EOF",
                file.display()
            ));
        }
        Ok(!empty.is_empty())
    }

    fn given_up(&self, failure: PullFailure, tries: u32, took: Duration) -> Error {
        let mut error = failure.error;
        if tries > 1 {
            error.message = format!("{} ({tries} tries in {})", error.message, seconds(took));
        }
        if error.kind == Kind::Timeout {
            let patience = self.settings.stall_timeout.value * 2;
            error = error.hint(format!(
                "on a slow line be more patient: --stall-timeout {}s",
                patience.as_secs().max(1)
            ));
        }
        match &self.store {
            Ok(store) if failure.empty_part_file => error.hint(format!(
                "this removes the empty ones: {}find {} -name '*-partial-*' -size 0 -delete",
                commands::sudo(),
                commands::word(&store.join("blobs"))
            )),
            _ => error,
        }
    }
}

/// The error of a pull that was cut off, after which the backend was not there any more.
fn after(cut: &Error, gone: &Error) -> Error {
    let message = format!("{}, and then {}", cut.message, gone.message);
    let mut error = Error::new(gone.kind, message);
    error.hints.clone_from(&cut.hints);
    error
}

/// 1 s, 2 s, 4 s and so on.
fn pause_after(tries: u32) -> Duration {
    Duration::from_secs(1 << (tries - 1).min(6)).min(LONGEST_PAUSE)
}

fn show(step: &Step, update: PullUpdate) {
    match update {
        PullUpdate::Stage(text) => step.progress(text),
        PullUpdate::Layer {
            digest,
            total,
            completed,
        } => step.transfer(short(&digest), completed, total),
    }
}

/// The 12 digits by which Ollama itself names a layer.
fn short(digest: &str) -> &str {
    let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
    hex.get(..12).unwrap_or(hex)
}
