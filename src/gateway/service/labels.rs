//! The labels by which compose, and anyone else, sees whose a container, network or volume is.

use std::collections::HashMap;
use std::path::PathBuf;

use super::create::making::Making;
use crate::compose::{Network, Project, Release, Service, Volume};
use crate::engine::models::ContainerInspectResponse;

pub(super) const PROJECT: &str = "com.docker.compose.project";
pub(super) const SERVICE: &str = "com.docker.compose.service";
pub(super) const ONEOFF: &str = "com.docker.compose.oneoff";
pub(super) const NUMBER: &str = "com.docker.compose.container-number";
pub(super) const CONFIG_HASH: &str = "com.docker.compose.config-hash";
pub(super) const IMAGE: &str = "com.docker.compose.image";
pub(super) const NETWORK: &str = "com.docker.compose.network";
const VOLUME: &str = "com.docker.compose.volume";
pub(super) const VERSION: &str = "com.docker.compose.version";
const DEPENDS_ON: &str = "com.docker.compose.depends_on";
const REPLACE: &str = "com.docker.compose.replace";
pub(super) const WORKING_DIR: &str = "com.docker.compose.project.working_dir";
const CONFIG_FILES: &str = "com.docker.compose.project.config_files";
const ENVIRONMENT_FILES: &str = "com.docker.compose.project.environment_file";
const IMAGE_BUILDER: &str = "com.docker.compose.image.builder";

/// A set of labels.
pub(super) type Labels = HashMap<String, String>;

/// The folder of the compose project that a container belongs to.
pub fn folder_of(container: &ContainerInspectResponse) -> Option<PathBuf> {
    let labels = container.config.as_ref()?.labels.as_ref()?;
    labels.get(WORKING_DIR).map(PathBuf::from)
}

/// The name of the compose project that a container belongs to.
pub(super) fn project_of(container: &ContainerInspectResponse) -> Option<String> {
    container
        .config
        .as_ref()?
        .labels
        .as_ref()?
        .get(PROJECT)
        .cloned()
}

/// The labels of a container.
pub(super) fn container(making: &Making<'_>) -> Labels {
    let (project, service, release) = (making.project(), making.service, making.release);
    let mut labels: Labels = service.labels.clone().into_iter().collect();
    let mut set = |key: &str, value: String| {
        labels.insert(key.to_owned(), value);
    };
    set(PROJECT, project.name.clone());
    set(SERVICE, service.name.clone());
    set(VERSION, release.as_str().to_owned());
    set(ONEOFF, "False".to_owned());
    set(NUMBER, making.number.to_string());
    set(CONFIG_HASH, service.config_hash(release.dialect()));
    set(IMAGE, making.image_id.to_owned());
    set(DEPENDS_ON, dependencies(service));
    set(WORKING_DIR, project.working_dir.display().to_string());
    set(CONFIG_FILES, joined(&project.config_files));
    if !project.environment_files.is_empty() {
        set(ENVIRONMENT_FILES, joined(&project.environment_files));
    }
    if let Some(old) = &making.inherited {
        let by_name = release.is_at_least(2, 40);
        set(
            REPLACE,
            if by_name {
                format!("{}-{}", service.name, making.number)
            } else {
                old.from.clone()
            },
        );
    }
    labels
}

/// The labels of a network of the project.
pub(super) fn network(
    project: &Project,
    release: &Release,
    key: &str,
    network: &Network,
) -> Labels {
    let mut labels = resource(project, release, &network.labels);
    labels.insert(NETWORK.to_owned(), key.to_owned());
    if release.is_at_least(2, 31) {
        labels.insert(CONFIG_HASH.to_owned(), network.config_hash());
    }
    labels
}

/// The labels of a volume of the project.
pub(super) fn volume(project: &Project, release: &Release, key: &str, volume: &Volume) -> Labels {
    let mut labels = resource(project, release, &volume.labels);
    labels.insert(VOLUME.to_owned(), key.to_owned());
    if release.is_at_least(2, 32) {
        labels.insert(CONFIG_HASH.to_owned(), volume.config_hash());
    }
    labels
}

fn resource(
    project: &Project,
    release: &Release,
    own: &std::collections::BTreeMap<String, String>,
) -> Labels {
    let mut labels: Labels = own.clone().into_iter().collect();
    labels.insert(PROJECT.to_owned(), project.name.clone());
    labels.insert(VERSION.to_owned(), release.as_str().to_owned());
    labels
}

/// The labels of an image built for the service; the two builders are told apart as compose does.
pub(super) fn image(
    project: &Project,
    service: &Service,
    release: &Release,
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
    labels.insert(VERSION.to_owned(), release.as_str().to_owned());
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
