//! A service's node as a typed [`Service`]. A table, field by field; what is not in it ends up in
//! `unsupported`.

use std::collections::BTreeMap;

use crate::compose::decode::process::{argv, develop, healthcheck, hook};
use crate::compose::decode::{Decoded, Field, build, deploy, files, mounts, network, parts};
use crate::compose::model::service::{Logging, Service};
use crate::compose::yaml::node::Node;

/// Decodes `services.<name>`; adds to `warnings` what is read and without effect.
pub(in crate::compose) fn service(
    name: &str,
    field: &Field,
    warnings: &mut Vec<String>,
) -> Decoded<Service> {
    let o = field.object()?;
    let mut unsupported = Vec::new();
    let mut service = Service {
        name: name.to_owned(),
        profiles: o.names("profiles")?,
        annotations: o.labels("annotations")?,
        attach: o.option("attach", Field::bool)?,
        build: o.option("build", |field| build::build(field, &mut unsupported))?,
        develop: o.option("develop", |field| develop(field, warnings))?,
        blkio_config: o.option("blkio_config", parts::block_io)?,
        cap_add: o.names("cap_add")?,
        cap_drop: o.names("cap_drop")?,
        cgroup_parent: o.text("cgroup_parent")?,
        cgroup: o.word("cgroup", &["host", "private"])?,
        cpu_count: o.or_default("cpu_count", Field::natural)?,
        cpu_percent: o.or_default("cpu_percent", percent)?,
        cpu_period: o.truncated("cpu_period")?,
        cpu_quota: o.truncated("cpu_quota")?,
        cpu_rt_period: o.truncated("cpu_rt_period")?,
        cpu_rt_runtime: o.truncated("cpu_rt_runtime")?,
        cpus: o.float("cpus")?,
        cpuset: o.text("cpuset")?,
        cpu_shares: o.truncated("cpu_shares")?,
        command: o.or_default("command", argv)?,
        configs: o.or_default("configs", files::configs)?,
        container_name: o.or_default("container_name", container_name)?,
        depends_on: o.or_default("depends_on", parts::depends_on)?,
        absent: BTreeMap::new(),
        deploy: o.option("deploy", |field| {
            deploy::deploy(field, &mut unsupported, warnings)
        })?,
        device_cgroup_rules: o.distinct("device_cgroup_rules")?,
        devices: o.or_default("devices", parts::devices)?,
        dns: o.or_default("dns", dns)?,
        dns_opt: o.names("dns_opt")?,
        dns_search: o.one_or_more("dns_search")?,
        domainname: o.text("domainname")?,
        entrypoint: o.or_default("entrypoint", argv)?,
        environment: o.or_default("environment", environment)?,
        env_file: o.or_default("env_file", parts::env_files)?,
        expose: o.or_default("expose", network::expose)?,
        external_links: o.distinct("external_links")?,
        extra_hosts: o.or_default("extra_hosts", network::extra_hosts)?,
        group_add: o.or_default("group_add", parts::group_add)?,
        gpus: o.or_default("gpus", deploy::gpus)?,
        hostname: o.text("hostname")?,
        healthcheck: o.option("healthcheck", |field| healthcheck(field, &mut unsupported))?,
        image: o.text("image")?,
        init: o.option("init", Field::bool)?,
        ipc: o.text("ipc")?,
        isolation: o.text("isolation")?,
        labels: o.labels("labels")?,
        label_file: o.one_or_more("label_file")?,
        links: o.names("links")?,
        logging: o.option("logging", |field| logging(field, &mut unsupported))?,
        mem_limit: o.bytes("mem_limit")?,
        mem_reservation: o.bytes("mem_reservation")?,
        memswap_limit: o.bytes("memswap_limit")?,
        mem_swappiness: o.bytes("mem_swappiness")?,
        mac_address: o.text("mac_address")?,
        network_mode: o.text("network_mode")?,
        networks: network::of_service(&o, &mut unsupported)?,
        oom_kill_disable: o.bool("oom_kill_disable")?,
        oom_score_adj: o.or_default("oom_score_adj", oom_score_adj)?,
        pid: o.text("pid")?,
        pids_limit: o.truncated("pids_limit")?,
        platform: o.text("platform")?,
        ports: o.or_default("ports", network::ports)?,
        privileged: o.bool("privileged")?,
        pull_policy: o.or_default("pull_policy", pull_policy)?,
        read_only: o.bool("read_only")?,
        restart: o.or_default("restart", restart)?,
        runtime: o.text("runtime")?,
        scale: o.option("scale", Field::natural)?,
        secrets: o.or_default("secrets", files::secrets)?,
        security_opt: o.distinct("security_opt")?,
        shm_size: o.bytes("shm_size")?,
        stdin_open: o.bool("stdin_open")?,
        stop_grace_period: o.option("stop_grace_period", Field::interval)?,
        stop_signal: o.text("stop_signal")?,
        storage_opt: o.or_default("storage_opt", storage_opt)?,
        sysctls: o.labels("sysctls")?,
        tmpfs: o.one_or_more("tmpfs")?,
        tty: o.bool("tty")?,
        ulimits: o.or_default("ulimits", parts::ulimits)?,
        user: o.text("user")?,
        userns_mode: o.text("userns_mode")?,
        uts: o.text("uts")?,
        volumes: o.or_default("volumes", |field| mounts::mounts(field, &mut unsupported))?,
        volumes_from: o.distinct("volumes_from")?,
        working_dir: o.text("working_dir")?,
        post_start: o.list("post_start", hook)?,
        pre_stop: o.list("pre_stop", hook)?,
        unsupported: Vec::new(),
        unreadable: None,
    };
    unsupported.extend(o.unknown()?);
    service.unsupported = unsupported;
    Ok(service)
}

