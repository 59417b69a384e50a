//! Which gateway a repository has: the service of its compose file, or the embedded one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Target, embedded};
use crate::compose::{self, LoadOptions, Project, Release};
use crate::config::{Config, DEFAULT_SERVICE, GatewayMode, Setting, Source};
use crate::error::{Error, Result};
use crate::ollama::ModelName;

/// The variable that names the required model.
const MODEL: &str = "OLLAMA_MODEL";
/// The port of this machine's backend: in a compose file, what one person's settings say of it.
pub const BACKEND_PORT: &str = "OLLAMACTL_BACKEND_PORT";
/// The same for the port at which the gateway is published.
pub const GATEWAY_PORT: &str = "OLLAMACTL_GATEWAY_PORT";

/// The gateway of a repository.
#[derive(Debug, Clone)]
pub enum Gateway {
    /// A service of the compose project.
    Compose(Box<ComposeGateway>),
    /// Our own process.
    Embedded(Box<embedded::Instructions>),
}

/// A gateway that is a compose service.
#[derive(Debug, Clone)]
pub struct ComposeGateway {
    /// The project that it is part of.
    pub project: Project,
    /// The service's name.
    pub service: String,
    /// Whether `host.docker.internal` is added where the service lacks it.
    pub host_gateway: bool,
    /// The path at which the service answers once it serves.
    pub health_path: String,
    /// The release of compose whose labels a project gets that has no containers yet.
    pub release: Option<Release>,
}

impl ComposeGateway {
    /// The target of the engine's operations.
    pub fn target(&self) -> Target<'_> {
        Target {
            project: &self.project,
            service: &self.service,
            host_gateway: self.host_gateway,
            health_path: &self.health_path,
        }
    }
}

/// How a compose service is published elsewhere, for people.
pub fn another_port(service: &str) -> String {
    format!(
        "choose another port: in the `ports` of service {service}, or through the variable that they name \
         (for ${{{GATEWAY_PORT}}}: OLLAMACTL_GATEWAY_LISTEN=127.0.0.1:9105)"
    )
}

/// Chooses by configuration and by what the compose files define.
pub fn choose(config: &Config, folder: &Path) -> Result<Gateway> {
    match config.gateway.mode.value {
        GatewayMode::Embedded => Ok(Gateway::Embedded(embedded_gateway(config)?)),
        GatewayMode::Auto => match compose_gateway(config, folder)? {
            Some(found) => Ok(Gateway::Compose(Box::new(found))),
            None => Ok(Gateway::Embedded(embedded_gateway(config)?)),
        },
        GatewayMode::Compose => match compose_gateway(config, folder)? {
            Some(found) => Ok(Gateway::Compose(Box::new(found))),
            None => Err(no_compose(&searched(config, folder)).hint(EMBEDDED)),
        },
    }
}

fn embedded_gateway(config: &Config) -> Result<Box<embedded::Instructions>> {
    embedded::Instructions::from_config(config).map(Box::new)
}

/// The compose service; `None` where no compose file has it and nobody asked for it by name.
fn compose_gateway(config: &Config, folder: &Path) -> Result<Option<ComposeGateway>> {
    let options = load_options(config, folder);
    let service = &config.gateway.service;
    if compose::find(&options)?.is_none() {
        return if is_meant(service) {
            Err(no_file_with(service, &searched(config, folder)))
        } else {
            Ok(None)
        };
    }
    let project = compose::load(&options)?;
    let defined = project.services.contains_key(&service.value)
        || project.disabled.contains_key(&service.value);
    if !defined {
        let asked =
            service.source != Source::Default || config.gateway.mode.value == GatewayMode::Compose;
        // The error of a look-up by name suggests close names.
        return if asked {
            project.service(&service.value).map(|_| None)
        } else {
            Ok(None)
        };
    }
    Ok(Some(ComposeGateway {
        project: project.with_platforms(),
        service: service.value.clone(),
        host_gateway: config.gateway.host_gateway.value,
        health_path: config.gateway.health_path.value.clone(),
        release: config.gateway.compose_version.value.clone(),
    }))
}

/// Whether somebody asked for this service. A file may name the usual one without anybody's asking: `init`
/// writes it down.
fn is_meant(service: &Setting<String>) -> bool {
    match service.source {
        Source::Default => false,
        Source::File(_) => service.value != DEFAULT_SERVICE,
        _ => true,
    }
}

