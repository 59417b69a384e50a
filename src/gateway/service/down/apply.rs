//! Carries out what takes things away.

use futures_util::future::try_join_all;

use super::super::apply::removal;
use super::super::plan::action::{Action, Plan};
use super::Down;
use crate::compose::Project;
use crate::engine::{Engine, Removal, StopTimeout};
use crate::error::{Error, Kind, Result};

/// Containers first, then networks and volumes.
pub(super) async fn apply(
    engine: &Engine,
    project: &Project,
    plan: &Plan,
    timeout: StopTimeout,
) -> Result<Down> {
    removal::carry_out(engine, project, plan, timeout, |_| {}).await?;
    let mut down = told(plan);
    shared(engine, plan, &mut down).await?;
    Ok(down)
}

/// The containers of a plan that was carried out.
fn told(plan: &Plan) -> Down {
    let mut down = Down::default();
    for planned in &plan.steps {
        match &planned.action {
            Action::Remove { container, .. } => down.containers.push(container.name.clone()),
            Action::Stop { container } => down.stopped.push(container.name.clone()),
            _ => {}
        }
    }
    let removed = &down.containers;
    down.stopped.retain(|name| !removed.contains(name));
    down
}

/// Removes networks, then volumes.
async fn shared(engine: &Engine, plan: &Plan, down: &mut Down) -> Result<()> {
    let networks = plan
        .steps
        .iter()
        .filter_map(|planned| match &planned.action {
            Action::RemoveNetwork { name, id } => Some((name, id)),
            _ => None,
        });
    let removals = networks.map(async |(name, id)| {
        let removal = engine.remove_network(id).await?;
        Ok::<_, Error>((name.clone(), removal))
    });
    for (name, removal) in try_join_all(removals).await? {
        match removal {
            Removal::Removed => down.networks.push(name),
            Removal::InUse => down.kept.push(name),
            Removal::Absent => {}
        }
    }
    for planned in &plan.steps {
        let Action::RemoveVolume { name } = &planned.action else {
            continue;
        };
        match engine.remove_volume(name).await {
            Ok(()) => down.volumes.push(name.clone()),
            Err(error) if error.kind == Kind::Conflict => down.kept.push(name.clone()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
