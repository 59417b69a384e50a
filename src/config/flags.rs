//! What the command line says of settings.

use std::path::PathBuf;

/// What the command line said; `None` where it said nothing.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--model`, or a model given as argument.
    pub model: Option<String>,
    /// `--backend`.
    pub backend: Option<String>,
    /// `--host`.
    pub host: Option<String>,
    /// `--bind`.
    pub bind: Option<String>,
    /// `--ollama-bin`.
    pub program: Option<PathBuf>,
    /// `--models-dir`.
    pub models: Option<PathBuf>,
    /// `--ready-timeout`.
    pub ready_timeout: Option<String>,
    /// `--stop-timeout`.
    pub stop_timeout: Option<String>,
    /// `--stall-timeout`.
    pub stall_timeout: Option<String>,
    /// `--tries`.
    pub tries: Option<String>,
    /// `--gateway`.
    pub gateway: Option<String>,
    /// `--service`.
    pub service: Option<String>,
    /// `--listen`.
    pub listen: Option<String>,
    /// `--key-file`.
    pub key_file: Option<PathBuf>,
    /// `-f/--file`.
    pub files: Vec<PathBuf>,
    /// `-p/--project-name`.
    pub project_name: Option<String>,
    /// `--project-directory`.
    pub project_directory: Option<PathBuf>,
    /// `--env-file`.
    pub env_files: Vec<PathBuf>,
    /// `--profile`.
    pub profiles: Vec<String>,
}
