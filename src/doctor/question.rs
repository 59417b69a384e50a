//! What is asked from inside the gateway's network, and from where.

use reqwest::Url;

use super::Patient;
use crate::compose::Service;
use crate::engine::{Engine, Place};
use crate::gateway::{ComposeGateway, GatewayState};

pub(super) use crate::gateway::HOST_ALIAS as ALIAS;
pub(super) const NAME: &str = "reach";
/// What Podman calls this machine in its containers.
pub(super) const PODMAN_ALIAS: &str = "host.containers.internal";
/// The variables by which services are told where Ollama is, the most telling first.
const VARIABLES: [&str; 6] = [
    "OLLAMA_URL",
    "OLLAMA_BASE_URL",
    "OLLAMA_API_URL",
    "OLLAMA_API_BASE",
    "OLLAMA_ENDPOINT",
    "OLLAMA_HOST",
];

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
pub(super) fn asked(service: &Service) -> Option<(&'static str, &String)> {
    VARIABLES.iter().find_map(|variable| {
        let value = service.environment.get(*variable)?.as_ref()?;
        (!value.trim().is_empty()).then_some((*variable, value))
    })
}
