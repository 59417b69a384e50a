//! How a backend is started: everything resolved, as plain data that crosses process boundaries.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::config::{Bind, Config, Mode, Source};
use crate::error::{Context, Error, Result};
use crate::ollama::{OllamaHost, find_program, host};
use crate::paths::Paths;

/// How a backend is started.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Launch {
    /// Real Ollama or the stand-in.
    pub mode: Mode,
    /// The program: a path, or a name looked up on `PATH` when it is started.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Where it binds, as an `OLLAMA_HOST` value.
    pub bind: String,
    /// Model store, where it is not Ollama's default.
    pub models: Option<PathBuf>,
    /// The variables that Ollama reads, as they were when it was started, and those that the
    /// configuration adds. A restart from another shell uses these, not that shell's.
    pub environment: BTreeMap<String, String>,
    /// Whether containers reach it through the relay.
    pub relay: bool,
    /// Whether the relay passes administration too.
    pub relay_admin: bool,
    /// Whom of this engine's containers the relay lets in; empty: all of them.
    #[serde(default)]
    pub relay_allow: Vec<String>,
    /// The folder of the project that it is started for; empty where an older version started it.
    #[serde(default)]
    pub folder: PathBuf,
    /// How long it may take until it answers.
    pub ready_timeout: Duration,
    /// How long it may take to end before it is killed.
    pub stop_timeout: Duration,
}

/// The error of an address that this machine does not have, by what named it.
fn elsewhere(config: &Config, host: &OllamaHost) -> Error {
    let backend = &config.backend;
    let (source, hint) = match backend.bind.value {
        Bind::Address(address) if host.host == address.to_string() => (
            &backend.bind.source,
            "name an address of this machine, or none: --bind relay",
        ),
        _ => (
            &backend.host.source,
            "start it there, or unset OLLAMA_HOST to run one here",
        ),
    };
    Error::usage(format!(
        "the backend {host} ({source}) is not on this machine, so it cannot be started from here"
    ))
    .hint(hint)
    .hint("see whether it answers: ollamactl health backend")
}

impl Launch {
    /// The launch that the configuration asks for.
    pub fn from_config(config: &Config, paths: &Paths) -> Result<Self> {
        let host = config.bind_host();
        host.resolved()?;
        if !host.is_local() {
            return Err(elsewhere(config, &host));
        }
        if host.port == 0 {
            return Err(Error::usage(format!(
                "port 0 ({}) lets Ollama choose a port that nobody is told of",
                config.backend.host.source
            ))
            .hint("name a port: OLLAMA_HOST=127.0.0.1:11434"));
        }
        let (program, args) = program(config)?;
        Ok(Self {
            mode: config.backend.mode.value,
            program,
            args,
            bind: host.authority(),
            models: models(config, paths),
            environment: environment(config),
            relay: config.wants_relay(),
            relay_admin: config.relay_admin.value,
            relay_allow: config.relay_allow.value.clone(),
            folder: config.folder.clone(),
            ready_timeout: config.backend.ready_timeout.value,
            stop_timeout: config.backend.stop_timeout.value,
        })
    }

    /// What the command line says of this launch, on top of how it was started before.
    #[must_use]
    pub fn on_top_of(self, before: &Self, config: &Config) -> Self {
        let said = |source: &Source| matches!(source, Source::Flag(_));
        let backend = &config.backend;
        let mut launch = before.clone();
        if said(&backend.mode.source) || said(&backend.program.source) {
            (launch.mode, launch.program, launch.args) = (self.mode, self.program, self.args);
            // The stub's models and real ones stay apart.
            if launch.mode != before.mode {
                launch.models.clone_from(&self.models);
            }
        }
        if said(&backend.bind.source) || said(&backend.host.source) {
            (launch.bind, launch.relay) = (self.bind, self.relay);
        }
        if said(&backend.models.source) {
            launch.models = self.models;
        }
        if said(&backend.ready_timeout.source) {
            launch.ready_timeout = self.ready_timeout;
        }
        if said(&backend.stop_timeout.source) {
            launch.stop_timeout = self.stop_timeout;
        }
        launch
    }

    /// Where it binds.
    pub fn host(&self) -> OllamaHost {
        host::parse(&self.bind)
    }

    /// The same launch, bound elsewhere.
    #[must_use]
    pub fn at(&self, host: &OllamaHost) -> Self {
        Self {
            bind: host.authority(),
            ..self.clone()
        }
    }

