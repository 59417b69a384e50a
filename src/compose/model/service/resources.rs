//! What a service may use of the machine: limits, reservations, devices.

use std::collections::BTreeMap;

use crate::compose::model::omit::canonical;
use crate::compose::model::units::{Bytes, Interval};

canonical! {
    /// A device of the host.
    pub struct Device {
        /// Path on the host.
        pub source: String,
        /// Path in the container.
        pub target: String,
        /// `r`, `w`, `m`.
        pub permissions: String,
    }

    /// Weights and rates of block devices.
    pub struct BlockIo {
        /// Relative weight, 10 to 1000.
        pub weight: u16,
        /// Relative weights of single devices.
        pub weight_device: Vec<WeightedDevice>,
        /// Bytes read a second.
        pub device_read_bps: Vec<ThrottledDevice>,
        /// Reads a second.
        pub device_read_iops: Vec<ThrottledDevice>,
        /// Bytes written a second.
        pub device_write_bps: Vec<ThrottledDevice>,
        /// Writes a second.
        pub device_write_iops: Vec<ThrottledDevice>,
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

/// A resource limit of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(untagged)]
pub enum Ulimit {
    /// Soft and hard are the same.
    Single(i64),
    /// They differ.
    Range {
        /// Soft limit.
        #[serde(skip_serializing_if = "crate::compose::model::omit::Omit::omit")]
        soft: i64,
        /// Hard limit.
        #[serde(skip_serializing_if = "crate::compose::model::omit::Omit::omit")]
        hard: i64,
    },
}

/// A device with a relative weight. Compose writes these keys with a capital.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct WeightedDevice {
    /// Path on the host.
    pub path: String,
    /// 10 to 1000.
    pub weight: u16,
}

/// A device with a rate, in bytes or operations a second.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ThrottledDevice {
    /// Path on the host.
    pub path: String,
    /// The rate.
    pub rate: Bytes,
}
