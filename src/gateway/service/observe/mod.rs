//! What is there: the project's containers, networks, volumes and images, read side by side.

pub(super) mod gateway;
pub(super) mod shared;

use std::collections::BTreeMap;

use futures_util::future::try_join_all;

use super::{Target, labels, network_keys, select, volume_keys};
use crate::compose::{Project, Release, Service};
use crate::engine::models::ContainerSummary;
use crate::engine::{Engine, Image};
use crate::error::Result;
use crate::gateway::State;
use shared::{Network, Volume, network, volume};

/// The engine's side of the service and its dependencies.
#[derive(Debug, Default)]
pub struct Observed {
    /// The containers of each service that has some, in the order of their numbers.
    pub containers: BTreeMap<String, Vec<Found>>,
    /// Successors whose predecessors are still there: a replacement was cut short.
    pub leftovers: Vec<Found>,
    /// Containers of services that the project no longer defines.
    pub orphans: Vec<Found>,
    /// Networks that the services join, by key.
    pub networks: BTreeMap<String, Network>,
    /// Volumes that the services mount, by key.
    pub volumes: BTreeMap<String, Volume>,
    /// Images that the services run, by name.
    pub images: BTreeMap<String, Option<Image>>,
}

/// A container of the project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Its ID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its `service` label.
    pub service: String,
    /// Its number among the service's containers, from 1.
    pub number: u32,
    /// It was made for one command (`docker compose run`).
    pub oneoff: bool,
    /// The networks that it is attached to: name and ID, which is empty until it was started.
    pub networks: BTreeMap<String, String>,
    /// The named volumes that it mounts.
    pub volumes: Vec<String>,
    /// What it is at.
    pub state: State,
    /// The code with which it exited.
    pub exit_code: Option<i64>,
    /// Its `config-hash` label.
    pub config_hash: String,
    /// Its `image` label: the ID of the image that it was made from.
    pub image_id: String,
    /// Its `version` label: the release of compose that it was made by, or like.
    pub version: String,
    /// Its `working_dir` label: the folder of the project that it was made for.
    pub folder: String,
}

impl Observed {
    /// The containers of the service, in the order of their numbers.
    pub(super) fn all(&self, service: &str) -> &[Found] {
        self.containers.get(service).map_or(&[], Vec::as_slice)
    }

    /// The IDs of each service's first container: whose namespaces are shared.
    pub(super) fn firsts(&self) -> BTreeMap<String, String> {
        let firsts = self.containers.iter();
        let firsts =
            firsts.filter_map(|(service, all)| Some((service.clone(), all.first()?.id.clone())));
        firsts.collect()
    }

    /// The release of compose that the project's containers were made by, or like.
    pub(super) fn release(&self) -> Option<Release> {
        let all = self.containers.values().flatten();
        Release::first_of(all.map(|found| found.version.as_str()))
    }
}

/// Reads everything that the plan for these services depends on.
pub async fn observe(
    engine: &Engine,
    target: &Target<'_>,
    services: &[&Service],
) -> Result<Observed> {
    let project = target.project;
    let (containers, networks, volumes, images) = tokio::try_join!(
        containers(engine, project),
        try_join_all(
            network_keys(services)
                .into_iter()
                .map(|key| network(engine, project, key))
        ),
        try_join_all(
            volume_keys(services)
                .into_iter()
                .map(|key| volume(engine, project, key))
        ),
        try_join_all(
            image_names(project, services)
                .into_iter()
                .map(|name| image(engine, name))
        ),
    )?;
    let (orphans, all) = sorted_out(project, containers);
    let (containers, leftovers) = by_service(all);
    Ok(Observed {
        containers,
        leftovers,
        orphans,
        networks: networks.into_iter().collect(),
        volumes: volumes.into_iter().collect(),
        images: images.into_iter().collect(),
    })
}

/// All containers of the project, found as compose finds them, in the order of their numbers.
pub(super) async fn containers(engine: &Engine, project: &Project) -> Result<Vec<Found>> {
    let filters = [
        format!("{}={}", labels::PROJECT, project.name),
        labels::CONFIG_HASH.to_owned(),
    ];
    let all = engine.containers(&filters).await?;
    let mut all: Vec<Found> = all.iter().map(found).collect();
    // While a container is replaced there are two; the successor does not run, and has the longer name.
    all.sort_by_key(|found| (found.number, !found.state.is_active(), found.name.len()));
    Ok(all)
}

/// The containers of the service.
pub(super) async fn containers_of(engine: &Engine, target: &Target<'_>) -> Result<Vec<Found>> {
    let mut all = containers(engine, target.project).await?;
    all.retain(|found| found.service == target.service && !found.oneoff);
    Ok(all)
}

