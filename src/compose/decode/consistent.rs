//! What compose refuses although each value alone is allowed.

use crate::compose::decode::{Decoded, Object};
use crate::compose::model::service::Service;
use crate::compose::yaml::path::Invalid;

/// Refuses a service whose values exclude each other.
pub(super) fn check(service: &Service, object: &Object) -> Decoded<()> {
    let field = |key| object.get(key);
    if let Some(networks) = field("networks").filter(|_| !service.network_mode.is_empty()) {
        return Err(networks.invalid("networks and network_mode exclude each other"));
    }
    if service.image.is_empty() && service.build.is_none() && service.unsupported.is_empty() {
        if let Some(image) = field("image") {
            return Err(image.invalid("is empty; are its variables set?"));
        }
        let reason = "has neither an image nor a build; add `image:` or `build:`";
        return Err(Invalid::new(&object.path, reason));
    }
    check_deploy(service, object)?;
    let platforms = service
        .build
        .as_ref()
        .map_or(&[][..], |build| &build.platforms);
    if let Some(platform) = field("platform")
        && !platforms.is_empty()
        && !platforms.contains(&service.platform)
    {
        return Err(platform.invalid("is not among build.platforms"));
    }
    if let (Some(container_name), Some(2..)) = (field("container_name"), service.scale) {
        return Err(container_name.invalid("a fixed name and a scale above 1 exclude each other"));
    }
    Ok(())
}

/// What `deploy` says again must be the same.
fn check_deploy(service: &Service, object: &Object) -> Decoded<()> {
    let Some(deploy) = &service.deploy else {
        return Ok(());
    };
    // Where there are limits at all, none of a kind is 0, which differs too.
    let limits = deploy.resources.limits.as_ref();
    let reserved = deploy.resources.reservations.as_ref();
    let distinct =
        |one: i64, other: Option<i64>| one != 0 && other.is_some_and(|other| other != one);
    let apart = |other: f32| service.cpus > 0.0 && (service.cpus - other).abs() > 1e-6;
    let pairs = [
        (
            "cpus",
            "limits.cpus",
            limits.is_some_and(|limits| apart(limits.cpus)),
        ),
        (
            "mem_limit",
            "limits.memory",
            distinct(service.mem_limit.0, limits.map(|limits| limits.memory.0)),
        ),
        (
            "mem_reservation",
            "reservations.memory",
            distinct(
                service.mem_reservation.0,
                reserved.map(|reserved| reserved.memory.0),
            ),
        ),
        (
            "pids_limit",
            "limits.pids",
            distinct(service.pids_limit, limits.map(|limits| limits.pids)),
        ),
    ];
    for (key, other, distinct) in pairs {
        if let Some(field) = object.get(key).filter(|_| distinct) {
            return Err(field.invalid(format!("differs from deploy.resources.{other}")));
        }
    }
    match (object.get("scale"), service.scale, deploy.replicas) {
        (Some(field), Some(scale), Some(replicas)) if scale != replicas => {
            Err(field.invalid("differs from deploy.replicas"))
        }
        _ => Ok(()),
    }
}
