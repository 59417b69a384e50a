//! The flags of `gateway …`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::ending::{DownArgs, StopArgs};
use super::settings::{BackendArgs, ModelArgs, StackArgs};

/// `gateway`.
#[derive(Debug, Args)]
pub struct GatewayCommandArgs {
    /// What to do with the gateway.
    #[command(subcommand)]
    pub command: GatewayCommand,
}

/// What to do with the gateway.
#[derive(Debug, Subcommand)]
pub enum GatewayCommand {
    /// Create and start the gateway with what it depends on; nothing happens where nothing changed
    Up(GatewayUpArgs),
    /// Stop and remove the gateway's container; volumes stay
    Down(DownArgs),
    /// Stop the gateway; its container stays
    Stop(GatewayStopArgs),
    /// Rebuild the image, recreate the container if something changed, else restart it
    Restart(GatewayRestartArgs),
    /// Build the gateway's image
    Build(GatewayBuildArgs),
    /// Show the compose project in canonical form, as docker compose config does
    Config(GatewayConfigArgs),
    /// Run the embedded gateway in the foreground
    Run(GatewayRunArgs),
    /// Show the address on which containers reach this machine
    Ip,
}

/// `gateway up`.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag")]
pub struct GatewayUpArgs {
    /// Build the images even if there are some, the dependencies' too
    #[arg(long)]
    pub build: bool,
    /// Which images are pulled, whatever the compose file says [default: what the compose file says]
    #[arg(long, value_enum, value_name = "POLICY")]
    pub pull: Option<PullPolicy>,
    /// Recreate the container even if nothing changed
    #[arg(long)]
    pub force_recreate: bool,
    /// Leave out what the service depends on
    #[arg(long)]
    pub no_deps: bool,
    /// Create containers, and start none
    #[arg(long, conflicts_with = "wait")]
    pub no_start: bool,
    /// Return when all services run and, where they have health checks, are healthy
    #[arg(long)]
    pub wait: bool,
    /// How long services may take until those that need them can start, and until --wait is satisfied
    /// (30, 30s, 5m)
    #[arg(long, value_name = "TIME", default_value = "5m")]
    pub wait_timeout: String,
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

/// Which images are pulled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PullPolicy {
    /// All
    Always,
    /// Those that are missing
    Missing,
    /// None; a missing one is an error
    Never,
}

/// `gateway stop`.
#[derive(Debug, Args)]
pub struct GatewayStopArgs {
    /// How containers are stopped.
    #[command(flatten)]
    pub stop: StopArgs,
    /// Settings.
    #[command(flatten)]
    pub stack: StackArgs,
}

/// `gateway restart`.
#[derive(Debug, Args)]
pub struct GatewayRestartArgs {
    /// Leave out what the service depends on
    #[arg(long)]
    pub no_deps: bool,
    /// How containers are stopped.
    #[command(flatten)]
    pub stop: StopArgs,
    /// Settings.
    #[command(flatten)]
    pub stack: StackArgs,
}

/// `gateway build`.
#[derive(Debug, Args)]
pub struct GatewayBuildArgs {
    /// Use no cached layers
    #[arg(long)]
    pub no_cache: bool,
    /// Fetch the newest base images
    #[arg(long)]
    pub pull: bool,
    /// Set a build argument (repeatable); the name alone takes the value of that variable
    #[arg(long = "build-arg", value_name = "NAME=VALUE")]
    pub build_args: Vec<String>,
    /// Settings.
    #[command(flatten)]
    pub stack: StackArgs,
}

/// `gateway config`.
#[derive(Debug, Args)]
pub struct GatewayConfigArgs {
    /// Only these services and what they depend on [default: all]
    #[arg(value_name = "SERVICE")]
    pub selected: Vec<String>,
    /// Show only the names of the services, one a line
    #[arg(long, group = "what")]
    pub services: bool,
    /// Show only the names of the images, one a line
    #[arg(long, group = "what")]
    pub images: bool,
    /// Show only the names of the volumes, one a line
    #[arg(long, group = "what")]
    pub volumes: bool,
    /// Show the config-hash of these services (`*`: all), one a line
    #[arg(long, group = "what", value_name = "SERVICES")]
    pub hash: Option<String>,
    /// Settings.
    #[command(flatten)]
    pub stack: StackArgs,
}

/// `gateway run`.
#[derive(Debug, Args)]
pub struct GatewayRunArgs {
    /// Where to listen [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// File with API keys, one a line [env: OLLAMACTL_GATEWAY_KEY_FILE, or a key itself in
    /// OLLAMACTL_GATEWAY_KEY]
    #[arg(long, value_name = "PATH")]
    pub key_file: Option<PathBuf>,
    /// Listen off loopback without a key: inside a container, where the published port decides who
    /// reaches it
    #[arg(long)]
    pub no_auth: bool,
    /// The model that requests mean which name none.
    #[command(flatten)]
    pub model: ModelArgs,
    /// Settings.
    #[command(flatten)]
    pub backend: BackendArgs,
}