/// The first container of the service.
pub(super) async fn first(engine: &Engine, target: &Target<'_>) -> Result<Option<Found>> {
    Ok(containers_of(engine, target).await?.into_iter().next())
}

/// Orphans, and the containers of services that the project defines. What was made for one command is
/// an orphan once it has ended, as it is to compose.
pub(super) fn sorted_out(project: &Project, all: Vec<Found>) -> (Vec<Found>, Vec<Found>) {
    let defined = |found: &Found| {
        project.services.contains_key(&found.service)
            || project.disabled.contains_key(&found.service)
    };
    let (oneoff, services): (Vec<_>, Vec<_>) = all.into_iter().partition(|found| found.oneoff);
    let (known, mut orphans): (Vec<_>, Vec<_>) = services.into_iter().partition(defined);
    orphans.extend(oneoff.into_iter().filter(|found| found.state.is_over()));
    (orphans, known)
}

/// The containers of each service, which come in the order of their numbers, and the leftovers: of two that
/// have one number the first counts.
fn by_service(all: Vec<Found>) -> (BTreeMap<String, Vec<Found>>, Vec<Found>) {
    let mut services: BTreeMap<String, Vec<Found>> = BTreeMap::new();
    let mut leftovers = Vec::new();
    for found in all {
        let containers = services.entry(found.service.clone()).or_default();
        match containers.last() {
            Some(last) if last.number == found.number => leftovers.push(found),
            _ => containers.push(found),
        }
    }
    (services, leftovers)
}

fn label(container: &ContainerSummary, key: &str) -> String {
    container
        .labels
        .as_ref()
        .and_then(|labels| labels.get(key))
        .cloned()
        .unwrap_or_default()
}

fn found(container: &ContainerSummary) -> Found {
    let name = container
        .names
        .iter()
        .flatten()
        .next()
        .map(|name| name.trim_start_matches('/'));
    let status = container.status.as_deref().unwrap_or_default();
    Found {
        id: container.id.clone().unwrap_or_default(),
        name: name.unwrap_or_default().to_owned(),
        service: label(container, labels::SERVICE),
        number: label(container, labels::NUMBER).parse().unwrap_or(u32::MAX),
        networks: networks(container),
        volumes: volumes(container),
        oneoff: label(container, labels::ONEOFF) == "True",
        state: container
            .state
            .map(|state| State::named(state.as_ref()))
            .unwrap_or_default(),
        exit_code: exit_code(status),
        config_hash: label(container, labels::CONFIG_HASH),
        image_id: label(container, labels::IMAGE),
        version: label(container, labels::VERSION),
        folder: label(container, labels::WORKING_DIR),
    }
}

fn networks(container: &ContainerSummary) -> BTreeMap<String, String> {
    let settings = container.network_settings.as_ref();
    let networks = settings.and_then(|settings| settings.networks.as_ref());
    let each = networks.into_iter().flatten();
    each.map(|(name, endpoint)| {
        (
            name.clone(),
            endpoint.network_id.clone().unwrap_or_default(),
        )
    })
    .collect()
}

fn volumes(container: &ContainerSummary) -> Vec<String> {
    let mounts = container.mounts.iter().flatten();
    let named = mounts.filter(|mount| mount.typ.as_deref() == Some("volume"));
    named.filter_map(|mount| mount.name.clone()).collect()
}

/// The code in `Exited (0) 3 minutes ago`: the list has it nowhere else.
fn exit_code(status: &str) -> Option<i64> {
    status
        .strip_prefix("Exited (")?
        .split_once(')')?
        .0
        .parse()
        .ok()
}

async fn image(engine: &Engine, name: String) -> Result<(String, Option<Image>)> {
    let found = engine.image(&name).await?;
    Ok((name, found))
}

/// The images alone, again: a build or a pull changes them.
pub(super) async fn images(
    engine: &Engine,
    target: &Target<'_>,
    services: &[&Service],
) -> Result<BTreeMap<String, Option<Image>>> {
    let names = image_names(target.project, services);
    let images = try_join_all(names.into_iter().map(|name| image(engine, name))).await?;
    Ok(images.into_iter().collect())
}

fn image_names(project: &Project, services: &[&Service]) -> Vec<String> {
    select(services.iter().map(|service| project.image_name(service)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_is_read_from_the_status() {
        assert_eq!(exit_code("Exited (137) 2 hours ago"), Some(137));
        assert_eq!(exit_code("Up 3 seconds (healthy)"), None);
        assert_eq!(exit_code("Created"), None);
    }
}
