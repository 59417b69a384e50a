//! What compose adds to a project that was read: profiles, environments from files, implied
//! dependencies and networks, names.

use std::collections::BTreeMap;
use std::path::Path;

use crate::compose::files::Variables;
use crate::compose::files::environment::env_file;
use crate::compose::files::interpolate::unset_warning;
use crate::compose::files::read;
use crate::compose::model::Project;
use crate::compose::model::service::{Condition, Dependency, FileReference, Service};
use crate::compose::yaml::path::Path as KeyPath;
use crate::compose::{conflicts, consistent, references};
use crate::error::{Report, Result};

/// Completes the project. Where `profiles` are named, those of `COMPOSE_PROFILES` are not active.
pub(super) fn complete(project: &mut Project, profiles: &[String]) -> Result<()> {
    project.profiles = if profiles.is_empty() {
        let variable = project.environment.get("COMPOSE_PROFILES");
        // Where nothing is listed, the profile of no name is: services that have it are active.
        let listed = variable.map_or("", String::as_str).split(',');
        listed.map(|profile| profile.trim().to_owned()).collect()
    } else {
        profiles.iter().cloned().collect()
    };
    for service in std::mem::take(&mut project.services).into_values() {
        let service = complete_service(service, project)?;
        let place = if is_active(&service, project) {
            &mut project.services
        } else {
            &mut project.disabled
        };
        place.insert(service.name.clone(), service);
    }
    drop_absent_dependencies(project);
    // As compose does, of every service that is enabled, whichever is to be run.
    for service in project.services.values() {
        consistent::check(service, project)?;
        references::check(service, project)?;
    }
    for service in project.services.values_mut() {
        if let (Some(scale), Some(deploy)) = (service.scale, &mut service.deploy) {
            deploy.replicas = Some(scale);
        }
    }
    conflicts::check(project)?;
    project.check_dependencies()?;
    name_resources(project);
    Ok(())
}

fn is_active(service: &Service, project: &Project) -> bool {
    let active = |profile: &String| project.profiles.contains(profile);
    service.profiles.is_empty()
        || project.profiles.contains("*")
        || service.profiles.iter().any(active)
}

/// Takes optional dependencies behind inactive profiles out of enabled services, unless naming the
/// service would enable them. Compose does so before it hashes.
fn drop_absent_dependencies(project: &mut Project) {
    for service in project.services.values_mut() {
        let profiles = &service.profiles;
        let (kept, absent) = std::mem::take(&mut service.depends_on)
            .into_iter()
            .partition(|(name, dependency)| {
                let absent = project.disabled.get(name.as_str()).is_some_and(|needed| {
                    !needed
                        .profiles
                        .iter()
                        .any(|profile| profiles.contains(profile))
                });
                dependency.required || !absent
            });
        (service.depends_on, service.absent) = (kept, absent);
    }
}

fn complete_service(mut service: Service, project: &mut Project) -> Result<Service> {
    resolve_environment(&mut service, project);
    if let Some(build) = &mut service.build {
        resolve_unset(&mut build.args, project);
        build.args.retain(|_, value| value.is_some());
        let owned = |secret: &FileReference| {
            !secret.uid.is_empty() || !secret.gid.is_empty() || secret.mode.is_some()
        };
        if build.secrets.iter().any(owned) {
            project.warnings.push(format!(
                "services.{}.build.secrets: uid, gid and mode have no effect; the Dockerfile says them, with the mount",
                service.name
            ));
        }
    }
    if let Err(error) = resolve_labels(&mut service, project) {
        if is_active(&service, project) {
            return Err(error);
        }
        service.unreadable = Some(Report::from(&error));
    }
    imply_dependencies(&mut service);
    Ok(service)
}

/// Variables of `env_file`s beneath those of `environment`; a file that cannot be read is a fault only
/// of who runs the service. Those without a value are inherited from the project's environment.
fn resolve_environment(service: &mut Service, project: &mut Project) {
    let mut variables = read_variables(service, project).unwrap_or_else(|error| {
        service.unreadable = Some(Report::from(&error));
        BTreeMap::new()
    });
    variables.extend(std::mem::take(&mut service.environment));
    resolve_unset(&mut variables, project);
    service.environment = variables;
}

