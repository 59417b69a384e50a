//! The gateway as a service of the compose project, with what it depends on, run through the engine.
//! Observe what is there, plan what is missing, apply the plan.

mod action;
mod apply;
mod create;
mod down;
mod image;
mod join;
mod labels;
mod mounts;
mod namespaces;
mod observe;
mod plan;
mod release;
mod resources;
mod shared;
mod state;
mod up;
mod wait;

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::Stream;
use serde::{Deserialize, Serialize};

use super::Ledger;
use crate::compose::Project;
use crate::engine::{Engine, LogLine, LogQuery, StopTimeout};
use crate::error::{Error, Kind, Result};

pub use action::{Action, Plan, Planned};
pub use down::{Down, down, down_all, stop};
pub use observe::{Found, Network, Observed, Volume, observe};
pub use state::{GatewayState, Published};
pub use up::{Up, build, exposure, plan_up, prepare_images, restart, up, verify};

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
    /// Create containers, and start none.
    pub no_start: bool,
    /// Restart the gateway's container if it runs and nothing changed.
    pub restart: bool,
    /// Seconds between the stop signal and SIGKILL of a container that is replaced.
    pub stop_timeout: StopTimeout,
    /// How long a dependency may take to reach its condition.
    pub wait_timeout: Duration,
    /// Where what is made is written down.
    pub ledger: Option<Ledger>,
}

impl Default for UpOptions {
    fn default() -> Self {
        Self {
            build: Build::default(),
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

    /// Drops what is gone: what others make under these names later is theirs.
    pub fn forget(&mut self, gone: &[String]) {
        for names in [&mut self.containers, &mut self.started, &mut self.networks] {
            names.retain(|name| !gone.contains(name));
        }
    }

    /// Nothing was made or started.
    pub fn is_empty(&self) -> bool {
        self.containers.is_empty() && self.started.is_empty() && self.networks.is_empty()
    }
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

/// Each value once, in order.
fn select<T: Ord>(values: impl Iterator<Item = T>) -> Vec<T> {
    values.collect::<BTreeSet<T>>().into_iter().collect()
}
