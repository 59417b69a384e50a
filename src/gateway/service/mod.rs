//! The gateway as a service of the compose project, with what it depends on, run through the engine.
//! Observe what is there, plan what is missing, apply the plan.

mod apply;
mod check;
mod create;
mod down;
mod labels;
mod logs;
mod neighbour;
mod observe;
pub mod own;
mod plan;
mod rebuild;
mod release;
mod scale;
mod up;
mod vacancy;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Ledger;
use crate::compose::{Project, Release, Service};
use crate::engine::models::ContainerInspectResponse;
use crate::engine::{Engine, StopTimeout};
use crate::error::{Error, Result};

pub use create::alias::{NAME as HOST_ALIAS, is_added as adds_alias};
pub use create::exposure::exposure;
pub use create::variables;
pub use down::{
    Down, DownOptions, down, down_all, plan_down, plan_down_all, plan_stop, running, stop,
};
pub use labels::folder_of;
pub use logs::{Said, Sources, logs};
pub use observe::gateway::{GatewayState, Published};
pub use observe::shared::{Network, Volume};
pub use observe::{Found, Observed, observe};
pub use plan::action::{Action, Plan, Planned};
pub use rebuild::{Rebuild, build};
pub use up::{Up, plan_restart, plan_up, prepare_images, restart, up, verify};

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
    /// The path at which it answers once it serves.
    pub health_path: &'a str,
}

impl Target<'_> {
    /// The name that its container should have.
    fn container_name(&self) -> Result<String> {
        let service = self.project.service(self.service)?;
        Ok(self.project.container_name(service, 1))
    }
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

/// Which images are pulled, whatever the services' own `pull_policy` says. What has a build section is
/// built, not pulled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pull {
    /// All.
    Always,
    /// Those that are missing.
    Missing,
    /// None; a missing one is an error.
    Never,
}

/// How to bring the gateway up.
#[derive(Debug, Clone)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a flag of compose's own"
)]
pub struct UpOptions {
    /// Which images are built.
    pub build: Build,
    /// Which images are pulled; `None`: the services say.
    pub pull: Option<Pull>,
    /// Replace the gateway's container even if nothing changed.
    pub force_recreate: bool,
    /// Leave the dependencies alone.
    pub no_deps: bool,
    /// Create containers, and start none.
    pub no_start: bool,
    /// Restart the gateway's container if it runs and nothing changed.
    pub restart: bool,
    /// Seconds between the stop signal and SIGKILL of a container that is replaced.
    pub stop_timeout: StopTimeout,
    /// Remove the containers of services that the project no longer defines.
    pub remove_orphans: bool,
    /// Return when all services run and, where they have health checks, are healthy.
    pub wait: bool,
    /// The release of compose whose labels a project gets that has no containers yet; `None`: the one
    /// that is installed here.
    pub release: Option<Release>,
    /// The folder in which it is remembered which one is installed; `None`: found out each time.
    pub cache: Option<PathBuf>,
    /// How long a dependency may take to reach its condition, and another ollamactl to be done with the
    /// project.
    pub wait_timeout: Duration,
    /// Where what is made is written down.
    pub ledger: Option<Ledger>,
}

impl Default for UpOptions {
    fn default() -> Self {
        Self {
            build: Build::default(),
            pull: None,
            remove_orphans: false,
            wait: false,
            release: None,
            cache: None,
            force_recreate: false,
            no_deps: false,
            no_start: false,
            restart: false,
            stop_timeout: None,
            wait_timeout: WAIT_TIMEOUT,
            ledger: None,
        }
    }
}

/// What a command made or started: what `down` may take away again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Created {
    /// Containers that were created, in the order of their dependencies.
    pub containers: Vec<String>,
    /// Containers that were started, created or not.
    pub started: Vec<String>,
    /// Networks that were created.
    pub networks: Vec<String>,
    /// Volumes that were created; they stay unless asked for.
    #[serde(default)]
    pub volumes: Vec<String>,
    /// IDs of the containers that were created, by name: one that somebody else made anew under that name
    /// is not ours. Absent from what an older release wrote down.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ids: BTreeMap<String, String>,
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
        add(&mut self.volumes, &later.volumes);
        self.ids.extend(later.ids.clone());
    }

    /// Drops what is gone: what others make under these names later is theirs.
    pub fn forget(&mut self, gone: &[String]) {
        for names in [
            &mut self.containers,
            &mut self.started,
            &mut self.networks,
            &mut self.volumes,
        ] {
            names.retain(|name| !gone.contains(name));
        }
        self.ids.retain(|name, _| !gone.contains(name));
    }

    /// Whether the container of this name and ID is the one that was created or started, as far as it is
    /// known. A successor that was cut short bears its name and is written down under an earlier one.
    fn is_same(&self, name: &str, id: &str) -> bool {
        !self.ids.contains_key(name) || self.ids.values().any(|created| created == id)
    }

    /// Nothing was made or started.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// How the gateway is, as the engine has it.
pub async fn status(engine: &Engine, target: &Target<'_>) -> Result<GatewayState> {
    let name = target.container_name()?;
    let (guess, first) = tokio::try_join!(engine.container(&name), observe::first(engine, target))?;
    state_of(engine, first.as_ref().map(|found| found.id.as_str()), guess).await
}

/// The state of the container of this ID. `guess` is a look at the container of the expected name, which
/// saves a round trip where it is the same.
async fn state_of(
    engine: &Engine,
    id: Option<&str>,
    guess: Option<ContainerInspectResponse>,
) -> Result<GatewayState> {
    let Some(id) = id else {
        return Ok(GatewayState::absent());
    };
    let container = match guess.filter(|guess| guess.id.as_deref() == Some(id)) {
        None => engine.container(id).await?,
        same => same,
    };
    Ok(container.map_or_else(GatewayState::absent, GatewayState::from))
}

/// Resolves when the gateway's container ends, with the error that says how: to be raced against a
/// wait for its health.
pub async fn until_exit(engine: &Engine, target: &Target<'_>, state: &GatewayState) -> Error {
    apply::wait::until_exit(engine, target.service, &state.id).await
}

/// The error for a gateway whose own health check fails: what the check printed, and the last output.
pub async fn unhealthy(engine: &Engine, target: &Target<'_>, state: &GatewayState) -> Error {
    let what = format!("service {}", target.service);
    match observe::gateway::inspect(engine, &what, &state.id).await {
        Ok(container) => observe::gateway::unhealthy(engine, &what, &container).await,
        Err(error) => error,
    }
}

/// Each value once, in order.
fn select<T: Ord>(values: impl Iterator<Item = T>) -> Vec<T> {
    values.collect::<BTreeSet<T>>().into_iter().collect()
}

/// The keys of the networks that the services join.
fn network_keys<'a>(services: &[&'a Service]) -> Vec<&'a str> {
    let joined = services
        .iter()
        .filter(|service| service.network_mode.is_empty());
    select(joined.flat_map(|service| create::join::networks(service)))
}

/// The keys of the volumes that the services mount.
fn volume_keys<'a>(services: &[&'a Service]) -> Vec<&'a str> {
    let mounts = services.iter().flat_map(|service| &service.volumes);
    let named = mounts.filter(|mount| mount.kind == "volume" && !mount.source.is_empty());
    select(named.map(|mount| mount.source.as_str()))
}
