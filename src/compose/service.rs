//! One service, in compose's canonical form: short and long syntaxes are the same here, and the
//! fields stand in the order in which compose serialises them (its `config-hash` depends on it).

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::omit::canonical;
use super::units::{Argv, Bytes, Interval};

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
        /// Working directory of the process.
        pub working_dir: String,
        /// `x-…` keys, of no effect; only shown again.
        #[serde(skip)]
        pub extensions: BTreeMap<String, serde_json::Value>,
        /// Keys that the file sets and ollamactl does not implement or know, as dotted paths
        /// (`services.api.blkio_config`). `Project::closure` refuses a service that has any.
        #[serde(skip)]
        pub unsupported: Vec<String>,
    }

    /// How an image is built.
    pub struct Build {
        /// Build context: an absolute directory, or a URL.
        pub context: String,
        /// Dockerfile, relative to the context or absolute. `Dockerfile` where nothing is said.
        pub dockerfile: String,
        /// The Dockerfile's text itself.
        pub dockerfile_inline: String,
        /// Entitlements.
        pub entitlements: Vec<String>,
        /// Build arguments; `None`: named but unset.
        pub args: BTreeMap<String, Option<String>>,
        /// Labels of the image.
        pub labels: BTreeMap<String, String>,
        /// Images to take cached layers from.
        pub cache_from: Vec<String>,
        /// Where the cache is exported.
        pub cache_to: Vec<String>,
        /// Named contexts.
        pub additional_contexts: BTreeMap<String, String>,
        /// Build without cache.
        pub no_cache: bool,
        /// Pull base images.
        pub pull: bool,
        /// Entries of /etc/hosts while building.
        pub extra_hosts: Vec<ExtraHost>,
        /// Network of RUN steps.
        pub network: String,
        /// Stage to build.
        pub target: String,
        /// Secrets that RUN steps may mount, by key of the project's `secrets`.
        pub secrets: Vec<FileReference>,
        /// Size of /dev/shm while building.
        pub shm_size: Bytes,
        /// More names for the image.
        pub tags: Vec<String>,
        /// Resource limits while building.
        pub ulimits: BTreeMap<String, Ulimit>,
        /// Platforms to build for.
        pub platforms: Vec<String>,
        /// Full privileges while building.
        pub privileged: bool,
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

    /// A published port.
    pub struct Port {
        /// A name for people.
        pub name: String,
        /// `ingress` or `host`.
        pub mode: String,
        /// Address of the host; `None`: all.
        pub host_ip: Option<String>,
        /// Port in the container.
        pub target: u32,
        /// Port of the host, or a range (`8000-8010`) to choose from; `None`: any free port.
        pub published: Option<String>,
        /// `tcp` or `udp`.
        pub protocol: String,
        /// What the port speaks, for people.
        pub app_protocol: String,
    }

    /// A mount.
    pub struct Mount {
        /// `bind`, `volume`, `tmpfs`, `npipe`, `cluster` or `image`.
        #[serde(rename = "type")]
        pub kind: String,
        /// Absolute path, or key of the project's `volumes`; empty: an anonymous volume.
        pub source: String,
        /// Path in the container.
        pub target: String,
        /// Whether it is read-only.
        pub read_only: bool,
        /// Consistency on Docker Desktop; of no effect elsewhere.
        pub consistency: String,
        /// Options of a bind.
        pub bind: Option<BindOptions>,
        /// Options of a volume.
        pub volume: Option<VolumeOptions>,
        /// Options of a tmpfs.
        pub tmpfs: Option<TmpfsOptions>,
    }

    /// Options of a bind mount.
    pub struct BindOptions {
        /// `SELinux` label: `z` (shared) or `Z` (private).
        pub selinux: String,
        /// Propagation, such as `rslave`.
        pub propagation: String,
        /// Whether a missing source is created as a directory.
        pub create_host_path: bool,
        /// `enabled`, `disabled`, `writable` or `readonly`.
        pub recursive: String,
    }

    /// Options of a volume mount.
    pub struct VolumeOptions {
        /// Labels of an anonymous volume.
        pub labels: BTreeMap<String, String>,
        /// Whether an empty volume is not filled from the image.
        pub nocopy: bool,
        /// Path inside the volume.
        pub subpath: String,
    }

    /// Options of a tmpfs mount.
    pub struct TmpfsOptions {
        /// Size.
        pub size: Bytes,
        /// File mode, as a number.
        pub mode: u32,
    }

    /// How a service joins a network.
    pub struct ServiceNetwork {
        /// More names on that network.
        pub aliases: Vec<String>,
        /// Driver options of the endpoint.
        pub driver_opts: BTreeMap<String, String>,
        /// The endpoint with the highest one gives the default gateway.
        pub gw_priority: i64,
        /// Interface name in the container.
        pub interface_name: String,
        /// Fixed IPv4 address.
        pub ipv4_address: String,
        /// Fixed IPv6 address.
        pub ipv6_address: String,
        /// Link-local addresses.
        pub link_local_ips: Vec<String>,
        /// Fixed MAC address on that network.
        pub mac_address: String,
        /// Networks are joined from the highest to the lowest.
        pub priority: i64,
    }

    /// A device of the host.
    pub struct Device {
        /// Path on the host.
        pub source: String,
        /// Path in the container.
        pub target: String,
        /// `r`, `w`, `m`.
        pub permissions: String,
    }

    /// Devices asked for by what they can do: GPUs.
    pub struct DeviceRequest {
        /// What they must be able to do, such as `gpu`.
        pub capabilities: Vec<String>,
        /// Driver, such as `nvidia`.
        pub driver: String,
        /// How many; -1: all.
        pub count: i64,
        /// Which ones.
        pub device_ids: Vec<String>,
        /// Options of the driver.
        pub options: BTreeMap<String, String>,
    }

    /// A config or secret of the project, mounted as a file.
    pub struct FileReference {
        /// Key of the project's `configs` or `secrets`.
        pub source: String,
        /// Path in the container.
        pub target: String,
        /// Owner.
        pub uid: String,
        /// Group.
        pub gid: String,
        /// File mode, octal text (`0440`).
        pub mode: Option<String>,
    }

    /// `deploy`: what applies to one engine.
    pub struct Deploy {
        /// `replicated` or `global`: swarm's.
        pub mode: String,
        /// Number of containers.
        pub replicas: Option<i64>,
        /// Labels of the swarm service.
        pub labels: BTreeMap<String, String>,
        /// How a swarm updates it.
        pub update_config: Option<UpdateConfig>,
        /// How a swarm rolls an update back.
        pub rollback_config: Option<UpdateConfig>,
        /// Limits and reservations.
        pub resources: Resources,
        /// Restart policy; wins over `restart`.
        pub restart_policy: Option<RestartPolicy>,
        /// Placement on a swarm's nodes.
        pub placement: Placement,
        /// `vip` or `dnsrr`: swarm's.
        pub endpoint_mode: String,
    }

    /// Limits and reservations.
    pub struct Resources {
        /// Upper bounds.
        pub limits: Option<Resource>,
        /// What is kept for the service.
        pub reservations: Option<Resource>,
    }

    /// An amount of resources.
    pub struct Resource {
        /// Number of processors, fractional.
        pub cpus: f32,
        /// Memory.
        pub memory: Bytes,
        /// Number of processes.
        pub pids: i64,
        /// Devices.
        pub devices: Vec<DeviceRequest>,
    }

    /// `deploy.restart_policy`.
    pub struct RestartPolicy {
        /// `none`, `on-failure` or `any`.
        pub condition: String,
        /// Time between restarts.
        pub delay: Option<Interval>,
        /// Number of restarts.
        pub max_attempts: Option<i64>,
        /// How long it must run to count as started.
        pub window: Option<Interval>,
    }

    /// `deploy.placement`, only for swarm; kept because it is hashed.
    pub struct Placement {
        /// Constraints on nodes.
        pub constraints: Vec<String>,
        /// How containers spread.
        pub preferences: Vec<Preference>,
        /// Containers on one node.
        pub max_replicas_per_node: i64,
    }

    /// A placement preference, only for swarm.
    pub struct Preference {
        /// Node label over whose values containers spread.
        pub spread: String,
    }

    /// `deploy.update_config` and `rollback_config`, only for swarm.
    pub struct UpdateConfig {
        /// Containers at a time.
        pub parallelism: Option<i64>,
        /// Time between them.
        pub delay: Interval,
        /// What follows a failure.
        pub failure_action: String,
        /// How long to look for failures.
        pub monitor: Interval,
        /// Failures that are tolerated.
        pub max_failure_ratio: f32,
        /// Whether the old one is stopped first.
        pub order: String,
    }
}

