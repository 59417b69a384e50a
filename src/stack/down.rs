//! `down`: takes away what ollamactl made, in the reverse order, and nothing else.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::users::{self, User};
use crate::backend::{self, Stopped};
use crate::config::{Config, Source};
use crate::engine::{Engine, endpoint};
use crate::error::{Error, Kind, Result};
use crate::event::Events;
use crate::gateway::{self, ComposeGateway, Created, DownOptions, Gateway, Ledger, embedded};
use crate::ollama::{Client, OllamaHost, Probe};
use crate::paths::Paths;
use crate::process::{self, commands};
use crate::units::counted;

/// How long an Ollama that is not ours may take to show that it goes on.
const LOOK: Duration = Duration::from_secs(1);

/// How long a start may take until it has written down what it starts.
const UNRECORDED: Duration = Duration::from_secs(20);
/// Pauses between two looks for that.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// What was taken away.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Down {
    /// What was ended or removed, for people.
    pub ended: Vec<String>,
    /// What goes on, and why.
    pub kept: Vec<String>,
}

/// Ends the gateway, then the backend. The backend is ended even if the gateway cannot be.
pub async fn down(
    config: &Config,
    paths: &Paths,
    gateway: Result<Gateway>,
    options: &DownOptions,
    events: &Events,
) -> Result<Down> {
    let mut down = Down::default();
    let users = users::elsewhere(paths, gateway.as_ref().ok()).await;
    let here = std::env::current_dir().unwrap_or_default();
    let left_here = || users.iter().filter(|user| user.is_of(&here));
    let gateway = match gateway {
        Ok(gateway) => {
            down.kept.extend(left_here().map(User::describe));
            Ok(gateway)
        }
        Err(error) => Err(error.details(left_here().map(|user| {
            let name = &user.name;
            format!("left running: container {name}, which ollamactl made")
        }))),
    };
    let gateway = end_gateway(config, paths, gateway, options, &mut down, events).await;
    let backend = end_backend(config, paths, &users, &mut down, events).await;
    if let (Err(gateway), Err(_)) = (&gateway, &backend) {
        // One of two is the command's own error.
        events.warn(gateway.in_a_line());
    }
    backend.and(gateway).map(|()| down)
}

async fn end_gateway(
    config: &Config,
    paths: &Paths,
    gateway: Result<Gateway>,
    options: &DownOptions,
    down: &mut Down,
    events: &Events,
) -> Result<()> {
    let listen = config.gateway.listen.value;
    if embedded::observe(paths, listen)?.is_some() {
        let step = events.step("gateway", "stopping the embedded gateway");
        step.watch(embedded::stop(paths, listen)).await?;
        step.done("embedded gateway stopped");
        down.ended.push(format!("embedded gateway on {listen}"));
    }
    let Gateway::Compose(compose) = gateway? else {
        return Ok(());
    };
    let endpoint = endpoint::from_environment()?;
    let ledger = Ledger::new(paths, &endpoint, &compose.project.name);
    let engine = Engine::open(&endpoint)?;
    if concerns(&ledger.read()?, options) {
        let removed = take_away(&engine, &compose, &ledger, options, down, events).await;
        removed.map_err(|error| with_remembered(error, &ledger))?;
    }
    down.kept.extend(left(&engine, &compose, &ledger).await?);
    Ok(())
}

fn names(users: &[User]) -> String {
    let names: Vec<&str> = users.iter().map(|user| user.name.as_str()).collect();
    names.join(", ")
}

/// Containers of the gateway that go on, and why. An engine that does not answer is no error where nothing
/// was made.
async fn left(engine: &Engine, compose: &ComposeGateway, ledger: &Ledger) -> Result<Vec<String>> {
    let remembered = ledger.remembered();
    let target = compose.target();
    let look = gateway::running(engine, &target);
    let running = if remembered.is_empty() {
        timeout(LOOK, look)
            .await
            .unwrap_or(Ok(Vec::new()))
            .unwrap_or_default()
    } else {
        look.await.map_err(|error| with_remembered(error, ledger))?
    };
    let not_ours = running.iter().map(|name| {
        format!("container {name}, which is not one that ollamactl up made; to remove it: ollamactl gateway down")
    });
    let elsewhere = remembered.iter().filter(|name| !running.contains(*name));
    let elsewhere = elsewhere.map(|name| format!("container {name}, made on another engine"));
    Ok(not_ours.chain(elsewhere).collect())
}

/// What was made is not forgotten because the engine cannot be asked.
fn with_remembered(error: Error, ledger: &Ledger) -> Error {
    let remembered = ledger.remembered().into_iter();
    error.details(
        remembered.map(|name| format!("left running, as far as is known: container {name}")),
    )
}

async fn take_away(
    engine: &Engine,
    compose: &ComposeGateway,
    ledger: &Ledger,
    options: &DownOptions,
    down: &mut Down,
    events: &Events,
) -> Result<()> {
    let step = events.step("gateway", "removing its containers");
    let removal = gateway::down_all(engine, &compose.project, ledger, options);
    let gone = step.watch(removal).await?;
    step.done(took_away(&gone));
    down.ended.extend(
        gone.containers
            .iter()
            .map(|name| format!("container {name}")),
    );
    down.ended.extend(
        gone.stopped
            .iter()
            .map(|name| format!("container {name} (stopped)")),
    );
    down.ended
        .extend(gone.volumes.iter().map(|name| format!("volume {name}")));
    down.ended
        .extend(gone.networks.iter().map(|name| format!("network {name}")));
    down.kept.extend(
        gone.kept
            .iter()
            .map(|name| format!("{name}: containers still use it")),
    );
    Ok(())
}

