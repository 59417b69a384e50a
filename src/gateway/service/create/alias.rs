//! The name by which containers reach the host, on engines that do not provide it.

use super::super::Target;
use crate::compose::Service;
use crate::engine::EngineInfo;

/// The host name by which containers reach the host.
pub const NAME: &str = "host.docker.internal";

/// Whether `host.docker.internal` has to be added for the target to reach the host: a native Linux
/// engine does not provide it by itself.
pub fn is_added(target: &Target<'_>, service: &Service, engine: &EngineInfo) -> bool {
    target.host_gateway
        && service.name == target.service
        && engine.os == "linux"
        && !engine.desktop
        && engine.host_gateway.is_some()
        && (service.network_mode.is_empty() || service.network_mode == "bridge")
        && !service.extra_hosts.iter().any(|host| host.name == NAME)
}
