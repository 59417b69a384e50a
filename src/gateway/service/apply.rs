//! Carries a plan out. Nothing is decided here but how to name what went wrong.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;

use super::action::{Action, Plan};
use super::mounts::Inherited;
use super::observe::{Found, Observed};
use super::release::Release;
use super::{Created, Target, UpOptions, create, image, labels, namespaces, shared, wait};
use crate::compose::{Condition, Service};
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
    ids: BTreeMap<String, String>,
    created: Created,
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
            ids: observed.ids(),
            created: Created::default(),
        }
    }

    /// Takes the steps in order. What was created, and the ID of the target's container.
    pub(super) async fn apply(mut self, plan: &Plan) -> Result<(Created, Option<String>)> {
        for planned in &plan.steps {
            self.step.progress(planned.to_string());
            self.take(&planned.action).await?;
        }
        Ok((self.created, self.ids.remove(self.target.service)))
    }

    async fn take(&mut self, action: &Action) -> Result<()> {
        match action {
            Action::Build { .. } | Action::Pull { .. } => Ok(()),
            Action::CreateNetwork { key, name } => self.create_network(key, name).await,
            Action::CreateVolume { key, name } => self.create_volume(key, name).await,
            Action::Create { service, name } => self.create(service, name).await,
            Action::Recreate { service, name, old } => self.recreate(service, name, old).await,
            Action::Rename { old, name } => self.engine.rename_container(&old.id, name).await,
            Action::Wait {
                dependency,
                condition,
                required,
            } => self.wait(dependency, *condition, *required).await,
            Action::Start { service, name } => self.start(service, name).await,
            Action::Restart { service, name } => {
                self.engine
                    .restart_container(name, self.options.stop_timeout)
                    .await?;
                self.settle(service).await
            }
        }
    }

    /// At once, so that nothing is forgotten when a later step fails.
    fn write_down(&self) -> Result<()> {
        match &self.options.ledger {
            Some(ledger) => ledger.add(&self.created),
            None => Ok(()),
        }
    }

    fn service(&self, name: &str) -> Result<&'a Service> {
        let found = self.services.iter().find(|service| service.name == name);
        found
            .copied()
            .ok_or_else(|| Error::failed(format!("service {name} is not part of the plan")))
    }

    async fn create_network(&mut self, key: &str, name: &str) -> Result<()> {
        let request = shared::network(self.target.project, &self.release, key, name);
        self.engine.create_network(request).await?;
        self.created.networks.push(name.to_owned());
        self.write_down()
    }

    async fn create_volume(&self, key: &str, name: &str) -> Result<()> {
        let request = shared::volume(self.target.project, &self.release, key, name);
        self.engine.create_volume(request).await
    }

    async fn create(&mut self, service: &str, name: &str) -> Result<()> {
        let id = self
            .make(service, name, None)
            .await
            .map_err(|error| name_taken(error, name))?;
        self.ids.insert(service.to_owned(), id);
        self.created.containers.push(name.to_owned());
        self.write_down()
    }

    /// Creates the successor under a name of its own, then takes the old one away. So an old container
    /// stays until it is certain that there is a new one.
    async fn recreate(&mut self, service: &str, name: &str, old: &Found) -> Result<()> {
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
        self.ids.insert(service.to_owned(), id);
        self.created.containers.push(name.to_owned());
        self.write_down()
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
        let resolved = namespaces::resolved(service, &self.ids)?;
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

    async fn wait(&self, dependency: &str, condition: Condition, required: bool) -> Result<()> {
        let Some(id) = self.ids.get(dependency) else {
            return Ok(());
        };
        let limit = self.options.wait_timeout;
        match wait::condition(self.engine, dependency, id, condition, limit).await {
            Err(error) if !required => {
                self.events.warn(format!("{error}; it is not required"));
                Ok(())
            }
            other => other,
        }
    }

    async fn start(&mut self, service: &str, name: &str) -> Result<()> {
        let id = self.ids.get(service).map_or(name, String::as_str);
        if let Err(error) = self.engine.start_container(id, name).await {
            return Err(self.not_started(name, error).await);
        }
        self.created.started.push(name.to_owned());
        self.write_down()?;
        self.settle(service).await
    }

    /// A container that was made now and whose port is taken is not left behind.
    async fn not_started(&self, name: &str, error: Error) -> Error {
        let is_new = self
            .created
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
        match self.ids.get(service) {
            Some(id) if service == self.target.service => {
                wait::settled(self.engine, service, id).await
            }
            _ => Ok(()),
        }
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
    step: &Step,
) -> Result<()> {
    let each = plan.steps.iter().map(|planned| async move {
        step.progress(planned.to_string());
        match &planned.action {
            Action::Build { service, .. } => {
                let service = services.iter().find(|other| &other.name == service);
                let service =
                    service.ok_or_else(|| Error::failed("the plan names an unknown service"))?;
                engine
                    .build(&image::request(engine, target, service)?, step)
                    .await?;
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
