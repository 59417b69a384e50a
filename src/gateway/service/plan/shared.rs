//! Which networks and volumes are created, and which of those that are there may be used: a pure function of
//! what is wanted and what is there.

use super::super::observe::shared::{Network, Volume};
use super::super::observe::{Found, Observed};
use super::super::{Target, network_keys, volume_keys};
use super::action::{Action, Plan};
use super::outdated::renewed;
use crate::compose::Service;
use crate::error::{Error, Kind, Result};

/// The cause of a creation.
const MISSING: &str = "it is missing";
/// The cause of a replacement.
const OUTDATED: &str = "its configuration changed";

/// The networks that the services join.
pub fn networks(
    target: &Target<'_>,
    services: &[&Service],
    observed: &Observed,
    plan: &mut Plan,
) -> Result<()> {
    let project = target.project;
    for key in network_keys(services) {
        let name = project.network_name(key);
        let defined = project.networks.get(key);
        let external = defined.is_some_and(|network| network.external);
        let network = observed.networks.get(key).unwrap_or(&Network::Absent);
        match network {
            Network::Absent if external => return Err(no_external("network", key, &name)),
            Network::Absent => {
                let key = key.to_owned();
                plan.push(Action::CreateNetwork { key, name }, MISSING);
            }
            Network::Present { .. } if external => {}
            Network::Present {
                project: owner,
                key: label,
                id,
                ..
            } => {
                if (owner.as_str(), label.as_str()) != (project.name.as_str(), key) {
                    return Err(foreign_network(&name, key, owner));
                }
                if let Some(users) = renewed(network, services, observed) {
                    renew((key, name, id), users, plan);
                }
            }
            Network::Ambiguous { ids } => return Err(ambiguous_network(&name, ids)),
        }
    }
    Ok(())
}

/// Takes a network away from the containers that use it, which are replaced, and makes it anew.
fn renew((key, name, id): (&str, String, &str), users: Vec<&Found>, plan: &mut Plan) {
    for container in users {
        let container = container.clone();
        plan.push(
            Action::Stop { container },
            format!("network {name} is made anew"),
        );
    }
    let (key, id) = (key.to_owned(), id.to_owned());
    plan.push(
        Action::RemoveNetwork {
            name: name.clone(),
            id,
        },
        OUTDATED,
    );
    plan.push(Action::CreateNetwork { key, name }, OUTDATED);
}

/// The volumes that the services mount.
pub(super) fn volumes(
    target: &Target<'_>,
    services: &[&Service],
    observed: &Observed,
    plan: &mut Plan,
) -> Result<()> {
    let project = target.project;
    for key in volume_keys(services) {
        let name = project.volume_name(key);
        let defined = project.volumes.get(key);
        let external = defined.is_some_and(|volume| volume.external);
        match observed.volumes.get(key).unwrap_or(&Volume::Absent) {
            Volume::Absent if external => return Err(no_external("volume", key, &name)),
            Volume::Absent => {
                let key = key.to_owned();
                plan.push(Action::CreateVolume { key, name }, MISSING);
            }
            Volume::Present { .. } => {}
        }
    }
    Ok(())
}

/// The error for what the project only uses, where it is not there.
fn no_external(kind: &str, key: &str, name: &str) -> Error {
    Error::failed(format!(
        "the external {kind} {name} ({kind}s.{key}) does not exist"
    ))
    .hint(format!("docker {kind} create {name}"))
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
