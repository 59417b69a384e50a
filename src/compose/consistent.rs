//! What compose refuses of a service that is enabled, although each value alone is allowed.

use super::model::Project;
use super::model::service::Service;
use super::yaml::path::Path;
use crate::error::{Error, Result};

/// Fails for the first values that exclude each other.
pub(super) fn check(service: &Service, project: &Project) -> Result<()> {
    let path = Path::default().key("services").key(&service.name);
    let fault = |key: &str, reason: &str| Err(project.fault(&path.key(key), reason));
    if !service.network_mode.is_empty() && !service.networks.is_empty() {
        return fault("networks", "networks and network_mode exclude each other");
    }
    if service.image.is_empty() && service.build.is_none() && service.unsupported.is_empty() {
        return Err(imageless(project, &path));
    }
    check_deploy(service, project, &path)?;
    if let Some(build) = &service.build {
        if !build.dockerfile.is_empty() && !build.dockerfile_inline.is_empty() {
            return fault(
                "build",
                "dockerfile and dockerfile_inline exclude each other",
            );
        }
        let built = |platform| build.platforms.is_empty() || build.platforms.contains(platform);
        if !service.platform.is_empty() && !built(&service.platform) {
            return fault("platform", "is not among build.platforms");
        }
    }
    let replicas = service.deploy.as_ref().and_then(|deploy| deploy.replicas);
    if !service.container_name.is_empty() && service.scale.or(replicas) > Some(1) {
        let reason = "a fixed name and a scale above 1 exclude each other";
        return fault("container_name", reason);
    }
    Ok(())
}

fn imageless(project: &Project, path: &Path) -> Error {
    let image = path.key("image");
    if image.is_in(&project.sources.0) {
        return project.fault(&image, "is empty; are its variables set?");
    }
    project.fault(
        path,
        "has neither an image nor a build; add `image:` or `build:`",
    )
}

/// What `deploy` says again must be the same.
fn check_deploy(service: &Service, project: &Project, path: &Path) -> Result<()> {
    let Some(deploy) = &service.deploy else {
        return Ok(());
    };
    // Where there are limits at all, none of a kind is 0, which differs too.
    let limits = deploy.resources.limits.as_ref();
    let reserved = deploy.resources.reservations.as_ref();
    let distinct =
        |one: i64, other: Option<i64>| one != 0 && other.is_some_and(|other| other != one);
    let apart = |other: f32| service.cpus > 0.0 && (service.cpus - other).abs() > 1e-6;
    let scale = service.scale.zip(deploy.replicas);
    let pairs = [
        (
            "cpus",
            "resources.limits.cpus",
            limits.is_some_and(|limits| apart(limits.cpus)),
        ),
        (
            "mem_limit",
            "resources.limits.memory",
            distinct(service.mem_limit.0, limits.map(|limits| limits.memory.0)),
        ),
        (
            "mem_reservation",
            "resources.reservations.memory",
            distinct(
                service.mem_reservation.0,
                reserved.map(|reserved| reserved.memory.0),
            ),
        ),
        (
            "pids_limit",
            "resources.limits.pids",
            distinct(service.pids_limit, limits.map(|limits| limits.pids)),
        ),
        (
            "scale",
            "replicas",
            scale.is_some_and(|(scale, replicas)| scale != replicas),
        ),
    ];
    match pairs.into_iter().find(|(_, _, distinct)| *distinct) {
        Some((key, other, _)) => {
            Err(project.fault(&path.key(key), format!("differs from deploy.{other}")))
        }
        None => Ok(()),
    }
}
