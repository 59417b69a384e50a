//! What a service refers to must be defined: networks, volumes, configs and secrets.

use super::model::Project;
use super::model::service::{FileReference, Mount, Service};
use super::yaml::path::Path;
use crate::error::{Error, Result};

/// Fails for the first that is not.
pub(super) fn check(service: &Service, project: &Project) -> Result<()> {
    let undefined = |keys: &[&str], name| Err(undefined(service, project, keys, name));
    let mut networks = service.networks.keys().filter(|key| *key != "default");
    if let Some(key) = networks.find(|key| !project.networks.contains_key(*key)) {
        return undefined(&["networks"], key);
    }
    let named = |mount: &&Mount| mount.kind == "volume" && !mount.source.is_empty();
    let mut volumes = service.volumes.iter().filter(named);
    if let Some(mount) = volumes.find(|mount| !project.volumes.contains_key(&mount.source)) {
        return undefined(&["volumes"], &mount.source);
    }
    let known = |file: &&FileReference| !project.configs.contains_key(&file.source);
    if let Some(config) = service.configs.iter().find(known) {
        return undefined(&["configs"], &config.source);
    }
    let known = |file: &&FileReference| !project.secrets.contains_key(&file.source);
    if let Some(secret) = service.secrets.iter().find(known) {
        return undefined(&["secrets"], &secret.source);
    }
    let build = service.build.iter();
    let mut secrets = build.clone().flat_map(|build| &build.secrets);
    if let Some(secret) = secrets.find(known) {
        return undefined(&["build", "secrets"], &secret.source);
    }
    let mut contexts = build.flat_map(|build| &build.additional_contexts);
    contexts.try_for_each(|(name, context)| built(service, project, name, context))
}

/// Fails for a context that is to be what another service is built to, and is not.
fn built(service: &Service, project: &Project, name: &str, context: &str) -> Result<()> {
    let Some(other) = context.strip_prefix("service:") else {
        return Ok(());
    };
    let why = match project.services.get(other) {
        Some(other) if other.build.is_some() => return Ok(()),
        Some(_) => "has no `build`",
        None => "is not defined under `services`",
    };
    let path = Path::default().key("services").key(&service.name);
    let path = path.key("build").key("additional_contexts").key(name);
    let text = format!("{path}: service `{other}` {why}");
    Err(path.error(&project.sources.0, &text))
}

/// The error for a name below these keys of the service, the last of which is its section.
fn undefined(service: &Service, project: &Project, keys: &[&str], key: &str) -> Error {
    let path = Path::default().key("services").key(&service.name);
    let path = keys.iter().fold(path, |path, key| path.key(key));
    let section = keys.last().copied().unwrap_or_default();
    let text = format!("{path}: `{key}` is not defined under `{section}`");
    let error = path.key(key).error(&project.sources.0, &text);
    if section == "volumes" && key.contains('/') {
        return error.hint(format!("if a folder is meant, write `./{key}`"));
    }
    let content = match section {
        "networks" | "volumes" => String::new(),
        _ => format!("file: ./{key}"),
    };
    error.hint(format!(
        "add `{section}: {{{key}: {{{content}}}}}` to {}",
        first_file(project)
    ))
}

fn first_file(project: &Project) -> String {
    project
        .config_files
        .first()
        .map_or_else(String::new, |path| path.display().to_string())
}
