//! What a service refers to must be defined: networks, volumes, configs and secrets.

use super::model::Project;
use super::model::service::{Mount, Service};
use crate::error::{Error, Result};

/// Fails for the first that is not.
pub(super) fn check(service: &Service, project: &Project) -> Result<()> {
    let undefined = |section: &str, key: &str| {
        Error::usage(format!(
            "services.{0}.{section}: `{key}` is not defined under `{section}`",
            service.name
        ))
        .hint(format!(
            "add `{section}: {{{key}: {{}}}}` to {}",
            first_file(project)
        ))
    };
    let networks = service.networks.keys().filter(|key| *key != "default");
    if let Some(key) = networks
        .into_iter()
        .find(|key| !project.networks.contains_key(*key))
    {
        return Err(undefined("networks", key));
    }
    let named = |mount: &&Mount| mount.kind == "volume" && !mount.source.is_empty();
    for mount in service.volumes.iter().filter(named) {
        if !project.volumes.contains_key(&mount.source) {
            let error = undefined("volumes", &mount.source);
            return Err(if mount.source.contains('/') {
                error.hint(format!(
                    "or, if a folder is meant, write `./{}`",
                    mount.source
                ))
            } else {
                error
            });
        }
    }
    if let Some(config) = service
        .configs
        .iter()
        .find(|c| !project.configs.contains_key(&c.source))
    {
        return Err(undefined("configs", &config.source));
    }
    if let Some(secret) = service
        .secrets
        .iter()
        .find(|s| !project.secrets.contains_key(&s.source))
    {
        return Err(undefined("secrets", &secret.source));
    }
    Ok(())
}

fn first_file(project: &Project) -> String {
    project
        .config_files
        .first()
        .map_or_else(String::new, |path| path.display().to_string())
}
