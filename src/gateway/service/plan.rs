//! What has to be done to containers, and why: a pure function of what is wanted and what is there. What they
//! share comes before ([`super::shared_plan`]), and images before that ([`super::image_plan`]).

use std::collections::BTreeSet;

use super::action::{Action, Plan};
use super::namespaces::{parents, resolved};
use super::observe::{Found, Observed};
use super::removal::take_away;
use super::{Target, UpOptions, scale, shared_plan};
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
    let undefined = "its service is not defined any more";
    take_away(orphans, false, undefined, &mut plan);
    for service in services {
        plan_surplus(service, observed, &mut plan);
    }
    shared_plan::networks(target, services, observed, &mut plan)?;
    shared_plan::volumes(target, services, observed, &mut plan)?;
    let planning = Planning {
        target,
        changes: changes(target, services, observed, options)?,
    };
    for (service, changes) in &planning.changes {
        for change in changes {
            planning.make(service, change, &mut plan);
        }
    }
    if options.no_start {
        return Ok(plan);
    }
    for (service, changes) in &planning.changes {
        planning.run(service, changes, options, &mut plan);
    }
    if options.wait {
        plan_standing(services, &mut plan);
    }
    Ok(plan)
}

/// More containers than the service is to have: those of the highest numbers go.
fn plan_surplus(service: &Service, observed: &Observed, plan: &mut Plan) {
    let wanted = scale::of(service);
    let cause = match wanted {
        0 => "its service is scaled to none".to_owned(),
        1 => "one of its service is enough".to_owned(),
        more => format!("{more} of its service are enough"),
    };
    let surplus = observed.all(&service.name).iter().skip(wanted as usize);
    take_away(surplus, false, &cause, plan);
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

/// What has to happen to one of a service's containers.
enum Change {
    /// It stays.
    None(Found),
    /// There is none of this number.
    Create(u32),
    /// It is out of date.
    Recreate(Found, String),
}

impl Change {
    fn number(&self) -> u32 {
        match self {
            Self::None(found) | Self::Recreate(found, _) => found.number,
            Self::Create(number) => *number,
        }
    }

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

/// For each service what has to happen to its containers, in the order of their numbers.
fn changes<'a>(
    target: &Target<'_>,
    services: &[&'a Service],
    observed: &Observed,
    options: &UpOptions,
) -> Result<Vec<(&'a Service, Vec<Change>)>> {
    let mut replaced: BTreeSet<&str> = BTreeSet::new();
    let mut changes = Vec::new();
    for service in services {
        let wanted = scale::of(service) as usize;
        let found = observed.all(&service.name);
        let parent = parents(service).find(|parent| replaced.contains(parent));
        let outdated = Outdated {
            service: resolved(service, &observed.firsts()).ok(),
            is_forced: options.force_recreate && service.name == target.service,
            image: target.project.image_name(service),
            parent,
            observed,
        };
        let there = found.iter().take(wanted);
        let mut each: Vec<Change> = there
            .map(|found| outdated.change(found))
            .collect::<Result<_>>()?;
        let next = found.last().map_or(1, |last| last.number.saturating_add(1));
        let missing = wanted - each.len();
        each.extend((next..).take(missing).map(Change::Create));
        // Who shares a namespace shares that of the first.
        if !matches!(each.first(), None | Some(Change::None(_))) {
            replaced.insert(&service.name);
        }
        changes.push((*service, each));
    }
    Ok(changes)
}

/// What makes a container of one service out of date.
struct Outdated<'a> {
    /// The service with the namespaces that it shares; `None` while there is nothing to share.
    service: Option<Service>,
    /// It is replaced, whatever it is.
    is_forced: bool,
    /// The name of its image.
    image: String,
    /// A service whose namespace it shares, and which is replaced.
    parent: Option<&'a str>,
    observed: &'a Observed,
}

impl Outdated<'_> {
    fn change(&self, found: &Found) -> Result<Change> {
        if matches!(found.state.as_str(), "paused" | "removing" | "dead") {
            return Err(stuck(found));
        }
        Ok(match self.cause(found) {
            Some(cause) => Change::Recreate(found.clone(), cause),
            None => Change::None(found.clone()),
        })
    }

    fn cause(&self, found: &Found) -> Option<String> {
        let wanted = self.service.as_ref();
        let is_current = wanted.is_some_and(|service| service.is_current(&found.config_hash));
        let image = self.observed.images.get(&self.image);
        let image = image.and_then(Option::as_ref);
        if self.is_forced {
            Some("asked to".to_owned())
        } else if !is_current {
            Some("its configuration changed".to_owned())
        } else if image.is_some_and(|image| image.id != found.image_id) {
            Some("its image changed".to_owned())
        } else {
            let shared = |parent| format!("it shares a namespace with {parent}, which is replaced");
            self.parent.map(shared)
        }
    }
}

