//! Configuration: flags over environment over `ollamactl.yaml` over the user's file over defaults, each
//! value with the place that it came from.

mod check;
mod embedded;
mod fault;
mod file;
mod flags;
mod places;
mod resolve;
mod resolve_embedded;
mod setting;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

pub use embedded::{AccessLog, Embedded, Secret};
pub use file::{PROJECT_FILE, USER_FILE, find};
pub use flags::Flags;
pub use places::{duration, parse_duration};
pub use resolve::{load, load_shared};
pub use setting::{Setting, Source};

use crate::compose::Release;
use crate::error::{Error, Result};
use crate::ollama::{ModelName, OllamaHost};

/// The model that is required where nothing names one.
pub const DEFAULT_MODEL: &str = "llama3.1:8b-instruct-q6_K";
/// The compose service that stands in front of the backend.
pub const DEFAULT_SERVICE: &str = "ollama-functions";
/// Where the embedded gateway listens.
pub const DEFAULT_GATEWAY: &str = "127.0.0.1:9104";

/// Which program is the backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The real `ollama serve`.
    Ollama,
    /// `ollamactl stub`, a stand-in for CI and tests. Never chosen by itself.
    Stub,
}

/// Who may reach the backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bind {
    /// Loopback, and containers of this machine's engine through the relay.
    Relay,
    /// Loopback alone.
    Loopback,
    /// Every interface: the whole network, without authentication.
    All,
    /// This address.
    Address(std::net::IpAddr),
}

/// Where the gateway comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GatewayMode {
    /// The compose service where a compose file defines it, else the embedded gateway.
    Auto,
    /// The compose service; without it, an error.
    Compose,
    /// The embedded gateway.
    Embedded,
}

/// Everything that a command needs to know, resolved.
#[derive(Debug, Clone)]
pub struct Config {
    /// The required model.
    pub model: Setting<ModelName>,
    /// The backend.
    pub backend: Backend,
    /// Whether the relay passes on pull, push, create, copy, delete and blobs too.
    pub relay_admin: Setting<bool>,
    /// Whom the relay lets in of this engine's containers: names of networks, subnets, addresses.
    /// Empty: all of them.
    pub relay_allow: Setting<Vec<String>>,
    /// How models are pulled.
    pub pull: PullSettings,
    /// The gateway.
    pub gateway: Gateway,
    /// The `ollamactl.yaml` that was read.
    pub project_file: Option<PathBuf>,
    /// The project's folder: that file's, or else the one in which the command was called.
    pub folder: PathBuf,
    /// What was said and cannot be meant so, for people; it is passed over.
    pub warnings: Vec<String>,
    /// The process environment, for compose.
    pub environment: BTreeMap<String, String>,
}

/// How the backend runs.
#[derive(Debug, Clone)]
pub struct Backend {
    /// Real or stand-in.
    pub mode: Setting<Mode>,
    /// Where it listens, or is to be reached on another machine.
    pub host: Setting<OllamaHost>,
    /// Who may reach it.
    pub bind: Setting<Bind>,
    /// The `ollama` program: a path, or a name looked up on `PATH`.
    pub program: Setting<PathBuf>,
    /// Model store; none means Ollama's own default.
    pub models: Setting<Option<PathBuf>>,
    /// Variables added to the backend's environment.
    pub environment: BTreeMap<String, String>,
    /// How long it may take until it answers.
    pub ready_timeout: Setting<Duration>,
    /// How long it may take to end before it is killed.
    pub stop_timeout: Setting<Duration>,
}

/// How models are pulled.
#[derive(Debug, Clone)]
pub struct PullSettings {
    /// A pull in which nothing moved for so long is cancelled and started again where it stopped.
    pub stall_timeout: Setting<Duration>,
    /// Tries in all, with growing pauses between.
    pub tries: Setting<u32>,
}

/// How the gateway runs.
#[derive(Debug, Clone)]
pub struct Gateway {
    /// Where it comes from.
    pub mode: Setting<GatewayMode>,
    /// The compose service.
    pub service: Setting<String>,
    /// Where the embedded gateway listens.
    pub listen: Setting<std::net::SocketAddr>,
    /// What the embedded gateway asks of its clients, and how much it takes on.
    pub embedded: Embedded,
    /// Path of the health endpoint.
    pub health_path: Setting<String>,
    /// Whether `host.docker.internal` is added to a service that lacks it.
    pub host_gateway: Setting<bool>,
    /// Compose files; empty means compose's own discovery.
    pub files: Setting<Vec<PathBuf>>,
    /// Compose project name.
    pub project_name: Setting<Option<String>>,
    /// The release of compose whose labels and hashes a project gets that has no containers yet; none
    /// means the one that is installed here.
    pub compose_version: Setting<Option<Release>>,
    /// Compose's `--project-directory`.
    pub project_directory: Option<PathBuf>,
    /// Compose's `--env-file`.
    pub env_files: Vec<PathBuf>,
    /// Compose's `--profile`.
    pub profiles: Vec<String>,
}

impl Backend {
    /// How long it may take to end, where that is asked for now: what its start said is for whoever says
    /// nothing.
    pub fn asked_stop_timeout(&self) -> Option<Duration> {
        let asked = &self.stop_timeout;
        matches!(asked.source, Source::Flag(_)).then_some(asked.value)
    }
}

