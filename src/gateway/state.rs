//! The states of a gateway: those of containers, in the engine's words, and two of ollamactl's own.

use std::fmt;

use serde::Serialize;

/// What a container, or the process of an embedded gateway, is at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// There is none.
    #[default]
    Absent,
    /// Made, and never started.
    Created,
    /// It runs.
    Running,
    /// Its processes are frozen.
    Paused,
    /// Between two runs: the engine starts it again after a pause.
    Restarting,
    /// Asked to end (Podman's word).
    Stopping,
    /// Being removed.
    Removing,
    /// It ended.
    Exited,
    /// Its removal failed.
    Dead,
    /// A process that serves nobody until it is woken.
    Suspended,
}

impl State {
    /// The state that the engine calls so.
    pub fn named(name: &str) -> Self {
        match name {
            "created" => Self::Created,
            "running" => Self::Running,
            "paused" => Self::Paused,
            "restarting" => Self::Restarting,
            "stopping" => Self::Stopping,
            "removing" => Self::Removing,
            "exited" => Self::Exited,
            "dead" => Self::Dead,
            _ => Self::Absent,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Created => "created",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Restarting => "restarting",
            Self::Stopping => "stopping",
            Self::Removing => "removing",
            Self::Exited => "exited",
            Self::Dead => "dead",
            Self::Suspended => "suspended",
        }
    }

    /// A stop would end something.
    pub fn is_active(self) -> bool {
        matches!(self, Self::Running | Self::Restarting | Self::Paused)
    }

    /// It runs, or is about to run again.
    pub fn is_up(self) -> bool {
        matches!(self, Self::Running | Self::Restarting)
    }

    /// It runs no more.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Exited | Self::Dead)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