impl FileReference {
    /// Where a secret is found in the container.
    pub fn secret_path(&self) -> String {
        match self.target.as_str() {
            "" => format!("/run/secrets/{}", self.source),
            target if target.starts_with('/') => target.to_owned(),
            target => format!("/run/secrets/{target}"),
        }
    }

    /// Where a config is found in the container.
    pub fn config_path(&self) -> String {
        match self.target.as_str() {
            "" => format!("/{}", self.source),
            target => target.to_owned(),
        }
    }
}

/// A service that another one needs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Dependency {
    /// What it must have reached.
    pub condition: Condition,
    /// Whether the dependent is restarted when it is.
    #[serde(skip_serializing_if = "super::omit::Omit::omit")]
    pub restart: bool,
    /// Whether it is an error, rather than a warning, when it is not there.
    pub required: bool,
}

impl Default for Dependency {
    fn default() -> Self {
        Self {
            condition: Condition::Started,
            restart: false,
            required: true,
        }
    }
}

/// What a dependency must have reached before the dependent starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum Condition {
    /// It was started.
    #[serde(rename = "service_started")]
    Started,
    /// Its health check passes.
    #[serde(rename = "service_healthy")]
    Healthy,
    /// It ended with status 0.
    #[serde(rename = "service_completed_successfully")]
    Completed,
}

impl Condition {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Started, Self::Healthy, Self::Completed];

    /// As compose files and labels spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Started => "service_started",
            Self::Healthy => "service_healthy",
            Self::Completed => "service_completed_successfully",
        }
    }
}

/// A resource limit of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(untagged)]
pub enum Ulimit {
    /// Soft and hard are the same.
    Single(i64),
    /// They differ.
    Range {
        /// Soft limit.
        soft: i64,
        /// Hard limit.
        hard: i64,
    },
}

/// An entry of /etc/hosts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExtraHost {
    /// Host name.
    pub name: String,
    /// Address, or `host-gateway`.
    pub address: String,
}

impl serde::Serialize for ExtraHost {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}={}", self.name, self.address))
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
    /// Whether there was no such file.
    pub missing: bool,
}
