//! The gateway as the engine has it: what runs, how it fares, where it is reached.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde::Serialize;

use crate::compose::Service;
use crate::engine::models::{
    ContainerInspectResponse, ContainerState, HealthConfig, HealthStatusEnum, HealthcheckResult,
    PortMap,
};
use crate::engine::{Engine, Exit};
use crate::error::{Error, Kind, Result};
use crate::gateway::{NamedModel, State};

/// Lines of output that an error shows.
pub(super) const TAIL: usize = 20;

/// A port of the container that is reachable through the engine's machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Published {
    /// Port in the container.
    pub container_port: u16,
    /// `tcp` or `udp`.
    pub protocol: String,
    /// Address on the engine's machine. An unspecified address means all of them.
    pub address: SocketAddr,
}

/// The gateway's container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct GatewayState {
    /// Its name; empty where there is none.
    pub container: String,
    /// Its ID.
    pub id: String,
    /// What it is at.
    pub state: State,
    /// `starting`, `healthy` or `unhealthy`; `None` where it has no health check or does not run. (The
    /// engine keeps the last verdict of one that ended.)
    pub health: Option<String>,
    /// It has a health check, run or not.
    #[serde(skip)]
    pub has_check: bool,
    /// The image's name.
    pub image: String,
    /// The image's ID.
    pub image_id: String,
    /// Its published ports, IPv4 before IPv6.
    pub published: Vec<Published>,
    /// How it ended last; `None` while it has not.
    pub exit_code: Option<i64>,
    /// The kernel ended it because memory ran out.
    pub oom_killed: bool,
    /// How often the engine restarted it by itself.
    pub restarts: i64,
    /// When its last run ended (RFC 3339); `None` where none has.
    pub ended_at: Option<String>,
    /// When it was started last (RFC 3339).
    pub started_at: Option<String>,
    /// What the last health check printed.
    pub health_output: Option<String>,
    /// When its last health check began, as the engine tells it.
    #[serde(skip)]
    pub last_check: Option<String>,
    /// The model that its environment names. The rest of that may be secret.
    #[serde(skip)]
    pub model: Option<NamedModel>,
    /// What it has in its hosts file besides the usual, `name:address`.
    pub extra_hosts: Vec<String>,
}

impl GatewayState {
    /// There is no container.
    pub fn absent() -> Self {
        Self::default()
    }

    /// It runs, and is not just between two crashes.
    pub fn is_running(&self) -> bool {
        self.state == State::Running
    }

    /// It runs, and nothing will ever say more of it: it has no health check, and no port to ask at.
    pub fn is_mute(&self) -> bool {
        let mut ports = self.published.iter();
        let asked = self.has_check || ports.any(|port| port.protocol == "tcp");
        self.is_running() && !asked
    }

    /// It runs and publishes no port, though its service does. A network that it shares with others publishes
    /// for it.
    pub fn has_lost_ports(&self, service: &Service) -> bool {
        let mut ports = service.ports.iter();
        let publishes = service.network_mode.is_empty() && ports.any(|port| port.protocol == "tcp");
        self.is_running() && publishes && self.published.is_empty()
    }

    /// `container app-ollama-functions-1 on 0.0.0.0:9104`.
    pub fn describe(&self) -> String {
        if self.container.is_empty() {
            return "no container".to_owned();
        }
        if self.state == State::Created {
            return format!("container {}, created and not started", self.container);
        }
        match self.published.first() {
            Some(port) => format!("container {} on {}", self.container, port.address),
            None => format!("container {}, which publishes no port", self.container),
        }
    }

    /// What an inspection says.
    pub fn from(container: ContainerInspectResponse) -> Self {
        let state = container.state.unwrap_or_default();
        let config = container.config.unwrap_or_default();
        // While the engine waits to start it again, it says that it runs.
        let running = state.running.unwrap_or(false) && !state.restarting.unwrap_or(false);
        Self {
            container: container
                .name
                .unwrap_or_default()
                .trim_start_matches('/')
                .to_owned(),
            id: container.id.unwrap_or_default(),
            has_check: config.healthcheck.as_ref().is_some_and(is_check),
            health: health(&state).filter(|_| running),
            health_output: health_output(&state),
            last_check: last_check(&state).and_then(|check| Some(check.start?.to_rfc3339())),
            extra_hosts: container
                .host_config
                .and_then(|config| config.extra_hosts)
                .unwrap_or_default(),
            model: config.env.as_deref().and_then(|set| {
                NamedModel::among(set.iter().filter_map(|one| one.split_once('=')))
            }),
            image: config.image.unwrap_or_default(),
            image_id: container.image.unwrap_or_default(),
            published: published(container.network_settings.and_then(|network| network.ports)),
            exit_code: (!running && ended(&state)).then(|| state.exit_code.unwrap_or(0)),
            oom_killed: state.oom_killed.unwrap_or(false),
            restarts: container.restart_count.unwrap_or(0),
            ended_at: state
                .finished_at
                .clone()
                .filter(|time| !time.starts_with("0001")),
            started_at: state.started_at.filter(|time| !time.starts_with("0001")),
            state: state
                .status
                .map(|status| State::named(status.as_ref()))
                .unwrap_or_default(),
        }
    }
}

fn ended(state: &ContainerState) -> bool {
    state
        .finished_at
        .as_deref()
        .is_some_and(|time| !time.starts_with("0001"))
}

fn health(state: &ContainerState) -> Option<String> {
    match state.health.as_ref()?.status? {
        HealthStatusEnum::EMPTY | HealthStatusEnum::NONE => None,
        status => Some(status.to_string()),
    }
}

