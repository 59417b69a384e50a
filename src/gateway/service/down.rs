//! Stopping the gateway, and taking away what was made: observed, planned and applied like `up`.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::try_join_all;

use super::action::{Action, Plan};
use super::observe::{self, Found};
use super::removal::{self, take_away};
use super::{Created, GatewayState, Ledger, Target, WAIT_TIMEOUT, labels};
use crate::compose::Project;
use crate::engine::{Engine, Removal, StopTimeout};
use crate::error::{Kind, Result};
use crate::gateway::ledger::Lock;

/// How to take things down.
#[derive(Debug, Clone)]
pub struct DownOptions {
    /// Seconds between the stop signal and SIGKILL.
    pub stop_timeout: StopTimeout,
    /// Remove volumes too: anonymous ones, and the named ones that the file defines.
    pub volumes: bool,
    /// Remove the containers of services that the project no longer defines.
    pub remove_orphans: bool,
    /// Where what was made is written down.
    pub ledger: Option<Ledger>,
    /// How long another ollamactl may take to be done with the project.
    pub wait_timeout: Duration,
}

impl Default for DownOptions {
    fn default() -> Self {
        Self {
            stop_timeout: None,
            volumes: false,
            remove_orphans: false,
            ledger: None,
            wait_timeout: WAIT_TIMEOUT,
        }
    }
}

/// What was taken away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Down {
    /// Containers that were removed.
    pub containers: Vec<String>,
    /// Containers that were only stopped, since somebody else made them.
    pub stopped: Vec<String>,
    /// Networks that were removed.
    pub networks: Vec<String>,
    /// Volumes that were removed.
    pub volumes: Vec<String>,
    /// Networks and volumes that stay because containers still use them.
    pub kept: Vec<String>,
    /// Containers of services that the project no longer defines; they stay.
    pub orphans: Vec<String>,
}

impl Down {
    /// Everything that is gone.
    pub fn removed(&self) -> Vec<String> {
        [&self.containers[..], &self.networks, &self.volumes].concat()
    }
}

/// What there is to take away.
#[derive(Debug, Default)]
struct Present {
    /// All containers of the project.
    containers: Vec<Found>,
    /// The project's networks: name and ID.
    networks: Vec<(String, String)>,
}

async fn present(engine: &Engine, project: &Project) -> Result<Present> {
    let label = format!("{}={}", labels::PROJECT, project.name);
    let (containers, networks) = tokio::try_join!(
        observe::containers(engine, project),
        engine.networks_labelled(&label),
    )?;
    let networks = networks
        .into_iter()
        .map(|network| {
            (
                network.name.unwrap_or_default(),
                network.id.unwrap_or_default(),
            )
        })
        .collect();
    Ok(Present {
        containers,
        networks,
    })
}

/// The steps that [`stop`] would take now.
pub async fn plan_stop(engine: &Engine, target: &Target<'_>) -> Result<Plan> {
    let name = target.container_name()?;
    // The list of containers may be a moment behind, a look at one is not.
    let (mut containers, guess) = tokio::try_join!(
        observe::containers_of(engine, target),
        engine.container(&name),
    )?;
    let guess = guess.map(GatewayState::from).unwrap_or_default();
    for found in containers.iter_mut().filter(|found| found.id == guess.id) {
        found.state.clone_from(&guess.state);
    }
    let mut plan = Plan::default();
    for container in containers.into_iter().filter(Found::is_active) {
        plan.push(Action::Stop { container }, "asked to");
    }
    Ok(plan)
}

/// Stops the gateway's container, and nothing else. `false`: it did not run.
pub async fn stop(engine: &Engine, target: &Target<'_>, timeout: StopTimeout) -> Result<bool> {
    let plan = plan_stop(engine, target).await?;
    apply(engine, target.project, &plan, timeout).await?;
    Ok(!plan.is_empty())
}

/// The steps that [`down`] would take now.
pub async fn plan_down(
    engine: &Engine,
    target: &Target<'_>,
    options: &DownOptions,
) -> Result<Plan> {
    target.project.service(target.service)?;
    Ok(of_gateway(target, &present(engine, target.project).await?, options).0)
}

/// Stops and removes the gateway's container, and the project's networks that nobody uses then. Images
/// stay, and volumes unless asked for.
pub async fn down(engine: &Engine, target: &Target<'_>, options: &DownOptions) -> Result<Down> {
    target.project.service(target.service)?;
    let _lock = lock(options).await?;
    let present = present(engine, target.project).await?;
    let (plan, orphans) = of_gateway(target, &present, options);
    let mut down = apply(engine, target.project, &plan, options.stop_timeout).await?;
    down.orphans = orphans;
    if let Some(ledger) = &options.ledger {
        ledger.forget(&down.removed())?;
    }
    Ok(down)
}