    /// The program's file, looked up now: an adopted backend needs none.
    pub fn find_program(&self) -> Result<PathBuf> {
        let path = std::env::var("PATH").unwrap_or_default();
        let found = find_program(&self.program, &path).ok_or_else(|| missing(&self.program))?;
        if self.mode == Mode::Ollama && is_ollamactl(&found) {
            return Err(Error::usage(format!(
                "{} is ollamactl itself, not Ollama",
                found.display()
            ))
            .hint(
                "name Ollama's program: --ollama-bin PATH, or backend.program in ollamactl.yaml",
            ));
        }
        std::path::absolute(&found).or_failed(|| format!("cannot resolve {}", found.display()))
    }

    /// `ollama` or `the stub`, for messages.
    pub fn noun(&self) -> &'static str {
        match self.mode {
            Mode::Ollama => "ollama",
            Mode::Stub => "the stub (not Ollama)",
        }
    }
}

/// What a backend that is started like this opens: off loopback, Ollama asks nobody who they are and lets
/// them pull, push and delete. `None` where it opens nothing.
pub fn exposure(launch: &Launch) -> Option<String> {
    let host = launch.host();
    host.is_exposed().then(|| {
        format!(
            "the backend listens on {host}: everybody who reaches this machine may use, pull and delete \
             models, without a password; --bind relay keeps it to this machine and its containers"
        )
    })
}

/// Whether Ollama reads this variable (its own list at v0.33.0-rc2, and the stub's).
pub(super) fn is_read_by_ollama(name: &str) -> bool {
    const PREFIXES: [&str; 6] = ["OLLAMA_", "CUDA_", "HIP_", "ROCR_", "GGML_VK_", "HSA_"];
    const PROXIES: [&str; 3] = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || PROXIES.contains(&name.to_ascii_uppercase().as_str())
        || name == "GPU_DEVICE_ORDINAL"
}

fn environment(config: &Config) -> BTreeMap<String, String> {
    let own = config
        .environment
        .iter()
        .filter(|(name, _)| is_read_by_ollama(name));
    let mut environment: BTreeMap<_, _> = own
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    // These two are settings of their own.
    environment.remove("OLLAMA_HOST");
    environment.remove("OLLAMA_MODELS");
    environment.extend(config.backend.environment.clone());
    environment
}

/// The stub gets a store of its own, so that its made-up models never lie among real ones: only a flag
/// names another.
fn models(config: &Config, paths: &Paths) -> Option<PathBuf> {
    let models = &config.backend.models;
    match (config.backend.mode.value, &models.source) {
        (Mode::Ollama, _) | (Mode::Stub, Source::Flag(_)) => models
            .value
            .as_deref()
            .map(|path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned())),
        (Mode::Stub, _) => Some(paths.stub_models()),
    }
}

fn program(config: &Config) -> Result<(PathBuf, Vec<String>)> {
    match config.backend.mode.value {
        Mode::Stub => {
            let own =
                std::env::current_exe().or_failed(|| "cannot tell where ollamactl itself lies")?;
            Ok((own, vec!["stub".to_owned()]))
        }
        Mode::Ollama => Ok((
            from_here(&config.backend.program.value),
            vec!["serve".to_owned()],
        )),
    }
}

/// A path means the same from another folder; a bare name stays a name.
fn from_here(program: &Path) -> PathBuf {
    if program.components().count() > 1 {
        std::path::absolute(program).unwrap_or_else(|_| program.to_owned())
    } else {
        program.to_owned()
    }
}

/// Whether it is this very program, which would start itself again and again. Under the name `ollama` it is
/// the stub.
fn is_ollamactl(program: &Path) -> bool {
    let own = std::env::current_exe().and_then(|own| own.canonicalize());
    let is_own = own.is_ok_and(|own| program.canonicalize().is_ok_and(|program| program == own));
    is_own && program.file_stem().is_none_or(|name| name != "ollama")
}

fn missing(wanted: &Path) -> Error {
    let message = if wanted.components().count() > 1 {
        format!("there is no program at {}", wanted.display())
    } else {
        format!("{} was not found on PATH", wanted.display())
    };
    Error::failed(message)
        .hint("install Ollama: https://ollama.com/download")
        .hint("or name its program: --ollama-bin PATH, or backend.program in ollamactl.yaml")
        .hint("or use the stand-in, which answers without a model: --backend stub")
}
