//! Can the gateway run, and does it ask the right backend for the right model?

use std::net::{Ipv4Addr, SocketAddr};

use super::{Check, Patient};
use crate::backend::RelayState;
use crate::compose::Service;
use crate::engine::Engine;
use crate::gateway::{self, ComposeGateway, Gateway, GatewayState, embedded};
use crate::process;

const ALIAS: &str = "host.docker.internal";

pub(super) async fn checks(patient: &Patient<'_>) -> Vec<Check> {
    match gateway::choose(patient.config, patient.folder) {
        Err(error) => vec![Check::failed("compose file", &error)],
        Ok(Gateway::Embedded(listen)) => vec![
            Check::ok(
                "gateway",
                "no compose file has the service; the embedded gateway is used",
            ),
            embedded_access(patient),
            embedded_port(patient, listen),
        ],
        Ok(Gateway::Compose(compose)) => compose_checks(patient, &compose).await,
    }
}

/// Who may use the embedded gateway.
fn embedded_access(patient: &Patient<'_>) -> Check {
    const NAME: &str = "gateway access";
    match embedded::Instructions::from_config(patient.config) {
        Err(error) => Check::failed(NAME, &error),
        Ok(how) if how.keys.is_empty() => Check::ok(NAME, "this machine, without a key"),
        Ok(how) => Check::ok(
            NAME,
            format!("whoever reaches {} and has a key", how.launch.listen),
        ),
    }
}

fn embedded_port(patient: &Patient<'_>, listen: SocketAddr) -> Check {
    const NAME: &str = "gateway port";
    if let Ok(Some(record)) = embedded::observe(patient.paths, listen) {
        return Check::ok(NAME, record.describe());
    }
    taken(NAME, listen).unwrap_or_else(|| Check::ok(NAME, format!("{listen} is free")))
}

/// Fails where somebody holds the address.
fn taken(name: &'static str, address: SocketAddr) -> Option<Check> {
    let owner = match std::net::TcpListener::bind(address) {
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => process::port_owner(address),
        _ => return None,
    };
    Some(match owner {
        Some(owner) => Check::fail(
            name,
            format!("{address} is held by {}", owner.describe()),
            format!("kill {}", owner.pid),
        ),
        None => Check::fail(
            name,
            format!("{address} is held by another user's process"),
            format!("sudo ss -ltnp 'sport = :{}'", address.port()),
        ),
    })
}

async fn compose_checks(patient: &Patient<'_>, compose: &ComposeGateway) -> Vec<Check> {
    let mut checks = vec![parsed(compose), service(compose), model(patient, compose)];
    match Engine::from_environment().await {
        Err(error) => checks.push(Check::failed("engine", &error)),
        Ok(engine) => {
            checks.push(Check::ok("engine", describe(&engine)));
            checks.extend(engine_checks(patient, compose, &engine).await);
        }
    }
    checks
}

fn parsed(compose: &ComposeGateway) -> Check {
    let files: Vec<String> = compose
        .project
        .config_files
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    let text = format!("project {} from {}", compose.project.name, files.join(", "));
    match compose.project.warnings.first() {
        None => Check::ok("compose file", text),
        Some(warning) => Check::warn(
            "compose file",
            format!("{text}: {warning}"),
            "mend what it names",
        ),
    }
}

fn service(compose: &ComposeGateway) -> Check {
    match compose.project.closure(&compose.service) {
        Ok(services) => {
            let others: Vec<&str> = services
                .iter()
                .map(|service| service.name.as_str())
                .filter(|name| *name != compose.service)
                .collect();
            let needs = if others.is_empty() {
                String::new()
            } else {
                format!(", needs {}", others.join(", "))
            };
            Check::ok("service", format!("{} is defined{needs}", compose.service))
        }
        Err(error) => Check::failed("service", &error),
    }
}

/// The model that the service is told to use, by any variable whose name says so.
fn model(patient: &Patient<'_>, compose: &ComposeGateway) -> Check {
    const NAME: &str = "gateway model";
    let wanted = &patient.config.model.value;
    let Ok(service) = compose.project.service(&compose.service) else {
        return Check::warn(
            NAME,
            "not known without the service",
            "ollamactl config show",
        );
    };
    let asked = service.environment.iter().find_map(|(name, value)| {
        let value = value.as_ref().filter(|value| !value.is_empty())?;
        matches!(
            name.as_str(),
            "OLLAMA_MODEL" | "LLM_MODEL" | "MODEL" | "MODEL_NAME"
        )
        .then_some((name, value))
    });
    match asked {
        None => Check::ok(NAME, "the service names no model in its environment"),
        Some((name, value)) if wanted.means(value) => Check::ok(NAME, format!("{name}={value}")),
        Some((name, value)) => Check::fail(
            NAME,
            format!(
                "the service has {name}={value}, but {wanted} ({}) is required",
                patient.config.model.source
            ),
            format!("write {name}: ${{OLLAMA_MODEL}} in the service, or OLLAMA_MODEL={value}"),
        ),
    }
}

