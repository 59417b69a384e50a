//! How the embedded gateway runs: everything resolved, as plain data that crosses process boundaries.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::keys;
use crate::config::{AccessLog, Config, Mode, Secret, Setting};
use crate::daemon::{Slot, grace};
use crate::error::{Error, Report, Result};
use crate::ollama::{ModelName, host};
use crate::process::Identity;
use crate::proxy::{Limits, LogFormat, Upstream};

/// Where this machine reaches a gateway that listens there: one that listens everywhere, on loopback.
pub fn for_client(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

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
    /// The folder of the project that it is for.
    pub folder: PathBuf,
    /// Who may use it.
    pub keys: Vec<Secret>,
    /// Under whom it works; `None` where it is nobody's worker.
    #[serde(default)]
    supervisor: Option<Identity>,
    /// Why it must not start; one that runs can be seen and stopped all the same.
    #[serde(skip)]
    trouble: Option<Report>,
}

impl Instructions {
    /// The embedded gateway that the configuration asks for. Off loopback it does not start without a
    /// key, since whoever reaches it could use, pull and delete models.
    pub fn from_config(config: &Config) -> Result<Self> {
        let mut instructions = Self::unguarded(config)?;
        let listen = &config.gateway.listen;
        if !listen.value.ip().is_loopback() && instructions.keys.is_empty() {
            instructions
                .trouble
                .get_or_insert_with(|| Report::from(&unguarded(listen)));
        }
        if listen.value.port() == 0 {
            let error = Error::usage(format!(
                "{}: port 0 is any free port, and nobody would know which",
                listen.source
            ));
            instructions.trouble = Some(Report::from(&error.hint("name one: 127.0.0.1:9104")));
        }
        Ok(instructions)
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
        let (keys, trouble) = match keys::read(config) {
            Ok(keys) => (keys, None),
            Err(error) => (Vec::new(), Some(Report::from(&error))),
        };
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
        Ok(Self {
            launch,
            folder: config.folder.clone(),
            keys,
            supervisor: None,
            trouble,
        })
    }

    /// The same for a worker of this very process.
    pub(super) fn for_worker(&self) -> Self {
        Self {
            supervisor: Some(Identity::of_self()),
            ..self.clone()
        }
    }

    /// Under whom it works.
    pub(super) fn supervisor(&self) -> Option<&Identity> {
        self.supervisor.as_ref()
    }

    /// How long the answers that are under way may take, once its worker is asked to end: what the supervisor
    /// was told, or what its start said.
    pub(super) fn drain(&self, slot: &Slot) -> Duration {
        let told = self
            .supervisor
            .as_ref()
            .and_then(|of| grace::told(slot, of));
        told.unwrap_or(self.launch.limits.drain_timeout)
    }

    /// Fails where it must not start.
    pub fn check(&self) -> Result<()> {
        match &self.trouble {
            Some(trouble) => Err(trouble.clone().into()),
            None => Ok(()),
        }
    }
}

fn unguarded(listen: &Setting<SocketAddr>) -> Error {
    Error::usage(format!(
        "{} ({}) is not loopback: everybody who reaches it could use, pull and delete models without a key",
        listen.value, listen.source
    ))
    .hint("ask for a key: OLLAMACTL_GATEWAY_KEY=$(openssl rand -hex 32), or gateway.key_file in ollamactl.yaml")
    .hint("or listen on loopback: --listen 127.0.0.1:9104")
    .hint("or, in a container whose published port decides who reaches it: ollamactl gateway run --no-auth")
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
        drain_timeout: settings.drain_timeout.value,
        ..Limits::default()
    }
}
