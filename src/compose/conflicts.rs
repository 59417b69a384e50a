//! What two parts of a project cannot both have: a container's name, or a place in a container.

use std::collections::BTreeMap;

use super::model::Project;
use super::model::service::Service;
use super::yaml::path::Path;
use crate::error::Result;

/// Fails where enabled services give two containers one name, or one mounts twice at the same place.
pub(super) fn check(project: &Project) -> Result<()> {
    let mut named: BTreeMap<&str, &str> = BTreeMap::new();
    for service in project.services.values() {
        let path = Path::default().key("services").key(&service.name);
        check_mounts(service, project, &path)?;
        if service.container_name.is_empty() {
            continue;
        }
        if let Some(other) = named.insert(&service.container_name, &service.name) {
            let name = &service.container_name;
            return Err(project
                .fault(
                    &path.key("container_name"),
                    format!("`{name}` is the container of service {other} already"),
                )
                .hint("give each service a name of its own, or none"));
        }
    }
    Ok(())
}

/// A `tmpfs` and a mount of `volumes` at one place; those of one list replace each other before.
fn check_mounts(service: &Service, project: &Project, path: &Path) -> Result<()> {
    let mut taken: BTreeMap<&str, Path> = BTreeMap::new();
    let tmpfs = service.tmpfs.iter().enumerate();
    let tmpfs = tmpfs.map(|(index, entry)| {
        let target = entry.split(':').next().unwrap_or_default();
        (target, path.key("tmpfs").index(index))
    });
    let volumes = service.volumes.iter().enumerate();
    let volumes = volumes.map(|(index, mount)| (&*mount.target, path.key("volumes").index(index)));
    for (target, place) in tmpfs.chain(volumes) {
        if let Some(other) = taken.insert(target, place.clone()) {
            let reason = format!("{target} is mounted already, by {other}");
            return Err(project.fault(&place, reason).hint("remove one of the two"));
        }
    }
    Ok(())
}
