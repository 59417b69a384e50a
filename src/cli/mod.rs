//! The command line. clap's types stop here: [`settings`] turns them into the plain data that the
//! domain takes.

#![allow(
    clippy::doc_markdown,
    reason = "these doc comments are the texts of --help"
)]

mod elsewhere;
mod ending;
mod examples;
mod gateway;
mod help;
mod known;
mod logs;
mod said;
mod scripts;
pub mod settings;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::config::parse_duration;
use settings::{BackendArgs, ModelArgs, StackArgs};

pub use ending::{DownArgs, DryRun, KillArgs, StopArgs};
pub use gateway::{
    GatewayBuildArgs, GatewayCommand, GatewayCommandArgs, GatewayConfigArgs, GatewayRestartArgs,
    GatewayRunArgs, GatewayStopArgs, GatewayUpArgs, PullPolicy,
};
pub use help::definition;
pub use logs::{LogsArgs, LogsPart};
pub use said::Said;
pub use scripts::completion_script;

/// Brings up a repository's local LLM stack, and says honestly whether it works.
///
/// A stack has four parts: the required Ollama MODEL, the BACKEND (`ollama serve` on this machine), the
/// RELAY through which containers reach it, and the GATEWAY, the service that applications call.
#[derive(Debug, Parser)]
#[command(
    name = "ollamactl",
    version,
    propagate_version = true,
    max_term_width = 100,
    after_help = "First time here?  ollamactl up      start everything and wait until it is healthy\n                  \
                  ollamactl doctor  find out what is missing\n\n\
                  Exit codes: 0 ok, 1 failed, 2 usage or configuration, 3 not running or not healthy,\n\
                  4 state unknown, 5 conflict, 6 engine unreachable, 7 time-out, 130 interrupted."
)]
pub struct Cli {
    /// How output looks.
    #[command(flatten)]
    pub output: Output,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The arguments as clap takes them: `health --wait 5s` means `--wait=5s`. Its time may be left out, so
/// clap would read what follows as the part; a time is no part.
fn joined(args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut joined: Vec<OsString> = Vec::new();
    for argument in args {
        let is_time = argument
            .to_str()
            .is_some_and(|text| parse_duration(text).is_some());
        let waits = joined.last().is_some_and(|last| last == "--wait");
        match joined.last_mut() {
            Some(last) if waits && is_time => {
                last.push("=");
                last.push(argument);
            }
            _ => joined.push(argument),
        }
    }
    joined
}

/// How output looks.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Output")]
pub struct Output {
    /// Print JSON on standard output
    ///
    /// One document where a command reads, one event a line where it acts, one line of JSON for each
    /// line of a log.
    #[arg(long, global = true)]
    pub json: bool,
    /// Print only errors, and the data that was asked for
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print where settings come from, and all that builds say
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Use colours: auto (on a terminal), always or never
    ///
    /// `auto` heeds NO_COLOR.
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value_t,
        hide_possible_values = true,
        hide_default_value = true
    )]
    pub color: ColorWhen,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start everything (model, backend, relay, gateway) and wait until it is healthy
    Up(UpArgs),
    /// Stop what ollamactl started, and nothing else
    Down(DownArgs),
    /// Show the four parts of the stack
    Status(StatusArgs),
    /// Say whether the stack works: {"status":"ok"} and 0, or what fails and 3
    Health(HealthArgs),
    /// Check every precondition, with the one command that mends it
    Doctor(DoctorArgs),
    /// Pull the required model, with or without a running backend
    PullModel(PullArgs),
    /// Run the backend, in the foreground or in the background
    Serve(ServeArgs),
    /// End every Ollama backend of this machine, with its model runners
    Kill(KillArgs),
    /// Restart the backend the way it was started
    Restart(RestartArgs),
    /// Run the gateway: the compose service, or the embedded one
    Gateway(GatewayCommandArgs),
    /// Show the log of the backend or of the gateway
    Logs(LogsArgs),
    /// Run a deterministic stand-in for Ollama, for CI and tests
    Stub(StubArgs),
    /// Write Makefile.ai and ollamactl.yaml into a repository, and a gateway for its compose project
    Init(InitArgs),
    /// Show the configuration
    Config(ConfigArgs),
    /// Print a completion script
    Completions(CompletionsArgs),
    /// Write the man pages
    Man(ManArgs),
    /// Show the version
    Version,
}

/// `up`.
#[derive(Debug, Args)]
pub struct UpArgs {
    /// Build the gateway's image even if there is one
    #[arg(long)]
    pub build: bool,
    /// Whether anything is done.
    #[command(flatten)]
    pub dry: DryRun,
    /// Give up when the stack is not healthy after so long (30, 30s, 5m)
    #[arg(long, value_name = "TIME", default_value = "30m")]
    pub wait_timeout: String,
    /// Settings.
    #[command(flatten)]
    pub stack: StackArgs,
}

/// `status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// `table` for people, `env` for a shell to evaluate
    #[arg(
        short,
        long,
        value_enum,
        value_name = "FORMAT",
        default_value_t,
        conflicts_with = "json"
    )]
    pub output: StatusFormat,
    /// Show it again every two seconds, until Ctrl-C
    #[arg(long)]
    pub watch: bool,
    /// Settings.
    #[command(flatten)]
    pub stack: StackArgs,
}