fn describe(engine: &Engine) -> String {
    let info = engine.info();
    format!(
        "{} (API {}) at {}",
        info.version,
        info.api_version,
        engine.endpoint()
    )
}

async fn engine_checks(
    patient: &Patient<'_>,
    compose: &ComposeGateway,
    engine: &Engine,
) -> Vec<Check> {
    let Ok(service) = compose.project.service(&compose.service) else {
        return Vec::new();
    };
    let name = compose.project.image_name(service);
    let target = compose.target();
    let (image, state) = tokio::join!(engine.image(&name), gateway::status(engine, &target));
    let image = match image {
        Ok(Some(_)) => Check::ok("image", format!("{name} is there")),
        Ok(None) if service.build.is_some() => Check::warn(
            "image",
            format!("{name} is not built yet"),
            "ollamactl gateway build",
        ),
        Ok(None) => Check::warn(
            "image",
            format!("{name} is not pulled yet"),
            "ollamactl gateway up",
        ),
        Err(error) => Check::failed("image", &error),
    };
    let alias = host_alias(patient, compose, service, engine, state.as_ref().ok());
    let mut checks = vec![image, alias];
    match state {
        Ok(state) => checks.extend(ports(service, &state, engine)),
        Err(error) => checks.push(Check::failed("gateway", &error)),
    }
    checks
}

fn ports(service: &Service, state: &GatewayState, engine: &Engine) -> Vec<Check> {
    const NAME: &str = "gateway port";
    if state.is_running() {
        return vec![Check::ok(NAME, state.describe())];
    }
    if engine.endpoint().is_remote() {
        return Vec::new();
    }
    let published = service
        .ports
        .iter()
        .filter_map(|port| port.published.as_ref()?.parse().ok());
    published
        .map(|port: u16| {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            taken(NAME, address).unwrap_or_else(|| Check::ok(NAME, format!("{address} is free")))
        })
        .collect()
}

/// Whether the service can resolve the name by which containers call this machine, and whether the
/// backend listens behind it.
fn host_alias(
    patient: &Patient<'_>,
    compose: &ComposeGateway,
    service: &Service,
    engine: &Engine,
    state: Option<&GatewayState>,
) -> Check {
    const NAME: &str = "host.docker.internal";
    let written = service.extra_hosts.iter().any(|host| host.name == ALIAS);
    let info = engine.info();
    if info.rootless || engine.endpoint().is_remote() {
        return Check::warn(
            NAME,
            format!(
                "the engine {} does not run on this machine's own network",
                engine.endpoint()
            ),
            "set OLLAMA_URL in the service to an address that it can reach",
        );
    }
    if !written && !info.desktop && (!compose.host_gateway || info.host_gateway.is_none()) {
        return Check::fail(
            NAME,
            format!("service {} cannot resolve it", service.name),
            "add to the service: extra_hosts: [\"host.docker.internal:host-gateway\"]",
        );
    }
    let lacks_it = |state: &GatewayState| {
        !state.container.is_empty() && !state.extra_hosts.iter().any(|host| host.starts_with(ALIAS))
    };
    if !info.desktop && state.is_some_and(lacks_it) {
        return Check::fail(
            NAME,
            format!("the container of {} was made without it", service.name),
            "ollamactl gateway up --force-recreate",
        );
    }
    let how = match () {
        () if written => "the service defines it",
        () if info.desktop => "Docker Desktop provides it",
        () => "ollamactl adds it when it creates the container",
    };
    let relay = patient.backend.record.as_ref().map(|record| &record.relay);
    match relay {
        Some(RelayState::Waiting { reason }) => Check::warn(
            NAME,
            format!("{how}, but nothing listens behind it yet: {reason}"),
            "ollamactl logs backend",
        ),
        None if patient.backend.answers()
            && !info.desktop
            && !patient.config.bind_host().is_exposed() =>
        {
            Check::warn(
                NAME,
                format!(
                    "{how}, but no relay of ollamactl's runs, so containers do not reach the loopback backend"
                ),
                "ollamactl serve --background",
            )
        }
        _ => Check::ok(NAME, how),
    }
}
