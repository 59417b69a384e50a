//! Where the gateway is reached, and how it fares.

use std::net::SocketAddr;

use chrono::{DateTime, FixedOffset};
use serde::Serialize;

use super::choice::{ComposeGateway, Gateway};
use super::embedded;
use super::state::State;
use crate::daemon::Restarts;
use crate::engine::{Engine, Exit, endpoint};
use crate::error::Result;
use crate::paths::Paths;
use crate::process::{self, commands, users};

/// The gateway as it is now.
#[derive(Debug, Clone, Serialize)]
pub struct Located {
    /// `compose` or `embedded`.
    pub kind: &'static str,
    /// The container, or the process, for people; empty where there is none.
    pub name: String,
    /// `running`, `absent`, `exited`…: for a container, the engine's word; `suspended` for a process that
    /// serves nobody until it goes on.
    pub state: State,
    /// The model that it was started with; `None` where that cannot be told.
    pub model: Option<String>,
    /// The container's own health check, where it has one.
    pub health: Option<String>,
    /// It runs, and there is nothing by which to tell how it fares: neither a port nor a health check.
    #[serde(skip)]
    pub mute: bool,
    /// It runs and publishes none of the ports that its service publishes.
    #[serde(skip)]
    pub lost_ports: bool,
    /// It publishes its ports where only the engine's machine reaches them, which this is not.
    #[serde(skip)]
    pub out_of_reach: bool,
    /// Where it is reached; `None` while it does not run or publishes nothing.
    pub url: Option<String>,
    /// What the last health check printed, or how it ended, or what has a suspended process go on.
    pub detail: Option<String>,
    /// How often it ended by itself and was started again.
    #[serde(flatten)]
    pub restarts: Restarts,
    /// How its container ended; `None` while it has not.
    #[serde(skip)]
    pub ended: Option<Exit>,
}

/// Looks for the gateway.
pub async fn locate(gateway: &Gateway, paths: &Paths) -> Result<Located> {
    match gateway {
        Gateway::Compose(compose) => locate_container(compose).await,
        Gateway::Embedded(how) => locate_process(how.launch.listen, paths).await,
    }
}

async fn locate_container(compose: &ComposeGateway) -> Result<Located> {
    let engine = Engine::open(&endpoint::from_environment()?)?;
    let state = super::status(&engine, &compose.target()).await?;
    let published = state.published.iter().find(|port| port.protocol == "tcp");
    let published = published.filter(|_| state.is_running());
    let reach = match published {
        Some(port) => engine.vantage().await.reach(port.address),
        None => None,
    };
    let ended = state.exit_code.map(|code| Exit {
        code,
        oom_killed: state.oom_killed,
        error: String::new(),
    });
    let at = state.ended_at.as_deref();
    Ok(Located {
        kind: "compose",
        mute: state.is_mute(),
        lost_ports: state.has_lost_ports(compose.project.service(&compose.service)?),
        restarts: Restarts {
            count: state.restarts.try_into().unwrap_or_default(),
            last_exit: ended.as_ref().map(ToString::to_string),
            given_up: false,
            last_exit_at: at.and_then(|at| Some(at.parse::<DateTime<FixedOffset>>().ok()?.into())),
        },
        out_of_reach: published.is_some() && reach.is_none(),
        url: reach.map(|reach| format!("http://{reach}")),
        model: state
            .model
            .filter(|_| state.state == State::Running)
            .map(|named| named.model),
        name: state.container,
        health: state.health,
        detail: state
            .health_output
            .or_else(|| Some(format!("it ended with {}", ended.as_ref()?))),
        ended,
        state: state.state,
    })
}

/// One that runs in the foreground, as in a container, leaves no record: whoever listens counts.
async fn locate_process(listen: SocketAddr, paths: &Paths) -> Result<Located> {
    let record = embedded::observe(paths, listen)?;
    let address = embedded::for_client(listen);
    let running = record.is_some() || embedded::answers(address).await;
    let worker = record.as_ref().and_then(|record| record.worker.as_ref());
    let suspended = worker
        .map(|worker| worker.pid)
        .filter(|pid| process::is_suspended(*pid));
    let name = match &record {
        Some(record) => format!("pid {}", suspended.unwrap_or(record.process.pid)),
        // It may be no gateway at all, so it is named.
        None if running => {
            process::port_owner(address).map_or_else(String::new, |one| one.describe())
        }
        None => String::new(),
    };
    let state = match suspended {
        Some(_) => State::Suspended,
        None if running => State::Running,
        None => State::Absent,
    };
    Ok(Located {
        kind: "embedded",
        restarts: match &record {
            Some(record) => record.restarts.clone(),
            None if running => Restarts::default(),
            None => embedded::given_up(paths, listen),
        },
        name,
        model: record.map(|record| record.launch.model),
        state,
        health: None,
        mute: false,
        lost_ports: false,
        out_of_reach: false,
        url: running.then(|| format!("http://{address}")),
        detail: suspended.map(|pid| commands::wake(pid, users::own())),
        ended: None,
    })
}