fn no_file_with(service: &Setting<String>, folder: &Path) -> Error {
    Error::usage(format!(
        "there is no compose file in {} or a folder above it, so there is no service {} ({})",
        folder.display(),
        service.value,
        service.source
    ))
    .details([format!("looked for {}", compose::FILE_NAMES.join(", "))])
    .hint("name the compose file: -f PATH")
    .hint(EMBEDDED)
}

/// Says that there is a compose file which the embedded gateway is used in spite of, since it lacks the
/// service. For where [`choose`] chose that.
pub fn passed_over(config: &Config, folder: &Path) -> Option<String> {
    if config.gateway.mode.value != GatewayMode::Auto {
        return None;
    }
    let project = project(config, folder).ok()?;
    let files = project.config_files.iter();
    let files: Vec<String> = files.map(|file| file.display().to_string()).collect();
    let service = &config.gateway.service;
    Some(format!(
        "{} has no service {} (gateway.service: {}), so the embedded gateway is used",
        files.join(", "),
        service.value,
        service.source
    ))
}

/// What needs no compose file.
const EMBEDDED: &str = "or use the embedded gateway, which needs none: --gateway embedded";

/// The whole compose project, whether or not it has the gateway's service.
pub fn project(config: &Config, folder: &Path) -> Result<Project> {
    let options = load_options(config, folder);
    match compose::find(&options)? {
        Some(_) => compose::load(&options),
        None => Err(no_compose(&searched(config, folder))),
    }
}

/// How compose is asked to read the project. The required model goes into its interpolation, so that
/// the gateway asks for the model that was pulled.
pub fn load_options(config: &Config, folder: &Path) -> LoadOptions {
    let ports = [
        (BACKEND_PORT, config.client_host().port),
        (GATEWAY_PORT, config.gateway.listen.value.port()),
    ];
    // One that is set for compose is meant for compose.
    let ports = ports
        .into_iter()
        .filter(|(name, _)| !config.environment.contains_key(*name))
        .map(|(name, port)| (name.to_owned(), port.to_string()));
    LoadOptions {
        overrides: [(MODEL.to_owned(), config.model.value.to_string())]
            .into_iter()
            .chain(ports)
            .collect(),
        ..plain_options(config, folder)
    }
}

/// The required model as the project's `.env` names it, which compose would use. A `.env` that cannot
/// be read names none; reading the project says why.
pub fn model_of_env_file(config: &Config, folder: &Path) -> Option<String> {
    let model = compose::variable(&plain_options(config, folder), MODEL).ok()??;
    (!model.trim().is_empty()).then_some(model)
}

/// Says it where `ollamactl.yaml` and compose's `.env` name different models: docker compose would make
/// another gateway of the same project.
pub fn model_of_compose(config: &Config, folder: &Path) -> Option<String> {
    let Source::File(file) = &config.model.source else {
        return None;
    };
    let (ours, theirs) = (&config.model.value, model_of_env_file(config, folder)?);
    let same = theirs
        .parse()
        .is_ok_and(|theirs: ModelName| theirs == *ours);
    (!same).then(|| {
        format!(
            "{} says model {ours}, and .env says {MODEL}={theirs}: ollamactl uses the first, docker compose \
             the second; write it in one place only",
            file.display()
        )
    })
}

/// As compose is called in this folder; where it would find nothing, as it is called in the folder of
/// `ollamactl.yaml`, whose `.env` may name the compose files.
fn plain_options(config: &Config, folder: &Path) -> LoadOptions {
    let mut options = options_in(config, folder);
    let is_below = config.folder != folder && options.project_directory.is_none();
    if is_below && matches!(compose::find(&options), Ok(None)) {
        for file in &mut options.env_files {
            *file = folder.join(&*file);
        }
        options.working_dir.clone_from(&config.folder);
    }
    options
}

fn options_in(config: &Config, folder: &Path) -> LoadOptions {
    let gateway = &config.gateway;
    LoadOptions {
        working_dir: folder.to_owned(),
        files: gateway.files.value.clone(),
        project_name: gateway.project_name.value.clone(),
        project_directory: gateway.project_directory.clone(),
        env_files: gateway.env_files.clone(),
        profiles: gateway.profiles.clone(),
        environment: config.environment.clone(),
        overrides: BTreeMap::new(),
    }
}

/// Where the search for compose files begins.
fn searched(config: &Config, folder: &Path) -> PathBuf {
    let named = config.gateway.project_directory.as_deref();
    named.map_or_else(|| folder.to_owned(), |named| folder.join(named))
}

fn no_compose(folder: &Path) -> Error {
    Error::usage(format!(
        "there is no compose file in {} or a folder above it",
        folder.display()
    ))
    .hint("name one: -f PATH")
}
