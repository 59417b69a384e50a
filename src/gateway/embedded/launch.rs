//! How the embedded gateway runs: everything resolved, as plain data that crosses process boundaries.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::keys;
use crate::config::{AccessLog, Config, Mode, Secret};
use crate::error::{Error, Result};
use crate::ollama::{ModelName, host};
use crate::proxy::{Limits, LogFormat, Upstream};

/// How the embedded gateway runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Launch {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The backend that it passes on to: a URL.
    pub upstream: String,
    /// The backend is the stand-in.
    pub stub: bool,
    /// The required model.
    pub model: String,
    /// Origins of web pages that may call.
    pub origins: Vec<String>,
    /// How requests are logged; `None` for not at all.
    pub log: Option<LogFormat>,
    /// Sizes, times and counts.
    pub limits: Limits,
    /// Tells whether the keys are still the same; empty where nobody is asked for one.
    pub keys: String,
}

/// What crosses to a background process on its standard input. The keys are in no file of ours.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Instructions {
    /// How it runs.
    pub launch: Launch,
    /// Who may use it.
    pub keys: Vec<Secret>,
}

impl Instructions {
    /// The embedded gateway that the configuration asks for. Off loopback it is refused without a key,
    /// since whoever reaches it could use, pull and delete models.
    pub fn from_config(config: &Config) -> Result<Self> {
        let instructions = Self::unguarded(config)?;
        let listen = &config.gateway.listen;
        if listen.value.ip().is_loopback() || !instructions.keys.is_empty() {
            return Ok(instructions);
        }
        Err(Error::usage(format!(
            "{} ({}) is not loopback: everybody who reaches it could use, pull and delete models without a key",
            listen.value, listen.source
        ))
        .hint("ask for a key: OLLAMACTL_GATEWAY_KEY=$(openssl rand -hex 32), or gateway.key_file in ollamactl.yaml")
        .hint("or listen on loopback: --listen 127.0.0.1:9104")
        .hint("or, in a container whose published port decides who reaches it: ollamactl gateway run --no-auth"))
    }

    /// The same on any address, also without a key: for whoever answers for who reaches it.
    pub fn unguarded(config: &Config) -> Result<Self> {
        let host = config.client_host();
        let upstream = Upstream::of(&host).ok_or_else(|| {
            Error::usage(format!(
                "the backend {host} ({}) is no address",
                config.backend.host.source
            ))
        })?;
        let keys = keys::read(config)?;
        let settings = &config.gateway.embedded;
        let launch = Launch {
            listen: config.gateway.listen.value,
            upstream: upstream.to_string(),
            stub: config.backend.mode.value == Mode::Stub,
            model: config.model.value.to_string(),
            origins: settings.cors_origins.value.clone(),
            log: match settings.access_log.value {
                AccessLog::Off => None,
                AccessLog::Line => Some(LogFormat::Line),
                AccessLog::Json => Some(LogFormat::Json),
            },
            limits: limits(config),
            keys: keys::fingerprint(&keys),
        };
        Ok(Self { launch, keys })
    }
}

impl Launch {
    pub(super) fn upstream(&self) -> Result<Upstream> {
        Upstream::of(&host::parse(&self.upstream))
            .ok_or_else(|| Error::usage(format!("{} is no address", self.upstream)))
    }

    pub(super) fn model(&self) -> Result<ModelName> {
        self.model.parse()
    }
}

fn limits(config: &Config) -> Limits {
    let settings = &config.gateway.embedded;
    Limits {
        connections: settings.max_connections.value,
        requests: settings.max_requests.value,
        queue: settings.max_queue.value,
        body_bytes: settings.max_body.value,
        queue_timeout: settings.queue_timeout.value,
        idle_timeout: settings.idle_timeout.value,
        request_timeout: settings.request_timeout.value,
        drain_timeout: settings.drain_timeout.value,
        ..Limits::default()
    }
}