/// `NONE` takes away the one that an image has.
fn is_check(check: &HealthConfig) -> bool {
    let test = check.test.as_deref().unwrap_or_default();
    test.first().is_some_and(|word| word != "NONE")
}

fn last_check(state: &ContainerState) -> Option<&HealthcheckResult> {
    state.health.as_ref()?.log.as_ref()?.last()
}

fn health_output(state: &ContainerState) -> Option<String> {
    let output = last_check(state)?
        .output
        .as_deref()
        .unwrap_or_default()
        .trim();
    (!output.is_empty()).then(|| output.to_owned())
}

fn published(ports: Option<PortMap>) -> Vec<Published> {
    let mut all = Vec::new();
    for (port, bindings) in ports.unwrap_or_default() {
        let (number, protocol) = port.split_once('/').unwrap_or((&port, "tcp"));
        for binding in bindings.unwrap_or_default() {
            let ip = binding.host_ip.as_deref().and_then(|ip| ip.parse().ok());
            let host_port = binding
                .host_port
                .as_deref()
                .and_then(|port| port.parse().ok());
            if let (Ok(container_port), Some(host_port)) = (number.parse(), host_port) {
                let ip = ip.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
                let address = SocketAddr::new(ip, host_port);
                all.push(Published {
                    container_port,
                    protocol: protocol.to_owned(),
                    address,
                });
            }
        }
    }
    all.sort_by_key(|port| (port.container_port, port.protocol.clone(), port.address));
    all
}

/// How the container ended.
fn exit(state: &ContainerState) -> Exit {
    Exit {
        code: state.exit_code.unwrap_or(0),
        oom_killed: state.oom_killed.unwrap_or(false),
        error: state.error.clone().unwrap_or_default(),
    }
}

/// Whether it runs at this moment. Between two restarts by the engine it does not, whatever `Running` says.
pub fn runs(container: &ContainerInspectResponse) -> bool {
    let state = container.state.clone().unwrap_or_default();
    state.running.unwrap_or(false) && !state.restarting.unwrap_or(false)
}

/// The error for a container that ended when it should run: its exit, and its last output. `log` is the
/// command that shows more of that.
pub async fn exited(
    engine: &Engine,
    what: &str,
    container: &ContainerInspectResponse,
    log: &str,
) -> Error {
    let state = container.state.clone().unwrap_or_default();
    let name = name_of(container);
    let how = match container.restart_count.unwrap_or(0) {
        0 => format!("with {}", exit(&state)),
        // While it runs, the engine no longer tells how the run before ended.
        restarts if runs(container) => {
            format!(
                "and was restarted by the engine ({} so far)",
                times(restarts)
            )
        }
        restarts => format!(
            "with {} (the engine restarted it {})",
            exit(&state),
            times(restarts)
        ),
    };
    Error::failed(format!("{what} (container {name}) ended {how}"))
        .details(engine.tail(&name, TAIL).await)
        .hint(log)
}

fn times(number: i64) -> String {
    match number {
        1 => "once".to_owned(),
        more => format!("{more} times"),
    }
}

/// The error for a container whose health check fails: what the check printed, and the last output.
pub async fn unhealthy(engine: &Engine, what: &str, container: &ContainerInspectResponse) -> Error {
    let name = name_of(container);
    let state = container.state.clone().unwrap_or_default();
    let mut lines: Vec<String> = health_output(&state)
        .map(|output| format!("health check: {output}"))
        .into_iter()
        .collect();
    lines.extend(engine.tail(&name, TAIL).await);
    Error::new(
        Kind::Failed,
        format!("{what} (container {name}) is unhealthy"),
    )
    .details(lines)
    .hint(if engine.info().podman {
        // It has systemd run its checks; where there is no systemd, nobody does.
        format!("podman healthcheck run {name}")
    } else {
        format!("docker inspect --format '{{{{json .State.Health}}}}' {name}")
    })
}

fn name_of(container: &ContainerInspectResponse) -> String {
    container
        .name
        .as_deref()
        .unwrap_or_default()
        .trim_start_matches('/')
        .to_owned()
}

/// The container, which must still be there.
pub async fn inspect(engine: &Engine, what: &str, id: &str) -> Result<ContainerInspectResponse> {
    let found = engine.container(id).await?;
    found.ok_or_else(|| {
        Error::new(
            Kind::Conflict,
            format!("{what} (container {id}) was removed by somebody else"),
        )
        .hint("run the command again")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_sorted() {
        let ports = r#"{"8000/tcp":[{"HostIp":"::","HostPort":"9104"},{"HostIp":"0.0.0.0","HostPort":"9104"}],
                        "7000/tcp":null,"53/udp":[{"HostIp":"127.0.0.1","HostPort":"5353"}]}"#;
        let ports = published(serde_json::from_str(ports).expect("JSON"));
        let addresses: Vec<String> = ports.iter().map(|port| port.address.to_string()).collect();
        assert_eq!(addresses, ["127.0.0.1:5353", "0.0.0.0:9104", "[::]:9104"]);
    }

    #[test]
    fn the_last_verdict_on_a_container_that_ended_is_not_its_health() {
        let of = |running: bool| {
            let state = serde_json::json!({
                "Status": if running { "running" } else { "exited" }, "Running": running,
                "FinishedAt": "2026-01-01T00:00:00Z",
                "Health": { "Status": "healthy", "FailingStreak": 0, "Log": [] },
            });
            let container = serde_json::json!({ "Id": "c0", "State": state });
            GatewayState::from(serde_json::from_value(container).expect("a container"))
        };
        assert_eq!(of(true).health.as_deref(), Some("healthy"));
        assert_eq!(of(false).health, None);
    }
}
