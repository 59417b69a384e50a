//! A compose project as it is after everything was read, merged and made canonical.

pub(super) mod names;
pub(super) mod omit;
pub(super) mod service;
pub(super) mod units;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::compose::model::omit::canonical;
use crate::compose::model::service::Service;
use crate::compose::yaml::path::{Invalid, Path, Sources};
use crate::error::Error;

/// What to read, and with which environment.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// Absolute folder where the search for compose files begins, and that relative paths of these
    /// options start from.
    pub working_dir: PathBuf,
    /// Compose files (`-f`); none: `COMPOSE_FILE`, else the usual names here and in the parents.
    pub files: Vec<PathBuf>,
    /// Project name (`-p`); must already be normal.
    pub project_name: Option<String>,
    /// Folder that relative paths start from (`--project-directory`); none: the first file's.
    pub project_directory: Option<PathBuf>,
    /// Environment files (`--env-file`); none: `COMPOSE_ENV_FILES`, else `.env`.
    pub env_files: Vec<PathBuf>,
    /// Active profiles (`--profile`); none: those of `COMPOSE_PROFILES`.
    pub profiles: Vec<String>,
    /// The process environment.
    pub environment: BTreeMap<String, String>,
    /// Variables that win over the process environment and `.env` in interpolation.
    pub overrides: BTreeMap<String, String>,
}

/// A compose project.
#[derive(Debug, Clone, Default)]
pub struct Project {
    /// Its name, normalised.
    pub name: String,
    /// Absolute folder that relative paths start from.
    pub working_dir: PathBuf,
    /// Absolute paths of the compose files, in the order in which they were merged.
    pub config_files: Vec<PathBuf>,
    /// Absolute paths of environment files named with `--env-file` (not of the `.env` found).
    pub environment_files: Vec<PathBuf>,
    /// What interpolation saw: overrides, the process environment, and the environment files.
    pub environment: BTreeMap<String, String>,
    /// Enabled services, by name.
    pub services: BTreeMap<String, Service>,
    /// Services behind profiles that are not active, by name.
    pub disabled: BTreeMap<String, Service>,
    /// Networks by key; `default` is among them if a service uses it.
    pub networks: BTreeMap<String, Network>,
    /// Named volumes by key.
    pub volumes: BTreeMap<String, Volume>,
    /// Configs by key.
    pub configs: BTreeMap<String, FileObject>,
    /// Secrets by key.
    pub secrets: BTreeMap<String, FileObject>,
    /// Active profiles.
    pub profiles: BTreeSet<String>,
    /// `x-…` keys, of no effect, in the mappings where they stand; only shown again.
    pub extensions: serde_json::Value,
    /// Keys outside services that are not implemented or not known, as dotted paths
    /// (`networks.lan.ipam.options`).
    pub unsupported: Vec<String>,
    /// What the person should know: unset variables, keys without effect.
    pub warnings: Vec<String>,
    /// The texts of the files that were read, for the places of faults that show only later.
    pub sources: Sources,
}

impl Project {
    /// The fault of a value, with its place in the files.
    pub(in crate::compose) fn fault(&self, path: &Path, reason: impl Into<String>) -> Error {
        Invalid::new(path, reason).in_files(&self.sources.0)
    }

    /// The fault of the value under these keys, with its place in the files.
    pub fn fault_under(&self, keys: &[&str], reason: impl Into<String>) -> Error {
        let path = keys.iter().fold(Path::default(), |path, key| path.key(key));
        self.fault(&path, reason)
    }
}

canonical! {
    /// A network.
    pub struct Network {
        /// Its name on the engine.
        pub name: String,
        /// Driver; empty: the engine's default, `bridge`.
        pub driver: String,
        /// Driver options.
        pub driver_opts: BTreeMap<String, String>,
        /// Address management.
        pub ipam: Ipam,
        /// Whether it must already exist and is not ours.
        pub external: bool,
        /// Whether it is cut off from the outside.
        pub internal: bool,
        /// Whether single containers may join a swarm network.
        pub attachable: bool,
        /// Labels, without compose's own.
        pub labels: BTreeMap<String, String>,
        /// Whether it has IPv4.
        pub enable_ipv4: Option<bool>,
        /// Whether it has IPv6.
        pub enable_ipv6: Option<bool>,
    }

    /// Address management of a network.
    pub struct Ipam {
        /// Driver.
        pub driver: String,
        /// Address pools.
        pub config: Vec<IpamPool>,
    }

    /// A pool of addresses.
    pub struct IpamPool {
        /// Subnet, CIDR.
        pub subnet: String,
        /// Gateway address.
        pub gateway: String,
        /// Range that addresses are given from, CIDR.
        pub ip_range: String,
        /// Reserved addresses by host name.
        pub aux_addresses: BTreeMap<String, String>,
    }

    /// A named volume.
    pub struct Volume {
        /// Its name on the engine.
        pub name: String,
        /// Driver; empty: the engine's default, `local`.
        pub driver: String,
        /// Driver options.
        pub driver_opts: BTreeMap<String, String>,
        /// Whether it must already exist and is not ours.
        pub external: bool,
        /// Labels, without compose's own.
        pub labels: BTreeMap<String, String>,
    }

    /// A config or secret: content from exactly one source.
    pub struct FileObject {
        /// Its name on the engine.
        pub name: String,
        /// Absolute path of the file with the content.
        pub file: String,
        /// Variable of the project's environment with the content.
        pub environment: String,
        /// The content itself (configs only).
        pub content: String,
        /// Whether it must already exist: swarm's.
        pub external: bool,
    }
}
