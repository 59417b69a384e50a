//! Is there an Ollama, does it answer, does it have the model?

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::{Check, Patient, advisory};
use crate::backend::{self, Launch, RelayState, Standing, gpu};
use crate::config::{Bind, Mode, Source};
use crate::ollama::Client;
use crate::process::commands;
use crate::units::bytes;

pub(super) async fn checks(patient: &Patient<'_>) -> Vec<Check> {
    let (program, model) = tokio::join!(program(patient), model(patient));
    let mut checks = vec![program, port(patient)];
    checks.extend(reachable(patient));
    checks.extend(holes(patient));
    checks.push(model);
    checks.extend(processor(patient).await);
    checks.extend(relay(patient));
    checks.extend(exposed(patient));
    checks
}

async fn program(patient: &Patient<'_>) -> Check {
    const NAME: &str = "ollama program";
    if patient.config.backend.mode.value == Mode::Stub {
        return Check::warn(
            NAME,
            "the stub is configured: answers are made up",
            withdraw(&patient.config.backend.mode.source),
        );
    }
    let found =
        Launch::from_config(patient.config, patient.paths).and_then(|launch| launch.find_program());
    match found {
        // An Ollama that answers needs no program of its own here.
        Err(_) if patient.backend.answers() => {
            Check::ok(NAME, "not on PATH; the running one is used")
        }
        Err(error) => Check::failed(NAME, &error),
        // `doctor` is for a look at what one does not trust yet, too.
        Ok(program) if is_named_by_repository(patient) => Check::ok(
            NAME,
            format!(
                "{}, which {} names; it is not run here",
                program.display(),
                patient.config.backend.program.source
            ),
        ),
        Ok(program) => match version_of(&program).await {
            Some(version) => Check::ok(NAME, format!("{} ({version})", program.display())),
            None => Check::fail(
                NAME,
                format!("{} does not tell its version", program.display()),
                format!("{} --version", commands::word(&program)),
            ),
        },
    }
}

/// Whether the repository's file says which program is Ollama.
fn is_named_by_repository(patient: &Patient<'_>) -> bool {
    let file = patient.config.project_file.as_ref();
    file.is_some_and(|file| patient.config.backend.program.source == Source::File(file.clone()))
}

/// Without a server, `ollama --version` prints two warnings, the second of which names the client's.
async fn version_of(program: &std::path::Path) -> Option<String> {
    let run = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(Duration::from_secs(5), run)
        .await
        .ok()?
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = text.lines().last()?.rsplit(' ').next()?;
    version
        .starts_with(|c: char| c.is_ascii_digit())
        .then(|| version.to_owned())
}

fn port(patient: &Patient<'_>) -> Check {
    const NAME: &str = "backend port";
    let (host, owner) = (&patient.backend.host, &patient.backend.owner);
    match patient.backend.standing {
        Standing::Stopped => Check::ok(NAME, format!("{host} is free")),
        Standing::Remote => Check::ok(NAME, format!("{host} is on another machine")),
        Standing::Unresolved => Check::ok(NAME, format!("{host} is not looked at")),
        Standing::Stranger => Check::fail(
            NAME,
            format!("{host} is held by {owner}, which is not Ollama"),
            "OLLAMA_HOST=127.0.0.1:11500 ollamactl up",
        ),
        _ => Check::ok(NAME, format!("{host} is held by {owner}")),
    }
}

fn reachable(patient: &Patient<'_>) -> Option<Check> {
    const NAME: &str = "backend";
    let host = &patient.backend.host;
    if let Some(unresolved) = &patient.backend.unresolved {
        let setting = &patient.config.backend.host;
        let why = format!("{unresolved} ({})", setting.source);
        return Some(Check::fail(NAME, why, unresolved.hint()));
    }
    let check = match (&patient.backend.version, patient.backend.standing) {
        (Some(version), Standing::Unsupervised) => Check::warn(
            NAME,
            format!("version {version} answers on {host}, but its supervisor was killed"),
            "ollamactl serve --background",
        ),
        (Some(version), _) => Check::ok(NAME, format!("version {version} answers on {host}")),
        (None, Standing::Unresponsive) if !patient.backend.is_ours() => {
            Check::failed(NAME, &backend::unresponsive(host))
        }
        (None, Standing::Unresponsive | Standing::Starting) => Check::fail(
            NAME,
            format!("{host} takes connections but does not answer"),
            "ollamactl restart",
        ),
        (None, Standing::Stopped) if patient.backend.restarts.given_up => Check::fail(
            NAME,
            format!(
                "nothing answers on {host}: it ended by itself again and again ({})",
                patient.backend.restarts.describe().unwrap_or_default()
            ),
            "ollamactl logs backend",
        ),
        // What was not started yet is no fault.
        (None, Standing::Stopped) if host.is_local() => Check::warn(
            NAME,
            format!("nothing answers on {host}: it is not started"),
            "ollamactl up",
        ),
        (None, _) => Check::fail(
            NAME,
            format!("nothing answers on {host}"),
            "start it there, or unset OLLAMA_HOST to run one here",
        ),
    };
    // What holds the port instead is a check of its own.
    (patient.backend.standing != Standing::Stranger).then_some(check)
}

