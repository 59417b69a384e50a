//! What has to be done to networks, volumes and containers, and why: a pure function of what is wanted and
//! what is there. Images come before: [`super::image_plan`].

use std::collections::BTreeSet;

use super::action::{Action, Plan};
use super::join::networks;
use super::namespaces::{parents, resolved};
use super::observe::{Found, Network, Observed, Volume};
use super::{Target, UpOptions, select};
use crate::compose::{Condition, Service};
use crate::error::{Error, Kind, Result};

/// The networks and volumes to create, and the containers to create, replace and start.
pub fn containers(
    target: &Target<'_>,
    services: &[&Service],
    observed: &Observed,
    options: &UpOptions,
) -> Result<Plan> {
    let mut plan = Plan::default();
    let orphans = observed.orphans.iter().filter(|_| options.remove_orphans);
    take_away(orphans, "its service is not defined any more", &mut plan);
    take_away(&observed.surplus, "one of its service is enough", &mut plan);
    plan_networks(target, services, observed, &mut plan)?;
    plan_volumes(target, services, observed, &mut plan)?;
    let changes = changes(target, services, observed, options)?;
    for (service, change) in services.iter().zip(&changes) {
        plan_container(target, service, change, &mut plan);
    }
    if options.no_start {
        return Ok(plan);
    }
    for (index, service) in services.iter().enumerate() {
        let asked = options.restart && service.name == target.service;
        let replaced = replaced_need(services, service, &changes);
        match &changes[index] {
            change @ Change::None(found)
                if change.is_running() && (asked || replaced.is_some()) =>
            {
                let action = Action::Restart {
                    service: service.name.clone(),
                    name: found.name.clone(),
                };
                let cause = match replaced {
                    Some(name) if !asked => {
                        plan_waits(services, service, &mut plan);
                        format!("{name} is replaced")
                    }
                    _ => "asked to".to_owned(),
                };
                plan.push(action, cause);
            }
            _ => plan_start(target, services, index, &changes, &mut plan),
        }
    }
    if options.wait {
        plan_standing(services, &mut plan);
    }
    Ok(plan)
}

/// Stops and removes containers; their anonymous volumes stay, as with compose.
fn take_away<'a>(containers: impl IntoIterator<Item = &'a Found>, cause: &str, plan: &mut Plan) {
    for found in containers {
        let container = found.clone();
        if found.is_active() {
            plan.push(
                Action::Stop {
                    container: container.clone(),
                },
                cause,
            );
        }
        let action = Action::Remove {
            container,
            volumes: false,
        };
        plan.push(action, cause);
    }
}

/// Every service must stand in the end, but for those that others wait for to complete.
fn plan_standing(services: &[&Service], plan: &mut Plan) {
    let completes = |name: &str| {
        let mut needs = services
            .iter()
            .filter_map(|other| other.depends_on.get(name));
        needs.any(|needed| needed.condition == Condition::Completed)
    };
    for service in services.iter().filter(|one| !completes(&one.name)) {
        let action = Action::Stand {
            service: service.name.clone(),
        };
        plan.push(action, "asked to wait");
    }
}

fn plan_networks(
    target: &Target<'_>,
    services: &[&Service],
    observed: &Observed,
    plan: &mut Plan,
) -> Result<()> {
    let joined = services
        .iter()
        .filter(|service| service.network_mode.is_empty());
    for key in select(joined.flat_map(|service| networks(service))) {
        let name = target.project.network_name(key);
        let external = target
            .project
            .networks
            .get(key)
            .is_some_and(|network| network.external);
        match observed.networks.get(key).unwrap_or(&Network::Absent) {
            Network::Absent if external => {
                return Err(Error::failed(format!(
                    "the external network {name} (networks.{key}) does not exist"
                ))
                .hint(format!("docker network create {name}")));
            }
            Network::Absent => {
                plan.push(
                    Action::CreateNetwork {
                        key: key.to_owned(),
                        name,
                    },
                    "it is missing",
                );
            }
            Network::Present { .. } if external => {}
            Network::Present {
                project,
                key: label,
            } => {
                if (project.as_str(), label.as_str()) != (target.project.name.as_str(), key) {
                    return Err(foreign_network(&name, key, project));
                }
            }
            Network::Ambiguous { ids } => return Err(ambiguous_network(&name, ids)),
        }
    }
    Ok(())
}

