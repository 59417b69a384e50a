//! Does the backend answer where it matters: inside the gateway's network? Asked there, by a short-lived
//! container of this very program.

use std::path::Path;

use bytes::Bytes;
use ipnet::IpNet;
use reqwest::Url;
use tokio_util::sync::CancellationToken;

use super::firewall::{Firewall, Opening};
use super::probe::{self, Finding, Report};
use super::{Check, Patient};
use crate::backend::RelayState;
use crate::compose::Service;
use crate::config::Bind;
use crate::engine::models::NetworkInspect;
use crate::engine::{Engine, Place, Throwaway};
use crate::error::{Error, Result};
use crate::gateway::{ComposeGateway, GatewayState};
use crate::process;

/// The name by which containers call this machine.
pub(super) const ALIAS: &str = "host.docker.internal";
const NAME: &str = "reach";
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
struct Asked {
    url: Url,
    /// `OLLAMA_URL`; `None` where the service names no address.
    variable: Option<&'static str>,
}

/// Where the probe runs.
struct Spot {
    place: Place,
    /// For people: `container app-ollama-functions-1`, `network app_default`.
    name: String,
}

impl Question<'_> {
    /// Asks, and says what to do.
    pub async fn check(&self, cancel: &CancellationToken) -> Check {
        let asked = match self.asked() {
            Ok(asked) => asked,
            Err(check) => return *check,
        };
        let spot = match self.spot().await {
            Ok(Ok(spot)) => spot,
            Ok(Err(why)) => return unasked(&why, "ollamactl gateway up"),
            Err(error) => return Check::failed(NAME, &error),
        };
        let program = match process::own_static_program() {
            Ok(program) if self.engine.info().os == "linux" => program,
            Ok(_) => return unasked("the engine runs no Linux containers", "ollamactl health"),
            Err(why) => return unasked(&why, "ollamactl health --level infer"),
        };
        let model = self.model();
        let once = Throwaway {
            program: Bytes::from(program),
            args: vec!["probe".to_owned(), asked.url.to_string(), model.clone()],
            place: spot.place.clone(),
            deadline: probe::ALTOGETHER,
        };
        match self
            .engine
            .run_throwaway(&once, cancel)
            .await
            .and_then(|line| read(&line))
        {
            Ok(report) => self.verdict(&asked, &spot, &model, &report).await,
            Err(error) => unasked(&error.to_string(), "docker info"),
        }
    }

    fn asked(&self) -> Result<Asked, Box<Check>> {
        let named = VARIABLES.iter().find_map(|variable| {
            let value = self.service.environment.get(*variable)?.as_ref()?;
            (!value.trim().is_empty()).then_some((*variable, value))
        });
        let Some((variable, value)) = named else {
            let port = self.patient.backend.host.port;
            let url = probe::address(&format!("http://{ALIAS}:{port}"));
            return Ok(Asked {
                url: url.expect("an address"),
                variable: None,
            });
        };
        match probe::address(value) {
            Ok(url) => Ok(Asked {
                url,
                variable: Some(variable),
            }),
            Err(error) => Err(Box::new(Check::fail(
                NAME,
                format!(
                    "{variable} of service {} is no address: {error}",
                    self.service.name
                ),
                format!("write {variable}: {}", self.wanted()),
            ))),
        }
    }

    /// The address that a service should have.
    fn wanted(&self) -> String {
        format!("http://{ALIAS}:{}", self.patient.backend.host.port)
    }

    /// The model that the service asks for.
    fn model(&self) -> String {
        let named = self.service.environment.get("OLLAMA_MODEL").cloned();
        let named = named.flatten().filter(|model| !model.trim().is_empty());
        named.unwrap_or_else(|| self.patient.config.model.value.to_string())
    }

    /// In the gateway's own container while it runs, else where it will be; or why neither is possible.
    async fn spot(&self) -> Result<Result<Spot, String>> {
        if let Some(state) = self.state.filter(|state| state.is_running()) {
            return Ok(Ok(Spot {
                place: Place::Inside(state.id.clone()),
                name: format!("container {}", state.container),
            }));
        }
        let (id, name) = match self.service.network_mode.as_str() {
            "" => match self.network().await? {
                Ok(network) => network,
                Err(why) => return Ok(Err(why)),
            },
            mode @ ("host" | "bridge") => (mode.to_owned(), mode.to_owned()),
            mode => {
                return Ok(Err(format!(
                    "the gateway does not run, and its network_mode is {mode}"
                )));
            }
        };
        Ok(Ok(Spot {
            place: Place::Network {
                extra_hosts: self.extra_hosts(&id),
                id,
                dns: self.service.dns.clone(),
            },
            name: format!("network {name}"),
        }))
    }

    /// ID and name of the first network of the service that exists.
    async fn network(&self) -> Result<Result<(String, String), String>> {
        let mut missing = Vec::new();
        for key in self.service.networks.keys() {
            let Some(network) = self.compose.project.networks.get(key) else {
                continue;
            };
            let found = self.engine.networks_named(&network.name).await?;
            if let Some(id) = found.into_iter().find_map(|found| found.id) {
                return Ok(Ok((id, network.name.clone())));
            }
            missing.push(network.name.clone());
        }
        Ok(Err(format!(
            "the gateway does not run, and its network {} is not made yet",
            missing.join(", ")
        )))
    }

    fn extra_hosts(&self, network: &str) -> Vec<String> {
        let written = self.service.extra_hosts.iter();
        let mut hosts: Vec<String> = written
            .map(|host| format!("{}:{}", host.name, host.address))
            .collect();
        let info = self.engine.info();
        let named = self
            .service
            .extra_hosts
            .iter()
            .any(|host| host.name == ALIAS);
        let added = self.compose.host_gateway && info.host_gateway.is_some() && !info.desktop;
        if !named && added && network != "host" {
            hosts.push(format!("{ALIAS}:host-gateway"));
        }
        hosts
    }

    async fn verdict(&self, asked: &Asked, spot: &Spot, model: &str, report: &Report) -> Check {
        let url = asked.url.as_str().trim_end_matches('/');
        let seen = format!("{url} from inside {}", spot.name);
        let setting = asked.variable.unwrap_or("OLLAMA_URL");
        let correct = format!("write {setting}: {} in the service", self.wanted());
        let serve = "ollamactl serve --background";
        let (why, mend) = match &report.finding {
            Finding::Answers { version } => {
                return Check::ok(
                    NAME,
                    format!("{seen}: version {version} answers and has {model}"),
                );
            }
            Finding::BadUrl { error } => (format!("is no address: {error}"), correct),
            Finding::NotResolved { host } => (
                format!("the name {host} does not resolve"),
                if host == ALIAS {
                    self.mend_alias()
                } else {
                    correct
                },
            ),
            Finding::Refused => ("nothing listens there".to_owned(), self.mend_refused()),
            Finding::TimedOut => return self.dropped(&seen, spot, report).await,
            Finding::Unreachable { error } => (format!("there is no way: {error}"), correct),
            Finding::Closed => (self.closed(report), self.mend_closed()),
            Finding::Silent => (
                "it takes connections, but does not answer".to_owned(),
                "ollamactl restart".to_owned(),
            ),
            Finding::HostRefused => (
                format!(
                    "Ollama's own guard refuses the name {} (HTTP 403)",
                    asked.url.host_str().unwrap_or_default()
                ),
                correct,
            ),
            Finding::Forbidden { said } => (format!("it is refused: {said}"), correct),
            Finding::NoBackend { said } => {
                (format!("no backend behind it: {said}"), serve.to_owned())
            }
            Finding::NotOllama { said } => {
                return Check::warn(
                    NAME,
                    format!("{seen}: that is not Ollama, or not all of it: {said}"),
                    correct,
                );
            }
            Finding::WrongPath { path } => (
                format!("Ollama answers, but there is no {path}"),
                format!(
                    "write {setting}: {}, or with the path /api/generate where the service wants a whole address",
                    self.wanted()
                ),
            ),
            Finding::NoModel { models } => (
                format!("Ollama answers, but has no {model}, only: {}", some(models)),
                format!("ollamactl pull-model {model}"),
            ),
        };
        Check::fail(NAME, format!("{seen}: {why}"), mend)
    }

    fn mend_alias(&self) -> String {
        if self.compose.host_gateway && self.state.is_some_and(GatewayState::is_running) {
            return "ollamactl gateway up --force-recreate".to_owned();
        }
        format!("add to the service: extra_hosts: [\"{ALIAS}:host-gateway\"]")
    }

    fn mend_refused(&self) -> String {
        match self.patient.config.backend.bind.value {
            Bind::Loopback => "ollamactl serve --background --bind relay",
            _ => "ollamactl serve --background",
        }
        .to_owned()
    }

    fn closed(&self, report: &Report) -> String {
        let from = report
            .from
            .map_or_else(String::new, |from| format!(" {from}"));
        match self.relay() {
            Some(RelayState::Listening { .. }) => format!(
                "the connection is closed without an answer: the relay does not let{from} in"
            ),
            _ => "the connection is closed without an answer".to_owned(),
        }
    }

    fn mend_closed(&self) -> String {
        if self.patient.config.relay_allow.value.is_empty() {
            "ollamactl restart".to_owned()
        } else {
            format!(
                "add the service's network to relay.allow ({}), then: ollamactl restart",
                self.patient.config.relay_allow.source
            )
        }
    }

    fn relay(&self) -> Option<&RelayState> {
        self.patient
            .backend
            .record
            .as_ref()
            .map(|record| &record.relay)
    }

    /// Packets get lost: says which rule of which firewall lets them in.
    async fn dropped(&self, seen: &str, spot: &Spot, report: &Report) -> Check {
        let why = format!("{seen}: time-out; packets");
        let (Some(to), Some(from)) = (report.to, report.from) else {
            return Check::fail(NAME, format!("{why} get lost"), "ollamactl status");
        };
        let is_here = std::net::UdpSocket::bind((to.ip(), 0)).is_ok();
        let network = self.entered_through(spot, from).await;
        let Some(network) = network.filter(|_| is_here && !self.engine.endpoint().is_remote())
        else {
            return Check::fail(
                NAME,
                format!("{why} from {from} to {to} get lost, on a machine that is not this one"),
                "open that port in its firewall",
            );
        };
        let firewall = Firewall::in_use(Path::new("/"));
        let opening = Opening {
            bridge: bridge(&network),
            subnet: subnet(&network, from),
            to,
        };
        Check::fail(
            NAME,
            format!(
                "{why} from {from} ({}) to {to} are dropped as they enter this machine; its firewall ({}) needs one rule",
                opening.bridge,
                firewall.name(),
            ),
            firewall.rule(&opening),
        )
    }

    /// The network in which the probe had this address.
    async fn entered_through(&self, spot: &Spot, from: std::net::IpAddr) -> Option<NetworkInspect> {
        let ids = match &spot.place {
            Place::Network { id, .. } => vec![id.clone()],
            Place::Inside(container) => {
                let container = self.engine.container(container).await.ok()??;
                let networks = container.network_settings?.networks?;
                networks
                    .into_values()
                    .filter_map(|network| network.network_id)
                    .collect()
            }
        };
        for id in ids {
            if let Ok(Some(network)) = self.engine.network(&id).await
                && subnet(&network, from).is_some()
            {
                return Some(network);
            }
        }
        None
    }
}

