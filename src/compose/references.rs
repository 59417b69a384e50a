//! What a service refers to must be defined: networks, volumes, configs and secrets.

use super::model::Project;
use super::model::service::{FileReference, Mount, Service};
use super::yaml::path::Path;
use crate::error::{Error, Result};

/// Fails for the first that is not.
pub(super) fn check(service: &Service, project: &Project) -> Result<()> {
    let undefined = |section, key| Err(undefined(service, project, section, key));
    let mut networks = service.networks.keys().filter(|key| *key != "default");
    if let Some(key) = networks.find(|key| !project.networks.contains_key(*key)) {
        return undefined("networks", key);
    }
    let named = |mount: &&Mount| mount.kind == "volume" && !mount.source.is_empty();
    let mut volumes = service.volumes.iter().filter(named);
    if let Some(mount) = volumes.find(|mount| !project.volumes.contains_key(&mount.source)) {
        return undefined("volumes", &mount.source);
    }
    let known = |file: &&FileReference| !project.configs.contains_key(&file.source);
    if let Some(config) = service.configs.iter().find(known) {
        return undefined("configs", &config.source);
    }
    let known = |file: &&FileReference| !project.secrets.contains_key(&file.source);
    if let Some(secret) = service.secrets.iter().find(known) {
        return undefined("secrets", &secret.source);
    }
    Ok(())
}

fn undefined(service: &Service, project: &Project, section: &str, key: &str) -> Error {
    let path = Path::default().key("services").key(&service.name);
    let path = path.key(section);
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