impl Config {
    /// Where the backend binds: the configured address with the host that `bind` asks for. On another
    /// machine nothing is bound by us.
    pub fn bind_host(&self) -> OllamaHost {
        let host = self.backend.host.value.clone();
        let opens = matches!(self.backend.bind.value, Bind::All | Bind::Address(_));
        if opens && !host.is_local() {
            // An address of another machine is used there, whatever is to be opened here.
            return host;
        }
        let host_name = match &self.backend.bind.value {
            Bind::All => "0.0.0.0".to_owned(),
            Bind::Address(ip) => ip.to_string(),
            // Asked for by name, it wins over an OLLAMA_HOST that says otherwise.
            Bind::Relay | Bind::Loopback
                if self.backend.bind.source != Source::Default
                    && host.is_exposed()
                    && host.is_local() =>
            {
                "127.0.0.1".to_owned()
            }
            Bind::Relay | Bind::Loopback => return host,
        };
        OllamaHost {
            host: host_name,
            ..host
        }
    }

    /// The backend's address for a client.
    pub fn client_host(&self) -> OllamaHost {
        self.bind_host().for_client()
    }

    /// Whether the relay belongs to this stack.
    pub fn wants_relay(&self) -> bool {
        self.backend.bind.value == Bind::Relay && !self.bind_host().is_exposed()
    }

    /// Every setting, for `config show`: name, value, source. Values of the backend's own environment
    /// may be secrets and are left out.
    pub fn entries(&self) -> Vec<(&'static str, String, &Source)> {
        let backend = &self.backend;
        let gateway = &self.gateway;
        let mut entries = vec![
            self.model.entry("model", ToString::to_string),
            backend.mode.entry("backend.mode", ToString::to_string),
            backend.host.entry("backend.host", ToString::to_string),
            backend.bind.entry("backend.bind", ToString::to_string),
            backend
                .program
                .entry("backend.program", |path| path.display().to_string()),
            backend.models.entry("backend.models", |models| {
                models
                    .as_ref()
                    .map_or_else(String::new, |path| path.display().to_string())
            }),
            backend
                .ready_timeout
                .entry("backend.ready_timeout", seconds),
            backend.stop_timeout.entry("backend.stop_timeout", seconds),
            self.pull.stall_timeout.entry("pull.stall_timeout", seconds),
            self.pull.tries.entry("pull.tries", ToString::to_string),
            self.relay_admin.entry("relay.admin", ToString::to_string),
            self.relay_allow
                .entry("relay.allow", |allowed| allowed.join(",")),
            gateway.mode.entry("gateway.mode", ToString::to_string),
            gateway.service.entry("gateway.service", Clone::clone),
            gateway.listen.entry("gateway.listen", ToString::to_string),
            gateway
                .health_path
                .entry("gateway.health_path", Clone::clone),
            gateway
                .host_gateway
                .entry("gateway.host_gateway", ToString::to_string),
            gateway.files.entry("gateway.files", |files| {
                files
                    .iter()
                    .map(|file| file.display().to_string())
                    .collect::<Vec<_>>()
                    .join(",")
            }),
            gateway.project_name.entry("gateway.project_name", |name| {
                name.clone().unwrap_or_default()
            }),
            gateway
                .compose_version
                .entry("gateway.compose_version", |release| {
                    release
                        .as_ref()
                        .map_or_else(String::new, ToString::to_string)
                }),
        ];
        entries.extend(gateway.embedded.entries());
        entries
    }
}

fn seconds(duration: &Duration) -> String {
    if duration.subsec_millis() == 0 {
        format!("{}s", duration.as_secs())
    } else {
        format!("{}ms", duration.as_millis())
    }
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Ollama => "ollama",
            Self::Stub => "stub",
        })
    }
}

impl std::str::FromStr for Mode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "ollama" => Ok(Self::Ollama),
            "stub" => Ok(Self::Stub),
            _ => Err(Error::usage(format!(
                "{text:?} is no backend: use ollama or stub"
            ))),
        }
    }
}

impl std::fmt::Display for GatewayMode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Compose => "compose",
            Self::Embedded => "embedded",
        })
    }
}

impl std::str::FromStr for GatewayMode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "auto" => Ok(Self::Auto),
            "compose" => Ok(Self::Compose),
            "embedded" => Ok(Self::Embedded),
            _ => Err(Error::usage(format!(
                "{text:?} is no gateway mode: use auto, compose or embedded"
            ))),
        }
    }
}

impl std::fmt::Display for Bind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Relay => f.write_str("relay"),
            Self::Loopback => f.write_str("loopback"),
            Self::All => f.write_str("all"),
            Self::Address(ip) => ip.fmt(f),
        }
    }
}

impl std::str::FromStr for Bind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "relay" => Ok(Self::Relay),
            "loopback" => Ok(Self::Loopback),
            "all" => Ok(Self::All),
            _ => text.parse().map(Self::Address).map_err(|_| {
                Error::usage(format!(
                    "{text:?} is no bind: use relay, loopback, all or an IP address"
                ))
            }),
        }
    }
}
