//! Taking containers away: the steps, and how they are carried out.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use super::super::observe::Found;
use super::super::plan::action::{Action, Plan, Planned};
use super::graph::in_order;
use super::hooks;
use crate::compose::Project;
use crate::engine::{Engine, StopTimeout};
use crate::error::{Kind, Result};

/// Takes the plan's stops and removals: dependents before what they depend on, and all others side by side.
pub async fn carry_out(
    engine: &Engine,
    project: &Project,
    plan: &Plan,
    timeout: StopTimeout,
    tell: impl Fn(&Planned),
) -> Result<()> {
    let steps: Vec<(&Found, &Planned)> = plan
        .steps
        .iter()
        .filter_map(|planned| Some((container(&planned.action)?, planned)))
        .collect();
    let services: BTreeSet<&str> = steps
        .iter()
        .map(|(found, _)| found.service.as_str())
        .collect();
    let items: Vec<(&str, &str)> = services.iter().map(|name| (*name, *name)).collect();
    let dependents = |name: &&str| {
        let all = services.iter().copied();
        all.filter(|other| depends(project, other, name)).collect()
    };
    let tell = &tell;
    in_order(&items, dependents, &CancellationToken::new(), |service| {
        let of_service = steps
            .iter()
            .filter(move |(found, _)| found.service == service);
        let ids: BTreeSet<&str> = of_service
            .clone()
            .map(|(found, _)| found.id.as_str())
            .collect();
        let each = ids.into_iter().map(move |id| {
            let of_container = of_service.clone().filter(move |(found, _)| found.id == id);
            take(
                engine,
                project,
                of_container.map(|(_, planned)| *planned),
                timeout,
                tell,
            )
        });
        let each = join_all(each);
        async { each.await.into_iter().collect() }
    })
    .await
}

fn container(action: &Action) -> Option<&Found> {
    match action {
        Action::Stop { container } | Action::Remove { container, .. } => Some(container),
        _ => None,
    }
}

fn depends(project: &Project, service: &str, on: &str) -> bool {
    let service = project.service(service);
    service.is_ok_and(|service| service.depends_on.contains_key(on))
}

/// The steps of one container.
async fn take(
    engine: &Engine,
    project: &Project,
    steps: impl Iterator<Item = &Planned>,
    timeout: StopTimeout,
    tell: &impl Fn(&Planned),
) -> Result<()> {
    for planned in steps {
        tell(planned);
        match &planned.action {
            Action::Stop { container } => {
                // Nobody knows any more what the service of an orphan wanted.
                if let Ok(service) = project.service(&container.service) {
                    hooks::pre_stop(engine, service, &container.id, &container.name).await?;
                }
                engine.stop_container(&container.id, timeout).await?;
            }
            Action::Remove { container, volumes } => {
                let id = &container.id;
                match engine.remove_container(id, *volumes).await {
                    // It was started since the list was made.
                    Err(error) if error.kind == Kind::Conflict => {
                        engine.stop_container(id, timeout).await?;
                        engine.remove_container(id, *volumes).await?;
                    }
                    removed => removed?,
                }
            }
            _ => {}
        }
    }
    Ok(())
}
