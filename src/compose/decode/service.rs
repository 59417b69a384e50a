//! A service's node as a typed [`Service`]. A table, field by field; what is not in it ends up in
//! `unsupported`.

use super::deploy;
use super::parts;
use std::collections::BTreeMap;

use crate::compose::decode::words;
use crate::compose::decode::{Decoded, Field, Object};
use crate::compose::model::service::{
    Build, Develop, Healthcheck, Hook, Logging, Service, Trigger,
};
use crate::compose::model::units::Argv;
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
        build: o.option("build", |field| build(field, &mut unsupported))?,
        develop: o.option("develop", |field| develop(field, warnings))?,
        blkio_config: o.option("blkio_config", parts::block_io)?,
        cap_add: o.names("cap_add")?,
        cap_drop: o.names("cap_drop")?,
        cgroup_parent: o.text("cgroup_parent")?,
        cgroup: o.word("cgroup", &["host", "private"])?,
        cpu_count: o.int("cpu_count")?,
        cpu_percent: o.float("cpu_percent")?,
        cpu_period: o.int("cpu_period")?,
        cpu_quota: o.int("cpu_quota")?,
        cpu_rt_period: o.int("cpu_rt_period")?,
        cpu_rt_runtime: o.int("cpu_rt_runtime")?,
        cpus: o.float("cpus")?,
        cpuset: o.text("cpuset")?,
        cpu_shares: o.int("cpu_shares")?,
        command: o.or_default("command", argv)?,
        configs: o.or_default("configs", parts::configs)?,
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
        expose: o.or_default("expose", parts::expose)?,
        external_links: o.distinct("external_links")?,
        extra_hosts: o.or_default("extra_hosts", parts::extra_hosts)?,
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
        networks: o.or_default("networks", |field| parts::networks(field, &mut unsupported))?,
        oom_kill_disable: o.bool("oom_kill_disable")?,
        oom_score_adj: o.int("oom_score_adj")?,
        pid: o.text("pid")?,
        pids_limit: o.int("pids_limit")?,
        platform: o.text("platform")?,
        ports: o.or_default("ports", parts::ports)?,
        privileged: o.bool("privileged")?,
        pull_policy: o.or_default("pull_policy", pull_policy)?,
        read_only: o.bool("read_only")?,
        restart: o.or_default("restart", restart)?,
        runtime: o.text("runtime")?,
        scale: o.option("scale", Field::int)?,
        secrets: o.or_default("secrets", parts::secrets)?,
        security_opt: o.distinct("security_opt")?,
        shm_size: o.bytes("shm_size")?,
        stdin_open: o.bool("stdin_open")?,
        stop_grace_period: o.option("stop_grace_period", Field::interval)?,
        stop_signal: o.text("stop_signal")?,
        storage_opt: o.labels("storage_opt")?,
        sysctls: o.labels("sysctls")?,
        tmpfs: o.one_or_more("tmpfs")?,
        tty: o.bool("tty")?,
        ulimits: o.or_default("ulimits", parts::ulimits)?,
        user: o.text("user")?,
        userns_mode: o.text("userns_mode")?,
        uts: o.text("uts")?,
        volumes: o.or_default("volumes", |field| parts::mounts(field, &mut unsupported))?,
        volumes_from: o.distinct("volumes_from")?,
        working_dir: o.text("working_dir")?,
        post_start: o.list("post_start", hook)?,
        pre_stop: o.list("pre_stop", hook)?,
        unsupported: Vec::new(),
        unreadable: None,
    };
    unsupported.extend(o.unknown()?);
    service.unsupported = unsupported;
    check(&service, &o)?;
    Ok(service)
}

