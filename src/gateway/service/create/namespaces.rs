//! What a service shares with the container of another one, namespaces and volumes: the name of that
//! service becomes the container's ID before anything is compared or made, so that `config-hash` is what
//! compose computes.

use std::collections::BTreeMap;

use crate::compose::Service;
use crate::error::{Error, Result};

/// The services whose namespaces or volumes this one shares.
pub fn parents(service: &Service) -> impl Iterator<Item = &str> {
    let modes = [&service.network_mode, &service.ipc, &service.pid];
    let namespaces = modes
        .into_iter()
        .filter_map(|mode| mode.strip_prefix("service:"));
    namespaces.chain(service.volumes_from.iter().filter_map(|text| donor(text)))
}

/// The service of an entry of `volumes_from`, unless it names a container. What access it asks for is left
/// out, as compose does.
fn donor(text: &str) -> Option<&str> {
    let name = text.split(':').next()?;
    (name != "container").then_some(name)
}

/// The service with the IDs of these containers, by service, in the place of names.
pub fn resolved(service: &Service, containers: &BTreeMap<String, String>) -> Result<Service> {
    let mut service = service.clone();
    let missing = |key: &str, parent: &str| {
        let name = &service.name;
        Error::usage(format!(
            "services.{name}.{key} names the service {parent:?}, which has no container"
        ))
    };
    let donors = service.volumes_from.iter().map(|text| match donor(text) {
        Some(name) => containers
            .get(name)
            .cloned()
            .ok_or_else(|| missing("volumes_from", name)),
        None => Ok(text.split(':').nth(1).unwrap_or_default().to_owned()),
    });
    let donors = donors.collect::<Result<Vec<String>>>()?;
    service.volumes_from = donors;
    let modes = [
        ("network_mode", &mut service.network_mode),
        ("ipc", &mut service.ipc),
        ("pid", &mut service.pid),
    ];
    for (key, mode) in modes {
        let Some(parent) = mode.strip_prefix("service:") else {
            continue;
        };
        let Some(id) = containers.get(parent) else {
            let name = &service.name;
            return Err(Error::usage(format!(
                "services.{name}.{key} names the service {parent:?}, which has no container"
            )));
        };
        *mode = format!("container:{id}");
    }
    Ok(service)
}
