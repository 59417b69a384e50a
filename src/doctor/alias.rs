//! Can the service resolve the name by which containers call this machine?

use super::Check;
use super::advisory::numbers;
use super::question::{ALIAS, PODMAN_ALIAS};
use crate::compose::Service;
use crate::engine::{BRIDGE_HINT, Engine, EngineInfo};
use crate::gateway::{ComposeGateway, GatewayState};

const NAME: &str = ALIAS;
/// The first Podman that knows the word `host-gateway`: <https://github.com/containers/podman/pull/19152>.
const KNOWS_HOST_GATEWAY: [u64; 3] = [4, 7, 0];

/// Whether the service, and its container where there is one, has an address for the name.
pub(super) fn check(
    compose: &ComposeGateway,
    service: &Service,
    engine: &Engine,
    state: Option<&GatewayState>,
) -> Check {
    let written = service.extra_hosts.iter().any(|host| host.name == ALIAS);
    let info = engine.info();
    if info.rootless || engine.endpoint().is_remote() {
        return Check::warn(
            NAME,
            format!(
                "the engine {} does not run on this machine's own network",
                engine.endpoint()
            ),
            "set OLLAMA_URL in the service to an address that it can reach",
        );
    }
    if let Some(check) = on_podman(service, info) {
        return check;
    }
    if info.lacks_host_gateway() {
        return Check::fail(
            NAME,
            "the engine has no default bridge network, so it has no address for this host",
            BRIDGE_HINT,
        );
    }
    if !written && !info.desktop && !compose.host_gateway {
        return Check::fail(
            NAME,
            format!("service {} cannot resolve it", service.name),
            format!("add to the service: extra_hosts: [\"{ALIAS}:host-gateway\"]"),
        );
    }
    let lacks_it = |state: &GatewayState| {
        !state.container.is_empty() && !state.extra_hosts.iter().any(|host| host.starts_with(ALIAS))
    };
    if !info.desktop && state.is_some_and(lacks_it) {
        return Check::fail(
            NAME,
            format!("the container of {} was made without it", service.name),
            "ollamactl gateway up --force-recreate",
        );
    }
    Check::ok(
        NAME,
        match () {
            () if written => "the service defines it",
            () if info.desktop => "Docker Desktop provides it",
            () => "ollamactl adds it when it creates the container",
        },
    )
}

/// Warns where the engine is a Podman that gives the name no address.
fn on_podman(service: &Service, info: &EngineInfo) -> Option<Check> {
    if !info.podman {
        return None;
    }
    let written = service.extra_hosts.iter().find(|host| host.name == ALIAS);
    let old = numbers(&info.version).is_some_and(|version| version < KNOWS_HOST_GATEWAY);
    let why = match written {
        None => "Podman's containers call this machine by another name".to_owned(),
        Some(host) if host.address == "host-gateway" && old => format!(
            "{} writes the word host-gateway into the container's hosts file, which resolves to nothing",
            info.describe()
        ),
        Some(_) => return None,
    };
    let mend = format!("set OLLAMA_URL in the service to an address at {PODMAN_ALIAS}");
    Some(Check::warn(NAME, why, mend))
}