/// The interface of this machine that a bridge network is.
fn bridge(network: &NetworkInspect) -> String {
    let named = network
        .options
        .as_ref()
        .and_then(|options| options.get("com.docker.network.bridge.name"));
    named.cloned().unwrap_or_else(|| {
        let id = network.id.as_deref().unwrap_or_default();
        format!("br-{}", id.get(..12).unwrap_or(id))
    })
}

/// The network's subnet that holds this address.
fn subnet(network: &NetworkInspect, address: std::net::IpAddr) -> Option<IpNet> {
    let configs = network.ipam.as_ref()?.config.as_ref()?;
    let subnets = configs
        .iter()
        .filter_map(|config| config.subnet.as_ref()?.parse().ok());
    let mut subnets = subnets.filter(|subnet: &IpNet| subnet.contains(&address));
    subnets.next()
}

fn some(models: &[String]) -> String {
    const SHOWN: usize = 5;
    match models.len() {
        0 => "nothing".to_owned(),
        count if count > SHOWN => {
            format!("{} and {} more", models[..SHOWN].join(", "), count - SHOWN)
        }
        _ => models.join(", "),
    }
}

/// The probe's one line.
fn read(line: &str) -> Result<Report> {
    serde_json::from_str(line.trim())
        .map_err(|error| Error::failed(format!("the probe printed {line:?}")).caused_by(error))
}

/// The probe was not made.
fn unasked(why: &str, mend: &str) -> Check {
    Check::warn(
        NAME,
        format!("not asked from inside the gateway's network: {why}"),
        mend,
    )
}