/// What compose refuses although each value alone is allowed.
fn check(service: &Service, object: &Object) -> Decoded<()> {
    let field = |key| object.get(key);
    if let Some(networks) = field("networks").filter(|_| !service.network_mode.is_empty()) {
        return Err(networks.invalid("networks and network_mode exclude each other"));
    }
    if service.image.is_empty() && service.build.is_none() && service.unsupported.is_empty() {
        if let Some(image) = field("image") {
            return Err(image.invalid("is empty; are its variables set?"));
        }
        let reason = "has neither an image nor a build; add `image:` or `build:`";
        return Err(crate::compose::yaml::path::Invalid::new(
            &object.path,
            reason,
        ));
    }
    check_deploy(service, object)?;
    let platforms = service
        .build
        .as_ref()
        .map_or(&[][..], |build| &build.platforms);
    if let Some(platform) = field("platform")
        && !platforms.is_empty()
        && !platforms.contains(&service.platform)
    {
        return Err(platform.invalid("is not among build.platforms"));
    }
    if let (Some(container_name), Some(2..)) = (field("container_name"), service.scale) {
        return Err(container_name.invalid("a fixed name and a scale above 1 exclude each other"));
    }
    Ok(())
}

/// What `deploy` says again must be the same.
fn check_deploy(service: &Service, object: &Object) -> Decoded<()> {
    let Some(deploy) = &service.deploy else {
        return Ok(());
    };
    // Where there are limits at all, none of a kind is 0, which differs too.
    let limits = deploy.resources.limits.as_ref();
    let reserved = deploy.resources.reservations.as_ref();
    let distinct =
        |one: i64, other: Option<i64>| one != 0 && other.is_some_and(|other| other != one);
    let apart = |other: f32| service.cpus > 0.0 && (service.cpus - other).abs() > 1e-6;
    let pairs = [
        (
            "cpus",
            "limits.cpus",
            limits.is_some_and(|limits| apart(limits.cpus)),
        ),
        (
            "mem_limit",
            "limits.memory",
            distinct(service.mem_limit.0, limits.map(|limits| limits.memory.0)),
        ),
        (
            "mem_reservation",
            "reservations.memory",
            distinct(
                service.mem_reservation.0,
                reserved.map(|reserved| reserved.memory.0),
            ),
        ),
        (
            "pids_limit",
            "limits.pids",
            distinct(service.pids_limit, limits.map(|limits| limits.pids)),
        ),
    ];
    for (key, other, distinct) in pairs {
        if let Some(field) = object.get(key).filter(|_| distinct) {
            return Err(field.invalid(format!("differs from deploy.resources.{other}")));
        }
    }
    match (object.get("scale"), service.scale, deploy.replicas) {
        (Some(field), Some(scale), Some(replicas)) if scale != replicas => {
            Err(field.invalid("differs from deploy.replicas"))
        }
        _ => Ok(()),
    }
}

/// One text that variables leave empty stands for none.
fn dns(field: &Field) -> Decoded<Vec<String>> {
    match field.node {
        Node::Text(text) if text.is_empty() => Ok(Vec::new()),
        _ => field.one_or_more(),
    }
}

