//! Namespaces that a service shares with another one: `service:NAME` becomes the container of that
//! service, before anything is compared or made, so that `config-hash` is what compose computes.

use std::collections::BTreeMap;

use crate::compose::Service;
use crate::error::{Error, Result};

/// The services whose network, process or IPC namespace this one shares.
pub(super) fn parents(service: &Service) -> impl Iterator<Item = &str> {
    let modes = [&service.network_mode, &service.ipc, &service.pid];
    modes
        .into_iter()
        .filter_map(|mode| mode.strip_prefix("service:"))
}

/// The service with the IDs of these containers, by service, in the place of names.
pub(super) fn resolved(
    service: &Service,
    containers: &BTreeMap<String, String>,
) -> Result<Service> {
    let mut service = service.clone();
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
