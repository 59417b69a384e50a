//! What a container is made from.

use super::super::Target;
use super::inherited::Inherited;
use crate::compose::{Project, Release, Service};
use crate::engine::{EngineInfo, Proxies};
use crate::error::Error;

/// What a create body is made from, besides the service.
pub struct Making<'a> {
    pub target: &'a Target<'a>,
    /// With the namespaces that it shares resolved.
    pub service: &'a Service,
    /// Which of the service's containers it is, from 1.
    pub number: u32,
    pub engine: &'a EngineInfo,
    /// By which its container reaches the network.
    pub proxies: &'a Proxies,
    pub release: &'a Release,
    pub image_id: &'a str,
    /// Volumes of the container that this one replaces.
    pub inherited: Option<Inherited>,
}

impl Making<'_> {
    pub fn project(&self) -> &Project {
        self.target.project
    }

    /// The container's name.
    pub(super) fn name(&self) -> String {
        self.project().container_name(self.service, self.number)
    }
}

/// The error for a value that ollamactl does not know what to do with.
pub fn refused(service: &Service, key: &str, value: &str) -> Error {
    Error::usage(format!(
        "services.{}.{key}: {value:?} is not supported by ollamactl",
        service.name
    ))
    .hint("change it, or start this service with docker compose")
}
