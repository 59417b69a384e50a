//! Settings of the embedded gateway: who may use it, and how much it takes on. All of them can be set
//! by variables too, since a container has no `ollamactl.yaml`.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::file::File;
use super::places::Places;
use super::resolve::Flags;
use super::{Setting, Source, parse_duration, seconds};
use crate::error::Result;
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
                .entry("gateway.max_body", |bytes| units::bytes(*bytes)),
            self.queue_timeout.entry("gateway.queue_timeout", seconds),
            self.idle_timeout.entry("gateway.idle_timeout", seconds),
            self.drain_timeout.entry("gateway.drain_timeout", seconds),
        ]
    }
}

pub(super) fn resolve(flags: &Flags, places: &Places) -> Result<Embedded> {
    Ok(Embedded {
        key: places.read("OLLAMACTL_GATEWAY_KEY", |_| None, key, None)?,
        key_file: places
            .path(
                "--key-file",
                flags.key_file.as_ref(),
                "OLLAMACTL_GATEWAY_KEY_FILE",
                |file| file.gateway.key_file.as_ref(),
            )
            .map_or_else(
                || Setting::default(None),
                |found| Setting {
                    value: Some(found.value),
                    source: found.source,
                },
            ),
        cors_origins: places.read(
            "OLLAMACTL_GATEWAY_CORS_ORIGINS",
            |file| Some(file.gateway.cors_origins.as_ref()?.join(",")),
            origins,
            Vec::new(),
        )?,
        access_log: places.read(
            "OLLAMACTL_GATEWAY_ACCESS_LOG",
            |file| file.gateway.access_log.clone(),
            access_log,
            AccessLog::Line,
        )?,
        max_connections: places.read(
            "OLLAMACTL_GATEWAY_MAX_CONNECTIONS",
            |file| file.gateway.max_connections.clone(),
            positive,
            1024,
        )?,
        max_requests: places.read(
            "OLLAMACTL_GATEWAY_MAX_REQUESTS",
            |file| file.gateway.max_requests.clone(),
            positive,
            256,
        )?,
        max_queue: places.read(
            "OLLAMACTL_GATEWAY_MAX_QUEUE",
            |file| file.gateway.max_queue.clone(),
            |text| text.parse().map_err(|_| "write a number".to_owned()),
            256,
        )?,
        max_body: places.read(
            "OLLAMACTL_GATEWAY_MAX_BODY",
            |file| file.gateway.max_body.clone(),
            |text| units::parse_bytes(text).ok_or_else(|| "write a size: 64MiB".to_owned()),
            64 * 1024 * 1024,
        )?,
        queue_timeout: time(
            places,
            "OLLAMACTL_GATEWAY_QUEUE_TIMEOUT",
            |file| file.gateway.queue_timeout.clone(),
            Duration::from_secs(30),
        )?,
        idle_timeout: time(
            places,
            "OLLAMACTL_GATEWAY_IDLE_TIMEOUT",
            |file| file.gateway.idle_timeout.clone(),
            Duration::from_mins(10),
        )?,
        drain_timeout: time(
            places,
            "OLLAMACTL_GATEWAY_DRAIN_TIMEOUT",
            |file| file.gateway.drain_timeout.clone(),
            Duration::from_secs(5),
        )?,
    })
}

fn time(
    places: &Places,
    variable: &'static str,
    in_file: impl Fn(&File) -> Option<String>,
    default: Duration,
) -> Result<Setting<Duration>> {
    let read = |text: &str| {
        parse_duration(text).ok_or_else(|| "write a time: 30, 30s, 2m or 500ms".to_owned())
    };
    places.read(variable, in_file, read, default)
}

fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..) => Ok(number),
        _ => Err("write a number from 1".to_owned()),
    }
}

// The signature that `Places::read` asks for.
#[allow(clippy::unnecessary_wraps, reason = "any text may be a key")]
fn key(text: &str) -> Result<Option<Secret>, String> {
    Ok(Some(Secret::new(text)))
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