/// The error for a container that can neither be started nor replaced as it is.
fn stuck(found: &Found) -> Error {
    let error = Error::new(
        Kind::Conflict,
        format!("container {} is {}", found.name, found.state),
    );
    error.hint(if found.state == "paused" {
        format!("docker unpause {}", found.name)
    } else {
        format!("docker rm -f {}", found.name)
    })
}

/// What is known when containers are made and started.
struct Planning<'a> {
    target: &'a Target<'a>,
    /// The services in the order of their dependencies.
    changes: Vec<(&'a Service, Vec<Change>)>,
}

impl Planning<'_> {
    fn name(&self, service: &Service, change: &Change) -> String {
        let project = self.target.project;
        project.container_name(service, change.number())
    }

    fn make(&self, service: &Service, change: &Change, plan: &mut Plan) {
        let name = self.name(service, change);
        let service = service.name.clone();
        match change {
            // Between the removal of the old container and the renaming of the new one somebody stopped.
            Change::None(found) if found.name.ends_with(&format!("_{name}")) => {
                let old = found.clone();
                let action = Action::Rename { service, old, name };
                plan.push(action, "its replacement was interrupted");
            }
            Change::None(_) => {}
            Change::Create(number) => {
                let number = *number;
                let action = Action::Create {
                    service,
                    number,
                    name,
                };
                plan.push(action, "there is none");
            }
            Change::Recreate(old, cause) => {
                let old = old.clone();
                plan.push(Action::Recreate { service, name, old }, cause.as_str());
            }
        }
    }

    /// Starts what does not run and restarts what is to be restarted, after what the service needs.
    fn run(&self, service: &Service, changes: &[Change], options: &UpOptions, plan: &mut Plan) {
        let asked = options.restart && service.name == self.target.service;
        let replaced = self.replaced_need(service).filter(|_| !asked);
        let cause = match replaced {
            Some(name) => Some(format!("{name} is replaced")),
            None => asked.then(|| "asked to".to_owned()),
        };
        let mut steps = Vec::new();
        for change in changes {
            let (number, name) = (change.number(), self.name(service, change));
            let of = service.name.clone();
            let step = match &cause {
                Some(cause) if change.is_running() => {
                    let action = Action::Restart {
                        service: of,
                        number,
                        name,
                    };
                    Some((action, cause.clone()))
                }
                _ => self.cause_to_start(service, change).map(|cause| {
                    let action = Action::Start {
                        service: of,
                        number,
                        name,
                    };
                    (action, cause)
                }),
            };
            steps.extend(step);
        }
        // A restart that was asked for is of what ran before, with all that it needs.
        let starts = |action: &Action| matches!(action, Action::Start { .. });
        let mut each = steps.iter();
        if each.any(|(action, _)| replaced.is_some() || starts(action)) {
            self.wait(service, plan);
        }
        for (action, cause) in steps {
            plan.push(action, cause);
        }
    }

    /// Why a container is to be started, if it is.
    fn cause_to_start(&self, service: &Service, change: &Change) -> Option<String> {
        self.is_started(service, change).then(|| match change {
            Change::None(found) => format!("it is {}", found.state),
            _ => "it is new".to_owned(),
        })
    }

    /// Whether a container is to be started. A dependency that ended well is run again only for a
    /// dependent that is to be started itself, or that asks for it to be healthy.
    fn is_started(&self, service: &Service, change: &Change) -> bool {
        let is_target = service.name == self.target.service;
        if change.is_running() {
            // A start leaves a container that keeps ending as it is, but then the target is looked at.
            return is_target && change.keeps_ending();
        }
        let is_needed = |(other, changes): &(&Service, Vec<Change>)| {
            let mut resting = changes.iter().filter(|change| !change.is_running());
            other.depends_on.get(&service.name).is_some_and(|needed| {
                needed.condition == Condition::Healthy
                    || resting.any(|change| self.is_started(other, change))
            })
        };
        is_target || !change.is_complete() || self.changes.iter().any(is_needed)
    }

    /// Waits for what the service needs.
    fn wait(&self, service: &Service, plan: &mut Plan) {
        for (dependency, needed) in &service.depends_on {
            let planned = self
                .changes
                .iter()
                .any(|(other, _)| &other.name == dependency);
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
    fn replaced_need<'s>(&self, service: &'s Service) -> Option<&'s str> {
        let replaced = |change: &Change| matches!(change, Change::Recreate(..));
        let is_replaced = |name: &String| {
            let mut all = self.changes.iter();
            all.any(|(other, changes)| other.name == *name && changes.iter().any(replaced))
        };
        let mut needs = service.depends_on.iter();
        needs
            .find(|(name, needed)| needed.restart && is_replaced(name))
            .map(|(name, _)| name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::super::image_plan::images;
    use super::super::observe::Network;
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

    fn first<'a>(observed: &'a mut Observed, service: &str) -> &'a mut Found {
        let all = observed.containers.get_mut(service).expect("there");
        all.first_mut().expect("one")
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
            observed
                .containers
                .insert(service.name.clone(), vec![found]);
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
    fn what_ended_well_is_started_with_the_gateway_that_ended_well() {
        let ended = |observed: &mut Observed, name| {
            let found = first(observed, name);
            found.state = "exited".into();
            found.exit_code = Some(0);
        };
        let plan = changed(|_, observed| {
            ended(observed, "db");
            ended(observed, "gateway");
        });
        assert_eq!(
            plan,
            "start container p-db-1: it is exited\n\
             start container p-job-1: it is exited\n\
             wait for db to be healthy: gateway needs it\n\
             wait for job to complete: gateway needs it\n\
             start container p-gateway-1: it is exited\n"
        );
        assert_eq!(
            changed(|_, observed| ended(observed, "db")),
            "start container p-db-1: it is exited\n"
        );
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
            let resolved = resolved(gateway, &observed.firsts()).expect("resolved");
            let found = first(observed, "gateway");
            found.config_hash = resolved.config_hash(Dialect::B);
            first(observed, "db").image_id = "older".into();
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
            let found = first(observed, "gateway");
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
            let found = first(&mut observed, service);
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
        first(&mut observed, "db").state = "paused".into();
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
        let surplus = found("gateway", 2, "exited");
        observed
            .containers
            .get_mut("gateway")
            .expect("there")
            .push(surplus);
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
                first(observed, "db").image_id = "older".into();
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

    #[test]
    fn a_service_is_scaled_up_after_its_last_number_and_down_from_it() {
        let scaled = |to: i64, present: u32| {
            changed(|project, observed| {
                project.services.get_mut("db").expect("there").scale = Some(to);
                let one = first(observed, "db").clone();
                let all = (1..=present).map(|number| Found {
                    number,
                    id: format!("db-{number}"),
                    name: format!("p-db-{number}"),
                    ..one.clone()
                });
                observed.containers.insert("db".into(), all.collect());
            })
        };
        assert_eq!(scaled(2, 2), "");
        assert_eq!(
            scaled(3, 1),
            "create container p-db-2: there is none\n\
             create container p-db-3: there is none\n\
             start container p-db-2: it is new\n\
             start container p-db-3: it is new\n"
        );
        assert_eq!(
            scaled(2, 3),
            "stop container p-db-3: 2 of its service are enough\n\
             remove container p-db-3: 2 of its service are enough\n"
        );
        assert_eq!(
            scaled(0, 1),
            "stop container p-db-1: its service is scaled to none\n\
             remove container p-db-1: its service is scaled to none\n"
        );
    }
}