/// How `status` prints.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum StatusFormat {
    /// A table
    #[default]
    Table,
    /// `OLLAMA_HOST=…` lines
    Env,
}

/// `health`.
#[derive(Debug, Args)]
pub struct HealthArgs {
    /// Which part
    #[arg(value_enum, default_value_t)]
    pub part: HealthPart,
    /// live: processes answer; ready: the model is there too; infer: the model answers through the gateway
    #[arg(long, value_enum, default_value_t)]
    pub level: HealthLevel,
    /// Wait until it is healthy, at most so long (30, 30s, 5m; without a time 60s)
    #[arg(long, value_name = "TIME", num_args = 0..=1, default_missing_value = "60s", require_equals = true)]
    pub wait: Option<String>,
    /// With --level infer: give the model so long for its answer, loading included (30, 30s, 5m)
    #[arg(long, value_name = "TIME", default_value = "5m")]
    pub infer_timeout: String,
    /// Settings.
    #[command(flatten)]
    pub stack: StackArgs,
}

/// A part whose health is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum HealthPart {
    /// Everything
    #[default]
    All,
    /// The gateway
    Gateway,
    /// The backend
    Backend,
    /// The model
    Model,
}

/// How much is asked of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum HealthLevel {
    /// Processes answer
    Live,
    /// The model is there too
    #[default]
    Ready,
    /// The model answers through the gateway
    Infer,
}

/// `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Do not ask the backend from inside the gateway's network, by a short-lived container
    #[arg(long)]
    pub no_probe: bool,
    /// Settings.
    #[command(flatten)]
    pub stack: StackArgs,
}

/// `pull-model`.
#[derive(Debug, Args)]
pub struct PullArgs {
    /// Models to pull, up to three at a time; without any, the required one
    pub models: Vec<String>,
    /// Leave a model that is there as it is, without asking the registry
    #[arg(long)]
    pub if_missing: bool,
    /// Pull even if the disk looks too small for the model
    #[arg(long)]
    pub skip_checks: bool,
    /// Cancel a pull in which nothing moved for so long, and try again [default: 75s]
    #[arg(long, value_name = "TIME")]
    pub stall_timeout: Option<String>,
    /// How often to try in all, with growing pauses between [default: 5]
    #[arg(long, value_name = "NUMBER")]
    pub tries: Option<String>,
    /// Settings.
    #[command(flatten)]
    pub model: ModelArgs,
    /// Settings.
    #[command(flatten)]
    pub backend: BackendArgs,
}

/// `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Run in the background, with a pidfile, and return when the backend is ready
    #[arg(long, visible_alias = "bg")]
    pub background: bool,
    /// Settings.
    #[command(flatten)]
    pub backend: BackendArgs,
}

/// `restart`.
#[derive(Debug, Args)]
pub struct RestartArgs {
    /// Settings.
    #[command(flatten)]
    pub backend: BackendArgs,
}

/// `stub`.
#[derive(Debug, Args)]
pub struct StubArgs {
    /// Where to listen, as an OLLAMA_HOST value
    #[arg(
        long,
        env = "OLLAMA_HOST",
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:11434"
    )]
    pub host: String,
    /// Model store [default: one of its own, apart from Ollama's]
    #[arg(long, env = "OLLAMA_MODELS", value_name = "DIR")]
    pub models: Option<PathBuf>,
    /// A model that is there from the start; may be given several times
    #[arg(long, value_name = "NAME")]
    pub preset: Vec<String>,
}

/// `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The repository
    #[arg(default_value = ".", value_name = "DIR")]
    pub folder: PathBuf,
    /// Also write a compose service that runs the embedded gateway in a container, with its Dockerfile
    #[arg(long)]
    pub gateway: bool,
    /// Write settings of this folder's own where those of a folder above it count
    #[arg(long)]
    pub nested: bool,
    /// Settings.
    #[command(flatten)]
    pub model: ModelArgs,
}

/// `config`.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// What to do with the configuration.
    #[command(subcommand)]
    pub command: ConfigCommand,
}

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Show every setting, and where its value came from
    Show(StackArgs),
}

/// `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Where to write ollamactl.1 and a page for each command; without it, the first goes to standard output
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        definition().debug_assert();
    }

    #[test]
    fn a_time_after_wait_belongs_to_it() {
        let waited = |line: &str| {
            let cli = Cli::of(line.split(' ').map(OsString::from));
            match cli.expect("parses").command {
                Command::Health(args) => (args.wait, args.part),
                other => panic!("{other:?}"),
            }
        };
        for (line, wait, part) in [
            ("ollamactl health --wait 5s", "5s", HealthPart::All),
            (
                "ollamactl health --wait=5s gateway",
                "5s",
                HealthPart::Gateway,
            ),
            (
                "ollamactl health --wait 2m backend",
                "2m",
                HealthPart::Backend,
            ),
            (
                "ollamactl health --wait backend",
                "60s",
                HealthPart::Backend,
            ),
            ("ollamactl health model --wait", "60s", HealthPart::Model),
        ] {
            assert_eq!(waited(line), (Some(wait.to_owned()), part), "{line}");
        }
    }
}
