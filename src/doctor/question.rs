//! What is asked from inside the gateway's network, and from where.

use reqwest::Url;

use super::Patient;
use crate::compose::Service;
use crate::engine::{Engine, Place};
use crate::gateway::{ComposeGateway, GatewayState, named_backend};

pub(super) use crate::gateway::HOST_ALIAS as ALIAS;
pub(super) const NAME: &str = "reach";
/// What Podman calls this machine in its containers.
pub(super) const PODMAN_ALIAS: &str = "host.containers.internal";
/// What is asked, from where.
pub(super) struct Question<'a> {
    pub patient: &'a Patient<'a>,
    pub compose: &'a ComposeGateway,
    pub service: &'a Service,
    pub engine: &'a Engine,
    pub state: Option<&'a GatewayState>,
}

/// The address that the service asks, and what named it.
pub(super) struct Asked {
    pub url: Url,
    /// `OLLAMA_URL`; `None` where the service names no address.
    pub variable: Option<&'static str>,
}

/// Where the probe runs.
pub(super) struct Spot {
    pub place: Place,
    /// For people: `container app-ollama-functions-1`, `network app_default`.
    pub name: String,
}

/// The variable by which the service is told where Ollama is, and what it says.
pub(super) fn asked(service: &Service) -> Option<(&'static str, &str)> {
    named_backend(|variable| service.environment.get(variable)?.as_deref())
}
