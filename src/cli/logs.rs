//! The flags of `logs`.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

use super::settings::{BackendArgs, ProjectArgs, WhichGatewayArgs};

/// `logs`.
#[derive(Debug, Args)]
pub struct LogsArgs {
    /// Whose log
    #[arg(value_enum, default_value_t)]
    pub part: LogsPart,
    /// Compose services to show instead of the gateway alone; several are told apart by their names
    #[arg(value_name = "SERVICE")]
    pub services: Vec<String>,
    /// How many lines to show from the end, or `all`
    #[arg(
        short = 'n',
        long,
        visible_alias = "tail",
        value_name = "LINES",
        default_value = "100"
    )]
    pub lines: String,
    /// Go on with new lines, until Ctrl-C; a container is followed across restarts and replacements
    #[arg(short, long)]
    pub follow: bool,
    /// Only lines since this time (10m, 1h30m, 2026-01-31, 2026-01-31T10:00:00Z)
    ///
    /// 10m and 1h30m are so long ago; a date or a time without a zone is local; a number is seconds
    /// since 1970, with a fraction if need be.
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only lines until this time, written as for --since
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Show when each line of a container was written
    #[arg(short, long)]
    pub timestamps: bool,
    /// Do not colour the names of services
    #[arg(long)]
    pub no_color: bool,
    /// Which gateway.
    #[command(flatten)]
    pub gateway: WhichGatewayArgs,
    /// Compose file, instead of looking for one; may be given several times; `-` is the standard input
    #[arg(long, value_name = "PATH", help_heading = "Gateway")]
    pub file: Vec<PathBuf>,
    /// The compose project.
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Settings.
    #[command(flatten)]
    pub backend: BackendArgs,
}

/// Whose log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum LogsPart {
    /// The backend and its supervisor
    #[default]
    Backend,
    /// The gateway
    Gateway,
}
