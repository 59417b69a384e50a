//! Can the gateway run, and does it ask the right backend for the right model?

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::question::Question;
use super::{Check, Patient, address, alias, detour, gpu, plan};
use crate::compose::Service;
use crate::config::Setting;
use crate::engine::Engine;
use crate::error::Kind;
use crate::gateway::service::own;
use crate::gateway::{self, ComposeGateway, Gateway, GatewayState, NamedModel, embedded};
use crate::health;
use crate::ollama::fetch;
use crate::process;

pub(super) async fn checks(patient: &Patient<'_>) -> Vec<Check> {
    match gateway::choose(patient.config, patient.folder) {
        Err(error) => vec![Check::failed("compose file", &error)],
        Ok(gateway) => {
            let mut checks = match &gateway {
                Gateway::Embedded(how) => embedded_checks(patient, how).await,
                Gateway::Compose(compose) => compose_checks(patient, compose).await,
            };
            checks.extend(key(patient, &gateway).await);
            checks.extend(health(patient, &gateway).await);
            checks
        }
    }
}

/// How the gateway fares; nothing where that cannot be asked, of which another check tells.
async fn health(patient: &Patient<'_>, gateway: &Gateway) -> Option<Check> {
    const NAME: &str = "gateway health";
    let question = health::Question {
        config: patient.config,
        paths: patient.paths,
        gateway: Some(gateway),
        backend: false,
        model: false,
        level: health::Level::Live,
    };
    let failures = health::check(&question).await.ok()?;
    let mut failures = failures.into_iter();
    let Some(failure) = failures.find(|failure| failure.part == health::Part::Gateway) else {
        return Some(Check::ok(NAME, "it runs, and answers"));
    };
    // A hint at this very command helps nobody.
    let hint = if failure.hint.starts_with("ollamactl doctor") {
        "mend what the checks before this one say; if none does: ollamactl logs gateway".to_owned()
    } else {
        failure.hint
    };
    match failure.kind {
        // What was not started yet is no fault.
        Kind::Unhealthy if failure.absent => Some(Check::warn(NAME, failure.reason, hint)),
        Kind::Unhealthy => Some(Check::fail(NAME, failure.reason, hint)),
        _ => None,
    }
}

/// Whether a gateway of ours that asks for a key lets in whoever uses it from here.
async fn key(patient: &Patient<'_>, gateway: &Gateway) -> Option<Check> {
    const NAME: &str = "gateway key";
    let url = gateway::locate(gateway, patient.paths).await.ok()?.url?;
    Some(match health::entry(patient.config, gateway, &url).await? {
        Ok(source) => Check::ok(NAME, format!("{url} lets in the key of {source}")),
        Err(failure) => Check::fail(NAME, failure.reason, failure.hint),
    })
}

async fn embedded_checks(patient: &Patient<'_>, how: &embedded::Instructions) -> Vec<Check> {
    let launch = &how.launch;
    let passed_over = gateway::passed_over(patient.config, patient.folder);
    let kind = Check::ok(
        "gateway",
        passed_over.unwrap_or_else(|| "the embedded gateway is used".to_owned()),
    );
    let mut checks = vec![kind, embedded_port(patient, launch)];
    checks.extend(embedded_model(patient, launch));
    checks.extend(embedded_exposure(patient, launch).await);
    if let Err(error) = how.check() {
        checks.push(Check::failed("gateway access", &error));
    }
    checks
}

fn embedded_port(patient: &Patient<'_>, launch: &embedded::Launch) -> Check {
    const NAME: &str = "gateway port";
    const ELSEWHERE: &str =
        "let the gateway listen elsewhere: OLLAMACTL_GATEWAY_LISTEN=127.0.0.1:9105";
    let listen = launch.listen;
    if let Ok(Some(record)) = embedded::observe(patient.paths, listen) {
        return Check::ok(NAME, record.describe());
    }
    if let Some(process) = foreground(listen) {
        let text = format!(
            "embedded gateway on {listen}, in the foreground: {}",
            process.describe()
        );
        return Check::ok(NAME, text);
    }
    taken(NAME, listen, ELSEWHERE).unwrap_or_else(|| Check::ok(NAME, format!("{listen} is free")))
}

