//! A project of three services, for tests: what is there, and the plan for it.

use super::super::observe::shared::Network;
use super::super::observe::{Found, Observed};
use super::super::{Target, UpOptions};
use super::containers;
use super::images::images;
use crate::compose::{Condition, Dependency, Dialect, Project, Service};
use crate::engine::{Image, Platform};
use crate::error::Result;
use crate::gateway::State;

/// `gateway` needs `db` to be healthy and `job` to complete; all are built.
pub(in crate::gateway::service) fn project() -> Project {
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

pub(in crate::gateway::service) fn first<'a>(
    observed: &'a mut Observed,
    service: &str,
) -> &'a mut Found {
    let all = observed.containers.get_mut(service).expect("there");
    all.first_mut().expect("one")
}

/// A container ended well.
pub(in crate::gateway::service) fn ended(observed: &mut Observed, service: &str) {
    let found = first(observed, service);
    found.state = State::Exited;
    found.exit_code = Some(0);
}

/// Everything is there and runs, the job too, as the project wants it.
pub(in crate::gateway::service) fn settled(project: &Project) -> Observed {
    let mut observed = Observed::default();
    for service in project.services.values() {
        let image = format!("p-{}", service.name);
        let found = Found {
            id: format!("{}-id", service.name),
            name: project.container_name(service, 1),
            state: State::Running,
            config_hash: service.config_hash(Dialect::B),
            image_id: image.clone(),
            version: "2.40.3".into(),
            service: service.name.clone(),
            number: 1,
            networks: [("p_default".into(), "network-id".into())].into(),
            ..Found::default()
        };
        observed
            .containers
            .insert(service.name.clone(), vec![found]);
        let there = Image {
            id: image.clone(),
            has_healthcheck: false,
            volumes: Vec::new(),
            platform: Platform::parse("linux/amd64"),
            age: None,
        };
        observed.images.insert(image, Some(there));
    }
    let network = Network::Present {
        id: "network-id".into(),
        project: "p".into(),
        key: "default".into(),
        outdated: None,
    };
    observed.networks.insert("default".into(), network);
    observed
}

pub(in crate::gateway::service) fn plan(
    project: &Project,
    observed: &Observed,
    options: &UpOptions,
) -> Result<String> {
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

pub(in crate::gateway::service) fn changed(
    change: impl FnOnce(&mut Project, &mut Observed),
) -> String {
    let mut project = project();
    let mut observed = settled(&project);
    change(&mut project, &mut observed);
    plan(&project, &observed, &UpOptions::default()).expect("a plan")
}