/// What was taken away of a project, in a line.
fn took_away(gone: &gateway::Down) -> String {
    let counts = [
        (gone.containers.len(), "container"),
        (gone.networks.len(), "network"),
        (gone.volumes.len(), "volume"),
    ];
    let removed: Vec<String> = counts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, noun)| counted(count, noun))
        .collect();
    let stopped = counted(gone.stopped.len(), "container");
    match (removed.as_slice(), gone.stopped.is_empty()) {
        ([], true) => "nothing of it was left".to_owned(),
        ([], false) => format!("{stopped} stopped"),
        (removed, true) => format!("{} removed", removed.join(" and ")),
        (removed, false) => format!("{} removed, {stopped} stopped", removed.join(" and ")),
    }
}

/// Volumes that were made are not taken away unless asked for.
fn concerns(created: &Created, options: &DownOptions) -> bool {
    let rest = Created {
        volumes: Vec::new(),
        ..created.clone()
    };
    !rest.is_empty() || (options.volumes && !created.volumes.is_empty()) || options.remove_orphans
}

/// The steps that [`down`] would take now, one line each.
pub async fn plan_down(
    config: &Config,
    paths: &Paths,
    gateway: Result<Gateway>,
    options: &DownOptions,
) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    let users = users::elsewhere(paths, gateway.as_ref().ok()).await;
    let listen = config.gateway.listen.value;
    if embedded::observe(paths, listen)?.is_some() {
        lines.push(format!("stop embedded gateway on {listen}: it runs"));
    }
    if let Gateway::Compose(compose) = gateway? {
        let endpoint = endpoint::from_environment()?;
        let created = Ledger::new(paths, &endpoint, &compose.project.name).read()?;
        if concerns(&created, options) {
            let engine = Engine::open(&endpoint)?;
            let plan = gateway::plan_down_all(&engine, &compose.project, &created, options);
            lines.extend(plan.await?.lines());
        }
    }
    if let Some(record) = backend::observe(config, paths).await?.record {
        let what = record.describe();
        let mut line = if record.is_ours() {
            format!("stop {what}: ollamactl started it")
        } else {
            format!("stop the relay: ollamactl started it; what it leads to goes on: {what}")
        };
        if !users.is_empty() {
            line.push_str("; still used by ");
            line.push_str(&names(&users));
        }
        lines.push(line);
    }
    Ok(lines)
}

/// A start that has not written down yet what it starts would look like nothing: it is waited for.
async fn until_recorded(paths: &Paths, host: &OllamaHost) -> Result<()> {
    let slot = backend::slot(paths, host);
    let deadline = Instant::now() + UNRECORDED;
    while !slot.record_file().exists() && slot.is_locked()? {
        if Instant::now() >= deadline {
            return Err(Error::new(
                Kind::Timeout,
                format!("another ollamactl has been starting the backend on {host} for too long"),
            )
            .hint(format!("end it: {}", end_start(host))));
        }
        sleep(LOOK_AGAIN).await;
    }
    Ok(())
}

/// What ends a start that has written nothing down.
fn end_start(host: &OllamaHost) -> String {
    let bound = host.authority();
    let starts = |process: &process::Info| {
        let mut words = process.args.windows(3);
        process.is_ollamactl() && words.any(|words| words == ["supervise", "backend", &bound])
    };
    let start = process::scan().into_iter().find(starts);
    start.map_or_else(
        || "ollamactl kill".to_owned(),
        |start| commands::kill(start.pid, start.uid),
    )
}

/// How long the backend may take to end, where that is asked for now: what its start said was for whoever
/// says nothing.
fn grace(config: &Config) -> Option<Duration> {
    let asked = &config.backend.stop_timeout;
    matches!(asked.source, Source::Flag(_)).then_some(asked.value)
}

/// What answers there: the stand-in is never told as Ollama.
async fn noun(host: &OllamaHost) -> Result<&'static str> {
    let asked = timeout(LOOK, Client::new(host)?.version()).await;
    let version = asked.ok().and_then(Result::ok).unwrap_or_default();
    Ok(if version.contains("stub") {
        "the stub (not Ollama)"
    } else {
        "Ollama"
    })
}

async fn end_backend(
    config: &Config,
    paths: &Paths,
    users: &[User],
    down: &mut Down,
    events: &Events,
) -> Result<()> {
    let host = config.client_host();
    let step = events.step("backend", format!("stopping what ollamactl runs on {host}"));
    step.watch(until_recorded(paths, &host)).await?;
    match step
        .watch(backend::stop(paths, &host, grace(config)))
        .await?
    {
        Stopped::NotRunning => {
            step.unchanged("nothing of ollamactl's was running");
            if Client::new(&host)?.probe(LOOK).await == Probe::Ollama {
                let noun = noun(&host).await?;
                down.kept
                    .push(format!("{noun} on {host}, which ollamactl did not start"));
            }
        }
        Stopped::Ended { record, forced } => {
            if !users.is_empty() {
                let users = names(users);
                events.warn(format!("what was stopped was still used by {users}; to have it again: ollamactl serve --background"));
            }
            if forced {
                events.warn("the backend did not end when asked, and was killed");
            }
            let text = record.describe();
            if record.process().is_some() {
                step.done(format!(
                    "{} on {} stopped",
                    record.launch.noun(),
                    record.launch.bind
                ));
                down.ended.push(text);
            } else {
                step.done("relay stopped; the backend goes on, since ollamactl did not start it");
                let host = record.launch.host().for_client();
                down.kept.push(format!("{} on {host}", noun(&host).await?));
            }
        }
    }
    Ok(())
}
