//! `ollamactl.yaml`: what it may hold, how it is found and read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::{Context, Error, Kind, Result};

/// The repository's file, looked for upwards like a compose file.
pub const PROJECT_FILE: &str = "ollamactl.yaml";
/// The user's own file in the configuration folder.
pub const USER_FILE: &str = "config.yaml";

/// The content of a configuration file. Unknown keys are errors, so that a typo is not a silent default.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub model: Option<String>,
    #[serde(default)]
    pub backend: BackendSection,
    #[serde(default)]
    pub pull: PullSection,
    #[serde(default)]
    pub relay: RelaySection,
    #[serde(default)]
    pub gateway: GatewaySection,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BackendSection {
    pub mode: Option<String>,
    pub host: Option<String>,
    pub bind: Option<String>,
    pub program: Option<PathBuf>,
    pub models: Option<PathBuf>,
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    pub ready_timeout: Option<String>,
    pub stop_timeout: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PullSection {
    pub stall_timeout: Option<String>,
    pub tries: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RelaySection {
    pub admin: Option<bool>,
    pub allow: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GatewaySection {
    pub mode: Option<String>,
    pub service: Option<String>,
    pub listen: Option<String>,
    pub health_path: Option<String>,
    pub host_gateway: Option<bool>,
    pub files: Option<Vec<PathBuf>>,
    pub project_name: Option<String>,
    pub compose_version: Option<String>,
    pub key_file: Option<PathBuf>,
    pub cors_origins: Option<Vec<String>>,
    pub access_log: Option<String>,
    pub max_connections: Option<Scalar>,
    pub max_requests: Option<Scalar>,
    pub max_queue: Option<Scalar>,
    pub max_body: Option<Scalar>,
    pub queue_timeout: Option<Scalar>,
    pub idle_timeout: Option<Scalar>,
    pub drain_timeout: Option<Scalar>,
}

/// A number, or a text that begins with one: `64`, `64MiB`, `30s`.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Scalar {
    Number(u64),
    Text(String),
}

impl std::fmt::Display for Scalar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

/// Finds the repository's file in `folder` or the nearest parent that has one.
pub(super) fn find(folder: &Path) -> Option<PathBuf> {
    folder
        .ancestors()
        .map(|folder| folder.join(PROJECT_FILE))
        .find(|path| path.is_file())
}

/// Reads a configuration file; one that is empty sets nothing.
pub(super) fn read(path: &Path) -> Result<File> {
    let text = std::fs::read_to_string(path)
        .context(Kind::Usage, || format!("cannot read {}", path.display()))?;
    if text
        .lines()
        .all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
    {
        return Ok(File::default());
    }
    serde_yaml::from_str(&text).map_err(|error| {
        let place = error.location().map_or_else(String::new, |place| {
            format!(":{}:{}", place.line(), place.column())
        });
        Error::usage(format!("{}{place}: {error}", path.display()))
            .hint("see what each key means: docs/configuration.md")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_is_an_error_that_names_file_line_and_key() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join(PROJECT_FILE);
        std::fs::write(&path, "model: a\nbackend:\n  hots: 127.0.0.1\n").expect("written");
        let error = read(&path).expect_err("unknown key");
        assert_eq!(error.kind, Kind::Usage);
        assert!(
            error.message.contains("ollamactl.yaml:3:") && error.message.contains("hots"),
            "{}",
            error.message
        );
    }

    #[test]
    fn the_nearest_file_upwards_counts() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let deep = dir.path().join("a/b");
        std::fs::create_dir_all(&deep).expect("created");
        std::fs::write(dir.path().join("a").join(PROJECT_FILE), "# nothing\n").expect("written");
        assert_eq!(find(&deep), Some(dir.path().join("a").join(PROJECT_FILE)));
    }
}
