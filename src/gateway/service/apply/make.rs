//! A container is made, or takes the place of another one.

use hyper::StatusCode;

use super::super::Created;
use super::super::create::inherited::Inherited;
use super::super::create::making::Making;
use super::super::create::{self, alias, exposure, mounts, namespaces};
use super::super::observe::Found;
use super::Applier;
use crate::compose::Service;
use crate::engine::refusal;
use crate::error::{Error, Result};

impl Applier<'_> {
    pub(super) fn has_container(
        &self,
        service: &str,
        number: u32,
        id: String,
        name: &str,
    ) -> Result<()> {
        self.ids.borrow_mut().insert(service, number, id.clone());
        self.write_down(|created| {
            created.containers.push(name.to_owned());
            created.ids.insert(name.to_owned(), id);
        })
    }

    pub(super) async fn create(&self, service: &str, number: u32, name: &str) -> Result<()> {
        let id = self
            .make(service, number, name, None)
            .await
            .map_err(|error| name_taken(error, name))?;
        self.has_container(service, number, id, name)
    }

    /// Creates the successor under a name of its own, then takes the old one away. So an old container
    /// stays until it is certain that there is a new one.
    pub(super) async fn recreate(&self, service: &str, name: &str, old: &Found) -> Result<()> {
        let short = old.id.get(..12).unwrap_or(&old.id);
        let Some(details) = self.engine.container(&old.id).await? else {
            return self.create(service, old.number, name).await;
        };
        let image = self.target.project.image_name(self.service(service)?);
        let volumes = self.observed.images.get(&image).cloned().flatten();
        let volumes = volumes.map(|image| image.volumes).unwrap_or_default();
        let inherited = Inherited::from(&details, &volumes, self.service(service)?);
        let successor = format!("{short}_{name}");
        let id = self
            .make(service, old.number, &successor, Some(inherited))
            .await?;
        // Until it has its name, and both are ours.
        self.has_container(service, old.number, id.clone(), &successor)?;
        let timeout = self.options.stop_timeout;
        if let Err(error) = self.engine.stop_container(&old.id, timeout).await {
            let error = self.withdrawn(&id, error).await;
            // The error that made it vain is the one to tell.
            let _ = self.is_gone(&successor);
            return Err(error);
        }
        self.engine.remove_container(&old.id, false).await?;
        self.rename(service, old.number, &id, (&successor, name))
            .await
    }

    /// Gives a successor the name of the one that it succeeds.
    pub(super) async fn rename(
        &self,
        service: &str,
        number: u32,
        id: &str,
        (from, to): (&str, &str),
    ) -> Result<()> {
        self.engine.rename_container(id, to).await?;
        self.has_container(service, number, id.to_owned(), to)?;
        self.is_gone(from)
    }

    /// No container has this name any more.
    fn is_gone(&self, name: &str) -> Result<()> {
        self.are_gone(&[name.to_owned()])
    }

    /// No container has one of these names any more.
    pub(super) fn are_gone(&self, names: &[String]) -> Result<()> {
        self.created.borrow_mut().forget(names);
        match &self.options.ledger {
            Some(ledger) if !names.is_empty() => ledger.forget(names),
            _ => Ok(()),
        }
    }

    /// Takes a container back that was made in vain. The error that made it vain is the one to tell.
    pub(super) async fn withdrawn(&self, id: &str, error: Error) -> Error {
        // With the anonymous volumes that were made for it; those that it inherited stay.
        let _ = self.engine.remove_container(id, true).await;
        error
    }

    async fn make(
        &self,
        service: &str,
        number: u32,
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
        let resolved = namespaces::resolved(service, &self.ids.borrow().first_of_each())?;
        let making = Making {
            target: self.target,
            service: &resolved,
            number,
            engine: self.engine.info(),
            proxies: &self.engine.proxies()?,
            release: &self.release,
            image_id: &image.id,
            inherited,
        };
        let (body, later) = create::body(&making)?;
        self.tell(service);
        let platform = self.target.project.platform(service);
        let making = self.engine.create_container(name, platform, body);
        let about = Created {
            containers: vec![name.to_owned()],
            ..Created::default()
        };
        let id = self
            .announced(&about, making)
            .await
            .map_err(|error| mounts::explained(error, self.target.project, service))?;
        for (network, settings) in later {
            let connected = self.engine.connect_network(&network, &id, settings);
            if let Err(error) = connected.await {
                let error = self.withdrawn(&id, error).await;
                // The error that made it vain is the one to tell.
                let _ = self.is_gone(name);
                return Err(error);
            }
        }
        Ok(id)
    }

    /// What a person should know about a container that is made now.
    fn tell(&self, service: &Service) {
        if alias::is_added(self.target, service, self.engine.info()) {
            self.events.note(format!(
                "service {} gets {}:host-gateway in its extra_hosts, so that it reaches this host",
                service.name,
                alias::NAME
            ));
        }
        for warning in exposure::exposure(service) {
            self.events.warn(warning);
        }
    }
}

fn name_taken(error: Error, name: &str) -> Error {
    if refusal(&error) == Some(StatusCode::CONFLICT) && error.message.contains(name) {
        return error.hint(format!(
            "another container has the name {name}; see: docker inspect {name}"
        ));
    }
    error
}
