//! What services share, as it is on the engine: networks and volumes, and whether they are still what the
//! compose file says.

use std::collections::HashMap;

use super::super::labels;
use crate::compose::{Project, Release};
use crate::engine::Engine;
use crate::error::Result;

/// A network of the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Network {
    /// There is none of this name.
    Absent,
    /// There is one, with these labels of compose: project and key.
    Present {
        /// Its ID.
        id: String,
        /// The project that it belongs to; empty where it carries no label.
        project: String,
        /// The key under which the project defines it; empty where it carries no label.
        key: String,
        /// It was made from another definition, and these containers use it (their IDs).
        outdated: Option<Vec<String>>,
    },
    /// There are several of this name, so that the name does not say which one is meant.
    Ambiguous {
        /// Their IDs.
        ids: Vec<String>,
    },
}

/// A volume of the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Volume {
    /// There is none of this name.
    Absent,
    /// There is one.
    Present {
        /// The project that it belongs to; empty where it carries no label.
        project: String,
        /// It was made from another definition.
        outdated: bool,
    },
}

/// The project's network with this key, as it is.
pub async fn network(engine: &Engine, project: &Project, key: &str) -> Result<(String, Network)> {
    let mut found = engine.networks_named(&project.network_name(key)).await?;
    if found.len() > 1 {
        let ids = found.into_iter().filter_map(|network| network.id).collect();
        return Ok((key.to_owned(), Network::Ambiguous { ids }));
    }
    let Some(one) = found.pop() else {
        return Ok((key.to_owned(), Network::Absent));
    };
    let (id, labels) = (one.id.unwrap_or_default(), one.labels.unwrap_or_default());
    let wanted = project.networks.get(key);
    let is_outdated = wanted.is_some_and(|wanted| {
        !wanted.external && is_outdated(project, &labels, &wanted.config_hash())
    });
    let outdated = if is_outdated {
        let inspected = engine.network(&id).await?;
        let users = inspected.and_then(|network| network.containers);
        Some(users.unwrap_or_default().into_keys().collect())
    } else {
        None
    };
    let network = Network::Present {
        id,
        project: label(&labels, labels::PROJECT),
        key: label(&labels, labels::NETWORK),
        outdated,
    };
    Ok((key.to_owned(), network))
}

/// The project's volume with this key, as it is.
pub async fn volume(engine: &Engine, project: &Project, key: &str) -> Result<(String, Volume)> {
    let found = engine.volume(&project.volume_name(key)).await?;
    let wanted = project.volumes.get(key);
    let seen = found.map_or(Volume::Absent, |volume| Volume::Present {
        project: label(&volume.labels, labels::PROJECT),
        outdated: wanted.is_some_and(|wanted| {
            !wanted.external && is_outdated(project, &volume.labels, &wanted.config_hash())
        }),
    });
    Ok((key.to_owned(), seen))
}

/// Whether something of the project bears another `config-hash` than the wanted one. Of what compose 5 made,
/// whose hashes may be others, and of what bears none, nothing is said.
fn is_outdated(project: &Project, labels: &HashMap<String, String>, wanted: &str) -> bool {
    let is_known = Release::first_of([label(labels, labels::VERSION).as_str()].into_iter())
        .is_some_and(|release| !release.is_at_least(3, 0));
    let hash = labels.get(labels::CONFIG_HASH);
    is_known
        && labels.get(labels::PROJECT) == Some(&project.name)
        && hash.is_some_and(|hash| hash != wanted)
}

fn label(labels: &HashMap<String, String>, key: &str) -> String {
    labels.get(key).cloned().unwrap_or_default()
}
