//! The gateway's part of `down`.

use tokio::time::timeout;

use super::{Down, LOOK};
use crate::config::Config;
use crate::engine::{Engine, endpoint};
use crate::error::{Error, Result};
use crate::event::Events;
use crate::gateway::{self, ComposeGateway, Created, DownOptions, Gateway, Ledger, embedded};
use crate::paths::Paths;
use crate::units::counted;

pub(super) async fn end_gateway(
    config: &Config,
    paths: &Paths,
    (embedded, gateway): (Result<embedded::OfProject>, Result<Gateway>),
    options: &DownOptions,
    down: &mut Down,
    events: &Events,
) -> Result<()> {
    end_embedded(config, paths, embedded?, options, down, events).await?;
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

/// Ends these embedded gateways.
async fn end_embedded(
    config: &Config,
    paths: &Paths,
    found: embedded::OfProject,
    options: &DownOptions,
    down: &mut Down,
    events: &Events,
) -> Result<()> {
    let drain = embedded::drain(config, options.stop_timeout);
    for listen in found.meant {
        if !embedded::is_there(paths, listen)? {
            continue;
        }
        let what = format!("embedded gateway on {listen}");
        let step = events.step("gateway", format!("stopping the {what}"));
        if step.watch(embedded::stop(paths, listen, drain)).await? {
            step.done(format!("{what} stopped"));
            down.ended.push(what);
        } else {
            step.unchanged(format!("{what} had ended already"));
        }
    }
    let others = found.others.iter();
    down.kept
        .extend(others.map(|record| record.left_by("ollamactl down")));
    Ok(())
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
    let here = ledger.read()?.containers;
    let elsewhere = remembered
        .iter()
        .filter(|name| !running.contains(*name) && !here.contains(*name));
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
    let target = compose.target();
    let removal = gateway::down_all(engine, &target, ledger, options, &step);
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
    let needed = gone.needed.iter();
    down.kept.extend(needed.map(|needed| {
        let (name, by) = (&needed.container, &needed.by);
        format!("container {name}: {by} needs it, which somebody else made")
    }));
    down.kept.extend(gone.anew.iter().map(|name| {
        format!("container {name}, which somebody else made anew; to remove it: docker rm --force {name}")
    }));
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
pub(super) fn concerns(created: &Created, options: &DownOptions) -> bool {
    let rest = Created {
        volumes: Vec::new(),
        ..created.clone()
    };
    !rest.is_empty() || (options.volumes && !created.volumes.is_empty()) || options.remove_orphans
}
