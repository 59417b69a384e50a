//! What has to happen to each container: whether it stays, is out of date, or is missing.

use std::collections::BTreeSet;

use super::super::create::namespaces::{parents, resolved};
use super::super::observe::shared::Network;
use super::super::observe::{Found, Observed};
use super::super::{Target, UpOptions, network_keys, scale, volume_keys};
use super::outdated::renewed;
use crate::compose::Service;
use crate::error::{Error, Kind, Result};
use crate::gateway::State;

/// What has to happen to one of a service's containers.
pub(super) enum Change {
    /// It stays.
    None(Found),
    /// There is none of this number.
    Create(u32),
    /// It is out of date.
    Recreate(Found, String),
}

impl Change {
    pub(super) fn number(&self) -> u32 {
        match self {
            Self::None(found) | Self::Recreate(found, _) => found.number,
            Self::Create(number) => *number,
        }
    }

    pub(super) fn is_running(&self) -> bool {
        matches!(self, Self::None(found) if found.state.is_up())
    }

    /// It ended well, and nothing about it changed.
    pub(super) fn is_complete(&self) -> bool {
        matches!(self, Self::None(found) if found.state == State::Exited && found.exit_code == Some(0))
    }

    /// It ends again and again, and the engine will start it once more after a pause.
    pub(super) fn keeps_ending(&self) -> bool {
        matches!(self, Self::None(found) if found.state == State::Restarting)
    }
}

/// For each service what has to happen to its containers, in the order of their numbers.
pub(super) fn changes<'a>(
    target: &Target<'_>,
    services: &[&'a Service],
    observed: &Observed,
    options: &UpOptions,
) -> Result<Vec<(&'a Service, Vec<Change>)>> {
    let mut replaced: BTreeSet<&str> = BTreeSet::new();
    let mut changes = Vec::new();
    for service in services {
        let wanted = scale::of(service) as usize;
        let found = observed.all(&service.name);
        let parent = parents(service).find(|parent| replaced.contains(parent));
        let outdated = Outdated {
            target,
            services,
            defined: service,
            service: resolved(service, &observed.firsts()).ok(),
            is_forced: options.force_recreate && service.name == target.service,
            image: target.project.image_name(service),
            parent,
            observed,
        };
        let there = found.iter().take(wanted);
        let mut each: Vec<Change> = there
            .map(|found| outdated.change(found))
            .collect::<Result<_>>()?;
        let next = found.last().map_or(1, |last| last.number.saturating_add(1));
        let missing = wanted - each.len();
        each.extend((next..).take(missing).map(Change::Create));
        // Who shares a namespace shares that of the first.
        if !matches!(each.first(), None | Some(Change::None(_))) {
            replaced.insert(&service.name);
        }
        changes.push((*service, each));
    }
    Ok(changes)
}

/// What makes a container of one service out of date.
struct Outdated<'a> {
    target: &'a Target<'a>,
    /// All that are brought up.
    services: &'a [&'a Service],
    /// The service as the file defines it.
    defined: &'a Service,
    /// The service with the namespaces that it shares; `None` while there is nothing to share.
    service: Option<Service>,
    /// It is replaced, whatever it is.
    is_forced: bool,
    /// The name of its image.
    image: String,
    /// A service whose namespace it shares, and which is replaced.
    parent: Option<&'a str>,
    observed: &'a Observed,
}

impl Outdated<'_> {
    fn change(&self, found: &Found) -> Result<Change> {
        let cause = self.cause(found);
        match (found.state, cause) {
            (State::Removing | State::Dead, _) | (State::Paused, None) => Err(stuck(found)),
            (_, Some(cause)) => Ok(Change::Recreate(found.clone(), cause)),
            (_, None) => Ok(Change::None(found.clone())),
        }
    }

    fn cause(&self, found: &Found) -> Option<String> {
        let wanted = self.service.as_ref();
        let is_current = wanted.is_some_and(|service| service.is_current(&found.config_hash));
        let image = self.observed.images.get(&self.image);
        let image = image.and_then(Option::as_ref);
        if self.is_forced {
            Some("asked to".to_owned())
        } else if !is_current {
            Some("its configuration changed".to_owned())
        } else if image.is_some_and(|image| image.id != found.image_id) {
            Some("its image changed".to_owned())
        } else {
            let shared = |parent| format!("it shares a namespace with {parent}, which is replaced");
            let parent = self.parent.map(shared);
            let parent = parent.or_else(|| self.without_network(found));
            parent.or_else(|| self.without_volume(found))
        }
    }

    /// A network of the service that the container is not in: somebody disconnected it or removed the network,
    /// or the file gives it another name. The hash says nothing of either.
    fn without_network(&self, found: &Found) -> Option<String> {
        network_keys(&[self.defined]).into_iter().find_map(|key| {
            let name = self.target.project.network_name(key);
            let endpoint = found.networks.get(&name);
            let network = self.observed.networks.get(key).unwrap_or(&Network::Absent);
            let Some(joined) = endpoint else {
                return Some(format!("it is not in network {name}"));
            };
            let Network::Present { id, .. } = network else {
                return (!joined.is_empty()).then(|| format!("its network {name} is gone"));
            };
            if renewed(network, self.services, self.observed).is_some() {
                return Some(format!("network {name} is made anew"));
            }
            // What was never started has a name and no ID; Podman has the name in its place.
            let is_in = joined.is_empty() || joined == id || *joined == name;
            (!is_in).then(|| format!("it is not in network {name}"))
        })
    }

    /// A named volume of the service that the container does not mount: the file gives it another name.
    fn without_volume(&self, found: &Found) -> Option<String> {
        // Not every engine lists what is mounted.
        if found.volumes.is_empty() {
            return None;
        }
        volume_keys(&[self.defined]).into_iter().find_map(|key| {
            let name = self.target.project.volume_name(key);
            let is_mounted = found.volumes.contains(&name);
            (!is_mounted).then(|| format!("it does not mount volume {name}"))
        })
    }
}

/// The error for a container that can neither be started nor replaced as it is.
fn stuck(found: &Found) -> Error {
    let error = Error::new(
        Kind::Conflict,
        format!("container {} is {}", found.name, found.state),
    );
    error.hint(if found.state == State::Paused {
        format!("docker unpause {}", found.name)
    } else {
        format!("docker rm -f {}", found.name)
    })
}