/// Fails where the gateway that runs was started with another model than is required now.
fn embedded_model(patient: &Patient<'_>, launch: &embedded::Launch) -> Option<Check> {
    let record = embedded::observe(patient.paths, launch.listen).ok()??;
    let Setting { value, source } = &patient.config.model;
    let model = &record.launch.model;
    (!value.means(model)).then(|| {
        Check::fail(
            "gateway model",
            format!("it was started with {model}, but {value} ({source}) is required"),
            "ollamactl up",
        )
    })
}

/// A `gateway run`, which leaves no record, at this address.
fn foreground(listen: SocketAddr) -> Option<process::Info> {
    process::port_owner(listen).filter(embedded::is_foreground)
}

/// Warns where the embedded gateway listens on an address that other machines reach, and asks nobody for
/// a key.
async fn embedded_exposure(patient: &Patient<'_>, launch: &embedded::Launch) -> Option<Check> {
    const WITHOUT_KEY: Duration = Duration::from_secs(2);
    let listen = launch.listen;
    let listeners = process::listeners(listen.port());
    let open = listeners
        .iter()
        .map(|listener| listener.address)
        .find(|address| !address.ip().is_loopback())?;
    let recorded = embedded::observe(patient.paths, listen).ok().flatten();
    if recorded.is_none() && foreground(listen).is_none() {
        return None;
    }
    let (status, _) = fetch(&format!("http://{listen}/api/version"), WITHOUT_KEY)
        .await
        .ok()?;
    (status != 401).then(|| {
        Check::warn(
            "gateway exposure",
            format!(
                "the embedded gateway listens on {open}, for everybody who reaches this machine, without a key"
            ),
            "ask for a key (OLLAMACTL_GATEWAY_KEY, or gateway.key_file), or leave --no-auth and --listen out",
        )
    })
}

/// What frees a port that somebody holds. Docker's proxy goes with the container that it serves, and must not
/// be ended alone.
fn give_way(owner: &process::Info, port: u16) -> String {
    if owner.name == "docker-proxy" {
        format!("docker ps --filter publish={port} shows whose it is: stop that")
    } else {
        format!("end {} (pid {})", owner.name, owner.pid)
    }
}

/// Fails where somebody holds the address; `elsewhere` says how to choose another.
fn taken(name: &'static str, address: SocketAddr, elsewhere: &str) -> Option<Check> {
    let owner = match std::net::TcpListener::bind(address) {
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => process::port_owner(address),
        _ => return None,
    };
    Some(match owner {
        Some(owner) => Check::fail(
            name,
            format!("{address} is held by {}", owner.describe()),
            format!("{}, or {elsewhere}", give_way(&owner, address.port())),
        ),
        None => Check::fail(
            name,
            format!("{address} is held by another user's process"),
            process::commands::who_listens(address.port()),
        ),
    })
}

