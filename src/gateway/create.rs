//! A service as the Engine API's create body, exactly as compose makes it: nobody can tell from
//! `docker inspect` who made the container.

use std::collections::HashMap;

use super::Target;
use super::labels;
use super::mounts::{self, Inherited};
use crate::compose::{self, Project, Service, ServiceNetwork, Ulimit};
use crate::engine::EngineInfo;
use crate::engine::models::{
    ContainerCreateBody, DeviceMapping, DeviceRequest, EndpointIpamConfig, EndpointSettings,
    HealthConfig, HostConfig, HostConfigCgroupnsModeEnum, HostConfigIsolationEnum,
    HostConfigLogConfig, NetworkingConfig, PortBinding, ResourcesUlimits, RestartPolicy,
    RestartPolicyNameEnum,
};
use crate::error::{Error, Result};

/// The host name by which containers reach the host.
pub(super) const HOST_ALIAS: &str = "host.docker.internal";
/// An API that takes all networks at create; before it, the others are connected afterwards.
const ALL_NETWORKS_AT_CREATE: (u32, u32) = (1, 44);

/// What a create body is made from, besides the service.
pub(super) struct Making<'a> {
    pub(super) target: &'a Target<'a>,
    pub(super) service: &'a Service,
    pub(super) engine: &'a EngineInfo,
    pub(super) image_id: &'a str,
    /// Volumes of the container that this one replaces.
    pub(super) inherited: Option<Inherited>,
    /// IDs of the containers of services created before.
    pub(super) containers: &'a HashMap<String, String>,
}

impl Making<'_> {
    fn project(&self) -> &Project {
        self.target.project
    }

    /// The container's name.
    pub(super) fn name(&self) -> String {
        self.project().container_name(self.service, 1)
    }

    /// `service:NAME` becomes the container of that service.
    fn namespace(&self, mode: &str, key: &str) -> Result<Option<String>> {
        let Some(other) = mode.strip_prefix("service:") else {
            return Ok((!mode.is_empty()).then(|| mode.to_owned()));
        };
        let container = self.containers.get(other).ok_or_else(|| {
            Error::usage(format!(
                "services.{}.{key} names the service {other:?}, which has no container",
                self.service.name
            ))
        })?;
        Ok(Some(format!("container:{container}")))
    }
}

/// The create body, and the networks to connect after the container is created.
pub(super) fn body(
    making: &Making<'_>,
) -> Result<(ContainerCreateBody, Vec<(String, EndpointSettings)>)> {
    let service = making.service;
    let (first, later) = endpoints(making)?;
    let replaces = making.inherited.is_some();
    let body = ContainerCreateBody {
        hostname: some(&service.hostname),
        domainname: some(&service.domainname),
        user: some(&service.user),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        exposed_ports: exposed(service),
        tty: service.tty.then_some(true),
        open_stdin: service.stdin_open.then_some(true),
        env: environment(service),
        cmd: service.command.0.clone(),
        healthcheck: service.healthcheck.as_ref().map(healthcheck),
        image: Some(making.project().image_name(service)),
        working_dir: some(&service.working_dir),
        entrypoint: service.entrypoint.0.clone(),
        labels: Some(labels::container(
            making.project(),
            service,
            making.image_id,
            replaces,
        )),
        stop_signal: some(&service.stop_signal),
        stop_timeout: service
            .stop_grace_period
            .map(|grace| clamp(grace.0.as_secs())),
        host_config: Some(host_config(making)?),
        networking_config: first.map(|endpoints| NetworkingConfig {
            endpoints_config: Some(endpoints),
        }),
        ..ContainerCreateBody::default()
    };
    Ok((body, later))
}

fn host_config(making: &Making<'_>) -> Result<HostConfig> {
    let service = making.service;
    let (binds, mounts) = mounts::of(making.project(), service, making.inherited.as_ref())?;
    let mut config = HostConfig {
        binds,
        mounts,
        log_config: Some(logging(service)),
        network_mode: Some(network_mode(making)?),
        port_bindings: Some(port_bindings(service)),
        restart_policy: Some(restart_policy(service)?),
        annotations: map(&service.annotations),
        cap_add: list(&service.cap_add),
        cap_drop: list(&service.cap_drop),
        cgroupns_mode: cgroup_namespace(service)?,
        dns: list(&service.dns),
        dns_options: list(&service.dns_opt),
        dns_search: list(&service.dns_search),
        extra_hosts: Some(extra_hosts(making)),
        group_add: list(&service.group_add),
        ipc_mode: making.namespace(&service.ipc, "ipc")?,
        oom_score_adj: nonzero(service.oom_score_adj),
        pid_mode: making.namespace(&service.pid, "pid")?,
        privileged: service.privileged.then_some(true),
        readonly_rootfs: service.read_only.then_some(true),
        security_opt: list(&service.security_opt),
        storage_opt: map(&service.storage_opt),
        tmpfs: mounts::tmpfs(service),
        uts_mode: some(&service.uts),
        userns_mode: some(&service.userns_mode),
        shm_size: nonzero(service.shm_size.0),
        sysctls: map(&service.sysctls),
        runtime: some(&service.runtime),
        isolation: isolation(service)?,
        init: service.init,
        ..HostConfig::default()
    };
    resources(service, &mut config);
    deploy(service, &mut config);
    Ok(config)
}

