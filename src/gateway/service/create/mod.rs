//! A service as the Engine API's create body, exactly as compose makes it: nobody can tell from
//! `docker inspect` who made the container.

pub(super) mod alias;
pub(super) mod exposure;
mod fields;
pub(super) mod inherited;
pub(super) mod inject;
pub(super) mod join;
pub(super) mod making;
pub(super) mod mounts;
pub(super) mod namespaces;
mod resources;
pub(super) mod shared;

use std::collections::{BTreeMap, HashMap};

use super::labels;
use crate::compose::{self, Release, Service};
use crate::engine::Proxies;
use crate::engine::models::{
    ContainerCreateBody, EndpointSettings, HealthConfig, HostConfig, HostConfigCgroupnsModeEnum,
    HostConfigIsolationEnum, HostConfigLogConfig, NetworkingConfig, PortBinding, RestartPolicy,
    RestartPolicyNameEnum,
};
use crate::error::{Error, Result};
use fields::{list, map, nonempty, nonzero, some};
use making::{Making, refused};

/// The create body, and the networks to connect after the container is created.
pub(super) fn body(
    making: &Making<'_>,
) -> Result<(ContainerCreateBody, Vec<(String, EndpointSettings)>)> {
    let service = making.service;
    let (first, later) = join::endpoints(making)?;
    let body = ContainerCreateBody {
        hostname: some(&service.hostname),
        domainname: some(&service.domainname),
        user: some(&service.user),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        exposed_ports: exposed(service),
        tty: service.tty.then_some(true),
        open_stdin: service.stdin_open.then_some(true),
        env: environment(making),
        cmd: service.command.0.clone(),
        healthcheck: healthcheck(making)?,
        image: Some(making.project().image_name(service)),
        working_dir: some(&service.working_dir),
        entrypoint: service.entrypoint.0.clone(),
        labels: Some(labels::container(making)),
        stop_signal: some(&service.stop_signal),
        stop_timeout: service.stop_grace_period.map(compose::Interval::as_secs),
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
    let (binds, mounts) = mounts::of(making)?;
    let mut config = HostConfig {
        binds,
        mounts,
        log_config: Some(logging(service)),
        network_mode: Some(join::network_mode(making)),
        port_bindings: Some(port_bindings(service)),
        restart_policy: Some(restart_policy(service)?),
        annotations: map(&service.annotations),
        cap_add: capabilities(&service.cap_add, making.release),
        cap_drop: capabilities(&service.cap_drop, making.release),
        cgroupns_mode: cgroup_namespace(service)?,
        dns: list(&service.dns),
        dns_options: list(&service.dns_opt),
        dns_search: list(&service.dns_search),
        extra_hosts: Some(extra_hosts(making)),
        group_add: list(&service.group_add),
        ipc_mode: some(&service.ipc),
        oom_score_adj: nonzero(service.oom_score_adj),
        pid_mode: some(&service.pid),
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
        volumes_from: list(&service.volumes_from),
        ..HostConfig::default()
    };
    resources::limits(service, &mut config);
    resources::block_io(service, &mut config);
    resources::deploy(service, making.release, &mut config);
    Ok(config)
}

fn capabilities(names: &[String], release: &Release) -> Option<Vec<String>> {
    if !release.writes_capabilities_in_full() {
        return list(names);
    }
    let canonical = |name: &String| match name.to_uppercase() {
        name if name == "ALL" || name.starts_with("CAP_") => name,
        name => format!("CAP_{name}"),
    };
    let mut names: Vec<String> = names.iter().map(canonical).collect();
    names.sort();
    names.dedup();
    nonempty(names)
}

/// The variables of the service's containers: its own, and the user's proxies where it does not say otherwise. One
/// without a value is taken out of the image's.
pub fn variables<'a>(
    service: &'a Service,
    proxies: &'a Proxies,
) -> BTreeMap<&'a str, Option<&'a str>> {
    let proxies = proxies.of_containers();
    let proxies = proxies.map(|(name, value)| (name, Some(value)));
    let own = service.environment.iter();
    let own = own.map(|(name, value)| (name.as_str(), value.as_deref()));
    // The later ones win.
    proxies.chain(own).collect()
}

fn environment(making: &Making<'_>) -> Option<Vec<String>> {
    let each = variables(making.service, making.proxies);
    let each = each.into_iter().map(|(name, value)| match value {
        Some(value) => format!("{name}={value}"),
        None => name.to_owned(),
    });
    nonempty(each.collect())
}

/// An API that knows `start_interval`.
const START_INTERVAL: (u32, u32) = (1, 44);

fn healthcheck(making: &Making<'_>) -> Result<Option<HealthConfig>> {
    let Some(check) = &making.service.healthcheck else {
        return Ok(None);
    };
    let (major, minor) = START_INTERVAL;
    if check.start_interval.is_some() && !making.engine.speaks(major, minor) {
        let name = &making.service.name;
        return Err(Error::usage(format!(
            "services.{name}.healthcheck.start_interval needs Docker 25 or newer"
        ))
        .hint("remove it, or update the engine"));
    }
    let nanos = |interval: Option<compose::Interval>| interval.map(|interval| interval.0);
    let test = if check.disable {
        vec!["NONE".to_owned()]
    } else {
        check.test.clone()
    };
    Ok(Some(HealthConfig {
        test: nonempty(test),
        interval: nanos(check.interval),
        timeout: nanos(check.timeout),
        retries: check.retries,
        start_period: nanos(check.start_period),
        start_interval: nanos(check.start_interval),
    }))
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

fn extra_hosts(making: &Making<'_>) -> Vec<String> {
    let hosts = making.service.extra_hosts.iter();
    let mut hosts: Vec<String> = hosts
        .map(|host| format!("{}:{}", host.name, host.address))
        .collect();
    if alias::is_added(making.target, making.service, making.engine) {
        hosts.push(format!("{}:host-gateway", alias::NAME));
    }
    hosts
}