/// The steps that [`down_all`] would take now.
pub async fn plan_down_all(
    engine: &Engine,
    project: &Project,
    created: &Created,
    options: &DownOptions,
) -> Result<Plan> {
    let present = present(engine, project).await?;
    Ok(of_created(project, &present, created, options))
}

/// The gateway's containers that run.
pub async fn running(engine: &Engine, target: &Target<'_>) -> Result<Vec<String>> {
    let mut found = observe::containers_of(engine, target).await?;
    found.retain(Found::is_active);
    Ok(found.into_iter().map(|found| found.name).collect())
}

/// Takes away what `up` made: removes the containers it created, stops those it only started, and
/// removes the networks it created. What does not carry the project's labels is never touched. What
/// stays, since others use it, is remembered.
pub async fn down_all(
    engine: &Engine,
    project: &Project,
    ledger: &Ledger,
    options: &DownOptions,
) -> Result<Down> {
    let _lock = ledger.lock(options.wait_timeout).await?;
    let created = ledger.read()?;
    let plan = plan_down_all(engine, project, &created, options).await?;
    let down = apply(engine, project, &plan, options.stop_timeout).await?;
    ledger.keep(&down.kept, &down.volumes)?;
    Ok(down)
}

async fn lock(options: &DownOptions) -> Result<Option<Lock>> {
    match &options.ledger {
        Some(ledger) => Ok(Some(ledger.lock(options.wait_timeout).await?)),
        None => Ok(None),
    }
}

/// What to take away of the gateway, and the orphans that stay.
fn of_gateway(
    target: &Target<'_>,
    present: &Present,
    options: &DownOptions,
) -> (Plan, Vec<String>) {
    let project = target.project;
    let mut plan = Plan::default();
    let (orphans, known) = observe::sorted_out(project, present.containers.clone());
    let mine = known.iter().filter(|found| found.service == target.service);
    take_away(mine, options.volumes, "asked to", &mut plan);
    let removed = orphans.iter().filter(|_| options.remove_orphans);
    let cause = "its service is not defined any more";
    take_away(removed, options.volumes, cause, &mut plan);
    plan_networks(present, |_| true, "it is the project's", &mut plan);
    if options.volumes {
        plan_volumes(target, &mut plan);
    }
    let staying = orphans.iter().filter(|_| !options.remove_orphans);
    (plan, staying.map(|found| found.name.clone()).collect())
}

/// What to take away of what `up` made, dependents before what they depend on.
fn of_created(
    project: &Project,
    present: &Present,
    created: &Created,
    options: &DownOptions,
) -> Plan {
    let mut plan = Plan::default();
    let named = |name: &String| {
        let mut containers = present.containers.iter();
        containers.find(|found| &found.name == name && created.is_same(name, &found.id))
    };
    let made = created.containers.iter().rev().filter_map(named);
    take_away(made, options.volumes, "ollamactl made it", &mut plan);
    let only_started = created
        .started
        .iter()
        .rev()
        .filter(|name| !created.containers.contains(name))
        .filter_map(named)
        .filter(|found| found.is_active());
    for container in only_started.cloned() {
        plan.push(Action::Stop { container }, "ollamactl started it");
    }
    if options.remove_orphans {
        let (orphans, _) = observe::sorted_out(project, present.containers.clone());
        let cause = "its service is not defined any more";
        take_away(&orphans, options.volumes, cause, &mut plan);
    }
    let ours = |name: &str| created.networks.iter().any(|ours| ours == name);
    plan_networks(present, ours, "ollamactl made it", &mut plan);
    if options.volumes {
        for name in created.volumes.iter().cloned() {
            plan.push(Action::RemoveVolume { name }, "ollamactl made it");
        }
    }
    plan
}

/// Networks that no container of the project stays attached to. Whether others use them is seen when
/// they are to be removed.
fn plan_networks(present: &Present, wanted: impl Fn(&str) -> bool, cause: &str, plan: &mut Plan) {
    let gone: BTreeSet<String> = plan
        .steps
        .iter()
        .filter_map(|step| match &step.action {
            Action::Remove { container, .. } => Some(container.id.clone()),
            _ => None,
        })
        .collect();
    let is_used = |name: &String| {
        let mut staying = present
            .containers
            .iter()
            .filter(|found| found.is_active() && !gone.contains(&found.id));
        staying.any(|found| found.networks.contains(name))
    };
    for (name, id) in &present.networks {
        let cause = if is_used(name) {
            format!("{cause}, unless containers use it")
        } else {
            cause.to_owned()
        };
        if wanted(name) {
            let (name, id) = (name.clone(), id.clone());
            plan.push(Action::RemoveNetwork { name, id }, cause);
        }
    }
}