fn foreign_network(name: &str, key: &str, project: &str) -> Error {
    let owner = if project.is_empty() {
        "something else than compose".to_owned()
    } else {
        format!("project {project}")
    };
    Error::new(
        Kind::Conflict,
        format!("network {name} exists and was made by {owner}"),
    )
    .hint(format!(
        "to use it, write `external: true` under networks.{key}; else: docker network rm {name}"
    ))
}

fn ambiguous_network(name: &str, ids: &[String]) -> Error {
    Error::new(
        Kind::Conflict,
        format!("there are {} networks named {name}", ids.len()),
    )
    .details(ids.to_vec())
    .hint("docker network rm with the ID of all but one of them")
}

fn plan_volumes(
    target: &Target<'_>,
    services: &[&Service],
    observed: &Observed,
    plan: &mut Plan,
) -> Result<()> {
    let mounts = services.iter().flat_map(|service| &service.volumes);
    let named = mounts.filter(|mount| mount.kind == "volume" && !mount.source.is_empty());
    for key in select(named.map(|mount| mount.source.as_str())) {
        let name = target.project.volume_name(key);
        let external = target
            .project
            .volumes
            .get(key)
            .is_some_and(|volume| volume.external);
        if observed.volumes.get(key).unwrap_or(&Volume::Absent) != &Volume::Absent {
            continue;
        }
        if external {
            return Err(Error::failed(format!(
                "the external volume {name} (volumes.{key}) does not exist"
            ))
            .hint(format!("docker volume create {name}")));
        }
        plan.push(
            Action::CreateVolume {
                key: key.to_owned(),
                name,
            },
            "it is missing",
        );
    }
    Ok(())
}

/// What has to happen to a service's container.
enum Change {
    /// It stays.
    None(Found),
    /// There is none.
    Create,
    /// It is out of date.
    Recreate(Found, String),
}

impl Change {
    fn is_running(&self) -> bool {
        matches!(self, Self::None(found) if matches!(found.state.as_str(), "running" | "restarting"))
    }

    /// It ends again and again, and the engine will start it once more after a pause.
    fn keeps_ending(&self) -> bool {
        matches!(self, Self::None(found) if found.state == "restarting")
    }

    /// It ended well, and nothing about it changed.
    fn is_complete(&self) -> bool {
        matches!(self, Self::None(found) if found.state == "exited" && found.exit_code == Some(0))
    }
}

fn changes(
    target: &Target<'_>,
    services: &[&Service],
    observed: &Observed,
    options: &UpOptions,
) -> Result<Vec<Change>> {
    let mut replaced: BTreeSet<&str> = BTreeSet::new();
    let mut changes = Vec::new();
    for service in services {
        let change = change(target, service, observed, options, &replaced)?;
        if !matches!(change, Change::None(_)) {
            replaced.insert(&service.name);
        }
        changes.push(change);
    }
    Ok(changes)
}

fn change(
    target: &Target<'_>,
    service: &Service,
    observed: &Observed,
    options: &UpOptions,
    replaced: &BTreeSet<&str>,
) -> Result<Change> {
    let Some(found) = observed.containers.get(&service.name) else {
        return Ok(Change::Create);
    };
    if matches!(found.state.as_str(), "paused" | "removing" | "dead") {
        return Err(Error::new(
            Kind::Conflict,
            format!("container {} is {}", found.name, found.state),
        )
        .hint(if found.state == "paused" {
            format!("docker unpause {}", found.name)
        } else {
            format!("docker rm -f {}", found.name)
        }));
    }
    let image = observed
        .images
        .get(&target.project.image_name(service))
        .and_then(Option::as_ref);
    let cause = if options.force_recreate && service.name == target.service {
        "asked to".to_owned()
    } else if !is_current(service, found, observed) {
        "its configuration changed".to_owned()
    } else if image.is_some_and(|image| image.id != found.image_id) {
        "its image changed".to_owned()
    } else if let Some(parent) = parents(service).find(|parent| replaced.contains(parent)) {
        format!("it shares a namespace with {parent}, which is replaced")
    } else {
        return Ok(Change::None(found.clone()));
    };
    Ok(Change::Recreate(found.clone(), cause))
}

