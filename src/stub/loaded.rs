//! Which models are loaded, until when, and the processes that hold them.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Local};
use tokio::sync::Notify;

use super::catalogue::{Config, WEIGHTS};
use super::gguf::context_length;
use super::keep_alive::KeepAlive;
use super::runner::Runner;
use super::store::Installed;

/// The longest that a change of the clock goes unnoticed.
const LONGEST_SLEEP: Duration = Duration::from_mins(1);

/// The loaded models. Models with the same weights share one entry, named after the first.
#[derive(Default)]
pub(super) struct Loaded {
    entries: Mutex<Vec<Entry>>,
    changed: Notify,
}

struct Entry {
    shown: Shown,
    /// Digest of the weights.
    weights: String,
    runner: Option<Runner>,
}

/// What is told of a loaded model.
#[derive(Clone)]
pub(super) struct Shown {
    /// As in the listing.
    pub(super) name: String,
    /// Of the manifest.
    pub(super) digest: String,
    /// Bytes.
    pub(super) size: u64,
    pub(super) config: Config,
    /// The context length that the model claims.
    pub(super) context: u64,
    pub(super) expires: DateTime<Local>,
}

impl Loaded {
    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Local::now();
        entries.retain(|entry| entry.shown.expires > now);
        entries
    }

    /// The loaded models, the one that stays longest first. One whose runner was killed is among them.
    pub(super) fn list(&self) -> Vec<Shown> {
        let entries = self.entries();
        let mut shown: Vec<_> = entries.iter().map(|entry| entry.shown.clone()).collect();
        shown.sort_by_key(|shown| std::cmp::Reverse(shown.expires));
        shown
    }

    /// Whether the weights of this model are loaded; the error says how their runner ended.
    pub(super) fn has(&self, model: &Installed) -> Result<bool, String> {
        let weights = weights(model);
        let entries = self.entries();
        let entry = entries.iter().find(|entry| entry.weights == weights);
        match entry.map(|entry| entry.runner.as_ref().and_then(Runner::ended)) {
            None => Ok(false),
            Some(None) => Ok(true),
            Some(Some(ended)) => Err(ended),
        }
    }

    /// Adds a model, or puts a new runner in the place of one that ended; returns how many models are
    /// loaded then.
    pub(super) fn add(&self, model: &Installed, runner: Option<Runner>, time: KeepAlive) -> usize {
        let expires = expires(time).unwrap_or_else(Local::now);
        let weights = weights(model);
        let mut entries = self.entries();
        match entries.iter_mut().find(|entry| entry.weights == weights) {
            Some(entry) => entry.runner = runner,
            None => entries.push(Entry {
                shown: Shown {
                    name: model.name.to_string(),
                    digest: model.digest.clone(),
                    size: model.manifest.layer(WEIGHTS).map_or(0, |layer| layer.size),
                    config: model.config.clone(),
                    context: context_length(model),
                    expires,
                },
                weights,
                runner,
            }),
        }
        self.changed.notify_one();
        entries.len()
    }

    /// Keeps a loaded model for so long from now.
    pub(super) fn keep(&self, model: &Installed, time: KeepAlive) {
        let Some(expires) = expires(time) else {
            return self.unload(model);
        };
        let weights = weights(model);
        let mut entries = self.entries();
        if let Some(entry) = entries.iter_mut().find(|entry| entry.weights == weights) {
            entry.shown.expires = expires;
        }
        self.changed.notify_one();
    }

    /// Unloads a model, if it is loaded; its runner is killed.
    pub(super) fn unload(&self, model: &Installed) {
        let weights = weights(model);
        self.entries().retain(|entry| entry.weights != weights);
    }

    /// Unloads models when their time has come, for ever.
    pub(super) async fn expire(&self) {
        loop {
            let next = self.entries().iter().map(|entry| entry.shown.expires).min();
            let left = next.map(|next| (next - Local::now()).to_std().unwrap_or_default());
            let left = left.map_or(LONGEST_SLEEP, |left| left.min(LONGEST_SLEEP));
            tokio::select! {
                () = tokio::time::sleep(left) => {}
                () = self.changed.notified() => {}
            }
        }
    }

    /// Kills all runners and waits until they are gone, or leaves them behind.
    pub(super) async fn end(&self, leave: bool) {
        let entries = std::mem::take(&mut *self.entries());
        for runner in entries.into_iter().filter_map(|entry| entry.runner) {
            if leave {
                runner.leave();
            } else {
                runner.end().await;
            }
        }
    }
}

/// When a model goes; `None` at once.
fn expires(time: KeepAlive) -> Option<DateTime<Local>> {
    match time {
        KeepAlive::Unload => None,
        KeepAlive::For(time) => Some(Local::now() + time),
    }
}

fn weights(model: &Installed) -> String {
    let layer = model.manifest.layer(WEIGHTS);
    layer.map(|layer| layer.digest.clone()).unwrap_or_default()
}
