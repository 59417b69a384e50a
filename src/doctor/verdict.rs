//! What was found from inside the gateway's network, as a check: what it means, and what mends it.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use ipnet::IpNet;
use reqwest::Url;

use super::Check;
use super::firewall::{Firewall, Opening};
use super::probe::{Finding, Report};
use super::question::{ALIAS, Asked, NAME, Question, Spot};
use crate::backend::RelayState;
use crate::config::Bind;
use crate::engine::Place;
use crate::engine::models::NetworkInspect;
use crate::gateway::GatewayState;
use crate::ollama::ASKS_FOR_CREDENTIALS;
use crate::process::is_own_address;

/// So many models are named.
const SHOWN: usize = 5;

/// A report, and all that is known of how it came to be.
pub(super) struct Seen<'a> {
    pub question: &'a Question<'a>,
    pub asked: &'a Asked,
    pub spot: &'a Spot,
    pub model: &'a str,
    pub report: &'a Report,
}

impl Seen<'_> {
    /// The check that the report decides.
    pub async fn check(&self) -> Check {
        let seen = self.place();
        match &self.report.finding {
            Finding::Answers { version } => {
                let model = self.model;
                Check::ok(
                    NAME,
                    format!("{seen}: version {version} answers and has {model}"),
                )
            }
            Finding::NotOllama { said } => Check::warn(
                NAME,
                format!("{seen}: that is not Ollama, or not all of it: {said}"),
                self.correct(),
            ),
            // What stands elsewhere may be for the service alone.
            Finding::AsksWho { said } if !self.asks_rightly() => Check::warn(
                NAME,
                format!(
                    "{seen}: it asks for credentials, and whether the service has them is not known: {said}"
                ),
                self.correct(),
            ),
            Finding::TimedOut => self.lost("time-out", "dropped").await,
            Finding::Rejected if self.leads_here() => {
                self.lost("no route to host", "rejected").await
            }
            finding => {
                let (why, mend) = self.fault(finding);
                Check::fail(NAME, format!("{seen}: {why}"), mend)
            }
        }
    }

    /// `http://… from inside container …`.
    fn place(&self) -> String {
        let url = self.asked.url.as_str().trim_end_matches('/');
        format!("{url} from inside {}", self.spot.name)
    }

    /// What is wrong, and what mends it.
    fn fault(&self, finding: &Finding) -> (String, String) {
        let serve = || "ollamactl serve --background".to_owned();
        match finding {
            Finding::NotResolved { host } => (
                format!("the name {host} does not resolve"),
                self.mend_name(host),
            ),
            Finding::Refused => ("nothing listens there".to_owned(), self.mend_refused()),
            Finding::Closed => (self.closed(), self.mend_closed()),
            Finding::Silent => (
                "it takes connections, but does not answer".to_owned(),
                "ollamactl restart".to_owned(),
            ),
            Finding::NoBackend { said } => (format!("no backend behind it: {said}"), serve()),
            Finding::AsksWho { said } => (
                format!("it asks for credentials: {said}"),
                ASKS_FOR_CREDENTIALS.to_owned(),
            ),
            Finding::WrongPath { path } => (
                format!("Ollama answers, but there is no {path}"),
                format!(
                    "{}, or with the path /api/generate where the service wants a whole address",
                    self.correct()
                ),
            ),
            Finding::NoModel { models } => (
                format!(
                    "Ollama answers, but has no {}, only: {}",
                    self.model,
                    some(models)
                ),
                format!("ollamactl pull-model {}", self.model),
            ),
            Finding::Unreachable { .. } if self.asks_rightly() => (
                self.refused(finding),
                "ollamactl gateway up (joins networks that it has left; beside one that is `internal: true` \
                 it needs another)"
                    .to_owned(),
            ),
            other => (self.refused(other), self.correct()),
        }
    }

    /// The address is the one that the service should use.
    fn asks_rightly(&self) -> bool {
        let wanted = self.question.wanted();
        self.asked.url.as_str().trim_end_matches('/') == wanted.trim_end_matches('/')
    }

    /// Findings that a correct address mends.
    fn refused(&self, finding: &Finding) -> String {
        let host = self.asked.url.host_str().unwrap_or_default();
        match finding {
            Finding::HostRefused => {
                format!("Ollama's own guard refuses the name {host} (HTTP 403)")
            }
            Finding::Forbidden { said } => format!("it is refused: {said}"),
            Finding::Unreachable { error } => format!("there is no way: {error}"),
            Finding::Rejected => "there is no way: no route to host".to_owned(),
            Finding::BadUrl { error } => format!("that is no address: {error}"),
            other => format!("{other:?}"),
        }
    }

    /// How to tell the service the right address.
    fn correct(&self) -> String {
        let variable = self.asked.variable.unwrap_or("OLLAMA_URL");
        format!(
            "write {variable}: {} in the service",
            self.question.wanted()
        )
    }

    fn mend_name(&self, host: &str) -> String {
        if host != ALIAS || self.question.engine.info().podman {
            return self.correct();
        }
        let running = self.question.state.is_some_and(GatewayState::is_running);
        if running && self.question.compose.host_gateway {
            return "ollamactl gateway up --force-recreate".to_owned();
        }
        format!("add to the service: extra_hosts: [\"{ALIAS}:host-gateway\"]")
    }

    /// Where the backend runs and the service asks at another port, to start it would do nothing.
    fn mend_refused(&self) -> String {
        let wanted = Url::parse(&self.question.wanted());
        let wanted = wanted.ok().and_then(|url| url.port_or_known_default());
        let asked = self.asked.url.port_or_known_default();
        if self.question.patient.backend.answers() && wanted.is_some() && asked != wanted {
            return self.correct();
        }
        if let RelayState::Impossible {
            hint: Some(hint), ..
        } = &self.question.patient.backend.relay
        {
            return hint.clone();
        }
        match self.question.patient.config.backend.bind.value {
            Bind::Loopback => "ollamactl serve --background --bind relay".to_owned(),
            _ => "ollamactl serve --background".to_owned(),
        }
    }

    fn closed(&self) -> String {
        const CLOSED: &str = "the connection is closed without an answer";
        let record = self.question.patient.backend.record.as_ref();
        match record.map(|record| &record.relay) {
            Some(RelayState::Listening { .. }) => {
                let from = self.report.from;
                let from = from.map_or_else(String::new, |from| format!(" {from}"));
                format!("{CLOSED}: the relay does not let{from} in")
            }
            _ => CLOSED.to_owned(),
        }
    }

    fn mend_closed(&self) -> String {
        let allow = &self.question.patient.config.relay_allow;
        if allow.value.is_empty() {
            return "ollamactl restart".to_owned();
        }
        format!(
            "add the service's network to relay.allow ({}), then: ollamactl down, ollamactl up",
            allow.source
        )
    }

    /// The address is one of this machine's.
    fn leads_here(&self) -> bool {
        let bound = |to: SocketAddr| is_own_address(to.ip());
        self.report.to.is_some_and(bound) && !self.question.engine.endpoint().is_remote()
    }

    /// Packets do not arrive: says which rule of which firewall lets them in.
    async fn lost(&self, symptom: &str, fate: &str) -> Check {
        let why = format!("{}: {symptom}; packets", self.place());
        let (Some(to), Some(from)) = (self.report.to, self.report.from) else {
            return Check::fail(NAME, format!("{why} get lost"), "ollamactl status");
        };
        let network = self.entered_through(from).await;
        let Some(network) = network.filter(|_| self.leads_here()) else {
            return Check::fail(
                NAME,
                format!("{why} from {from} to {to} get lost, and that is not this machine"),
                "open that port in the firewall there",
            );
        };
        let opening = Opening {
            bridge: bridge(&network),
            subnet: subnet(&network, from),
            to,
        };
        let firewall = Firewall::in_use(Path::new("/"));
        let (bridge, name) = (&opening.bridge, firewall.name());
        let why = format!(
            "{why} from {from} ({bridge}) to {to} are {fate} as they enter this machine; \
             its firewall ({name}) needs one rule"
        );
        Check::fail(NAME, why, firewall.rule(&opening))
    }

    /// The network in which the probe had this address.
    async fn entered_through(&self, from: IpAddr) -> Option<NetworkInspect> {
        let engine = self.question.engine;
        let ids = match &self.spot.place {
            Place::Network { id, .. } => vec![id.clone()],
            Place::Inside(container) => {
                let container = engine.container(container).await.ok()??;
                let networks = container.network_settings?.networks?;
                let ids = networks
                    .into_values()
                    .filter_map(|network| network.network_id);
                ids.collect()
            }
        };
        for id in ids {
            if let Ok(Some(network)) = engine.network(&id).await
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

/// The first of them.
fn some(models: &[String]) -> String {
    match models.len() {
        0 => "nothing".to_owned(),
        count if count > SHOWN => {
            format!("{} and {} more", models[..SHOWN].join(", "), count - SHOWN)
        }
        _ => models.join(", "),
    }
}
