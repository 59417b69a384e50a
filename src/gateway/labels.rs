//! The labels by which compose, and anyone else, sees whose a container, network or volume is.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::compose::{Project, Service};

/// The release of compose that our containers are made like. Its `config-hash` and `replace` labels
/// are in the form that this release writes.
pub(super) const COMPOSE_VERSION: &str = "2.40.3";

pub(super) const PROJECT: &str = "com.docker.compose.project";
pub(super) const SERVICE: &str = "com.docker.compose.service";
pub(super) const ONEOFF: &str = "com.docker.compose.oneoff";
pub(super) const NUMBER: &str = "com.docker.compose.container-number";
pub(super) const CONFIG_HASH: &str = "com.docker.compose.config-hash";
pub(super) const IMAGE: &str = "com.docker.compose.image";
pub(super) const NETWORK: &str = "com.docker.compose.network";
pub(super) const VOLUME: &str = "com.docker.compose.volume";
const VERSION: &str = "com.docker.compose.version";
const DEPENDS_ON: &str = "com.docker.compose.depends_on";
const REPLACE: &str = "com.docker.compose.replace";
const WORKING_DIR: &str = "com.docker.compose.project.working_dir";
const CONFIG_FILES: &str = "com.docker.compose.project.config_files";
const ENVIRONMENT_FILES: &str = "com.docker.compose.project.environment_file";
const IMAGE_BUILDER: &str = "com.docker.compose.image.builder";

/// A set of labels.
pub(super) type Labels = HashMap<String, String>;

/// What the service's configuration comes to; a container with another value is out of date.
pub(super) fn config_hash(service: &Service) -> String {
    let json =
        serde_json::to_vec(service).expect("a service is made of text, numbers and maps of text");
    Sha256::digest(json)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Whether a container with this `config-hash` label has the service's present configuration.
pub(super) fn is_current(service: &Service, label: &str) -> bool {
    label == config_hash(service)
}

/// The labels of a container of the service.
pub(super) fn container(
    project: &Project,
    service: &Service,
    image_id: &str,
    replaces: bool,
) -> Labels {
    let mut labels: Labels = service.labels.clone().into_iter().collect();
    let mut set = |key: &str, value: String| {
        labels.insert(key.to_owned(), value);
    };
    set(PROJECT, project.name.clone());
    set(SERVICE, service.name.clone());
    set(VERSION, COMPOSE_VERSION.to_owned());
    set(ONEOFF, "False".to_owned());
    set(NUMBER, "1".to_owned());
    set(CONFIG_HASH, config_hash(service));
    set(IMAGE, image_id.to_owned());
    set(DEPENDS_ON, dependencies(service));
    set(WORKING_DIR, project.working_dir.display().to_string());
    set(CONFIG_FILES, joined(&project.config_files));
    if !project.environment_files.is_empty() {
        set(ENVIRONMENT_FILES, joined(&project.environment_files));
    }
    if replaces {
        set(REPLACE, format!("{}-1", service.name));
    }
    labels
}

/// The labels of a network (`NETWORK`) or volume (`VOLUME`) of the project.
pub(super) fn resource(
    project: &Project,
    kind: &str,
    key: &str,
    own: impl IntoIterator<Item = (String, String)>,
) -> Labels {
    let mut labels: Labels = own.into_iter().collect();
    labels.insert(kind.to_owned(), key.to_owned());
    labels.insert(PROJECT.to_owned(), project.name.clone());
    labels.insert(VERSION.to_owned(), COMPOSE_VERSION.to_owned());
    labels
}

/// The labels of an image built for the service; the two builders are told apart as compose does.
pub(super) fn image(
    project: &Project,
    service: &Service,
    own: impl IntoIterator<Item = (String, String)>,
    classic: bool,
) -> Labels {
    let mut labels: Labels = own.into_iter().collect();
    if classic {
        labels.insert(IMAGE_BUILDER.to_owned(), "classic".to_owned());
        return labels;
    }
    labels.insert(PROJECT.to_owned(), project.name.clone());
    labels.insert(SERVICE.to_owned(), service.name.clone());
    labels.insert(VERSION.to_owned(), COMPOSE_VERSION.to_owned());
    labels
}

/// `dep:condition:restart`, comma-joined.
fn dependencies(service: &Service) -> String {
    let each = service.depends_on.iter().map(|(name, dependency)| {
        format!(
            "{name}:{}:{}",
            dependency.condition.as_str(),
            dependency.restart
        )
    });
    each.collect::<Vec<_>>().join(",")
}

fn joined(paths: &[std::path::PathBuf]) -> String {
    let paths: Vec<String> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    paths.join(",")
}
