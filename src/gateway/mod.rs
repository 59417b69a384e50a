//! The gateway: a service of the compose project, with what it depends on, run through the engine.
//! Observe what is there, plan what is missing, apply the plan.

mod action;
mod apply;
mod choice;
mod create;
pub mod embedded;
mod image;
mod join;
mod labels;
pub mod ledger;
mod locate;
mod mounts;
mod namespaces;
mod observe;
mod plan;
mod resources;
mod shared;
mod state;
mod wait;

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::Stream;
use serde::{Deserialize, Serialize};

use crate::compose::{Project, Service};
use crate::engine::{Engine, LogLine, LogQuery, Removal, StopTimeout};
use crate::error::{Error, Kind, Result};
use crate::event::{Events, Step};

pub use action::{Action, Plan, Planned};
use apply::Applier;
pub use choice::{ComposeGateway, Gateway, choose, load_options};
pub use locate::{Located, locate};
pub use observe::{Found, Network, Observed, Volume, observe};
pub use state::{GatewayState, Published};

/// How long a dependency may take to reach its condition, unless said otherwise.
const WAIT_TIMEOUT: Duration = Duration::from_mins(5);

/// The service that is the gateway.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The project that it is part of.
    pub project: &'a Project,
    /// Its name in the compose file.
    pub service: &'a str,
    /// Give it `host.docker.internal` where the engine does not provide that name by itself.
    pub host_gateway: bool,
}

/// Which images are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Build {
    /// Those that are missing.
    #[default]
    Missing,
    /// The gateway's, and those that are missing.
    Target,
    /// All that have a build section.
    All,
}

/// How to bring the gateway up.
#[derive(Debug, Clone)]
pub struct UpOptions {
    /// Which images are built.
    pub build: Build,
    /// Replace the gateway's container even if nothing changed.
    pub force_recreate: bool,
    /// Leave the dependencies alone.
    pub no_deps: bool,
    /// Restart the gateway's container if it runs and nothing changed.
    pub restart: bool,
    /// Seconds between the stop signal and SIGKILL of a container that is replaced.
    pub stop_timeout: StopTimeout,
    /// How long a dependency may take to reach its condition.
    pub wait_timeout: Duration,
}

impl Default for UpOptions {
    fn default() -> Self {
        Self {
            build: Build::default(),
            force_recreate: false,
            no_deps: false,
            restart: false,
            stop_timeout: None,
            wait_timeout: WAIT_TIMEOUT,
        }
    }
}

/// What a command made or started: what `down` may take away again. Names, not IDs, so that it stays
/// true when a container is replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Created {
    /// Containers that were created, in the order of their dependencies.
    pub containers: Vec<String>,
    /// Containers that were started, created or not.
    pub started: Vec<String>,
    /// Networks that were created.
    pub networks: Vec<String>,
}

impl Created {
    /// Adds what a later command made.
    pub fn merge(&mut self, later: &Self) {
        let add = |all: &mut Vec<String>, more: &[String]| {
            for name in more {
                if !all.contains(name) {
                    all.push(name.clone());
                }
            }
        };
        add(&mut self.containers, &later.containers);
        add(&mut self.started, &later.started);
        add(&mut self.networks, &later.networks);
    }

    /// Nothing was made or started.
    pub fn is_empty(&self) -> bool {
        self.containers.is_empty() && self.started.is_empty() && self.networks.is_empty()
    }
}

/// The gateway after it was brought up.
#[derive(Debug, Clone)]
pub struct Up {
    /// The steps that were taken, one line each; none where nothing was to be done.
    pub steps: Vec<String>,
    /// What was made and started.
    pub created: Created,
    /// How the gateway is now.
    pub state: GatewayState,
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
    /// Networks that stay because containers still use them.
    pub kept: Vec<String>,
}

