//! One service, in compose's canonical form: short and long syntaxes are the same here, and the
//! fields stand in the order in which compose serialises them (its `config-hash` depends on it).

mod build;
mod dependency;
mod develop;
mod hook;
mod mounts;
mod network;
mod resources;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::compose::model::omit::canonical;
use crate::compose::model::units::{self, Argv, Bytes, Interval};
use crate::compose::yaml::path::Path as KeyPath;
use crate::error::Report;

pub use build::Build;
pub use dependency::{Condition, Dependency};
pub use develop::{Develop, Trigger};
pub use hook::Hook;
pub use mounts::{BindOptions, FileReference, Mount, TmpfsOptions, VolumeOptions};
pub use network::{ExtraHost, Port, ServiceNetwork};
pub use resources::{
    BlockIo, Deploy, Device, DeviceRequest, Placement, Preference, Resource, Resources,
    RestartPolicy, ThrottledDevice, Ulimit, UpdateConfig, WeightedDevice,
};

canonical! {
    /// A service of a project.
    pub struct Service {
        /// Its key in `services`.
        #[serde(skip)]
        pub name: String,
        /// Profiles that enable it; none: always enabled.
        pub profiles: Vec<String>,
        /// OCI annotations.
        pub annotations: BTreeMap<String, String>,
        /// Whether `up` in the foreground shows its output; of no effect on the container.
        pub attach: Option<bool>,
        /// How its image is built.
        pub build: Option<Build>,
        /// What `docker compose watch` does; of no effect here, and hashed.
        pub develop: Option<Develop>,
        /// Weights and rates of block devices.
        pub blkio_config: Option<BlockIo>,
        /// Capabilities added.
        pub cap_add: Vec<String>,
        /// Capabilities dropped.
        pub cap_drop: Vec<String>,
        /// Parent control group.
        pub cgroup_parent: String,
        /// Control group namespace: `host` or `private`.
        pub cgroup: String,
        /// Number of processors (Windows).
        pub cpu_count: i64,
        /// Percentage of the processors (Windows).
        pub cpu_percent: f32,
        /// CFS period, microseconds.
        pub cpu_period: i64,
        /// CFS quota, microseconds.
        pub cpu_quota: i64,
        /// Real-time period, microseconds.
        pub cpu_rt_period: i64,
        /// Real-time runtime, microseconds.
        pub cpu_rt_runtime: i64,
        /// Number of processors, fractional.
        pub cpus: f32,
        /// Processors it may run on, such as `0-2`.
        pub cpuset: String,
        /// Relative processor weight.
        pub cpu_shares: i64,
        /// Replaces the image's CMD.
        pub command: Argv,
        /// Configs mounted as files.
        pub configs: Vec<FileReference>,
        /// Fixed container name instead of `project-service-N`.
        pub container_name: String,
        /// Services that it needs.
        pub depends_on: BTreeMap<String, Dependency>,
        /// Limits and reservations, and what only swarm uses.
        pub deploy: Option<Deploy>,
        /// Optional dependencies that are behind inactive profiles: not waited for nor hashed, and shown.
        #[serde(skip)]
        pub absent: BTreeMap<String, Dependency>,
        /// Device control group rules.
        pub device_cgroup_rules: Vec<String>,
        /// Devices of the host.
        pub devices: Vec<Device>,
        /// Name servers.
        pub dns: Vec<String>,
        /// Resolver options.
        pub dns_opt: Vec<String>,
        /// Resolver search domains.
        pub dns_search: Vec<String>,
        /// Domain name of the container.
        pub domainname: String,
        /// Replaces the image's ENTRYPOINT.
        pub entrypoint: Argv,
        /// Variables, `env_file`s merged in; `None`: named but unset.
        pub environment: BTreeMap<String, Option<String>>,
        /// The files that `environment` was filled from.
        #[serde(skip)]
        pub env_file: Vec<EnvFile>,
        /// Ports exposed to other containers, `8000` or `8000/udp` or `8000-8010`.
        pub expose: Vec<String>,
        /// Containers of other projects that it reaches by name, `container[:name]`.
        pub external_links: Vec<String>,
        /// Entries of /etc/hosts, sorted.
        pub extra_hosts: Vec<ExtraHost>,
        /// Additional groups of the process.
        pub group_add: Vec<String>,
        /// GPUs asked for with `gpus`; the capability `gpu` goes without saying.
        pub gpus: Vec<DeviceRequest>,
        /// Host name of the container.
        pub hostname: String,
        /// How its health is told.
        pub healthcheck: Option<Healthcheck>,
        /// The image; empty: built and named by compose (`Project::image_name`).
        pub image: String,
        /// Whether an init process reaps children; `None`: the engine's default.
        pub init: Option<bool>,
        /// IPC namespace: `host`, `shareable`, `service:NAME`…
        pub ipc: String,
        /// Isolation technology (Windows).
        pub isolation: String,
        /// Labels.
        pub labels: BTreeMap<String, String>,
        /// The files that `labels` was filled from, absolute; hashed by releases that know the key.
        pub label_file: Vec<String>,
        /// Services that it reaches by other names too, `service[:name]`.
        pub links: Vec<String>,
        /// Logging driver and its options.
        pub logging: Option<Logging>,
        /// Memory limit.
        pub mem_limit: Bytes,
        /// Memory soft limit.
        pub mem_reservation: Bytes,
        /// Memory and swap together; -1: unlimited swap.
        pub memswap_limit: Bytes,
        /// Swappiness, 0 to 100.
        pub mem_swappiness: Bytes,
        /// Fixed MAC address.
        pub mac_address: String,
        /// `none`, `host`, `service:NAME`, `container:NAME`; empty: `networks`.
        pub network_mode: String,
        /// Networks joined, by key of the project's `networks`. `default` where nothing else is said.
        pub networks: BTreeMap<String, Option<ServiceNetwork>>,
        /// Whether the kernel's out-of-memory killer is off.
        pub oom_kill_disable: bool,
        /// Out-of-memory score adjustment, -1000 to 1000.
        pub oom_score_adj: i64,
        /// PID namespace.
        pub pid: String,
        /// Number of processes allowed; -1: unlimited.
        pub pids_limit: i64,
        /// Platform of the image, `os/arch[/variant]`.
        pub platform: String,
        /// Published ports.
        pub ports: Vec<Port>,
        /// Full privileges.
        pub privileged: bool,
        /// `always`, `never`, `missing`, `build`, `daily`, `weekly`, `every_<duration>`.
        pub pull_policy: String,
        /// Whether the root file system is read-only.
        pub read_only: bool,
        /// `no`, `always`, `on-failure[:N]`, `unless-stopped`; empty: `no`.
        pub restart: String,
        /// OCI runtime, such as `nvidia`.
        pub runtime: String,
        /// Number of containers; `None`: 1, or `deploy.replicas`.
        pub scale: Option<i64>,
        /// Secrets mounted as files.
        pub secrets: Vec<FileReference>,
        /// Security options.
        pub security_opt: Vec<String>,
        /// Size of /dev/shm.
        pub shm_size: Bytes,
        /// Whether stdin stays open.
        pub stdin_open: bool,
        /// Time between the stop signal and SIGKILL.
        pub stop_grace_period: Option<Interval>,
        /// Signal that stops it.
        pub stop_signal: String,
        /// Storage driver options.
        pub storage_opt: BTreeMap<String, String>,
        /// Kernel parameters.
        pub sysctls: BTreeMap<String, String>,
        /// Temporary file systems, `path[:options]`.
        pub tmpfs: Vec<String>,
        /// Whether it has a terminal.
        pub tty: bool,
        /// Resource limits of the process.
        pub ulimits: BTreeMap<String, Ulimit>,
        /// User, `name`, `uid` or `uid:gid`.
        pub user: String,
        /// User namespace.
        pub userns_mode: String,
        /// UTS namespace.
        pub uts: String,
        /// Mounts.
        pub volumes: Vec<Mount>,
        /// Services and containers whose volumes it has too, `service[:access]` or `container:NAME[:access]`.
        pub volumes_from: Vec<String>,
        /// Working directory of the process.
        pub working_dir: String,
        /// Commands that are run in it once it was started.
        pub post_start: Vec<Hook>,
        /// Commands that are run in it before it is stopped.
        pub pre_stop: Vec<Hook>,
        /// Keys that the file sets and ollamactl does not implement or know, as dotted paths
        /// (`services.api.blkio_config`). `Project::closure` refuses a service that has any.
        #[serde(skip)]
        pub unsupported: Vec<String>,
        /// Why it cannot be run: a file that it names cannot be read. `Project::closure` refuses it.
        #[serde(skip)]
        pub unreadable: Option<Report>,
    }

    /// A health check.
    pub struct Healthcheck {
        /// `["CMD", …]`, `["CMD-SHELL", text]` or `["NONE"]`; empty: the image's own.
        pub test: Vec<String>,
        /// How long one check may take.
        pub timeout: Option<Interval>,
        /// Time between checks.
        pub interval: Option<Interval>,
        /// Failures in a row that make it unhealthy.
        pub retries: Option<i64>,
        /// Failures in this time after the start do not count.
        pub start_period: Option<Interval>,
        /// Time between checks during the start period.
        pub start_interval: Option<Interval>,
        /// Whether the image's check is switched off.
        pub disable: bool,
    }

    /// Logging of a container.
    pub struct Logging {
        /// Driver; empty: the engine's default.
        pub driver: String,
        /// Options of the driver.
        pub options: BTreeMap<String, String>,
    }
}

/// An `env_file`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvFile {
    /// Absolute path.
    pub path: PathBuf,
    /// Whether it is an error when it is missing.
    pub required: bool,
    /// Whether its values are taken as they stand (`format: raw`).
    pub raw: bool,
    /// The key that names it.
    pub(in crate::compose) named: KeyPath,
}

impl Service {
    /// How long its image may stand before it is pulled again: `pull_policy` `daily`, `weekly` or
    /// `every_<duration>`.
    pub fn pull_interval(&self) -> Option<Duration> {
        let day = 24 * 60 * 60;
        match self.pull_policy.as_str() {
            "daily" => Some(Duration::from_secs(day)),
            "weekly" => Some(Duration::from_secs(7 * day)),
            policy => {
                let text = policy.strip_prefix("every_")?;
                units::interval(text)
                    .ok()
                    .map(|interval| Duration::from_nanos(interval.0.unsigned_abs()))
            }
        }
    }
}