/// A whole number from 0 to 100, which compose keeps as a float32.
fn percent(field: &Field) -> Decoded<f32> {
    match u8::try_from(field.int()?) {
        Ok(percent @ ..=100) => Ok(percent.into()),
        _ => Err(field.invalid("must be a percentage, 0 to 100")),
    }
}

/// Strings and numbers; nothing stands for an empty string.
fn storage_opt(field: &Field) -> Decoded<BTreeMap<String, String>> {
    field.map(|field| match field.node {
        Node::Null => Ok(String::new()),
        _ => field.text_or_number(),
    })
}

/// The kernel's range.
fn oom_score_adj(field: &Field) -> Decoded<i64> {
    match field.int()? {
        score @ -1000..=1000 => Ok(score),
        _ => Err(field.invalid("must be a number from -1000 to 1000")),
    }
}

/// One text that variables leave empty stands for none.
fn dns(field: &Field) -> Decoded<Vec<String>> {
    match field.node {
        Node::Text(text) if text.is_empty() => Ok(Vec::new()),
        _ => field.one_or_more(),
    }
}

/// `if_not_present` is an old name of `missing`.
fn pull_policy(field: &Field) -> Decoded<String> {
    let policy = field.text()?;
    let units = ['w', 'd', 'h', 'm', 's'];
    let is_interval = |text: &str| {
        !text.is_empty()
            && text.split_inclusive(units).all(|part| {
                let number = part.strip_suffix(units).unwrap_or_default();
                !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
            })
    };
    match policy.as_str() {
        "if_not_present" => Ok("missing".to_owned()),
        "always" | "never" | "build" | "missing" | "refresh" | "daily" | "weekly" => Ok(policy),
        every if every.strip_prefix("every_").is_some_and(is_interval) => Ok(policy),
        _ => Err(field.invalid(format!(
            "must be always, missing, never, build, daily, weekly or every_ with a time such as every_12h, not `{policy}`"
        ))),
    }
}

/// The engine's rule for names.
fn container_name(field: &Field) -> Decoded<String> {
    let name = field.text()?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    if name.len() > 1 && !name.starts_with(['_', '.', '-']) && name.chars().all(allowed) {
        return Ok(name);
    }
    Err(field.invalid(format!(
        "`{name}` is no container name: at least two letters, digits, `_`, `.` or `-`, the first a letter or digit"
    )))
}

/// A space before the `=` would be part of the name.
fn environment(field: &Field) -> Decoded<BTreeMap<String, Option<String>>> {
    let variables = field.pairs()?;
    match variables.keys().find(|name| name.ends_with(' ')) {
        Some(name) => Err(field.invalid(format!(
            "the name `{name}` ends with a space; write {}=value",
            name.trim_end()
        ))),
        None => Ok(variables),
    }
}

fn restart(field: &Field) -> Decoded<String> {
    let text = field.text()?;
    let retries = text.strip_prefix("on-failure:").map(str::parse::<u32>);
    let fixed = ["", "no", "always", "on-failure", "unless-stopped"].contains(&text.as_str());
    if fixed || matches!(retries, Some(Ok(_))) {
        return Ok(text);
    }
    Err(field.invalid(format!(
        "must be no, always, unless-stopped, on-failure or on-failure:N, not `{text}`"
    )))
}

fn logging(field: &Field, unsupported: &mut Vec<String>) -> Decoded<Logging> {
    let o = field.object()?;
    let logging = Logging {
        driver: o.text("driver")?,
        options: o.or_default("options", |field| {
            field.map(|field| match field.node {
                Node::Null => Ok(String::new()),
                _ => field.text_or_number(),
            })
        })?,
    };
    unsupported.extend(o.unknown()?);
    Ok(logging)
}
