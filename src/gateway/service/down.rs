//! Stopping the gateway, and taking away what was made.

use super::{Created, Target, labels, observe};
use crate::compose::Project;
use crate::engine::{Engine, Removal, StopTimeout};
use crate::error::Result;

/// What was taken away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Down {
    /// Containers that were removed.
    pub containers: Vec<String>,
    /// Containers that were only stopped, since somebody else made them.
    pub stopped: Vec<String>,
    /// Networks that were removed.
    pub networks: Vec<String>,
    /// Networks that stay because containers still use them.
    pub kept: Vec<String>,
}

/// Stops the gateway's container, and nothing else. `false`: it did not run.
pub async fn stop(engine: &Engine, target: &Target<'_>, timeout: StopTimeout) -> Result<bool> {
    target.project.service(target.service)?;
    let containers = observe::containers(engine, target.project).await?;
    let Some(found) = containers.get(target.service) else {
        return Ok(false);
    };
    // The list of containers may be a moment behind.
    let ran = super::state_of(engine, Some(&found.id)).await?;
    engine.stop_container(&found.id, timeout).await?;
    Ok(matches!(
        ran.state.as_str(),
        "running" | "restarting" | "paused"
    ))
}

/// Stops and removes the gateway's container, and the project's networks that nobody uses then.
/// Volumes and images stay.
pub async fn down(engine: &Engine, target: &Target<'_>, timeout: StopTimeout) -> Result<Down> {
    target.project.service(target.service)?;
    let mut down = Down::default();
    let containers = observe::containers(engine, target.project).await?;
    if let Some(found) = containers.get(target.service) {
        engine.stop_container(&found.id, timeout).await?;
        engine.remove_container(&found.id, false).await?;
        down.containers.push(found.name.clone());
    }
    remove_networks(engine, target.project, None, &mut down).await?;
    Ok(down)
}

/// Takes away what [`up`] made: removes the containers it created, stops those it only started, and
/// removes the networks it created. What does not carry the project's labels is never touched.
pub async fn down_all(
    engine: &Engine,
    project: &Project,
    created: &Created,
    timeout: StopTimeout,
) -> Result<Down> {
    let mut down = Down::default();
    let containers = observe::containers(engine, project).await?;
    let named = |name: &String| containers.values().find(|found| &found.name == name);
    // Dependents stop before what they depend on.
    for found in created.containers.iter().rev().filter_map(named) {
        engine.stop_container(&found.id, timeout).await?;
        engine.remove_container(&found.id, false).await?;
        down.containers.push(found.name.clone());
    }
    let started = created
        .started
        .iter()
        .rev()
        .filter(|name| !created.containers.contains(name));
    for found in started.filter_map(named) {
        engine.stop_container(&found.id, timeout).await?;
        down.stopped.push(found.name.clone());
    }
    remove_networks(engine, project, Some(&created.networks), &mut down).await?;
    Ok(down)
}

/// Removes the project's networks, all or those of these names.
async fn remove_networks(
    engine: &Engine,
    project: &Project,
    only: Option<&[String]>,
    down: &mut Down,
) -> Result<()> {
    let label = format!("{}={}", labels::PROJECT, project.name);
    for network in engine.networks_labelled(&label).await? {
        let (name, id) = (
            network.name.unwrap_or_default(),
            network.id.unwrap_or_default(),
        );
        if only.is_some_and(|only| !only.contains(&name)) {
            continue;
        }
        match engine.remove_network(&id).await? {
            Removal::Removed => down.networks.push(name),
            Removal::InUse => down.kept.push(name),
            Removal::Absent => {}
        }
    }
    Ok(())
}