/// The variables of a service's `env_file`s.
fn read_variables(service: &Service, project: &mut Project) -> Result<Variables> {
    let mut variables = Variables::new();
    // The service's own variables can be used in its files, beneath those of the project.
    let mut known = project.environment.clone();
    for (name, value) in &service.environment {
        if let Some(value) = value {
            known.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    for file in &service.env_file {
        if let Some(reason) = read::lacking(&file.path) {
            if !file.required && !file.path.exists() {
                continue;
            }
            let path = file.path.display();
            return Err(project.fault(&file.named, reason).hint(format!(
                "create it, or mark it as optional: {{path: {path}, required: false}}"
            )));
        }
        let (found, unset) = env_file(&file.path, &known, &variables, file.raw)?;
        // A name alone is inherited, or nothing.
        variables.extend(found.into_iter().filter(|(_, value)| value.is_some()));
        let warnings = unset.iter().map(|name| unset_warning(name));
        project.warnings.extend(warnings);
    }
    Ok(variables)
}

/// Labels of `label_file`s beneath those of `labels`.
fn resolve_labels(service: &mut Service, project: &Project) -> Result<()> {
    let mut labels: BTreeMap<String, String> = BTreeMap::new();
    let services = KeyPath::default().key("services");
    let named = services.key(&service.name).key("label_file");
    for path in &service.label_file {
        let file = Path::new(path);
        if let Some(reason) = read::lacking(file) {
            let error = project.fault(&named, reason);
            return Err(error.hint("create it, or correct the path"));
        }
        // Only labels of the files before can be used in one.
        let (found, _) = env_file(file, &labels, &Variables::new(), false)?;
        // A name alone is no label.
        labels.extend(
            found
                .into_iter()
                .filter_map(|(key, value)| Some((key, value?))),
        );
    }
    labels.append(&mut service.labels);
    service.labels = labels;
    Ok(())
}

fn resolve_unset(variables: &mut BTreeMap<String, Option<String>>, project: &Project) {
    for (name, value) in variables.iter_mut().filter(|(_, value)| value.is_none()) {
        *value = project.environment.get(name).cloned();
    }
}

/// Sharing a namespace or volumes of another service, or a link to it, means depending on it.
fn imply_dependencies(service: &mut Service) {
    let modes = [
        &service.network_mode,
        &service.ipc,
        &service.pid,
        &service.uts,
        &service.cgroup,
    ];
    let namespaces = modes
        .into_iter()
        .filter_map(|mode| mode.strip_prefix("service:"));
    let first = |text: &'_ String| text.split(':').next().unwrap_or_default().to_owned();
    let linked = service.links.iter().map(first);
    let donors = service.volumes_from.iter().map(first);
    let shared = namespaces.map(str::to_owned).chain(linked);
    let donors = donors.filter(|name| name != "container");
    let names: Vec<(String, bool)> = shared
        .map(|name| (name, true))
        .chain(donors.map(|name| (name, false)))
        .collect();
    for (name, restart) in names {
        service.depends_on.entry(name).or_insert(Dependency {
            condition: Condition::Started,
            restart,
            required: true,
        });
    }
}

/// The default network where a service uses it, and the names of everything on the engine.
fn name_resources(project: &mut Project) {
    let uses_default = |service: &Service| service.networks.contains_key("default");
    if project
        .services
        .values()
        .chain(project.disabled.values())
        .any(uses_default)
    {
        project.networks.entry("default".to_owned()).or_default();
    } else {
        project.networks.remove("default");
    }
    let name = |name: &mut String, key: &str, external: bool| {
        if name.is_empty() {
            *name = if external {
                key.to_owned()
            } else {
                format!("{}_{key}", project.name)
            };
        }
    };
    for (key, network) in &mut project.networks {
        name(&mut network.name, key, network.external);
    }
    for (key, volume) in &mut project.volumes {
        name(&mut volume.name, key, volume.external);
    }
    for (key, object) in project.configs.iter_mut().chain(&mut project.secrets) {
        name(&mut object.name, key, object.external);
    }
}