/// Whether the version is one with a hole that the public knows of.
fn holes(patient: &Patient<'_>) -> Option<Check> {
    let version = patient.backend.version.as_deref()?;
    let (holes, fixed) = advisory::known(version)?;
    Some(Check::warn(
        "ollama version",
        format!("{version} has known holes for whoever reaches its port: {holes}"),
        format!("install Ollama {fixed} or newer: https://ollama.com/download"),
    ))
}

/// Whether the model lies in main memory although there is a GPU, which Ollama does not say by itself.
async fn processor(patient: &Patient<'_>) -> Option<Check> {
    let backend = &patient.backend;
    if !backend.answers() || backend.is_stub() || !backend.host.is_local() {
        return None;
    }
    let client = Client::new(&backend.host).ok()?;
    let loaded = client.loaded().await.ok()?;
    let model = loaded
        .iter()
        .find(|model| patient.config.model.value.means(&model.name))?;
    let gpu = gpu().filter(|_| model.size_vram == 0)?;
    Some(Check::warn(
        "processor",
        format!(
            "{} runs on the CPU, though this machine has {gpu}",
            model.name
        ),
        "ollamactl logs backend -n all | grep -i -e gpu -e cuda -e rocm",
    ))
}

async fn model(patient: &Patient<'_>) -> Check {
    const NAME: &str = "model";
    let setting = &patient.config.model;
    let model = &setting.value;
    let tagged = model.with_tag();
    let pull = format!("ollamactl pull-model {model}");
    if !patient.backend.answers() {
        return Check::warn(
            NAME,
            format!("{tagged}: not known while the backend does not answer"),
            "ollamactl up",
        );
    }
    let found = match Client::new(&patient.backend.host) {
        Ok(client) => client.model(model).await,
        Err(error) => Err(error),
    };
    match found {
        Ok(Some(found)) => Check::ok(
            NAME,
            format!("{tagged} ({}), {}", setting.source, bytes(found.size)),
        ),
        Ok(None) => Check::fail(
            NAME,
            format!("{tagged} ({}) is not in the model store", setting.source),
            pull,
        ),
        Err(error) => Check::failed(NAME, &error),
    }
}

fn relay(patient: &Patient<'_>) -> Option<Check> {
    const NAME: &str = "relay";
    match &patient.backend.relay {
        RelayState::Off => None,
        state @ RelayState::Listening { unmatched, .. } if !unmatched.is_empty() => {
            let file = &patient.config.relay_allow.source;
            Some(Check::warn(
                NAME,
                state.reason(),
                format!(
                    "docker network ls, correct relay.allow ({file}), then: ollamactl down, ollamactl up"
                ),
            ))
        }
        RelayState::Listening { address, .. } if !patient.backend.answers() => Some(Check::ok(
            NAME,
            format!("it listens on {address}; what it leads to does not answer"),
        )),
        RelayState::Listening { address, .. } => Some(Check::ok(
            NAME,
            format!("containers reach the backend on {address}"),
        )),
        RelayState::NotNeeded { reason } => Some(Check::ok(NAME, format!("not needed: {reason}"))),
        RelayState::Suspended { supervisor } => Some(Check::fail(
            NAME,
            format!(
                "containers do not reach the backend: the relay's supervisor, pid {supervisor}, is suspended"
            ),
            backend::wake(*supervisor),
        )),
        RelayState::Gone => Some(Check::fail(
            NAME,
            "containers do not reach the backend: the relay's supervisor was killed",
            "ollamactl serve --background",
        )),
        RelayState::Waiting { reason, hint } | RelayState::Impossible { reason, hint } => {
            let why = format!("containers do not reach the backend: {reason}");
            let mend = hint.as_deref().unwrap_or("docker info");
            Some(Check::warn(NAME, why, mend))
        }
    }
}

fn exposed(patient: &Patient<'_>) -> Option<Check> {
    const NAME: &str = "exposure";
    let host = patient.config.bind_host();
    if patient.backend.exposed {
        let text = format!(
            "the backend on port {} listens beyond loopback, where everybody who reaches this machine may use it",
            host.port
        );
        let mend = match patient.backend.standing {
            Standing::Adopted => "start it with OLLAMA_HOST=127.0.0.1".to_owned(),
            // It was started so by an option that is not here any more.
            _ if !host.is_exposed() => "ollamactl restart --bind relay".to_owned(),
            _ => undo(patient),
        };
        return Some(Check::warn(NAME, text, mend));
    }
    (host.is_exposed() && host.is_local() && !patient.backend.answers()).then(|| {
        Check::warn(
            NAME,
            format!("the backend is to listen on {host}, where everybody who reaches this machine may use it"),
            undo(patient),
        )
    })
}

/// What takes the exposure back, by where it was asked for.
fn undo(patient: &Patient<'_>) -> String {
    let backend = &patient.config.backend;
    let source = match backend.bind.value {
        Bind::All | Bind::Address(_) => &backend.bind.source,
        Bind::Relay | Bind::Loopback => &backend.host.source,
    };
    withdraw(source)
}

/// What takes a setting back that came from there.
fn withdraw(source: &Source) -> String {
    match source {
        Source::Environment(name) => format!("unset {name}"),
        Source::Flag(name) => format!("leave {name} out"),
        Source::File(path) => format!("change it in {}", path.display()),
        Source::EnvFile | Source::Default => "see ollamactl config show".to_owned(),
    }
}
