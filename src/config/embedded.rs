//! Settings of the embedded gateway: who may use it, and how much it takes on. All of them can be set
//! by variables too, since a container has no `ollamactl.yaml`.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Setting, Source, seconds};
use crate::units;

/// A key that must not be printed: it shows as `Secret(…)`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Keeps this text to itself.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for whoever must send or check it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How the embedded gateway notes requests in its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessLog {
    /// Not at all.
    Off,
    /// A line of `name=value` pairs each.
    Line,
    /// A line of JSON each.
    Json,
}

/// The embedded gateway's settings; what each means is in `docs/configuration.md`.
#[derive(Debug, Clone)]
pub struct Embedded {
    /// The key, from the environment alone.
    pub key: Setting<Option<Secret>>,
    /// A file of keys, one a line.
    pub key_file: Setting<Option<PathBuf>>,
    /// Web pages of these origins may call.
    pub cors_origins: Setting<Vec<String>>,
    /// The log of requests.
    pub access_log: Setting<AccessLog>,
    /// Connections at the same time.
    pub max_connections: Setting<usize>,
    /// Requests at the backend at the same time.
    pub max_requests: Setting<usize>,
    /// Requests that wait for their turn.
    pub max_queue: Setting<usize>,
    /// Bytes of a request's body.
    pub max_body: Setting<u64>,
    /// How long a request may wait for its turn.
    pub queue_timeout: Setting<Duration>,
    /// How long the backend may be silent.
    pub idle_timeout: Setting<Duration>,
    /// How long running answers may go on after a stop.
    pub drain_timeout: Setting<Duration>,
}

impl Embedded {
    /// For `config show`; of a key, only whether there is one.
    pub(super) fn entries(&self) -> Vec<(&'static str, String, &Source)> {
        let count = usize::to_string;
        vec![
            self.key.entry("gateway.key", |key| {
                if key.is_some() { "set" } else { "" }.to_owned()
            }),
            self.key_file.entry("gateway.key_file", |path| {
                path.as_ref()
                    .map_or_else(String::new, |path| path.display().to_string())
            }),
            self.cors_origins
                .entry("gateway.cors_origins", |origins| origins.join(",")),
            self.access_log
                .entry("gateway.access_log", ToString::to_string),
            self.max_connections.entry("gateway.max_connections", count),
            self.max_requests.entry("gateway.max_requests", count),
            self.max_queue.entry("gateway.max_queue", count),
            self.max_body
                .entry("gateway.max_body", |bytes| units::exact_bytes(*bytes)),
            self.queue_timeout.entry("gateway.queue_timeout", seconds),
            self.idle_timeout.entry("gateway.idle_timeout", seconds),
            self.drain_timeout.entry("gateway.drain_timeout", seconds),
        ]
    }
}

pub(super) fn access_log(text: &str) -> Result<AccessLog, String> {
    match text {
        "off" => Ok(AccessLog::Off),
        "line" => Ok(AccessLog::Line),
        "json" => Ok(AccessLog::Json),
        _ => Err("write line, json or off".to_owned()),
    }
}

/// An origin is scheme, host and port, as a browser sends it; `*` alone stands for all.
pub(super) fn origins(text: &str) -> Result<Vec<String>, String> {
    let origins: Vec<String> = text
        .split(',')
        .map(|origin| origin.trim().to_owned())
        .filter(|origin| !origin.is_empty())
        .collect();
    let is_origin = |origin: &String| {
        let Some((scheme, rest)) = origin.split_once("://") else {
            return origin == "*" && origins.len() == 1;
        };
        !scheme.is_empty()
            && !rest.is_empty()
            && rest
                .chars()
                .all(|c| c.is_ascii_graphic() && !"/?#@*".contains(c))
    };
    match origins.iter().find(|origin| !is_origin(origin)) {
        Some(bad) => Err(format!(
            "{bad:?} is no origin: write https://app.example.com, without a path, or * alone"
        )),
        None => Ok(origins),
    }
}

impl fmt::Display for AccessLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "off",
            Self::Line => "line",
            Self::Json => "json",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_origins() {
        assert_eq!(
            origins("https://a.test, http://localhost:3000").expect("two"),
            ["https://a.test", "http://localhost:3000"]
        );
        assert_eq!(origins("*").expect("all"), ["*"]);
        for bad in [
            "a.test",
            "https://a.test/",
            "https://*.a.test",
            "*,https://a.test",
            "://x",
        ] {
            assert!(origins(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_secret_is_not_printed() {
        assert_eq!(format!("{:?}", Secret::new("hush")), "Secret(…)");
    }
}
