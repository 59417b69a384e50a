//! Stopping the gateway, and taking away what was made: observed, planned and applied like `up`.

mod apply;
mod plan;

use std::time::Duration;

use super::observe::{self, Found};
use super::plan::action::{Action, Plan};
use super::{Created, GatewayState, Ledger, Target, WAIT_TIMEOUT, labels};
use crate::compose::Project;
use crate::engine::{Engine, StopTimeout};
use crate::error::Result;
use crate::event::Step;
use crate::gateway::ledger::Lock;
use apply::apply;
use plan::{OfCreated, of_created, of_gateway};

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
    /// Containers that stay because others need them that somebody else made.
    pub needed: Vec<Needed>,
    /// Containers of dependencies that somebody else made anew under the name of one that was made; they stay.
    pub anew: Vec<String>,
    /// Containers of services that the project no longer defines; they stay.
    pub orphans: Vec<String>,
}

/// A container that stays because another one needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needed {
    /// Its name.
    pub container: String,
    /// The name of the other one.
    pub by: String,
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
    /// The project's volumes, where they are to go.
    volumes: Vec<String>,
}

async fn present(engine: &Engine, project: &Project, options: &DownOptions) -> Result<Present> {
    let label = format!("{}={}", labels::PROJECT, project.name);
    let volumes = async {
        if options.volumes {
            engine.volumes_labelled(&label).await
        } else {
            Ok(Vec::new())
        }
    };
    let (containers, networks, volumes) = tokio::try_join!(
        observe::containers(engine, project),
        engine.networks_labelled(&label),
        volumes,
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
        volumes,
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
        found.state = guess.state;
    }
    let mut plan = Plan::default();
    for container in containers
        .into_iter()
        .filter(|found| found.state.is_active())
    {
        plan.push(Action::Stop { container }, "asked to");
    }
    Ok(plan)
}

/// Stops the gateway's container, and nothing else, once no other command of ours is about to start it.
/// `false`: it did not run.
pub async fn stop(
    engine: &Engine,
    target: &Target<'_>,
    options: &DownOptions,
    step: &Step,
) -> Result<bool> {
    let _lock = lock(options, step).await?;
    let plan = plan_stop(engine, target).await?;
    apply(engine, target.project, &plan, options.stop_timeout).await?;
    Ok(!plan.is_empty())
}

/// The steps that [`down`] would take now.
pub async fn plan_down(
    engine: &Engine,
    target: &Target<'_>,
    options: &DownOptions,
) -> Result<Plan> {
    target.project.service(target.service)?;
    Ok(of_gateway(
        target,
        &present(engine, target.project, options).await?,
        options,
    )
    .0)
}

/// Stops and removes the gateway's container, and the project's networks that nobody uses then. Images
/// stay, and volumes unless asked for.
pub async fn down(
    engine: &Engine,
    target: &Target<'_>,
    options: &DownOptions,
    step: &Step,
) -> Result<Down> {
    target.project.service(target.service)?;
    let _lock = lock(options, step).await?;
    let present = present(engine, target.project, options).await?;
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
    target: &Target<'_>,
    created: &Created,
    options: &DownOptions,
) -> Result<Plan> {
    let present = present(engine, target.project, options).await?;
    Ok(of_created(target, &present, created, options).plan)
}

/// The gateway's containers that run.
pub async fn running(engine: &Engine, target: &Target<'_>) -> Result<Vec<String>> {
    let mut found = observe::containers_of(engine, target).await?;
    found.retain(|found| found.state.is_active());
    Ok(found.into_iter().map(|found| found.name).collect())
}

/// Takes away what `up` made: removes the containers it created, stops those it only started, and
/// removes the networks it created. What does not carry the project's labels is never touched. What
/// stays, since others use it, is remembered.
pub async fn down_all(
    engine: &Engine,
    target: &Target<'_>,
    ledger: &Ledger,
    options: &DownOptions,
    step: &Step,
) -> Result<Down> {
    let _lock = ledger.lock(options.wait_timeout, step).await?;
    let created = ledger.read()?;
    let present = present(engine, target.project, options).await?;
    let OfCreated { plan, needed, anew } = of_created(target, &present, &created, options);
    let mut down = apply(engine, target.project, &plan, options.stop_timeout).await?;
    // Asked for, a volume stays only where containers use it; one that is somebody else's by now is not ours.
    let mut gone = created.volumes;
    gone.retain(|name| options.volumes && !down.kept.contains(name));
    let stay = needed.iter().map(|needed| needed.container.clone());
    ledger.keep(&stay.collect::<Vec<_>>(), &down.kept, &gone)?;
    down.needed = needed;
    down.anew = anew;
    Ok(down)
}

async fn lock(options: &DownOptions, step: &Step) -> Result<Option<Lock>> {
    match &options.ledger {
        Some(ledger) => Ok(Some(ledger.lock(options.wait_timeout, step).await?)),
        None => Ok(None),
    }
}
