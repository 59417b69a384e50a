//! Does the engine give GPUs to the services that ask for one?

use super::Check;
use crate::compose::{DeviceRequest, Service};
use crate::engine::{Engine, GPU_HINT};
use crate::gateway::ComposeGateway;

const NAME: &str = "gateway GPU";

/// Warns where a service asks for NVIDIA's GPUs and the engine names nothing that gives them. It may have them
/// all the same: before release 28 an engine does not tell of what it found at its start.
pub(super) async fn check(compose: &ComposeGateway, engine: &Engine) -> Option<Check> {
    let services = compose.project.closure(&compose.service).ok()?;
    let service = services.into_iter().find(|service| asks(service))?;
    let name = &service.name;
    Some(match engine.nvidia().await {
        Err(error) => Check::failed(NAME, &error),
        Ok(Some(what)) => Check::ok(
            NAME,
            format!("service {name} asks for one, and the engine has {what}"),
        ),
        Ok(None) => Check::warn(
            NAME,
            format!(
                "service {name} asks for one, and the engine names neither a runtime nor devices of NVIDIA's"
            ),
            GPU_HINT,
        ),
    })
}

/// Whether the service asks for a GPU of NVIDIA's, or of whoever has some.
fn asks(service: &Service) -> bool {
    let reserved = service.deploy.as_ref();
    let reserved = reserved.and_then(|deploy| deploy.resources.reservations.as_ref());
    let reserved = reserved.into_iter().flat_map(|resource| &resource.devices);
    let is_gpu = |request: &DeviceRequest| {
        let asked = request.capabilities.iter();
        let mut asked = asked.map(String::as_str);
        matches!(request.driver.as_str(), "" | "nvidia")
            && (request.capabilities.is_empty() || asked.any(|one| matches!(one, "gpu" | "nvidia")))
    };
    service.gpus.iter().chain(reserved).any(is_gpu) || service.runtime == "nvidia"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::{Deploy, Resource, Resources};

    fn reserving(request: DeviceRequest) -> Service {
        let reservations = Resource {
            devices: vec![request],
            ..Resource::default()
        };
        let resources = Resources {
            reservations: Some(reservations),
            ..Resources::default()
        };
        Service {
            deploy: Some(Deploy {
                resources,
                ..Deploy::default()
            }),
            ..Service::default()
        }
    }

    #[test]
    fn gpus_are_asked_for_in_three_ways() {
        let request = |driver: &str, capability: &str| DeviceRequest {
            driver: driver.into(),
            capabilities: vec![capability.into()],
            ..DeviceRequest::default()
        };
        assert!(asks(&reserving(request("nvidia", "gpu"))));
        assert!(asks(&reserving(request("", "gpu"))));
        assert!(!asks(&reserving(request("cdi", "gpu"))));
        assert!(!asks(&reserving(request("", "tpu"))));
        let all = Service {
            gpus: vec![DeviceRequest::default()],
            ..Service::default()
        };
        assert!(asks(&all));
        let runtime = Service {
            runtime: "nvidia".into(),
            ..Service::default()
        };
        assert!(asks(&runtime));
        assert!(!asks(&Service::default()));
    }
}
