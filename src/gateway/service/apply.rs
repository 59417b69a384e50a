//! Carries a plan out. Nothing is decided here but how to name what went wrong.

use std::cell::RefCell;
use std::collections::BTreeMap;

use futures_util::future::try_join_all;
use tokio_util::sync::CancellationToken;

use super::action::{Action, Plan, Planned};
use super::graph::in_order;
use super::mounts::Inherited;
use super::observe::{Found, Observed};
use super::{Created, Target, UpOptions, create, image, inject, labels, namespaces, shared, wait};
use crate::compose::{Condition, Release, Service};
use crate::engine::Engine;
use crate::error::{Error, Kind, Result};
use crate::event::{Events, Step};

/// A plan being carried out.
pub(super) struct Applier<'a> {
    pub(super) engine: &'a Engine,
    pub(super) target: &'a Target<'a>,
    pub(super) services: &'a [&'a Service],
    pub(super) options: &'a UpOptions,
    pub(super) observed: &'a Observed,
    pub(super) step: &'a Step,
    pub(super) events: &'a Events,
    release: Release,
    /// IDs of the services' containers.
    ids: RefCell<BTreeMap<String, String>>,
    created: RefCell<Created>,
    /// Something failed: what only waits gives up.
    failed: CancellationToken,
}

impl<'a> Applier<'a> {
    pub(super) fn new(
        engine: &'a Engine,
        target: &'a Target<'a>,
        services: &'a [&'a Service],
        options: &'a UpOptions,
        observed: &'a Observed,
        release: Release,
        (step, events): (&'a Step, &'a Events),
    ) -> Self {
        Self {
            engine,
            target,
            services,
            options,
            observed,
            step,
            events,
            release,
            ids: RefCell::new(observed.ids()),
            created: RefCell::default(),
            failed: CancellationToken::new(),
        }
    }

    /// First what goes, then what services share, then the containers, then their starts: each group in
    /// the order of dependencies, and side by side where nothing depends. What was created, and the ID of
    /// the target's container.
    pub(super) async fn apply(self, plan: &Plan) -> Result<(Created, Option<String>)> {
        self.take_away(plan).await?;
        for planned in &plan.steps {
            match &planned.action {
                Action::CreateNetwork { key, name } => self.create_network(key, name).await?,
                Action::CreateVolume { key, name } => self.create_volume(key, name).await?,
                _ => {}
            }
        }
        let steps = |service: &'a Service, which: fn(&Action) -> Option<&str>| {
            let of_it = |planned: &&Planned| which(&planned.action) == Some(&service.name);
            plan.steps.iter().filter(of_it).collect::<Vec<_>>()
        };
        let services: Vec<(&str, &Service)> = self
            .services
            .iter()
            .map(|service| (service.name.as_str(), *service))
            .collect();
        let needs = |service: &&'a Service| service.depends_on.keys().map(String::as_str).collect();
        in_order(&services, needs, &self.failed, |service| {
            self.take_all(steps(service, makes))
        })
        .await?;
        in_order(&services, needs, &self.failed, |service| {
            self.start_all(steps(service, starts))
        })
        .await?;
        let stands = plan
            .steps
            .iter()
            .filter_map(|planned| match &planned.action {
                Action::Stand { service } => Some(self.stand(service)),
                _ => None,
            });
        try_join_all(stands).await?;
        let id = self.ids.borrow_mut().remove(self.target.service);
        let mut created = self.created.into_inner();
        // What ran side by side ended in any order.
        for names in [&mut created.containers, &mut created.started] {
            names.sort_by_key(|name| {
                let of = |service: &&Service| self.target.project.container_name(service, 1);
                let mut order = self.services.iter().map(of);
                order.position(|other| other == *name)
            });
        }
        Ok((created, id))
    }

    /// Stops and removes what is not wanted any more.
    async fn take_away(&self, plan: &Plan) -> Result<()> {
        let timeout = self.options.stop_timeout;
        for planned in &plan.steps {
            match &planned.action {
                Action::Stop { container } => {
                    self.step.progress(planned.to_string());
                    self.engine.stop_container(&container.id, timeout).await?;
                }
                Action::Remove { container, volumes } => {
                    self.step.progress(planned.to_string());
                    self.engine
                        .remove_container(&container.id, *volumes)
                        .await?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    async fn take_all(&self, steps: Vec<&Planned>) -> Result<()> {
        for planned in steps {
            self.step.progress(planned.to_string());
            match &planned.action {
                Action::Create { service, name } => self.create(service, name).await?,
                Action::Recreate { service, name, old } => {
                    self.recreate(service, name, old).await?;
                }
                Action::Rename { old, name, .. } => {
                    self.engine.rename_container(&old.id, name).await?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Waits for all that the service needs, then starts it.
    async fn start_all(&self, steps: Vec<&Planned>) -> Result<()> {
        let (waits, starts): (Vec<&Planned>, Vec<&Planned>) = steps
            .into_iter()
            .partition(|planned| matches!(planned.action, Action::Wait { .. }));
        let waits = try_join_all(waits.into_iter().map(|planned| self.wait(planned)));
        tokio::select! {
            biased;
            waited = waits => drop(waited?),
            () = self.failed.cancelled() => return Ok(()),
        }
        for planned in starts {
            self.step.progress(planned.to_string());
            match &planned.action {
                Action::Start { service, name } => self.start(service, name).await?,
                Action::Restart { service, name } => {
                    let timeout = self.options.stop_timeout;
                    self.engine.restart_container(name, timeout).await?;
                    self.settle(service).await?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// At once, so that nothing is forgotten when a later step fails.
    fn write_down(&self, made: impl FnOnce(&mut Created)) -> Result<()> {
        let mut created = self.created.borrow_mut();
        made(&mut created);
        match &self.options.ledger {
            Some(ledger) => ledger.add(&created),
            None => Ok(()),
        }
    }

    fn service(&self, name: &str) -> Result<&'a Service> {
        let found = self.services.iter().find(|service| service.name == name);
        found
            .copied()
            .ok_or_else(|| Error::failed(format!("service {name} is not part of the plan")))
    }

    fn id(&self, service: &str) -> Option<String> {
        self.ids.borrow().get(service).cloned()
    }

    async fn create_network(&self, key: &str, name: &str) -> Result<()> {
        self.step.progress(format!("create network {name}"));
        let request = shared::network(self.target.project, &self.release, key, name);
        self.engine.create_network(request).await?;
        self.write_down(|created| created.networks.push(name.to_owned()))
    }

    async fn create_volume(&self, key: &str, name: &str) -> Result<()> {
        self.step.progress(format!("create volume {name}"));
        let request = shared::volume(self.target.project, &self.release, key, name);
        self.engine.create_volume(request).await?;
        self.write_down(|created| created.volumes.push(name.to_owned()))
    }

    fn has_container(&self, service: &str, id: String, name: &str) -> Result<()> {
        self.ids.borrow_mut().insert(service.to_owned(), id);
        self.write_down(|created| created.containers.push(name.to_owned()))
    }

    async fn create(&self, service: &str, name: &str) -> Result<()> {
        let id = self
            .make(service, name, None)
            .await
            .map_err(|error| name_taken(error, name))?;
        self.has_container(service, id, name)
    }

    /// Creates the successor under a name of its own, then takes the old one away. So an old container
    /// stays until it is certain that there is a new one.
    async fn recreate(&self, service: &str, name: &str, old: &Found) -> Result<()> {
        let short = old.id.get(..12).unwrap_or(&old.id);
        let Some(details) = self.engine.container(&old.id).await? else {
            return self.create(service, name).await;
        };
        let image = self.target.project.image_name(self.service(service)?);
        let volumes = self.observed.images.get(&image).cloned().flatten();
        let volumes = volumes.map(|image| image.volumes).unwrap_or_default();
        let inherited = Inherited::from(&details, &volumes, self.service(service)?);
        let successor = format!("{short}_{name}");
        self.clear_leftover(&successor).await?;
        let id = self.make(service, &successor, Some(inherited)).await?;
        let timeout = self.options.stop_timeout;
        if let Err(error) = self.engine.stop_container(&old.id, timeout).await {
            return Err(self.withdrawn(&id, error).await);
        }
        self.engine.remove_container(&old.id, false).await?;
        self.engine.rename_container(&id, name).await?;
        self.has_container(service, id, name)
    }

    /// An earlier replacement of the same container may have been cut short.
    async fn clear_leftover(&self, successor: &str) -> Result<()> {
        let left = self.engine.container(successor).await?;
        let labels = left
            .and_then(|left| left.config?.labels)
            .unwrap_or_default();
        if labels.get(labels::PROJECT) != Some(&self.target.project.name) {
            return Ok(());
        }
        self.engine.stop_container(successor, Some(0)).await?;
        self.engine.remove_container(successor, false).await
    }

    /// Takes a container back that was made in vain. The error that made it vain is the one to tell.
    async fn withdrawn(&self, id: &str, error: Error) -> Error {
        // With the anonymous volumes that were made for it; those that it inherited stay.
        let _ = self.engine.remove_container(id, true).await;
        error
    }

    async fn make(
        &self,
        service: &str,
        name: &str,
        inherited: Option<Inherited>,
    ) -> Result<String> {
        let service = self.service(service)?;
        let image_name = self.target.project.image_name(service);
        let image = self
            .observed
            .images
            .get(&image_name)
            .and_then(Option::as_ref);
        let image = image.ok_or_else(|| Error::failed(format!("image {image_name} is missing")))?;
        let resolved = namespaces::resolved(service, &self.ids.borrow())?;
        let making = create::Making {
            target: self.target,
            service: &resolved,
            engine: self.engine.info(),
            release: &self.release,
            image_id: &image.id,
            inherited,
        };
        let (body, later) = create::body(&making)?;
        self.tell(service);
        let id = self
            .engine
            .create_container(name, &service.platform, body)
            .await?;
        for (network, settings) in later {
            let connected = self.engine.connect_network(&network, &id, settings);
            if let Err(error) = connected.await {
                return Err(self.withdrawn(&id, error).await);
            }
        }
        Ok(id)
    }

    /// What a person should know about a container that is made now.
    fn tell(&self, service: &Service) {
        if create::adds_host_alias(self.target, service, self.engine.info()) {
            self.events.note(format!(
                "service {} gets {}:host-gateway in its extra_hosts, so that it reaches this host",
                service.name,
                create::HOST_ALIAS
            ));
        }
        for warning in super::up::exposure(service) {
            self.events.warn(warning);
        }
    }

    async fn wait(&self, planned: &Planned) -> Result<()> {
        let Action::Wait {
            dependency,
            condition,
            required,
            ..
        } = &planned.action
        else {
            return Ok(());
        };
        let Some(id) = self.id(dependency) else {
            return Ok(());
        };
        self.step.progress(planned.to_string());
        match self.reached(dependency, &id, *condition).await {
            Err(error) if !required => {
                self.events.warn(format!("{error}; it is not required"));
                Ok(())
            }
            other => other,
        }
    }

    async fn reached(&self, service: &str, id: &str, condition: Condition) -> Result<()> {
        let limit = self.options.wait_timeout;
        wait::condition(self.engine, service, id, condition, limit).await
    }

    async fn stand(&self, service: &str) -> Result<()> {
        let Some(id) = self.id(service) else {
            return Ok(());
        };
        self.step
            .progress(format!("wait for {service} to run and be healthy"));
        wait::standing(self.engine, service, &id, self.options.wait_timeout).await
    }

    async fn start(&self, service: &str, name: &str) -> Result<()> {
        let id = self.id(service).unwrap_or_else(|| name.to_owned());
        let project = self.target.project;
        inject::files(self.engine, project, self.service(service)?, &id).await?;
        if let Err(error) = self.engine.start_container(&id, name).await {
            return Err(self.not_started(name, error).await);
        }
        self.write_down(|created| created.started.push(name.to_owned()))?;
        self.settle(service).await
    }

    /// A container that was made now and whose port is taken is not left behind.
    async fn not_started(&self, name: &str, error: Error) -> Error {
        let is_new = self
            .created
            .borrow()
            .containers
            .iter()
            .any(|created| created == name);
        if error.kind == Kind::Conflict && is_new {
            let error = self.withdrawn(name, error).await;
            if let Some(ledger) = &self.options.ledger {
                // The error that made it vain is the one to tell.
                let _ = ledger.forget(&[name.to_owned()]);
            }
            return error;
        }
        error
    }

    /// The target must stand; a dependency is judged by its condition.
    async fn settle(&self, service: &str) -> Result<()> {
        match self.id(service) {
            Some(id) if service == self.target.service => {
                wait::settled(self.engine, service, &id, self.target.health_path).await
            }
            _ => Ok(()),
        }
    }
}

/// The service whose container a step makes.
fn makes(action: &Action) -> Option<&str> {
    match action {
        Action::Create { service, .. }
        | Action::Recreate { service, .. }
        | Action::Rename { service, .. } => Some(service),
        _ => None,
    }
}

/// The service that a step starts, or waits for in order to start it.
fn starts(action: &Action) -> Option<&str> {
    match action {
        Action::Wait { service, .. }
        | Action::Start { service, .. }
        | Action::Restart { service, .. } => Some(service),
        _ => None,
    }
}

fn name_taken(error: Error, name: &str) -> Error {
    if error.kind == Kind::Conflict && error.message.contains("is already in use") {
        return error.hint(format!(
            "another container has the name {name}; see: docker inspect {name}"
        ));
    }
    error
}

/// Builds and pulls, side by side.
pub(super) async fn images(
    engine: &Engine,
    target: &Target<'_>,
    services: &[&Service],
    plan: &Plan,
    (release, step): (&Release, &Step),
) -> Result<()> {
    let each = plan.steps.iter().map(|planned| async move {
        step.progress(planned.to_string());
        match &planned.action {
            Action::Build { service, .. } => {
                let service = services.iter().find(|other| &other.name == service);
                let service =
                    service.ok_or_else(|| Error::failed("the plan names an unknown service"))?;
                let request = image::request(engine, target, service, release)?;
                engine.build(&request, step).await?;
            }
            Action::Pull { service, image } => {
                let service = services.iter().find(|other| &other.name == service);
                let platform = service
                    .map(|service| service.platform.as_str())
                    .unwrap_or_default();
                engine.pull(image, platform, step).await?;
            }
            _ => {}
        }
        Ok::<(), Error>(())
    });
    try_join_all(each).await?;
    Ok(())
}
