//! `down`: takes away what ollamactl made, in the reverse order, and nothing else.

use std::time::Duration;

use crate::backend::{self, Stopped};
use crate::config::Config;
use crate::engine::Engine;
use crate::error::Result;
use crate::event::Events;
use crate::gateway::{self, Gateway, Ledger, embedded};
use crate::ollama::{Client, Probe};
use crate::paths::Paths;
use crate::units::counted;

/// How long an Ollama that is not ours may take to show that it goes on.
const LOOK: Duration = Duration::from_secs(1);

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
    events: &Events,
) -> Result<Down> {
    let mut down = Down::default();
    let gateway = end_gateway(config, paths, gateway, &mut down, events).await;
    end_backend(config, paths, &mut down, events).await?;
    gateway.map(|()| down)
}

async fn end_gateway(
    config: &Config,
    paths: &Paths,
    gateway: Result<Gateway>,
    down: &mut Down,
    events: &Events,
) -> Result<()> {
    let listen = config.gateway.listen.value;
    if embedded::observe(paths, listen)?.is_some() {
        let step = events.step("gateway", "stopping the embedded gateway");
        embedded::stop(paths, listen).await?;
        step.done("embedded gateway stopped");
        down.ended.push(format!("embedded gateway on {listen}"));
    }
    let Gateway::Compose(compose) = gateway? else {
        return Ok(());
    };
    let ledger = Ledger::new(paths, &compose.project.name);
    let created = ledger.read()?;
    if created.is_empty() {
        return Ok(());
    }
    let step = events.step("gateway", "removing its containers");
    let engine = Engine::from_environment().await?;
    let gone = gateway::down_all(&engine, &compose.project, &created, None).await?;
    ledger.clear()?;
    let containers = counted(gone.containers.len(), "container");
    let networks = counted(gone.networks.len(), "network");
    step.done(format!("{containers} and {networks} removed"));
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
        .extend(gone.networks.iter().map(|name| format!("network {name}")));
    down.kept.extend(
        gone.kept
            .iter()
            .map(|name| format!("network {name}: containers still use it")),
    );
    Ok(())
}

async fn end_backend(
    config: &Config,
    paths: &Paths,
    down: &mut Down,
    events: &Events,
) -> Result<()> {
    let host = config.client_host();
    let step = events.step("backend", format!("stopping what ollamactl runs on {host}"));
    match backend::stop(paths, &host, None).await? {
        Stopped::NotRunning => {
            step.unchanged("nothing of ollamactl's was running");
            if Client::new(&host)?.probe(LOOK).await == Probe::Ollama {
                down.kept
                    .push(format!("Ollama on {host}, which ollamactl did not start"));
            }
        }
        Stopped::Ended { record, forced } => {
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
                down.kept
                    .push(format!("Ollama on {}", record.launch.host().for_client()));
            }
        }
    }
    Ok(())
}
