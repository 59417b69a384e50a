//! Flags that set something, shared by the commands, and how they become [`Flags`].

use std::path::PathBuf;

use clap::Args;

use super::known::Known;
use crate::config::Flags;

/// The model.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Model")]
pub struct ModelArgs {
    /// The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
}

/// The backend.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Backend")]
pub struct BackendArgs {
    /// `ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]
    #[arg(long, value_name = "KIND", value_parser = Known(&["ollama", "stub"]), hide_possible_values = true)]
    pub backend: Option<String>,
    /// Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub host: Option<String>,
    /// Who may reach it: relay (this machine and its containers), loopback (this machine), all (the
    /// whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]
    #[arg(long, value_name = "WHO", value_parser = Known(&["relay", "loopback", "all"]), hide_possible_values = true)]
    pub bind: Option<String>,
    /// The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]
    #[arg(long, value_name = "PATH")]
    pub ollama_bin: Option<PathBuf>,
    /// Model store [env: OLLAMA_MODELS] [default: Ollama's own; the stub has one apart]
    #[arg(long, value_name = "DIR")]
    pub models_dir: Option<PathBuf>,
    /// How long the backend may take until it answers [default: 60s]
    #[arg(long, value_name = "TIME")]
    pub ready_timeout: Option<String>,
    /// How long it may take to end before it is killed [default: 10s]
    #[arg(long, value_name = "TIME")]
    pub stop_timeout: Option<String>,
}

/// The compose project that the gateway is a service of.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Gateway")]
pub struct ProjectArgs {
    /// Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
    /// Compose project name
    #[arg(short, long, value_name = "NAME")]
    pub project_name: Option<String>,
    /// Folder that compose's relative paths are relative to
    #[arg(long, value_name = "DIR")]
    pub project_directory: Option<PathBuf>,
    /// File of variables for compose, instead of .env
    #[arg(long, value_name = "PATH")]
    pub env_file: Vec<PathBuf>,
    /// Compose profile to enable, in place of those of COMPOSE_PROFILES; may be given several times
    #[arg(long, value_name = "NAME")]
    pub profile: Vec<String>,
}

/// Which gateway is meant, and where it is.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Gateway")]
pub struct WhichGatewayArgs {
    /// auto (the compose service where a compose file has it, else embedded), compose or embedded
    /// [env: OLLAMACTL_GATEWAY] [default: auto]
    #[arg(long, value_name = "MODE", value_parser = Known(&["auto", "compose", "embedded"]), hide_possible_values = true)]
    pub gateway: Option<String>,
    /// Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
}

/// The gateway.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Gateway")]
pub struct GatewayArgs {
    /// Which one.
    #[command(flatten)]
    pub which: WhichGatewayArgs,
    /// File with the embedded gateway's API keys, one a line [env: OLLAMACTL_GATEWAY_KEY_FILE, or a
    /// key itself in OLLAMACTL_GATEWAY_KEY]
    #[arg(long, value_name = "PATH")]
    pub key_file: Option<PathBuf>,
    /// Compose file, instead of looking for one; may be given several times; `-` is the standard input
    #[arg(short, long, value_name = "PATH")]
    pub file: Vec<PathBuf>,
    /// The compose project.
    #[command(flatten)]
    pub project: ProjectArgs,
}

/// Everything that describes a stack.
#[derive(Debug, Clone, Default, Args)]
pub struct StackArgs {
    /// The model.
    #[command(flatten)]
    pub model: ModelArgs,
    /// The backend.
    #[command(flatten)]
    pub backend: BackendArgs,
    /// The gateway.
    #[command(flatten)]
    pub gateway: GatewayArgs,
}

impl StackArgs {
    /// What was said.
    pub fn flags(&self) -> Flags {
        let mut flags = Flags::default();
        self.model.add_to(&mut flags);
        self.backend.add_to(&mut flags);
        self.gateway.add_to(&mut flags);
        flags
    }
}

impl ModelArgs {
    /// Adds what was said.
    pub fn add_to(&self, flags: &mut Flags) {
        flags.model.clone_from(&self.model);
    }
}

impl BackendArgs {
    /// Adds what was said.
    pub fn add_to(&self, flags: &mut Flags) {
        flags.backend.clone_from(&self.backend);
        flags.host.clone_from(&self.host);
        flags.bind.clone_from(&self.bind);
        flags.program.clone_from(&self.ollama_bin);
        flags.models.clone_from(&self.models_dir);
        flags.ready_timeout.clone_from(&self.ready_timeout);
        flags.stop_timeout.clone_from(&self.stop_timeout);
    }
}

impl ProjectArgs {
    /// Adds what was said.
    pub fn add_to(&self, flags: &mut Flags) {
        flags.service.clone_from(&self.service);
        flags.project_name.clone_from(&self.project_name);
        flags.project_directory.clone_from(&self.project_directory);
        flags.env_files.clone_from(&self.env_file);
        flags.profiles.clone_from(&self.profile);
    }
}

impl WhichGatewayArgs {
    /// Adds what was said.
    pub fn add_to(&self, flags: &mut Flags) {
        flags.gateway.clone_from(&self.gateway);
        flags.listen.clone_from(&self.listen);
    }
}

impl GatewayArgs {
    /// Adds what was said.
    pub fn add_to(&self, flags: &mut Flags) {
        self.which.add_to(flags);
        flags.key_file.clone_from(&self.key_file);
        flags.files.clone_from(&self.file);
        self.project.add_to(flags);
    }
}
