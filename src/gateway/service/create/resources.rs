//! Limits, reservations and devices.

use super::fields::{list, map, nonempty, nonzero, some};
use crate::compose::{self, Release, Service, Ulimit};
use crate::engine::models::{
    DeviceMapping, DeviceRequest, HostConfig, ResourcesBlkioWeightDevice, ResourcesUlimits,
    ThrottleDevice,
};

/// Limits set on the service itself.
#[allow(
    clippy::cast_possible_truncation,
    reason = "whole percents and nanoprocessors, as compose rounds"
)]
pub(super) fn limits(service: &Service, config: &mut HostConfig) {
    config.cgroup_parent = some(&service.cgroup_parent);
    config.cpu_count = nonzero(service.cpu_count);
    config.cpu_percent = nonzero(service.cpu_percent as i64);
    config.cpu_period = nonzero(service.cpu_period);
    config.cpu_quota = nonzero(service.cpu_quota);
    config.cpu_realtime_period = nonzero(service.cpu_rt_period);
    config.cpu_realtime_runtime = nonzero(service.cpu_rt_runtime);
    config.cpu_shares = nonzero(service.cpu_shares);
    config.cpuset_cpus = some(&service.cpuset);
    config.nano_cpus = nonzero(nano(service.cpus));
    config.memory = nonzero(service.mem_limit.0);
    config.memory_reservation = nonzero(service.mem_reservation.0);
    config.memory_swap = nonzero(service.memswap_limit.0);
    config.memory_swappiness = nonzero(service.mem_swappiness.0);
    config.oom_kill_disable = Some(service.oom_kill_disable);
    config.pids_limit = nonzero(service.pids_limit);
    config.ulimits = nonempty(
        service
            .ulimits
            .iter()
            .map(|(name, limit)| ulimit(name, *limit))
            .collect(),
    );
    config.device_cgroup_rules = list(&service.device_cgroup_rules);
    config.devices = nonempty(service.devices.iter().map(device).collect());
    config.device_requests = nonempty(service.gpus.iter().map(gpu).collect());
}

/// Weights and rates of block devices.
pub(super) fn block_io(service: &Service, config: &mut HostConfig) {
    let Some(block_io) = &service.blkio_config else {
        return;
    };
    let rates = |devices: &[compose::ThrottledDevice]| {
        let each = devices.iter().map(|device| ThrottleDevice {
            path: Some(device.path.clone()),
            rate: Some(device.rate.0),
        });
        nonempty(each.collect())
    };
    let weights = block_io.weight_device.iter().map(|device| {
        let weight = usize::from(device.weight);
        ResourcesBlkioWeightDevice {
            path: Some(device.path.clone()),
            weight: Some(weight),
        }
    });
    config.blkio_weight = (block_io.weight != 0).then_some(block_io.weight);
    config.blkio_weight_device = nonempty(weights.collect());
    config.blkio_device_read_bps = rates(&block_io.device_read_bps);
    config.blkio_device_read_iops = rates(&block_io.device_read_iops);
    config.blkio_device_write_bps = rates(&block_io.device_write_bps);
    config.blkio_device_write_iops = rates(&block_io.device_write_iops);
}

/// `deploy` wins over the service's own limits.
pub(super) fn deploy(service: &Service, release: &Release, config: &mut HostConfig) {
    let Some(deploy) = &service.deploy else {
        return;
    };
    if let Some(limits) = &deploy.resources.limits {
        config.nano_cpus = nonzero(nano(limits.cpus)).or(config.nano_cpus);
        config.memory = nonzero(limits.memory.0).or(config.memory);
        config.pids_limit = nonzero(limits.pids).or(config.pids_limit);
    }
    if let Some(reserved) = &deploy.resources.reservations {
        config.memory_reservation = nonzero(reserved.memory.0).or(config.memory_reservation);
        let mut requests: Vec<_> = reserved.devices.iter().map(device_request).collect();
        if !release.passes_device_options() {
            for request in &mut requests {
                request.options = None;
            }
        }
        requests.extend(config.device_requests.take().unwrap_or_default());
        config.device_requests = nonempty(requests);
    }
}

/// Processors to billionths, rounded in 32 bits as compose rounds them.
#[allow(
    clippy::cast_possible_truncation,
    reason = "nanoprocessors are whole, as compose rounds"
)]
fn nano(cpus: f32) -> i64 {
    (cpus * 1e9) as i64
}

fn ulimit(name: &str, limit: Ulimit) -> ResourcesUlimits {
    let (soft, hard) = match limit {
        Ulimit::Single(both) => (both, both),
        Ulimit::Range { soft, hard } => (soft, hard),
    };
    ResourcesUlimits {
        name: Some(name.to_owned()),
        soft: Some(soft),
        hard: Some(hard),
    }
}

/// A container whose device may be used in no way cannot be started, so compose's cannot where nothing is
/// said of that; ours may use it in all.
fn device(device: &compose::Device) -> DeviceMapping {
    let permissions = Some(device.permissions.as_str()).filter(|text| !text.is_empty());
    DeviceMapping {
        path_on_host: Some(device.source.clone()),
        path_in_container: Some(device.target.clone()),
        cgroup_permissions: Some(permissions.unwrap_or("rwm").to_owned()),
    }
}

fn device_request(request: &compose::DeviceRequest) -> DeviceRequest {
    DeviceRequest {
        driver: Some(request.driver.clone()),
        count: Some(request.count),
        device_ids: list(&request.device_ids),
        capabilities: Some(vec![request.capabilities.clone()]),
        options: map(&request.options),
    }
}

fn gpu(request: &compose::DeviceRequest) -> DeviceRequest {
    let mut request = request.clone();
    if !request
        .capabilities
        .iter()
        .any(|capability| capability == "gpu")
    {
        request.capabilities.push("gpu".to_owned());
    }
    device_request(&request)
}
