//! What is refused before anything is changed.

use super::apply::images;
use super::create::making::Making;
use super::create::{self, inject, namespaces};
use super::{Target, scale};
use crate::compose::{Release, Service};
use crate::engine::{BRIDGE_HINT, Engine};
use crate::error::{Error, Result};

/// Makes every create body and build once without using it: what cannot be mapped is refused before
/// anything is changed.
pub(super) fn check(engine: &Engine, target: &Target<'_>, services: &[&Service]) -> Result<()> {
    let (release, proxies) = (Release::default(), engine.proxies()?);
    let names = services.iter().map(|service| service.name.clone());
    let stand_ins = names.map(|name| (name, String::new())).collect();
    for service in services {
        scale::check(service)?;
        check_host_gateway(engine, service)?;
        create::body(&Making {
            target,
            service: &namespaces::resolved(service, &stand_ins)?,
            number: 1,
            engine: engine.info(),
            proxies: &proxies,
            release: &release,
            image_id: "",
            inherited: None,
        })?;
        inject::check(target.project, service)?;
        if service.build.is_some() {
            images::request(engine, target, service, &release)?;
        }
    }
    Ok(())
}

/// An engine without a default bridge has nothing that `host-gateway` could stand for. Some say so when
/// the container starts; others write `<nil>` into its /etc/hosts.
fn check_host_gateway(engine: &Engine, service: &Service) -> Result<()> {
    let asked = service
        .extra_hosts
        .iter()
        .any(|host| host.address == "host-gateway");
    if !asked || !engine.info().lacks_host_gateway() {
        return Ok(());
    }
    Err(Error::failed(format!(
        "service {} has host-gateway in its extra_hosts, but the engine at {} has no default bridge network",
        service.name,
        engine.endpoint()
    ))
    .hint(BRIDGE_HINT))
}