fn is_current(service: &Service, found: &Found, observed: &Observed) -> bool {
    let resolved = resolved(service, &observed.ids());
    resolved.is_ok_and(|service| service.is_current(&found.config_hash))
}

fn plan_container(target: &Target<'_>, service: &Service, change: &Change, plan: &mut Plan) {
    let (service_name, name) = (
        service.name.clone(),
        target.project.container_name(service, 1),
    );
    match change {
        // Between the removal of the old container and the renaming of the new one somebody stopped.
        Change::None(found) if found.name.ends_with(&format!("_{name}")) => {
            let action = Action::Rename {
                service: service_name,
                old: found.clone(),
                name,
            };
            plan.push(action, "its replacement was interrupted");
        }
        Change::None(_) => {}
        Change::Create => plan.push(
            Action::Create {
                service: service_name,
                name,
            },
            "there is none",
        ),
        Change::Recreate(old, cause) => {
            let action = Action::Recreate {
                service: service_name,
                name,
                old: old.clone(),
            };
            plan.push(action, cause.as_str());
        }
    }
}

/// Starts what does not run, after what it needs. A dependency that ended well is run again only for
/// a dependent that is to be started.
fn plan_start(
    target: &Target<'_>,
    services: &[&Service],
    index: usize,
    changes: &[Change],
    plan: &mut Plan,
) {
    let (service, change) = (services[index], &changes[index]);
    let mut dependents = services
        .iter()
        .zip(changes)
        .filter(|(other, _)| other.depends_on.contains_key(&service.name));
    let idle = change.is_complete()
        && dependents.all(|(_, other)| other.is_running() || other.is_complete());
    let is_target = service.name == target.service;
    // A start leaves a container that keeps ending as it is, but then the target is looked at.
    let stays = change.is_running() && !(is_target && change.keeps_ending());
    if stays || (idle && !is_target) {
        return;
    }
    plan_waits(services, service, plan);
    let name = target.project.container_name(service, 1);
    let cause = match change {
        Change::None(found) => format!("it is {}", found.state),
        _ => "it is new".to_owned(),
    };
    plan.push(
        Action::Start {
            service: service.name.clone(),
            name,
        },
        cause,
    );
}

/// Waits for what the service needs.
fn plan_waits(services: &[&Service], service: &Service, plan: &mut Plan) {
    for (dependency, needed) in &service.depends_on {
        let planned = services.iter().any(|other| &other.name == dependency);
        if planned && needed.condition != Condition::Started {
            let action = Action::Wait {
                service: service.name.clone(),
                dependency: dependency.clone(),
                condition: needed.condition,
                required: needed.required,
            };
            plan.push(action, format!("{} needs it", service.name));
        }
    }
}

/// A dependency that is replaced, with which this service asks to be restarted.
fn replaced_need<'a>(
    services: &[&Service],
    service: &'a Service,
    changes: &[Change],
) -> Option<&'a str> {
    let is_replaced = |name: &String| {
        let mut all = services.iter().zip(changes);
        all.any(|(other, change)| other.name == *name && matches!(change, Change::Recreate(..)))
    };
    let mut needs = service.depends_on.iter();
    needs
        .find(|(name, needed)| needed.restart && is_replaced(name))
        .map(|(name, _)| name.as_str())
}

#[cfg(test)]
mod tests {
    use super::super::image_plan::images;
    use super::super::{Build, Pull};
    use super::*;
    use crate::compose::{Dependency, Dialect, Project};
    use crate::engine::Image;
    use crate::error::Kind;

