//! How many containers a service has.

use crate::compose::{Port, Service};
use crate::error::{Error, Result};

/// What `scale` or `deploy.replicas` says, else one.
pub(super) fn of(service: &Service) -> u32 {
    let replicas = service.deploy.as_ref().and_then(|deploy| deploy.replicas);
    let wanted = service.scale.or(replicas).unwrap_or(1);
    u32::try_from(wanted).unwrap_or(0)
}

/// Fails where the service's containers would be in each other's way.
pub(super) fn check(service: &Service) -> Result<()> {
    let wanted = of(service);
    if wanted < 2 {
        return Ok(());
    }
    let name = &service.name;
    match service.ports.iter().find_map(only_one_can_have) {
        Some(port) => Err(Error::usage(format!(
            "services.{name}: port {port} of this machine can be published by one container, not by {wanted}"
        ))
        .hint(format!(
            "publish a range of {wanted} ports, or leave the choice to the engine: \"127.0.0.1::PORT\""
        ))),
        None => Ok(()),
    }
}

/// The port of the host that it names, unless there is a choice.
fn only_one_can_have(port: &Port) -> Option<&str> {
    let published = port.published.as_deref()?;
    let fixed = published.parse::<u16>().is_ok_and(|number| number != 0);
    fixed.then_some(published)
}
