//! The embedded gateway: our own proxy with endpoints of its own, for repositories without a compose
//! service. In the background it is two processes of ours, by the supervisor's rules: one that holds lock
//! and record and starts the other again when it crashes, and one that serves.

mod keys;
mod launch;
mod serve;
mod start;
mod supervise;

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

pub use keys::{in_text as keys_in, read as keys};
pub use launch::{Instructions, Launch, for_client};
pub use serve::{is_foreground, run_here, work};
pub use start::{check_free, plan_up, start, stop};
pub use supervise::supervise;

use crate::daemon::{Restarts, Slot};
use crate::error::Result;
use crate::paths::Paths;
use crate::process::Identity;

/// A running embedded gateway, as its record file holds it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    /// Its supervisor.
    pub process: Identity,
    /// The process that serves.
    pub worker: Identity,
    /// How it runs.
    pub launch: Launch,
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
}

/// The files of the embedded gateway at this address.
pub fn slot(paths: &Paths, listen: SocketAddr) -> Slot {
    Slot::new(paths, &format!("gateway-{listen}"))
}

/// The embedded gateway of ours that lives at this address.
pub fn observe(paths: &Paths, listen: SocketAddr) -> Result<Option<Record>> {
    let record: Option<Record> = slot(paths, listen).read()?;
    Ok(record.filter(|record| record.process.is_alive()))
}