    /// `gateway` needs `db` to be healthy and `job` to complete; all are built.
    fn project() -> Project {
        let mut project = Project {
            name: "p".into(),
            ..Project::default()
        };
        for name in ["db", "gateway", "job"] {
            let service = Service {
                name: name.into(),
                build: Some(crate::compose::Build::default()),
                networks: [("default".into(), None)].into(),
                ..Service::default()
            };
            project.services.insert(name.into(), service);
        }
        let need = |condition| Dependency {
            condition,
            ..Dependency::default()
        };
        let gateway = project.services.get_mut("gateway").expect("there");
        gateway
            .depends_on
            .insert("db".into(), need(Condition::Healthy));
        gateway
            .depends_on
            .insert("job".into(), need(Condition::Completed));
        project
    }

    /// Everything is there, as the project wants it.
    fn settled(project: &Project) -> Observed {
        let mut observed = Observed::default();
        for service in project.services.values() {
            let image = format!("p-{}", service.name);
            let found = Found {
                id: format!("{}-id", service.name),
                name: project.container_name(service, 1),
                state: if service.name == "job" {
                    "exited"
                } else {
                    "running"
                }
                .into(),
                exit_code: (service.name == "job").then_some(0),
                config_hash: service.config_hash(Dialect::B),
                image_id: image.clone(),
                version: "2.40.3".into(),
                service: service.name.clone(),
                number: 1,
                ..Found::default()
            };
            observed.containers.insert(service.name.clone(), found);
            let there = Image {
                id: image.clone(),
                has_healthcheck: false,
                volumes: Vec::new(),
                age: None,
            };
            observed.images.insert(image, Some(there));
        }
        let network = Network::Present {
            project: "p".into(),
            key: "default".into(),
        };
        observed.networks.insert("default".into(), network);
        observed
    }

    fn plan(project: &Project, observed: &Observed, options: &UpOptions) -> Result<String> {
        let target = Target {
            project,
            service: "gateway",
            host_gateway: true,
            health_path: "/healthz",
        };
        let services = project.closure("gateway").expect("can run");
        let mut plan = images(&target, &services, observed, options)?;
        plan.steps
            .extend(containers(&target, &services, observed, options)?.steps);
        Ok(plan.to_string())
    }

    fn changed(change: impl FnOnce(&mut Project, &mut Observed)) -> String {
        let mut project = project();
        let mut observed = settled(&project);
        change(&mut project, &mut observed);
        plan(&project, &observed, &UpOptions::default()).expect("a plan")
    }

    #[test]
    fn an_empty_engine_gets_everything_in_order() {
        let plan = plan(&project(), &Observed::default(), &UpOptions::default());
        assert_eq!(
            plan.expect("a plan"),
            "build image p-db: it is missing\n\
             build image p-job: it is missing\n\
             build image p-gateway: it is missing\n\
             create network p_default: it is missing\n\
             create container p-db-1: there is none\n\
             create container p-job-1: there is none\n\
             create container p-gateway-1: there is none\n\
             start container p-db-1: it is new\n\
             start container p-job-1: it is new\n\
             wait for db to be healthy: gateway needs it\n\
             wait for job to complete: gateway needs it\n\
             start container p-gateway-1: it is new\n"
        );
    }

    #[test]
    fn nothing_is_done_where_all_is_as_wanted() {
        assert_eq!(changed(|_, _| {}), "");
    }

    #[test]
    fn a_change_replaces_the_container_and_runs_the_job_again_for_it() {
        let plan = changed(|project, _| {
            let gateway = project.services.get_mut("gateway").expect("there");
            gateway.environment.insert("A".into(), Some("1".into()));
        });
        assert_eq!(
            plan,
            "recreate container p-gateway-1: its configuration changed\n\
             start container p-job-1: it is exited\n\
             wait for db to be healthy: gateway needs it\n\
             wait for job to complete: gateway needs it\n\
             start container p-gateway-1: it is new\n"
        );
    }

