//! What a supervisor writes down about itself and its backend.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Launch;
use crate::daemon::Slot;
use crate::ollama::OllamaHost;
use crate::paths::Paths;
use crate::process::Identity;

/// Where the backend came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Origin {
    /// A supervisor of ours started it.
    Started {
        /// The backend's process.
        process: Identity,
    },
    /// It ran already; the supervisor runs the relay alone, and leaves the backend running.
    Adopted {
        /// Who owns it, for people: `ollama.service (systemd)`.
        owner: String,
    },
}

/// What the relay does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum RelayState {
    /// Not asked for.
    #[default]
    Off,
    /// Containers reach the backend here.
    Listening {
        /// The engine's host-gateway address.
        address: std::net::SocketAddr,
    },
    /// It tries again until it can listen.
    Waiting {
        /// What it waits for.
        reason: String,
    },
    /// This engine needs none.
    NotNeeded {
        /// Why.
        reason: String,
    },
    /// No relay on this machine reaches this engine's containers.
    Impossible {
        /// Why, and what to do instead.
        reason: String,
    },
}

/// A supervisor and its backend, as the record file of their slot holds them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    /// The supervisor.
    pub supervisor: Identity,
    /// The backend.
    pub origin: Origin,
    /// How it was started; `restart` starts it this way again.
    pub launch: Launch,
    /// Ollama's version; absent until it is ready.
    pub version: Option<String>,
    /// The relay.
    pub relay: RelayState,
    /// How often the backend crashed and was started again.
    pub restarts: u32,
    /// The log of supervisor and backend.
    pub log: PathBuf,
}

impl Record {
    /// `ollama 0.33.0 on 127.0.0.1:11434 (pid 12), relay on 172.17.0.1:11434`.
    pub fn describe(&self) -> String {
        let version = self.version.as_deref().unwrap_or("of unknown version");
        let owner = match &self.origin {
            Origin::Started { process } => format!("pid {}", process.pid),
            Origin::Adopted { owner } => format!("adopted: owned by {owner}"),
        };
        let relay = match &self.relay {
            RelayState::Listening { address } => format!(", relay on {address}"),
            _ => String::new(),
        };
        match &self.origin {
            Origin::Started { .. } => {
                let (noun, bind) = (self.launch.noun(), &self.launch.bind);
                format!("{noun} {version} on {bind} ({owner}){relay}")
            }
            Origin::Adopted { .. } => {
                let host = self.launch.host().for_client();
                format!("Ollama {version} on {host} ({owner}){relay}")
            }
        }
    }

    /// The backend's process, where we started it.
    pub fn process(&self) -> Option<&Identity> {
        match &self.origin {
            Origin::Started { process } => Some(process),
            Origin::Adopted { .. } => None,
        }
    }
}

/// The slot of the backend at this address: one supervisor per address.
pub fn slot(paths: &Paths, host: &OllamaHost) -> Slot {
    // `localhost` and 127.0.0.1 are one place.
    let mut host = host.for_client();
    if host.host.eq_ignore_ascii_case("localhost") {
        host = OllamaHost::loopback(host.port);
    }
    Slot::new(paths, &format!("backend-{}", host.authority()))
}
