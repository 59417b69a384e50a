//! Networks and volumes that were made from another definition than the compose file's. As compose does from
//! 2.31 on, such a network is made anew; a volume is not, since its data would be lost.

use super::super::Target;
use super::super::observe::shared::{Network, Volume};
use super::super::observe::{Found, Observed};
use crate::compose::Service;
use crate::event::Events;

/// The containers that use a network which is to be made anew; `None` where it stays as it is. It does so
/// too where something uses it that is none of these services': that would have to be stopped for it.
pub(super) fn renewed<'a>(
    network: &Network,
    services: &[&Service],
    observed: &'a Observed,
) -> Option<Vec<&'a Found>> {
    let Network::Present {
        outdated: Some(users),
        ..
    } = network
    else {
        return None;
    };
    let ours = services
        .iter()
        .flat_map(|service| observed.all(&service.name));
    let ours: Vec<&Found> = ours.filter(|found| users.contains(&found.id)).collect();
    (ours.len() == users.len()).then_some(ours)
}

/// Says what stays, though the compose file says otherwise.
pub fn tell(target: &Target<'_>, services: &[&Service], observed: &Observed, events: &Events) {
    let project = target.project;
    for (key, network) in &observed.networks {
        let is_outdated = matches!(
            network,
            Network::Present {
                outdated: Some(_),
                ..
            }
        );
        if is_outdated && renewed(network, services, observed).is_none() {
            events.warn(format!(
                "network {} is not what the compose file says (networks.{key}), and stays as it is while other \
                 containers use it; docker compose up -d makes it anew, for all of them",
                project.network_name(key)
            ));
        }
    }
    for (key, volume) in &observed.volumes {
        if matches!(volume, Volume::Present { outdated: true, .. }) {
            events.warn(format!(
                "volume {} is not what the compose file says (volumes.{key}), and stays as it is, with its data; \
                 without them: ollamactl gateway down --volumes, then up",
                project.volume_name(key)
            ));
        }
    }
}