/// The named volumes of the target that the file defines.
fn plan_volumes(target: &Target<'_>, plan: &mut Plan) {
    let project = target.project;
    let Ok(service) = project.service(target.service) else {
        return;
    };
    let named = service
        .volumes
        .iter()
        .filter(|mount| mount.kind == "volume" && !mount.source.is_empty());
    for key in super::select(named.map(|mount| mount.source.as_str())) {
        let own = project
            .volumes
            .get(key)
            .is_some_and(|volume| !volume.external);
        if own {
            let name = project.volume_name(key);
            plan.push(Action::RemoveVolume { name }, "asked to");
        }
    }
}

/// Containers first, then networks and volumes.
async fn apply(
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
        Ok::<_, crate::error::Error>((name.clone(), removal))
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::compose::{Mount, Service, Volume};

    fn found(service: &str, state: &str, networks: &[&str]) -> Found {
        Found {
            id: format!("{service}-id"),
            name: format!("p-{service}-1"),
            service: service.to_owned(),
            number: 1,
            state: state.to_owned(),
            networks: networks.iter().map(|&name| name.to_owned()).collect(),
            ..Found::default()
        }
    }

    fn project() -> Project {
        let mut project = Project {
            name: "p".into(),
            ..Project::default()
        };
        for name in ["db", "gateway"] {
            let data = Mount {
                kind: "volume".into(),
                source: "data".into(),
                ..Mount::default()
            };
            let service = Service {
                name: name.into(),
                volumes: vec![data],
                ..Service::default()
            };
            project.services.insert(name.into(), service);
        }
        let data = Volume {
            name: "p_data".into(),
            ..Volume::default()
        };
        project.volumes.insert("data".into(), data);
        project
    }

    fn present() -> Present {
        Present {
            containers: vec![
                found("gateway", "running", &["p_default", "p_lan"]),
                found("db", "running", &["p_default"]),
                found("old", "exited", &["p_lan"]),
            ],
            networks: vec![
                ("p_default".into(), "1".into()),
                ("p_lan".into(), "2".into()),
            ],
        }
    }

    fn gateway_down(options: &DownOptions) -> (String, Vec<String>) {
        let project = project();
        let target = Target {
            project: &project,
            service: "gateway",
            host_gateway: true,
            health_path: "/healthz",
        };
        let (plan, orphans) = of_gateway(&target, &present(), options);
        (plan.to_string(), orphans)
    }

    #[test]
    fn the_gateway_goes_and_what_is_not_its_own_stays() {
        let (plan, orphans) = gateway_down(&DownOptions::default());
        assert_eq!(
            plan,
            "stop container p-gateway-1: asked to\n\
             remove container p-gateway-1: asked to\n\
             remove network p_default: it is the project's, unless containers use it\n\
             remove network p_lan: it is the project's\n"
        );
        assert_eq!(orphans, ["p-old-1"]);
    }

    #[test]
    fn orphans_and_volumes_go_when_asked_for() {
        let (plan, orphans) = gateway_down(&DownOptions {
            volumes: true,
            remove_orphans: true,
            ..DownOptions::default()
        });
        assert_eq!(
            plan,
            "stop container p-gateway-1: asked to\n\
             remove container p-gateway-1 with its anonymous volumes: asked to\n\
             remove container p-old-1 with its anonymous volumes: its service is not defined any more\n\
             remove network p_default: it is the project's, unless containers use it\n\
             remove network p_lan: it is the project's\n\
             remove volume p_data: asked to\n"
        );
        assert_eq!(orphans, [""; 0]);
    }

    #[test]
    fn only_what_was_made_is_removed_and_what_was_started_is_stopped() {
        let created = Created {
            containers: vec!["p-gateway-1".into()],
            started: vec!["p-db-1".into(), "p-gateway-1".into()],
            networks: vec!["p_lan".into()],
            volumes: vec!["p_data".into()],
            ..Created::default()
        };
        let plan = of_created(&project(), &present(), &created, &DownOptions::default());
        assert_eq!(
            plan.to_string(),
            "stop container p-gateway-1: ollamactl made it\n\
             remove container p-gateway-1: ollamactl made it\n\
             stop container p-db-1: ollamactl started it\n\
             remove network p_lan: ollamactl made it\n"
        );
    }

    #[test]
    fn a_container_that_somebody_else_made_anew_is_not_ours() {
        let mut created = Created {
            containers: vec!["p-gateway-1".into()],
            started: vec!["p-gateway-1".into()],
            ids: BTreeMap::from([("p-gateway-1".into(), "gateway-id".into())]),
            ..Created::default()
        };
        let options = DownOptions::default();
        let ours = of_created(&project(), &present(), &created, &options);
        assert_eq!(ours.steps.len(), 2, "{ours}");
        created.ids.insert("p-gateway-1".into(), "earlier".into());
        let theirs = of_created(&project(), &present(), &created, &options);
        assert_eq!(theirs.to_string(), "");
    }
}