/// Brings the gateway and what it depends on up: images that are missing are built or pulled,
/// containers created, replaced where out of date, and started in order. Unchanged means untouched.
pub async fn up(
    engine: &Engine,
    target: &Target<'_>,
    options: &UpOptions,
    step: &Step,
    events: &Events,
) -> Result<Up> {
    let services = services(target, options)?;
    match converge(engine, target, &services, options, step, events).await {
        // Somebody else made the container in the meantime: look again, once.
        Err(error) if error.kind == Kind::Conflict && appeared(engine, target, &error).await => {
            let again = UpOptions {
                build: Build::Missing,
                ..options.clone()
            };
            converge(engine, target, &services, &again, step, events).await
        }
        other => other,
    }
}

async fn converge(
    engine: &Engine,
    target: &Target<'_>,
    services: &[&Service],
    options: &UpOptions,
    step: &Step,
    events: &Events,
) -> Result<Up> {
    let mut observed = observe(engine, target, services).await?;
    let images = plan::images(target, services, &observed, options)?;
    // A container that cannot be made is refused before minutes go into its image.
    check(engine, target, services)?;
    if !images.is_empty() {
        apply::images(engine, target, services, &images, step).await?;
        observed.images = observe::images(engine, target, services).await?;
    }
    let containers = plan::containers(target, services, &observed, options)?;
    let applier = Applier::new(engine, target, services, options, &observed, (step, events));
    let (created, id) = applier.apply(&containers).await?;
    let steps = images.steps.iter().chain(&containers.steps);
    Ok(Up {
        steps: steps.map(ToString::to_string).collect(),
        created,
        state: state_of(engine, id.as_deref()).await?,
    })
}

/// Whether a container of this project now has the name that a conflict is about.
async fn appeared(engine: &Engine, target: &Target<'_>, error: &Error) -> bool {
    let found = observe::containers(engine, target.project)
        .await
        .unwrap_or_default();
    error.message.contains("is already in use")
        && found
            .values()
            .any(|found| error.message.contains(&found.name))
}

/// Builds or pulls the images that [`up`] would need, so that this need not wait for what the
/// containers wait for.
pub async fn prepare_images(
    engine: &Engine,
    target: &Target<'_>,
    options: &UpOptions,
    step: &Step,
) -> Result<()> {
    let services = services(target, options)?;
    let observed = observe(engine, target, &services).await?;
    let images = plan::images(target, &services, &observed, options)?;
    check(engine, target, &services)?;
    if images.is_empty() {
        return Ok(());
    }
    apply::images(engine, target, &services, &images, step).await
}

/// The steps that [`up`] would take now. A build or pull among them may lead to more.
pub async fn plan_up(engine: &Engine, target: &Target<'_>, options: &UpOptions) -> Result<Plan> {
    let services = services(target, options)?;
    let observed = observe(engine, target, &services).await?;
    let mut plan = plan::images(target, &services, &observed, options)?;
    check(engine, target, &services)?;
    plan.steps
        .extend(plan::containers(target, &services, &observed, options)?.steps);
    Ok(plan)
}

/// Builds the gateway's image, whether or not it is there, and returns its ID.
pub async fn build(
    engine: &Engine,
    target: &Target<'_>,
    no_cache: bool,
    step: &Step,
) -> Result<String> {
    target.project.closure(target.service)?;
    let mut request = image::request(engine, target, target.project.service(target.service)?)?;
    request.no_cache |= no_cache;
    engine.build(&request, step).await
}

/// Rebuilds the gateway's image; replaces its container if the image or the configuration changed,
/// else restarts it.
pub async fn restart(
    engine: &Engine,
    target: &Target<'_>,
    options: &UpOptions,
    step: &Step,
    events: &Events,
) -> Result<Up> {
    let options = UpOptions {
        build: Build::Target,
        restart: true,
        ..options.clone()
    };
    up(engine, target, &options, step, events).await
}

