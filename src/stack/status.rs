//! `status`: the four parts, as they are now.

use serde::Serialize;

use crate::backend::{self, Observed, Owner, RelayState, Standing};
use crate::config::{Config, Mode};
use crate::daemon::Restarts;
use crate::error::{Error, Result};
use crate::gateway::{Gateway, Located, embedded, locate};
use crate::ollama::{Client, LoadedModel, ModelName};
use crate::paths::Paths;
use crate::process::{Info, commands};

/// The four parts of the stack.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// The required model.
    pub model: ModelStatus,
    /// The backend.
    pub backend: BackendStatus,
    /// The relay.
    pub relay: RelayState,
    /// The gateway, or why it cannot be looked at.
    pub gateway: GatewayStatus,
    /// Backends and embedded gateways of this project at other addresses than its own, for people.
    pub elsewhere: Vec<String>,
    /// Runners that a killed backend left behind, for people.
    pub orphans: Vec<Orphan>,
    /// The backend is the stand-in, not Ollama.
    pub stub: bool,
}

/// A runner without its backend.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Orphan {
    /// `ollama (pid 12, user dev)`.
    pub text: String,
    /// What ends it.
    #[serde(skip)]
    pub end: String,
}

/// The gateway.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum GatewayStatus {
    /// It was looked for.
    Known(Box<Located>),
    /// It cannot be looked at.
    Unknown {
        /// Why.
        error: String,
    },
}

impl GatewayStatus {
    /// Where it is reached.
    pub fn url(&self) -> Option<&str> {
        match self {
            Self::Known(located) => located.url.as_deref(),
            Self::Unknown { .. } => None,
        }
    }
}

/// The required model.
#[derive(Debug, Clone, Serialize)]
pub struct ModelStatus {
    /// Its name.
    pub name: ModelName,
    /// Whether the backend has it; `None` while the backend does not answer.
    pub present: Option<bool>,
    /// Bytes on disk.
    pub size: Option<u64>,
    /// Digest of its manifest.
    pub digest: Option<String>,
    /// It is in memory.
    pub loaded: Option<LoadedModel>,
    /// It is in main memory alone, though this machine has this GPU.
    pub unused_gpu: Option<String>,
}

/// The backend.
#[derive(Debug, Clone, Serialize)]
pub struct BackendStatus {
    /// Where it is.
    pub url: String,
    /// How it stands.
    pub standing: Standing,
    /// Ollama's version.
    pub version: Option<String>,
    /// Who owns it, for people.
    pub owner: String,
    /// Who owns it, for programs.
    pub kept_by: Owner,
    /// Process id, where a supervisor of ours started it.
    pub pid: Option<u32>,
    /// How often it crashed and was started again.
    #[serde(flatten)]
    pub restarts: Restarts,
    /// Other machines may reach it.
    pub exposed: bool,
    /// Why it cannot be told how it stands: what ollamactl wrote down of it cannot be read, or its name
    /// has no address.
    pub fault: Option<String>,
}

/// Looks at all parts, side by side. What cannot be told, since the compose file or a record is broken, is
/// shown as such; a record that is broken comes back beside it.
pub async fn status(
    config: &Config,
    paths: &Paths,
    gateway: std::result::Result<&Gateway, &Error>,
) -> Result<(Status, Option<Error>)> {
    let located = async {
        match gateway {
            Ok(gateway) => locate(gateway, paths)
                .await
                .map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        }
    };
    let (observed, located) = tokio::join!(backend::observe_anyway(config, paths), located);
    let (observed, fault) = observed?;
    let status = Status {
        model: model(config, &observed).await?,
        relay: observed.relay.clone(),
        gateway: located.map_or_else(
            |error| GatewayStatus::Unknown { error },
            |located| GatewayStatus::Known(Box::new(located)),
        ),
        stub: observed.is_stub()
            || (!observed.answers() && config.backend.mode.value == Mode::Stub),
        elsewhere: elsewhere(config, paths),
        orphans: backend::orphans().iter().map(orphan).collect(),
        backend: BackendStatus {
            fault: fault
                .as_ref()
                .map(ToString::to_string)
                .or_else(|| observed.unresolved.as_ref().map(ToString::to_string)),
            ..backend_status(observed)
        },
    };
    Ok((status, fault))
}

fn backend_status(observed: Observed) -> BackendStatus {
    let record = observed.record.as_ref();
    BackendStatus {
        url: observed.host.url(),
        standing: observed.standing,
        pid: record
            .and_then(|record| record.process())
            .map(|process| process.pid),
        restarts: observed.restarts,
        version: observed.version,
        owner: observed.owner.to_string(),
        kept_by: observed.owner,
        exposed: observed.exposed,
        fault: None,
    }
}

async fn model(config: &Config, observed: &Observed) -> Result<ModelStatus> {
    let wanted = &config.model.value;
    let mut status = ModelStatus {
        name: wanted.clone(),
        present: None,
        size: None,
        digest: None,
        loaded: None,
        unused_gpu: None,
    };
    if !observed.answers() {
        return Ok(status);
    }
    let client = Client::new(&observed.host)?;
    let (models, loaded) = tokio::join!(client.model(wanted), client.loaded());
    if let Ok(model) = models {
        status.present = Some(model.is_some());
        status.size = model.as_ref().map(|model| model.size);
        status.digest = model.map(|model| model.digest);
    }
    status.loaded = loaded
        .unwrap_or_default()
        .into_iter()
        .find(|model| wanted.means(&model.name));
    let on_cpu = status
        .loaded
        .as_ref()
        .is_some_and(|model| model.size_vram == 0);
    if on_cpu && observed.host.is_local() && !observed.is_stub() {
        status.unused_gpu = backend::gpu();
    }
    Ok(status)
}

/// What an `up --host` or `up --listen` of this project started.
fn elsewhere(config: &Config, paths: &Paths) -> Vec<String> {
    let backends = backend::elsewhere(config, paths);
    let gateways = embedded::elsewhere(config, paths);
    let backends = backends.iter().map(backend::Record::describe);
    backends
        .chain(gateways.iter().map(embedded::Record::describe))
        .collect()
}

fn orphan(process: &Info) -> Orphan {
    Orphan {
        text: process.describe(),
        end: commands::kill(process.pid, process.uid),
    }
}