/// A command line or a list of words.
fn argv(field: &Field) -> Decoded<Argv> {
    let words = match field.node {
        Node::List(_) => field.texts()?,
        _ => words::split(&field.text()?).map_err(|reason| field.invalid(reason))?,
    };
    Ok(Argv(Some(words)))
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

fn healthcheck(field: &Field, unsupported: &mut Vec<String>) -> Decoded<Healthcheck> {
    let o = field.object()?;
    let healthcheck = Healthcheck {
        test: o.or_default("test", healthcheck_test)?,
        timeout: o.option("timeout", Field::interval)?,
        interval: o.option("interval", Field::interval)?,
        retries: o.option("retries", |field| match field.int()? {
            ..0 => Err(field.invalid("must not be negative")),
            retries => Ok(retries),
        })?,
        start_period: o.option("start_period", Field::interval)?,
        start_interval: o.option("start_interval", Field::interval)?,
        disable: o.bool("disable")?,
    };
    unsupported.extend(o.unknown()?);
    Ok(healthcheck)
}

fn healthcheck_test(field: &Field) -> Decoded<Vec<String>> {
    let Node::List(_) = field.node else {
        return Ok(vec!["CMD-SHELL".to_owned(), field.text()?]);
    };
    let test = field.texts()?;
    match test.first().map(String::as_str) {
        None | Some("NONE" | "CMD" | "CMD-SHELL") => Ok(test),
        Some(first) => Err(field.index_fault(
            0,
            format!("a list must begin with NONE, CMD or CMD-SHELL, not `{first}`"),
        )),
    }
}

/// What only `docker compose watch` does.
fn develop(field: &Field, warnings: &mut Vec<String>) -> Decoded<Develop> {
    warnings.push(format!("{} has no effect with ollamactl", field.path));
    let o = field.object()?;
    let develop = Develop {
        watch: o.list("watch", trigger)?,
    };
    parts::refuse_unknown(&o)?;
    Ok(develop)
}

/// What `docker compose watch` can do.
const ACTIONS: [&str; 5] = ["rebuild", "sync", "restart", "sync+restart", "sync+exec"];

fn trigger(field: &Field) -> Decoded<Trigger> {
    let o = field.object()?;
    let trigger = Trigger {
        path: o.needed("path")?.text()?,
        action: o
            .needed("action")
            .and_then(|_| o.word("action", &ACTIONS))?,
        target: o.text("target")?,
        exec: o.or_default("exec", hook)?,
        include: o.one_or_more("include")?,
        ignore: o.one_or_more("ignore")?,
        initial_sync: o.bool("initial_sync")?,
    };
    parts::refuse_unknown(&o)?;
    Ok(trigger)
}

/// A command that is run in the container.
fn hook(field: &Field) -> Decoded<Hook> {
    let o = field.object()?;
    let hook = Hook {
        command: o.or_default("command", argv)?,
        user: o.text("user")?,
        privileged: o.bool("privileged")?,
        working_dir: o.text("working_dir")?,
        environment: o.or_default("environment", Field::pairs)?,
    };
    parts::refuse_unknown(&o)?;
    Ok(hook)
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

fn build(field: &Field, unsupported: &mut Vec<String>) -> Decoded<Build> {
    if let Node::Text(context) = field.node {
        return Ok(Build {
            context: context.clone(),
            dockerfile: "Dockerfile".to_owned(),
            ..Build::default()
        });
    }
    let o = field.object()?;
    let mut build = Build {
        context: o.text("context")?,
        dockerfile: o.text("dockerfile")?,
        dockerfile_inline: o.text("dockerfile_inline")?,
        entitlements: o.texts("entitlements")?,
        args: o.or_default("args", Field::pairs)?,
        ssh: o.or_default("ssh", ssh)?,
        labels: o.labels("labels")?,
        cache_from: o.texts("cache_from")?,
        cache_to: o.texts("cache_to")?,
        additional_contexts: o.labels("additional_contexts")?,
        no_cache: o.bool("no_cache")?,
        pull: o.bool("pull")?,
        extra_hosts: o.or_default("extra_hosts", parts::extra_hosts)?,
        isolation: o.text("isolation")?,
        network: o.text("network")?,
        target: o.text("target")?,
        secrets: o.list("secrets", parts::file_reference)?,
        shm_size: o.bytes("shm_size")?,
        tags: o.names("tags")?,
        ulimits: o.or_default("ulimits", parts::ulimits)?,
        platforms: o.texts("platforms")?,
        privileged: o.bool("privileged")?,
    };
    if build.dockerfile.is_empty() && build.dockerfile_inline.is_empty() {
        "Dockerfile".clone_into(&mut build.dockerfile);
    } else if !build.dockerfile.is_empty() && !build.dockerfile_inline.is_empty() {
        return Err(field.invalid("dockerfile and dockerfile_inline exclude each other"));
    }
    unsupported.extend(o.unknown()?);
    Ok(build)
}

/// `[ID, ID=PATH]`, or a mapping of them; an ID alone means the agent of the environment.
fn ssh(field: &Field) -> Decoded<Vec<String>> {
    let pairs = field.pairs()?.into_iter();
    let text = |(id, path): (String, Option<String>)| match path {
        Some(path) if !path.is_empty() => format!("{id}={path}"),
        _ => id,
    };
    Ok(pairs.map(text).collect())
}