/// Stops the gateway's container, and nothing else. `false`: it did not run.
pub async fn stop(engine: &Engine, target: &Target<'_>, timeout: StopTimeout) -> Result<bool> {
    target.project.service(target.service)?;
    let containers = observe::containers(engine, target.project).await?;
    let Some(found) = containers.get(target.service) else {
        return Ok(false);
    };
    engine.stop_container(&found.id, timeout).await?;
    Ok(matches!(
        found.state.as_str(),
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

/// How the gateway is, as the engine has it.
pub async fn status(engine: &Engine, target: &Target<'_>) -> Result<GatewayState> {
    let containers = observe::containers(engine, target.project).await?;
    let id = containers
        .get(target.service)
        .map(|found| found.id.as_str());
    state_of(engine, id).await
}

async fn state_of(engine: &Engine, id: Option<&str>) -> Result<GatewayState> {
    let container = match id {
        Some(id) => engine.container(id).await?,
        None => None,
    };
    Ok(container.map_or_else(GatewayState::absent, GatewayState::from))
}

/// Resolves when the gateway's container ends, with the error that says how: to be raced against a
/// wait for its health.
pub async fn until_exit(engine: &Engine, target: &Target<'_>, state: &GatewayState) -> Error {
    wait::until_exit(engine, target.service, &state.id).await
}

/// What the gateway printed, line by line.
pub async fn logs(
    engine: &Engine,
    target: &Target<'_>,
    query: LogQuery,
) -> Result<impl Stream<Item = Result<LogLine>> + use<>> {
    let containers = observe::containers(engine, target.project).await?;
    let found = containers.get(target.service).ok_or_else(|| {
        Error::new(
            Kind::Unhealthy,
            format!("service {} has no container", target.service),
        )
        .hint("ollamactl gateway up")
    })?;
    Ok(engine.logs(&found.id, query))
}

/// Warnings for ports that are published on all addresses: Docker lets them past the firewall.
pub fn exposure(service: &Service) -> Vec<String> {
    let open = service
        .ports
        .iter()
        .filter(|port| matches!(port.host_ip.as_deref(), None | Some("" | "0.0.0.0" | "::")));
    let warnings = open.map(|port| {
        let published = port.published.as_deref().unwrap_or("a free port");
        format!(
            "service {} publishes {published} on all addresses of this machine, past its firewall; \
             write 127.0.0.1:{}:{} to keep it local",
            service.name,
            port.published.as_deref().unwrap_or_default(),
            port.target
        )
    });
    warnings.collect()
}

/// The services to run, dependencies first.
fn services<'a>(target: &Target<'a>, options: &UpOptions) -> Result<Vec<&'a Service>> {
    let closure = target.project.closure(target.service)?;
    let chosen = closure
        .into_iter()
        .filter(|service| !options.no_deps || service.name == target.service);
    let chosen: Vec<&Service> = chosen.collect();
    chosen.iter().try_for_each(|service| check_scale(service))?;
    Ok(chosen)
}

/// One container per service: more are a cluster's work.
fn check_scale(service: &Service) -> Result<()> {
    let replicas = service.deploy.as_ref().and_then(|deploy| deploy.replicas);
    let wanted = [("scale", service.scale), ("deploy.replicas", replicas)];
    match wanted
        .into_iter()
        .find_map(|(key, number)| Some((key, number?)))
    {
        Some((key, number)) if number != 1 => {
            Err(create::refused(service, key, &number.to_string()))
        }
        _ => Ok(()),
    }
}

/// Makes every create body and build once without using it: what cannot be mapped is refused before
/// anything is changed.
fn check(engine: &Engine, target: &Target<'_>, services: &[&Service]) -> Result<()> {
    let release = labels::Release::of(std::iter::empty());
    let names = services.iter().map(|service| service.name.clone());
    let stand_ins = names.map(|name| (name, String::new())).collect();
    for service in services {
        create::body(&create::Making {
            target,
            service: &namespaces::resolved(service, &stand_ins)?,
            engine: engine.info(),
            release: &release,
            image_id: "",
            inherited: None,
        })?;
        if service.build.is_some() {
            image::request(engine, target, service)?;
        }
    }
    Ok(())
}

/// Each value once, in order.
fn select<T: Ord>(values: impl Iterator<Item = T>) -> Vec<T> {
    values.collect::<BTreeSet<T>>().into_iter().collect()
}
