//! Carries a plan out. Nothing is decided here but how to name what went wrong.

mod graph;
mod hooks;
mod ids;
pub(super) mod images;
mod make;
pub(super) mod removal;
pub(super) mod wait;

use std::cell::RefCell;

use futures_util::future::{join_all, try_join_all};
use tokio_util::sync::CancellationToken;

use super::create::{inject, shared};
use super::observe::Observed;
use super::plan::action::{Action, Plan, Planned};
use super::{Created, Target, UpOptions};
use crate::compose::{Release, Service};
use crate::engine::{Engine, Removal};
use crate::error::{Error, Kind, Result};
use crate::event::{Events, Step};
use graph::in_order;
use ids::Ids;

/// A plan being carried out.
pub(super) struct Applier<'a> {
    engine: &'a Engine,
    target: &'a Target<'a>,
    services: &'a [&'a Service],
    options: &'a UpOptions,
    observed: &'a Observed,
    step: &'a Step,
    events: &'a Events,
    release: Release,
    /// IDs of the services' containers.
    ids: RefCell<Ids>,
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
            ids: RefCell::new(Ids::of(observed)),
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
                Action::RemoveNetwork { name, id } => self.remove_network(name, id).await?,
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
            self.make_all(steps(service, makes))
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
        let id = self
            .ids
            .borrow()
            .all(self.target.service)
            .into_iter()
            .next();
        let mut created = self.created.into_inner();
        // What ran side by side ended in any order.
        let steps = || plan.steps.iter().map(|planned| planned.action.container());
        for names in [&mut created.containers, &mut created.started] {
            names.sort_by_key(|name| steps().position(|other| other == Some(name)));
        }
        Ok((created, id))
    }

    /// Stops and removes what is not wanted any more.
    async fn take_away(&self, plan: &Plan) -> Result<()> {
        let tell = |planned: &Planned| self.step.progress(planned.to_string());
        let (project, timeout) = (self.target.project, self.options.stop_timeout);
        removal::carry_out(self.engine, project, plan, timeout, tell).await?;
        let mut gone = Vec::new();
        for planned in &plan.steps {
            if let Action::Remove { container, .. } = &planned.action {
                let mut ids = self.ids.borrow_mut();
                ids.remove(&container.service, &container.id);
                gone.push(container.name.clone());
            }
        }
        self.are_gone(&gone)
    }

    /// Makes what is missing of a service's containers.
    async fn make_all(&self, steps: Vec<&Planned>) -> Result<()> {
        let each = steps.into_iter().map(|planned| async move {
            self.step.progress(planned.to_string());
            match &planned.action {
                Action::Create {
                    service,
                    number,
                    name,
                } => self.create(service, *number, name).await,
                Action::Recreate { service, name, old } => self.recreate(service, name, old).await,
                Action::Rename { service, old, name } => {
                    self.rename(service, old.number, &old.id, (&old.name, name))
                        .await
                }
                _ => Ok(()),
            }
        });
        all(each).await
    }

    /// Waits for all that the service needs, then starts its containers.
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
        let each = starts.into_iter().map(|planned| async move {
            self.step.progress(planned.to_string());
            match &planned.action {
                Action::Start {
                    service,
                    number,
                    name,
                } => self.start(service, *number, name).await,
                Action::Restart {
                    service,
                    number,
                    name,
                } => self.restart(service, *number, name).await,
                _ => Ok(()),
            }
        });
        all(each).await
    }

    /// Makes what is written down before the engine is asked for it, so that `down` knows of it also where
    /// this command is cut off before the answer (Ctrl-C, a killed process, an engine that dies).
    async fn announced<T>(
        &self,
        about: &Created,
        making: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let Some(ledger) = &self.options.ledger else {
            return making.await;
        };
        ledger.announce(about)?;
        let made = making.await;
        let is_open = |kind| matches!(kind, Kind::Unknown | Kind::Timeout | Kind::Engine);
        if made.as_ref().is_err_and(|error| !is_open(error.kind)) {
            // The error that made it vain is the one to tell.
            let _ = ledger.retract(about);
        }
        made
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

    /// Takes a network away that is made anew: what used it was stopped before.
    async fn remove_network(&self, name: &str, id: &str) -> Result<()> {
        self.step.progress(format!("remove network {name}"));
        match self.engine.remove_network(id).await? {
            Removal::Removed | Removal::Absent => Ok(()),
            Removal::InUse => Err(Error::new(
                Kind::Conflict,
                format!("network {name} is to be made anew, and something else uses it"),
            )
            .hint(format!("docker network inspect {name}"))),
        }
    }

    async fn create_network(&self, key: &str, name: &str) -> Result<()> {
        self.step.progress(format!("create network {name}"));
        let request = shared::network(self.target.project, &self.release, key, name);
        let making = self.engine.create_network(request);
        let about = Created {
            networks: vec![name.to_owned()],
            ..Created::default()
        };
        self.announced(&about, making).await?;
        self.write_down(|created| created.networks.push(name.to_owned()))
    }

    async fn create_volume(&self, key: &str, name: &str) -> Result<()> {
        self.step.progress(format!("create volume {name}"));
        let request = shared::volume(self.target.project, &self.release, key, name);
        let making = self.engine.create_volume(request);
        let about = Created {
            volumes: vec![name.to_owned()],
            ..Created::default()
        };
        self.announced(&about, making).await?;
        self.write_down(|created| created.volumes.push(name.to_owned()))
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
        self.step.progress(planned.to_string());
        let (engine, limit) = (self.engine, self.options.wait_timeout);
        let ids = self.ids.borrow().all(dependency);
        let each = ids
            .iter()
            .map(|id| wait::condition(engine, dependency, id, *condition, limit));
        match try_join_all(each).await {
            Err(error) if !required => {
                self.events.warn(format!("{error}; it is not required"));
                Ok(())
            }
            other => other.map(drop),
        }
    }

    async fn stand(&self, service: &str) -> Result<()> {
        self.step
            .progress(format!("wait for {service} to run and be healthy"));
        let (engine, limit) = (self.engine, self.options.wait_timeout);
        let ids = self.ids.borrow().all(service);
        let each = ids
            .iter()
            .map(|id| wait::standing(engine, service, id, limit));
        try_join_all(each).await.map(drop)
    }

    async fn start(&self, service: &str, number: u32, name: &str) -> Result<()> {
        let id = self.ids.borrow().get(service, number);
        let id = id.unwrap_or_else(|| name.to_owned());
        let project = self.target.project;
        inject::files(self.engine, project, self.service(service)?, &id).await?;
        if let Err(error) = self.engine.start_container(&id, name).await {
            return Err(self.not_started(name, error).await);
        }
        self.write_down(|created| created.started.push(name.to_owned()))?;
        hooks::post_start(self.engine, self.service(service)?, &id, name).await?;
        self.settle(service, &id).await
    }

    async fn restart(&self, service: &str, number: u32, name: &str) -> Result<()> {
        let timeout = self.options.stop_timeout;
        let id = self.ids.borrow().get(service, number);
        let id = id.unwrap_or_else(|| name.to_owned());
        let hooked = self.service(service)?;
        hooks::pre_stop(self.engine, hooked, &id, name).await?;
        self.engine.restart_container(&id, timeout).await?;
        hooks::post_start(self.engine, hooked, &id, name).await?;
        self.settle(service, &id).await
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
    async fn settle(&self, service: &str, container: &str) -> Result<()> {
        if service != self.target.service {
            return Ok(());
        }
        let path = self.target.health_path;
        wait::settled(self.engine, service, container, path).await
    }
}

/// All of it, side by side; what has begun is waited for even if something fails.
async fn all(work: impl Iterator<Item = impl Future<Output = Result<()>>>) -> Result<()> {
    join_all(work).await.into_iter().collect()
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