/// Limits set on the service itself.
#[allow(clippy::cast_possible_truncation)] // Whole percents and nanoprocessors, as compose rounds.
fn resources(service: &Service, config: &mut HostConfig) {
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

/// `deploy` wins over the service's own limits.
fn deploy(service: &Service, config: &mut HostConfig) {
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
        requests.extend(config.device_requests.take().unwrap_or_default());
        config.device_requests = nonempty(requests);
    }
}

/// Processors to billionths, rounded in 32 bits as compose rounds them.
#[allow(clippy::cast_possible_truncation)]
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

fn device(device: &compose::Device) -> DeviceMapping {
    DeviceMapping {
        path_on_host: Some(device.source.clone()),
        path_in_container: Some(device.target.clone()),
        cgroup_permissions: Some(device.permissions.clone()),
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

fn environment(service: &Service) -> Option<Vec<String>> {
    let each = service.environment.iter().map(|(key, value)| match value {
        Some(value) => format!("{key}={value}"),
        // The engine takes a variable of this name out of the image's environment.
        None => key.clone(),
    });
    nonempty(each.collect())
}

fn healthcheck(check: &compose::Healthcheck) -> HealthConfig {
    let nanos = |interval: Option<compose::Interval>| {
        interval.map(|interval| i64::try_from(interval.0.as_nanos()).unwrap_or(i64::MAX))
    };
    let test = if check.disable {
        vec!["NONE".to_owned()]
    } else {
        check.test.clone()
    };
    HealthConfig {
        test: nonempty(test),
        interval: nanos(check.interval),
        timeout: nanos(check.timeout),
        retries: check.retries,
        start_period: nanos(check.start_period),
        start_interval: nanos(check.start_interval),
    }
}

fn exposed(service: &Service) -> Option<Vec<String>> {
    let published = service
        .ports
        .iter()
        .map(|port| format!("{}/{}", port.target, protocol(port)));
    let mut all: Vec<String> = service.expose.iter().cloned().chain(published).collect();
    all.sort();
    all.dedup();
    nonempty(all)
}

fn protocol(port: &compose::Port) -> &str {
    if port.protocol.is_empty() {
        "tcp"
    } else {
        &port.protocol
    }
}

fn port_bindings(service: &Service) -> HashMap<String, Option<Vec<PortBinding>>> {
    let mut bindings: HashMap<String, Option<Vec<PortBinding>>> = HashMap::new();
    for port in &service.ports {
        let key = format!("{}/{}", port.target, protocol(port));
        bindings
            .entry(key)
            .or_default()
            .get_or_insert_default()
            .push(PortBinding {
                host_ip: Some(port.host_ip.clone().unwrap_or_default()),
                host_port: Some(port.published.clone().unwrap_or_default()),
            });
    }
    bindings
}

fn logging(service: &Service) -> HostConfigLogConfig {
    let logging = service.logging.clone().unwrap_or_default();
    HostConfigLogConfig {
        typ: some(&logging.driver),
        config: map(&logging.options),
    }
}

fn restart_policy(service: &Service) -> Result<RestartPolicy> {
    let wanted = service
        .deploy
        .as_ref()
        .and_then(|deploy| deploy.restart_policy.as_ref());
    let (key, name, attempts) = match wanted {
        Some(policy) => (
            "deploy.restart_policy.condition",
            policy.condition.as_str(),
            policy.max_attempts,
        ),
        None => match service.restart.split_once(':') {
            Some((name, attempts)) => ("restart", name, attempts.parse().ok()),
            None => ("restart", service.restart.as_str(), None),
        },
    };
    let name = match name {
        "" => None,
        "no" | "none" => Some(RestartPolicyNameEnum::NO),
        "always" | "any" => Some(RestartPolicyNameEnum::ALWAYS),
        "on-failure" => Some(RestartPolicyNameEnum::ON_FAILURE),
        "unless-stopped" => Some(RestartPolicyNameEnum::UNLESS_STOPPED),
        other => return Err(refused(service, key, other)),
    };
    Ok(RestartPolicy {
        name,
        maximum_retry_count: attempts,
    })
}

fn cgroup_namespace(service: &Service) -> Result<Option<HostConfigCgroupnsModeEnum>> {
    match service.cgroup.as_str() {
        "" => Ok(None),
        "host" => Ok(Some(HostConfigCgroupnsModeEnum::HOST)),
        "private" => Ok(Some(HostConfigCgroupnsModeEnum::PRIVATE)),
        other => Err(refused(service, "cgroup", other)),
    }
}

fn isolation(service: &Service) -> Result<Option<HostConfigIsolationEnum>> {
    match service.isolation.as_str() {
        "" => Ok(None),
        "default" => Ok(Some(HostConfigIsolationEnum::DEFAULT)),
        "process" => Ok(Some(HostConfigIsolationEnum::PROCESS)),
        "hyperv" => Ok(Some(HostConfigIsolationEnum::HYPERV)),
        other => Err(refused(service, "isolation", other)),
    }
}

/// The error for a value that ollamactl does not know what to do with.
pub(super) fn refused(service: &Service, key: &str, value: &str) -> Error {
    Error::usage(format!(
        "services.{}.{key}: {value:?} is not supported by ollamactl",
        service.name
    ))
    .hint("change it, or start this service with docker compose")
}

fn extra_hosts(making: &Making<'_>) -> Vec<String> {
    let hosts = making.service.extra_hosts.iter();
    let mut hosts: Vec<String> = hosts
        .map(|host| format!("{}:{}", host.name, host.address))
        .collect();
    if adds_host_alias(making.target, making.service, making.engine) {
        hosts.push(format!("{HOST_ALIAS}:host-gateway"));
    }
    hosts
}

/// Whether `host.docker.internal` has to be added for the target to reach the host: a native Linux
/// engine does not provide it by itself.
pub(super) fn adds_host_alias(target: &Target<'_>, service: &Service, engine: &EngineInfo) -> bool {
    target.host_gateway
        && service.name == target.service
        && engine.os == "linux"
        && !engine.desktop
        && engine.host_gateway.is_some()
        && (service.network_mode.is_empty() || service.network_mode == "bridge")
        && !service
            .extra_hosts
            .iter()
            .any(|host| host.name == HOST_ALIAS)
}

/// The keys of the service's networks in the order in which they are joined.
pub(super) fn networks(service: &Service) -> Vec<&str> {
    let mut joined: Vec<(&String, i64)> = service
        .networks
        .iter()
        .map(|(key, settings)| {
            (
                key,
                settings.as_ref().map_or(0, |settings| settings.priority),
            )
        })
        .collect();
    joined.sort_by(|(key, priority), (other, others)| others.cmp(priority).then(key.cmp(other)));
    joined.into_iter().map(|(key, _)| key.as_str()).collect()
}

fn network_mode(making: &Making<'_>) -> Result<String> {
    if let Some(mode) = making.namespace(&making.service.network_mode, "network_mode")? {
        return Ok(mode);
    }
    let first = networks(making.service).into_iter().next();
    Ok(first.map_or_else(
        || "none".to_owned(),
        |key| making.project().network_name(key),
    ))
}

type Endpoints = (
    Option<HashMap<String, EndpointSettings>>,
    Vec<(String, EndpointSettings)>,
);

fn endpoints(making: &Making<'_>) -> Result<Endpoints> {
    let service = making.service;
    if !service.network_mode.is_empty() {
        return Ok((None, Vec::new()));
    }
    let mut all = Vec::new();
    for key in networks(service) {
        let settings = service
            .networks
            .get(key)
            .cloned()
            .flatten()
            .unwrap_or_default();
        if !settings.interface_name.is_empty() {
            let key = format!("networks.{key}.interface_name");
            return Err(refused(service, &key, &settings.interface_name));
        }
        all.push((
            making.project().network_name(key),
            endpoint(making, settings, all.is_empty()),
        ));
    }
    let (major, minor) = ALL_NETWORKS_AT_CREATE;
    let at_create = if making.engine.speaks(major, minor) {
        all.len()
    } else {
        1
    };
    let later = all.split_off(at_create.min(all.len()));
    Ok((Some(all.into_iter().collect()), later))
}

fn endpoint(making: &Making<'_>, settings: ServiceNetwork, first: bool) -> EndpointSettings {
    let service = making.service;
    let mut aliases = vec![making.name(), service.name.clone()];
    aliases.extend(settings.aliases);
    let mac = match settings.mac_address {
        mac if !mac.is_empty() => Some(mac),
        _ if first => some(&service.mac_address),
        _ => None,
    };
    let fixed = [&settings.ipv4_address, &settings.ipv6_address]
        .iter()
        .any(|address| !address.is_empty());
    let ipam = (fixed || !settings.link_local_ips.is_empty()).then(|| EndpointIpamConfig {
        ipv4_address: some(&settings.ipv4_address),
        ipv6_address: some(&settings.ipv6_address),
        link_local_ips: list(&settings.link_local_ips),
    });
    EndpointSettings {
        aliases: Some(aliases),
        ipam_config: ipam,
        mac_address: mac,
        driver_opts: map(&settings.driver_opts),
        gw_priority: nonzero(settings.gw_priority),
        ..EndpointSettings::default()
    }
}

pub(super) fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn nonzero(number: i64) -> Option<i64> {
    (number != 0).then_some(number)
}

fn list(values: &[String]) -> Option<Vec<String>> {
    nonempty(values.to_vec())
}

pub(super) fn nonempty<T>(values: Vec<T>) -> Option<Vec<T>> {
    (!values.is_empty()).then_some(values)
}

fn map(values: &std::collections::BTreeMap<String, String>) -> Option<HashMap<String, String>> {
    (!values.is_empty()).then(|| values.clone().into_iter().collect())
}

fn clamp(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}
