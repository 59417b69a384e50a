//! The embedded gateway: our own proxy with endpoints of its own, for repositories without a compose
//! service. In the background it is two processes of ours, by the supervisor's rules: one that holds lock
//! and record and starts the other again when it crashes, and one that serves.

mod keys;
mod launch;
mod project;
mod serve;
mod start;
mod supervise;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;

pub use keys::{in_text as keys_in, read as keys};
pub use launch::{Instructions, Launch, for_client};
pub use project::{OfProject, elsewhere, of_others, of_project};
pub use serve::{is_foreground, run_here, work};
pub use start::{check_free, check_restart, plan_up, start, stop};
pub use supervise::supervise;

use crate::config::Config;
use crate::daemon::{Restarts, Slot};
use crate::engine::StopTimeout;
use crate::error::Result;
use crate::paths::Paths;
use crate::process::Identity;

/// What the names of embedded gateways' slots begin with.
const PREFIX: &str = "gateway-";

/// A running embedded gateway, as its record file holds it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    /// Its supervisor.
    pub process: Identity,
    /// The process that serves; `None` until there is one.
    pub worker: Option<Identity>,
    /// How it runs.
    pub launch: Launch,
    /// The folder of the project that it was started for; empty where an older version started it.
    #[serde(default)]
    pub folder: PathBuf,
    /// How often the worker crashed and was started again.
    #[serde(flatten)]
    pub restarts: Restarts,
}

impl Record {
    /// `embedded gateway on 127.0.0.1:9104 (pid 12)`.
    pub fn describe(&self) -> String {
        let stub = if self.launch.stub {
            ", in front of the stub"
        } else {
            ""
        };
        format!(
            "embedded gateway on {} (pid {}){stub}",
            self.launch.listen, self.process.pid
        )
    }

    fn is_alive(&self) -> bool {
        self.process.is_alive()
    }

    /// That it goes on though the project's gateway was ended by `command`, since that named an address.
    pub fn left_by(&self, command: &str) -> String {
        let (what, listen) = (self.describe(), self.launch.listen);
        format!("{what}, which was started here too; to end it: {command} --listen {listen}")
    }
}

/// How long running answers may take to end, where that is asked for now: the time for gateways, in seconds,
/// or else that for the backend.
pub fn drain(config: &Config, asked: StopTimeout) -> Option<Duration> {
    let asked = asked.map(u64::from).map(Duration::from_secs);
    asked.or_else(|| config.backend.asked_stop_timeout())
}

/// The files of the embedded gateway at this address.
pub fn slot(paths: &Paths, listen: SocketAddr) -> Slot {
    Slot::new(paths, &format!("{PREFIX}{listen}"))
}

/// The embedded gateway at this address, for people.
fn noun(listen: SocketAddr) -> String {
    format!("the embedded gateway on {listen}")
}

/// The embedded gateway of ours that lives at this address.
pub fn observe(paths: &Paths, listen: SocketAddr) -> Result<Option<Record>> {
    let record: Option<Record> = slot(paths, listen).read()?;
    Ok(record.filter(Record::is_alive))
}

/// How the embedded gateway at this address ended that was not started again.
pub(super) fn given_up(paths: &Paths, listen: SocketAddr) -> Restarts {
    slot(paths, listen).given_up().unwrap_or_default()
}

/// Whether anybody listens there. An address that is not there at the moment takes packets and sends none back.
pub(super) async fn answers(address: SocketAddr) -> bool {
    const AT_MOST: Duration = Duration::from_secs(1);
    let connected = tokio::time::timeout(AT_MOST, TcpStream::connect(address)).await;
    connected.is_ok_and(|connected| connected.is_ok())
}

/// Whether anything of an embedded gateway is at this address: one that lives, or what one that was killed
/// left.
pub fn is_there(paths: &Paths, listen: SocketAddr) -> Result<bool> {
    Ok(slot(paths, listen).read::<Record>()?.is_some())
}
