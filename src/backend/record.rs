//! What a supervisor writes down about itself and its backend.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::supervisor::child;
use super::{Launch, Owner};
use crate::daemon::{Restarts, Slot};
use crate::ollama::OllamaHost;
use crate::paths::Paths;
use crate::process::{self, Identity, commands, users};

/// Where the backend came from.
///
/// `Starting` is written before anything is started, so that a disk that takes no record is known before,
/// and so that a supervisor that is killed in the middle is known of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Origin {
    /// A supervisor of ours is about to start it.
    Starting,
    /// A supervisor of ours started it.
    Started {
        /// The backend's process.
        process: Identity,
    },
    /// It ran already; the supervisor runs the relay alone, and leaves the backend running.
    Adopted {
        /// Who owns it.
        owner: Owner,
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
        /// Entries of `relay.allow` that let nobody in, since this engine has no such network.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        unmatched: Vec<String>,
    },
    /// It tries again until it can listen.
    Waiting {
        /// What it waits for.
        reason: String,
        /// What to do about it, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hint: Option<String>,
    },
    /// This engine needs none.
    NotNeeded {
        /// Why.
        reason: String,
    },
    /// No relay on this machine reaches this engine's containers.
    Impossible {
        /// Why.
        reason: String,
        /// What to do instead.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hint: Option<String>,
    },
    /// Its supervisor is suspended, and serves nobody until it goes on. Never written down, as the next.
    Suspended {
        /// The supervisor's pid.
        supervisor: u32,
    },
    /// It went with its supervisor, which was killed; nobody is left to write it down.
    Gone,
}

impl RelayState {
    /// Why it is so, and what to do about it, in a line; empty where nothing is to be said.
    pub fn reason(&self) -> String {
        match self {
            Self::NotNeeded { reason } => reason.clone(),
            Self::Waiting { reason, hint } | Self::Impossible { reason, hint } => match hint {
                Some(hint) => format!("{reason}; {hint}"),
                None => reason.clone(),
            },
            Self::Listening { unmatched, .. } if !unmatched.is_empty() => format!(
                "relay.allow lets nobody in by {}: the engine has no such network",
                unmatched.join(", ")
            ),
            Self::Suspended { supervisor } => {
                format!(
                    "with its supervisor, pid {supervisor}; {}",
                    wake(*supervisor)
                )
            }
            Self::Gone => "its supervisor was killed; ollamactl up".to_owned(),
            Self::Off | Self::Listening { .. } => String::new(),
        }
    }
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
    #[serde(flatten)]
    pub restarts: Restarts,
    /// The log of supervisor and backend.
    pub log: PathBuf,
}

impl Record {
    /// `ollama 0.33.0 on 127.0.0.1:11434 (ollama pid 34, supervisor pid 12), relay on 172.17.0.1:11434`.
    pub fn describe(&self) -> String {
        let version = self.version.as_deref().unwrap_or("of unknown version");
        let owner = match &self.origin {
            Origin::Starting => "starting".to_owned(),
            Origin::Started { process } => format!(
                "ollama pid {}, supervisor pid {}",
                process.pid, self.supervisor.pid
            ),
            Origin::Adopted { owner } => format!("adopted: owned by {owner}"),
        };
        let relay = match &self.relay {
            RelayState::Listening { address, .. } => format!(", relay on {address}"),
            _ => String::new(),
        };
        match &self.origin {
            Origin::Starting | Origin::Started { .. } => {
                let (noun, bind) = (self.launch.noun(), &self.launch.bind);
                format!("{noun} {version} on {bind} ({owner}){relay}")
            }
            Origin::Adopted { .. } => {
                let host = self.launch.host().for_client();
                format!("Ollama {version} on {host} ({owner}){relay}")
            }
        }
    }

    /// What this record says of the processes that live. A supervisor that was killed in the middle of its
    /// start has not written down what it started, but that bears our mark.
    #[must_use]
    pub(super) fn resolved(mut self) -> Self {
        if self.origin == Origin::Starting
            && !self.supervisor.is_alive()
            && let Some(process) = child::marked(&self.launch.host())
        {
            self.origin = Origin::Started { process };
        }
        let relays = matches!(
            self.relay,
            RelayState::Listening { .. } | RelayState::Waiting { .. }
        );
        if relays && !self.supervisor.is_alive() {
            self.relay = RelayState::Gone;
        } else if relays && process::is_suspended(self.supervisor.pid) {
            let supervisor = self.supervisor.pid;
            self.relay = RelayState::Suspended { supervisor };
        }
        self
    }

    /// Whether anything in it lives.
    pub(super) fn is_alive(&self) -> bool {
        self.supervisor.is_alive() || self.process().is_some_and(Identity::is_alive)
    }

    /// The backend's process, where we started it.
    pub fn process(&self) -> Option<&Identity> {
        match &self.origin {
            Origin::Started { process } => Some(process),
            Origin::Starting | Origin::Adopted { .. } => None,
        }
    }

    /// Whether the backend is one that we start, and not somebody else's.
    pub fn is_ours(&self) -> bool {
        !matches!(self.origin, Origin::Adopted { .. })
    }
}

/// What has a suspended supervisor go on. A record that is read is of a supervisor of this user.
pub fn wake(supervisor: u32) -> String {
    commands::wake(supervisor, users::own())
}

/// What the names of backends' slots begin with.
pub(super) const PREFIX: &str = "backend-";

/// The slot of the backend at this address: one supervisor per address.
pub fn slot(paths: &Paths, host: &OllamaHost) -> Slot {
    Slot::new(paths, &format!("{PREFIX}{}", host.place()))
}