    #[test]
    fn a_container_that_shares_a_namespace_follows_its_parent() {
        let plan = changed(|project, observed| {
            let gateway = project.services.get_mut("gateway").expect("there");
            gateway.depends_on.clear();
            gateway
                .depends_on
                .insert("db".into(), Dependency::default());
            gateway.network_mode = "service:db".into();
            let resolved = resolved(gateway, &observed.ids()).expect("resolved");
            let found = observed.containers.get_mut("gateway").expect("there");
            found.config_hash = resolved.config_hash(Dialect::B);
            observed.containers.get_mut("db").expect("there").image_id = "older".into();
        });
        assert_eq!(
            plan,
            "recreate container p-db-1: its image changed\n\
             recreate container p-gateway-1: it shares a namespace with db, which is replaced\n\
             start container p-db-1: it is new\n\
             start container p-gateway-1: it is new\n"
        );
    }

    #[test]
    fn an_interrupted_replacement_is_finished() {
        let plan = changed(|_, observed| {
            let found = observed.containers.get_mut("gateway").expect("there");
            found.name = "0123456789ab_p-gateway-1".into();
            found.state = "created".into();
        });
        assert!(plan.starts_with(
            "rename container 0123456789ab_p-gateway-1 to p-gateway-1: its replacement was interrupted\n"
        ), "{plan}");
        assert!(
            plan.ends_with("start container p-gateway-1: it is created\n"),
            "{plan}"
        );
    }

    #[test]
    fn restart_builds_the_target_alone_and_restarts_what_did_not_change() {
        let project = project();
        let options = UpOptions {
            build: Build::Target,
            restart: true,
            ..UpOptions::default()
        };
        assert_eq!(
            plan(&project, &settled(&project), &options).expect("a plan"),
            "build image p-gateway: asked to\nrestart container p-gateway-1: asked to\n"
        );
    }

    #[test]
    fn a_target_that_keeps_ending_is_not_taken_for_one_that_runs() {
        let project = project();
        let mut observed = settled(&project);
        for service in ["gateway", "db"] {
            let found = observed.containers.get_mut(service).expect("there");
            found.state = "restarting".into();
        }
        let lines = plan(&project, &observed, &UpOptions::default()).expect("a plan");
        assert!(
            lines.ends_with("start container p-gateway-1: it is restarting\n"),
            "{lines}"
        );
        assert!(!lines.contains("start container p-db-1"), "{lines}");
        let options = UpOptions {
            restart: true,
            ..UpOptions::default()
        };
        assert_eq!(
            plan(&project, &observed, &options).expect("a plan"),
            "restart container p-gateway-1: asked to\n"
        );
    }

    #[test]
    fn what_is_not_ours_is_not_used_in_silence() {
        let project = project();
        let mut observed = settled(&project);
        let foreign = Network::Present {
            project: String::new(),
            key: String::new(),
        };
        observed.networks.insert("default".into(), foreign);
        let error = plan(&project, &observed, &UpOptions::default()).expect_err("refused");
        assert_eq!((error.kind, error.hints.len()), (Kind::Conflict, 1));
        let ids = vec!["a".to_owned(), "b".to_owned()];
        observed
            .networks
            .insert("default".into(), Network::Ambiguous { ids });
        let error = plan(&project, &observed, &UpOptions::default()).expect_err("refused");
        assert_eq!(error.details, ["a", "b"]);
        let mut observed = settled(&project);
        observed.containers.get_mut("db").expect("there").state = "paused".into();
        let error = plan(&project, &observed, &UpOptions::default()).expect_err("refused");
        assert_eq!(error.hints, ["docker unpause p-db-1"]);
    }

