//! Which networks and volumes are created, and which of those that are there may be used: a pure function of
//! what is wanted and what is there.

use super::action::{Action, Plan};
use super::join;
use super::observe::{Network, Observed, Volume};
use super::{Target, select};
use crate::compose::Service;
use crate::error::{Error, Kind, Result};

/// The networks that the services join.
pub(super) fn networks(
    target: &Target<'_>,
    services: &[&Service],
    observed: &Observed,
    plan: &mut Plan,
) -> Result<()> {
    let joined = services
        .iter()
        .filter(|service| service.network_mode.is_empty());
    for key in select(joined.flat_map(|service| join::networks(service))) {
        let name = target.project.network_name(key);
        let external = target
            .project
            .networks
            .get(key)
            .is_some_and(|network| network.external);
        match observed.networks.get(key).unwrap_or(&Network::Absent) {
            Network::Absent if external => {
                return Err(Error::failed(format!(
                    "the external network {name} (networks.{key}) does not exist"
                ))
                .hint(format!("docker network create {name}")));
            }
            Network::Absent => {
                plan.push(
                    Action::CreateNetwork {
                        key: key.to_owned(),
                        name,
                    },
                    "it is missing",
                );
            }
            Network::Present { .. } if external => {}
            Network::Present {
                project,
                key: label,
            } => {
                if (project.as_str(), label.as_str()) != (target.project.name.as_str(), key) {
                    return Err(foreign_network(&name, key, project));
                }
            }
            Network::Ambiguous { ids } => return Err(ambiguous_network(&name, ids)),
        }
    }
    Ok(())
}

fn foreign_network(name: &str, key: &str, project: &str) -> Error {
    let owner = if project.is_empty() {
        "something else than compose".to_owned()
    } else {
        format!("project {project}")
    };
    Error::new(
        Kind::Conflict,
        format!("network {name} exists and was made by {owner}"),
    )
    .hint(format!(
        "to use it, write `external: true` under networks.{key}; else: docker network rm {name}"
    ))
}

fn ambiguous_network(name: &str, ids: &[String]) -> Error {
    Error::new(
        Kind::Conflict,
        format!("there are {} networks named {name}", ids.len()),
    )
    .details(ids.to_vec())
    .hint("docker network rm with the ID of all but one of them")
}

/// The volumes that the services mount.
pub(super) fn volumes(
    target: &Target<'_>,
    services: &[&Service],
    observed: &Observed,
    plan: &mut Plan,
) -> Result<()> {
    let mounts = services.iter().flat_map(|service| &service.volumes);
    let named = mounts.filter(|mount| mount.kind == "volume" && !mount.source.is_empty());
    for key in select(named.map(|mount| mount.source.as_str())) {
        let name = target.project.volume_name(key);
        let external = target
            .project
            .volumes
            .get(key)
            .is_some_and(|volume| volume.external);
        if observed.volumes.get(key).unwrap_or(&Volume::Absent) != &Volume::Absent {
            continue;
        }
        if external {
            return Err(Error::failed(format!(
                "the external volume {name} (volumes.{key}) does not exist"
            ))
            .hint(format!("docker volume create {name}")));
        }
        plan.push(
            Action::CreateVolume {
                key: key.to_owned(),
                name,
            },
            "it is missing",
        );
    }
    Ok(())
}
