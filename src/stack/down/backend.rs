//! The backend's part of `down`.

use tokio::time::timeout;

use super::{Down, LOOK, names};
use crate::backend::{self, Origin, Stopped};
use crate::config::Config;
use crate::error::Result;
use crate::event::Events;
use crate::ollama::{Client, OllamaHost, Probe};
use crate::paths::Paths;
use crate::stack::users::User;

/// Ends these backends, each with its relay.
pub(super) async fn end_backends(
    config: &Config,
    paths: &Paths,
    (found, users): (Result<backend::OfProject>, &[User]),
    down: &mut Down,
    events: &Events,
) -> Result<()> {
    let found = found?;
    for host in &found.meant {
        end_backend(config, paths, host, users, down, events).await?;
    }
    let others = found.others.iter().map(|record| {
        let (what, bind) = (record.describe(), &record.launch.bind);
        format!("{what}, which was started here too; to end it: ollamactl down --host {bind}")
    });
    down.kept.extend(others);
    Ok(())
}

async fn end_backend(
    config: &Config,
    paths: &Paths,
    host: &OllamaHost,
    users: &[User],
    down: &mut Down,
    events: &Events,
) -> Result<()> {
    let step = events.step("backend", format!("stopping what ollamactl runs on {host}"));
    let grace = config.backend.asked_stop_timeout();
    match step.watch(backend::stop(paths, host, grace)).await? {
        Stopped::NotRunning => {
            step.unchanged("nothing of ollamactl's was running");
            if Client::new(host)?.probe(LOOK).await == Probe::Ollama {
                let noun = noun(host).await?;
                down.kept
                    .push(format!("{noun} on {host}, which ollamactl did not start"));
            }
        }
        Stopped::Ended { record, forced } => {
            warn(users, host, forced, events);
            if matches!(record.origin, Origin::Adopted { .. }) {
                step.done("relay stopped; the backend goes on, since ollamactl did not start it");
                let host = record.launch.host().for_client();
                down.kept.push(format!("{} on {host}", noun(&host).await?));
            } else {
                let (noun, bind) = (record.launch.noun(), &record.launch.bind);
                step.done(format!("{noun} on {bind} stopped"));
                down.ended.push(record.describe());
            }
        }
    }
    Ok(())
}

/// What is to be known of a backend that was stopped.
fn warn(users: &[User], host: &OllamaHost, forced: bool, events: &Events) {
    if let Some(users) = names(users, host) {
        events.warn(format!("what was stopped was still used by {users}; to have it again: ollamactl serve --background"));
    }
    if forced {
        events.warn("the backend did not end when asked, and was killed");
    }
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
