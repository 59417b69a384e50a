//! Which models are loaded, and until when. A runner process for each is to hang on [`Entry`].

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Local, TimeDelta};

use super::catalogue::WEIGHTS;
use super::store::Installed;

/// How long a model stays loaded when nothing else is said (`OLLAMA_KEEP_ALIVE`).
const KEEP_ALIVE: Duration = Duration::from_mins(5);
/// Go's longest duration, 292 years: what a negative `keep_alive` means.
const FOR_EVER: TimeDelta = TimeDelta::nanoseconds(i64::MAX);

/// The loaded models. Models with the same weights share one entry, named after the first.
#[derive(Default)]
pub(super) struct Loaded(Mutex<Vec<Entry>>);

/// A loaded model.
#[derive(Clone)]
pub(super) struct Entry {
    /// As in the listing.
    pub(super) name: String,
    /// Of the manifest.
    pub(super) digest: String,
    /// Of the weights.
    weights: String,
    /// Bytes.
    pub(super) size: u64,
    pub(super) config: super::catalogue::Config,
    pub(super) expires: DateTime<Local>,
}

/// The `keep_alive` of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeepAlive {
    /// Unload at once.
    Unload,
    /// Keep for this long after the request.
    For(TimeDelta),
}

impl KeepAlive {
    /// Reads the JSON value: seconds, or a duration such as `"30s"`; negative is for ever.
    pub(super) fn parse(value: Option<&serde_json::Value>) -> Result<Self, String> {
        let seconds = match value {
            None | Some(serde_json::Value::Null) => KEEP_ALIVE.as_secs_f64(),
            Some(serde_json::Value::String(text)) => {
                duration(text).ok_or_else(|| format!("time: invalid duration {text:?}"))?
            }
            Some(value) => value
                .as_f64()
                .ok_or_else(|| format!("time: invalid duration {value}"))?,
        };
        Ok(match seconds {
            0.0 => Self::Unload,
            seconds if seconds < 0.0 => Self::For(FOR_EVER),
            seconds => Self::For(
                Duration::try_from_secs_f64(seconds)
                    .ok()
                    .and_then(|time| TimeDelta::from_std(time).ok())
                    .map_or(FOR_EVER, |time| time.min(FOR_EVER)),
            ),
        })
    }
}

impl Loaded {
    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Local::now();
        entries.retain(|entry| entry.expires > now);
        entries
    }

    /// The loaded models, the one that stays longest first.
    pub(super) fn list(&self) -> Vec<Entry> {
        let mut entries = self.entries().clone();
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.expires));
        entries
    }

    /// Whether the weights of this model are loaded.
    pub(super) fn has(&self, model: &Installed) -> bool {
        let weights = weights(model);
        self.entries().iter().any(|entry| entry.weights == weights)
    }

    /// Loads a model, or keeps it loaded.
    pub(super) fn keep(&self, model: &Installed, keep_alive: KeepAlive) {
        let KeepAlive::For(time) = keep_alive else {
            return self.unload(model);
        };
        let expires = Local::now() + time;
        let weights = weights(model);
        let mut entries = self.entries();
        match entries.iter_mut().find(|entry| entry.weights == weights) {
            Some(entry) => entry.expires = expires,
            None => entries.push(Entry {
                name: model.name.to_string(),
                digest: model.digest.clone(),
                weights,
                size: model.manifest.layer(WEIGHTS).map_or(0, |layer| layer.size),
                config: model.config.clone(),
                expires,
            }),
        }
    }

    /// Unloads a model, if it is loaded.
    pub(super) fn unload(&self, model: &Installed) {
        let weights = weights(model);
        self.entries().retain(|entry| entry.weights != weights);
    }
}

fn weights(model: &Installed) -> String {
    let layer = model.manifest.layer(WEIGHTS);
    layer.map(|layer| layer.digest.clone()).unwrap_or_default()
}

/// Seconds of a Go duration: a signed sequence of numbers with units, `1h30m`, `-1s`, `250ms`.
fn duration(text: &str) -> Option<f64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text),
    };
    if rest == "0" {
        return Some(0.0);
    }
    let mut total = None;
    while !rest.is_empty() {
        let unit = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(unit);
        let end = after.find(|c: char| c.is_ascii_digit() || c == '.');
        let (unit, next) = after.split_at(end.unwrap_or(after.len()));
        let scale = match unit {
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        total = Some(total.unwrap_or(0.0) + number.parse::<f64>().ok()? * scale);
        rest = next;
    }
    total.map(|seconds| sign * seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keep_alive_is_read_as_go_reads_it() {
        let seconds = |n| Ok(KeepAlive::For(TimeDelta::seconds(n)));
        for (value, expected) in [
            (json!(30), seconds(30)),
            (json!("30s"), seconds(30)),
            (json!("1h1m"), seconds(3660)),
            (json!(null), seconds(300)),
            (json!(0), Ok(KeepAlive::Unload)),
            (json!("0"), Ok(KeepAlive::Unload)),
            (json!("0s"), Ok(KeepAlive::Unload)),
            (json!(-1), Ok(KeepAlive::For(FOR_EVER))),
            (json!("-1s"), Ok(KeepAlive::For(FOR_EVER))),
            (json!(1e300), Ok(KeepAlive::For(FOR_EVER))),
            (
                json!("soon"),
                Err("time: invalid duration \"soon\"".to_owned()),
            ),
        ] {
            assert_eq!(KeepAlive::parse(Some(&value)), expected, "{value}");
        }
    }
}