    #[test]
    fn orphans_and_surplus_are_removed_as_compose_does() {
        let project = project();
        let mut observed = settled(&project);
        let found = |service: &str, number: u32, state: &str| Found {
            name: format!("p-{service}-{number}"),
            service: service.to_owned(),
            number,
            state: state.to_owned(),
            ..Found::default()
        };
        observed.orphans = vec![found("old", 1, "running")];
        observed.surplus = vec![found("gateway", 2, "exited")];
        let surplus = "remove container p-gateway-2: one of its service is enough\n";
        let lines = plan(&project, &observed, &UpOptions::default());
        assert_eq!(lines.expect("a plan"), surplus);
        let options = UpOptions {
            remove_orphans: true,
            ..UpOptions::default()
        };
        assert_eq!(
            plan(&project, &observed, &options).expect("a plan"),
            format!(
                "stop container p-old-1: its service is not defined any more\n\
                 remove container p-old-1: its service is not defined any more\n{surplus}"
            )
        );
    }

    #[test]
    fn a_replaced_dependency_restarts_who_asks_for_it() {
        let with = |restart: bool| {
            changed(|project, observed| {
                let gateway = project.services.get_mut("gateway").expect("there");
                gateway.depends_on.get_mut("db").expect("there").restart = restart;
                observed.containers.get_mut("db").expect("there").image_id = "older".into();
            })
        };
        let replaced = "recreate container p-db-1: its image changed\n\
                        start container p-db-1: it is new\n";
        assert_eq!(with(false), replaced);
        assert_eq!(
            with(true),
            format!(
                "{replaced}\
                 wait for db to be healthy: gateway needs it\n\
                 wait for job to complete: gateway needs it\n\
                 restart container p-gateway-1: db is replaced\n"
            )
        );
    }

    #[test]
    fn waiting_leaves_out_what_has_to_complete() {
        let project = project();
        let options = UpOptions {
            wait: true,
            ..UpOptions::default()
        };
        assert_eq!(
            plan(&project, &settled(&project), &options).expect("a plan"),
            "wait for db to run and be healthy: asked to wait\n\
             wait for gateway to run and be healthy: asked to wait\n"
        );
    }

    #[test]
    fn what_pull_asks_for_wins_over_the_file() {
        let mut project = project();
        let job = project.services.get_mut("job").expect("there");
        (job.build, job.pull_policy) = (None, "never".into());
        let with = |pull, missing: bool| {
            let mut observed = settled(&project);
            if missing {
                observed.images.insert("p-job".into(), None);
            }
            let options = UpOptions {
                pull: Some(pull),
                ..UpOptions::default()
            };
            plan(&project, &observed, &options).map_err(|error| error.message)
        };
        let pulled = "pull image p-job: asked to\n";
        assert_eq!(with(Pull::Always, false).as_deref(), Ok(pulled));
        let pulled = "pull image p-job: it is missing\n";
        assert_eq!(with(Pull::Missing, true).as_deref(), Ok(pulled));
        assert_eq!(with(Pull::Missing, false).as_deref(), Ok(""));
        let message = with(Pull::Never, true).expect_err("refused");
        assert!(message.contains("--pull never"), "{message}");
    }

    #[test]
    fn pull_policies_are_kept() {
        let mut project = project();
        project.services.get_mut("job").expect("there").build = None;
        let with = |policy: &str, missing: bool| {
            let mut project = project.clone();
            project.services.get_mut("job").expect("there").pull_policy = policy.into();
            let mut observed = settled(&project);
            if missing {
                observed.images.insert("p-job".into(), None);
            }
            plan(&project, &observed, &UpOptions::default()).map_err(|error| error.kind)
        };
        assert_eq!(
            with("", true).as_deref(),
            Ok("pull image p-job: it is missing\n")
        );
        assert_eq!(with("missing", false).as_deref(), Ok(""));
        assert_eq!(
            with("always", false).as_deref(),
            Ok("pull image p-job: its pull_policy says so\n")
        );
        assert_eq!(with("never", true), Err(Kind::Failed));
        let old = "pull image p-job: it is older than its pull_policy allows\n";
        assert_eq!(with("weekly", false).as_deref(), Ok(old));
        assert_eq!(with("sometimes", false), Err(Kind::Usage));
    }
}
