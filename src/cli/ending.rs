//! The flags of what stops containers and processes, and the one that shows it without doing it.

use clap::Args;

use super::settings::StackArgs;
use crate::config::duration;
use crate::engine::StopTimeout;
use crate::error::Result;

/// Whether anything is done.
#[derive(Debug, Args)]
pub struct DryRun {
    /// Show what would be done and why, one step a line, and do nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// What commands have in common that stop containers.
#[derive(Debug, Args)]
pub struct StopArgs {
    /// How long a container may take to end before it is killed, or a running answer of the embedded
    /// gateway before it is cut (30, 30s, 5m) [default: its own, else 10s]
    #[arg(short, long, value_name = "TIME")]
    pub timeout: Option<String>,
    /// Whether anything is done.
    #[command(flatten)]
    pub dry: DryRun,
}

impl StopArgs {
    /// The time in whole seconds, which engines count in.
    pub fn timeout(&self) -> Result<StopTimeout> {
        let Some(text) = &self.timeout else {
            return Ok(None);
        };
        let time = duration("--timeout", text)?;
        let rounded = time.as_secs() + u64::from(time.subsec_nanos() > 0);
        Ok(Some(u32::try_from(rounded).unwrap_or(u32::MAX)))
    }
}

/// `down` and `gateway down`.
#[derive(Debug, Args)]
pub struct DownArgs {
    /// Remove volumes too: the containers' anonymous ones, and those that the compose file defines
    #[arg(long)]
    pub volumes: bool,
    /// Remove the containers of services that the compose file no longer defines
    #[arg(long)]
    pub remove_orphans: bool,
    /// How containers are stopped.
    #[command(flatten)]
    pub stop: StopArgs,
    /// Settings.
    #[command(flatten)]
    pub stack: StackArgs,
}

/// `kill`.
#[derive(Debug, Args)]
pub struct KillArgs {
    /// How long a process may take to end before it is killed
    #[arg(short, long, value_name = "TIME", default_value = "10s")]
    pub timeout: String,
    /// Whether anything is done.
    #[command(flatten)]
    pub dry: DryRun,
}