async fn compose_checks(patient: &Patient<'_>, compose: &ComposeGateway) -> Vec<Check> {
    let mut checks = vec![parsed(compose), service(compose)];
    checks.extend(program(compose));
    checks.extend(address::check(patient, compose));
    match Engine::from_environment().await {
        Err(error) => checks.extend([
            model(patient, compose, None),
            Check::failed("engine", &error),
        ]),
        Ok(engine) => {
            let state = gateway::status(&engine, &compose.target()).await;
            checks.push(model(patient, compose, state.as_ref().ok()));
            checks.push(Check::ok("engine", describe(&engine)));
            let (plan, gpu) =
                tokio::join!(plan::check(compose, &engine), gpu::check(compose, &engine));
            checks.push(plan);
            checks.extend(gpu);
            checks.extend(engine_checks(patient, compose, &engine, state).await);
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

/// The model that the gateway is told to use, by any variable whose name says so: the one that its
/// container was started with, and until it runs the one that the service names.
fn model(patient: &Patient<'_>, compose: &ComposeGateway, state: Option<&GatewayState>) -> Check {
    const NAME: &str = "gateway model";
    let Setting { value, source } = &patient.config.model;
    let Ok(service) = compose.project.service(&compose.service) else {
        return Check::warn(
            NAME,
            "not known without the service",
            "ollamactl config show",
        );
    };
    let written = service.environment.iter();
    let written = NamedModel::among(
        written.filter_map(|(name, value)| Some((name.as_str(), value.as_deref()?))),
    );
    if let Some(NamedModel {
        variable,
        prefix,
        model,
    }) = &written
        && !value.means(model)
    {
        return Check::fail(
            NAME,
            format!(
                "the service has {variable}={prefix}{model}, but {value} ({source}) is required"
            ),
            format!(
                "write {variable}: {prefix}${{OLLAMA_MODEL}} in the service, or OLLAMA_MODEL={model}"
            ),
        );
    }
    let running = state.filter(|state| state.is_running());
    let started = running.and_then(|state| Some((state, state.model.as_ref()?)));
    if let Some((
        state,
        NamedModel {
            variable, model, ..
        },
    )) = started
        && !value.means(model)
    {
        let container = &state.container;
        return Check::fail(
            NAME,
            format!(
                "container {container} runs with {variable}={model}, but {value} ({source}) is required"
            ),
            "ollamactl up",
        );
    }
    match started.map(|(_, named)| named).or(written.as_ref()) {
        Some(NamedModel {
            variable,
            prefix,
            model,
        }) => Check::ok(NAME, format!("{variable}={prefix}{model}")),
        None => Check::ok(NAME, "the service names no model in its environment"),
    }
}

/// Warns where the image of `init --gateway` is built from another version's program than this one.
fn program(compose: &ComposeGateway) -> Option<Check> {
    let service = compose.project.service(&compose.service).ok()?;
    let path = own::program(service)?;
    let (copy, ours) = (
        std::fs::read(&path).ok()?,
        process::own_static_program().ok()?,
    );
    (copy != ours).then(|| {
        Check::warn(
            "gateway program",
            format!("{} is another version than this ollamactl", path.display()),
            "ollamactl init --gateway, then ollamactl up --build",
        )
    })
}

fn describe(engine: &Engine) -> String {
    let info = engine.info();
    format!(
        "{} (API {}) at {}",
        info.describe(),
        info.api_version,
        engine.endpoint()
    )
}

async fn engine_checks(
    patient: &Patient<'_>,
    compose: &ComposeGateway,
    engine: &Engine,
    state: crate::error::Result<GatewayState>,
) -> Vec<Check> {
    let Ok(service) = compose.project.service(&compose.service) else {
        return Vec::new();
    };
    let name = compose.project.image_name(service);
    let image = match engine.image(&name).await {
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
    let alias = alias::check(compose, service, engine, state.as_ref().ok());
    let mut checks = vec![image, alias];
    checks.extend(detour::check(service, engine));
    checks.extend(published(service, state.as_ref().ok()));
    if patient.manner.probe {
        let question = Question {
            patient,
            compose,
            service,
            engine,
            state: state.as_ref().ok(),
        };
        checks.push(question.check(&patient.manner.cancel).await);
    }
    match state {
        Ok(state) => checks.extend(ports(service, &state, engine)),
        Err(error) => checks.push(Check::failed("gateway", &error)),
    }
    checks
}

fn ports(service: &Service, state: &GatewayState, engine: &Engine) -> Vec<Check> {
    const NAME: &str = "gateway port";
    if state.has_lost_ports(service) {
        let text = format!("{}, though its service does", state.describe());
        return vec![Check::fail(NAME, text, "ollamactl gateway up")];
    }
    if state.state.is_active() {
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
            taken(NAME, address, &gateway::another_port(&service.name))
                .unwrap_or_else(|| Check::ok(NAME, format!("{address} is free")))
        })
        .collect()
}

/// Warns where a port is published on an address that other machines reach: Docker's own rules come
/// before those of the machine's firewall.
fn published(service: &Service, state: Option<&GatewayState>) -> Option<Check> {
    const NAME: &str = "gateway exposure";
    let running = state.filter(|state| state.is_running());
    let open = match running {
        Some(state) => state
            .published
            .iter()
            .find(|port| !port.address.ip().is_loopback())
            .map(|port| {
                let text = format!(
                    "container {} is published on {}",
                    state.container, port.address
                );
                let local = format!("127.0.0.1:{}:{}", port.address.port(), port.container_port);
                (
                    text,
                    format!("write {local} in the ports of service {}", service.name),
                )
            }),
        None => gateway::exposure(service).into_iter().next().map(|text| {
            let (text, mend) = text
                .split_once("; ")
                .unwrap_or((&text, "publish it on 127.0.0.1"));
            (text.to_owned(), mend.to_owned())
        }),
    };
    let (text, mend) = open?;
    let why = format!(
        "{text}: everybody who reaches this machine reaches it, whatever its firewall says"
    );
    Some(Check::warn(NAME, why, mend))
}
