//! The parts of a service that have a short and a long syntax.

use std::collections::BTreeMap;

use crate::compose::decode::short;
use crate::compose::decode::{Decoded, Field, Object, last_of_each};
use crate::compose::model::service::{
    BindOptions, BlockIo, Condition, Dependency, Device, EnvFile, ExtraHost, FileReference, Mount,
    Port, ServiceNetwork, ThrottledDevice, TmpfsOptions, Ulimit, VolumeOptions, WeightedDevice,
};
use crate::compose::yaml::node::Node;
use crate::compose::yaml::path::Invalid;

pub(in crate::compose) fn depends_on(field: &Field) -> Decoded<BTreeMap<String, Dependency>> {
    if let Node::List(_) = field.node {
        let names = field.distinct()?.into_iter();
        return Ok(names.map(|name| (name, Dependency::default())).collect());
    }
    field.map(|field| {
        let o = field.object()?;
        let known = Dependency {
            condition: condition(&o.needed("condition")?)?,
            restart: o.bool("restart")?,
            required: o.option("required", Field::plain_bool)?.unwrap_or(true),
        };
        refuse_unknown(&o)?;
        Ok(known)
    })
}

fn condition(field: &Field) -> Decoded<Condition> {
    let text = field.text()?;
    let found = Condition::ALL
        .into_iter()
        .find(|condition| condition.as_str() == text);
    found.ok_or_else(|| {
        let all = Condition::ALL.map(Condition::as_str).join(", ");
        field.invalid(format!("must be one of {all}, not `{text}`"))
    })
}

/// For small mappings whose keys are all implemented: anything else is a mistake.
pub(super) fn refuse_unknown(object: &Object) -> Decoded<()> {
    let unknown = object.unknown()?;
    let Some(path) = unknown.first() else {
        return Ok(());
    };
    let above = format!("{}.", object.path);
    let key = path.strip_prefix(&above).unwrap_or(path);
    Err(Invalid::new(
        &object.path.key(key),
        "compose knows no such key here",
    ))
}

pub(in crate::compose) fn env_files(field: &Field) -> Decoded<Vec<EnvFile>> {
    if let Node::List(_) = field.node {
        let files = field.list(env_file)?;
        return Ok(last_of_each(files, |file| file.path.clone()));
    }
    field.text()?; // a mapping is only so in a list
    Ok(vec![env_file(field)?])
}

fn env_file(field: &Field) -> Decoded<EnvFile> {
    if let Node::Text(path) = field.node {
        return Ok(EnvFile {
            path: path.into(),
            required: true,
            raw: false,
            named: field.path.clone(),
        });
    }
    let o = field.object()?;
    let format = o.text("format")?;
    if !matches!(format.as_str(), "" | "raw") {
        return Err(field.invalid(format!("format must be raw or absent, not `{format}`")));
    }
    let file = EnvFile {
        path: o.text("path")?.into(),
        required: o.option("required", Field::bool)?.unwrap_or(true),
        raw: format == "raw",
        named: field.path.clone(),
    };
    refuse_unknown(&o)?;
    Ok(file)
}

pub(in crate::compose) fn extra_hosts(field: &Field) -> Decoded<Vec<ExtraHost>> {
    let mut all = Vec::new();
    if let Node::Map(_) = field.node {
        for (name, addresses) in field.entries()? {
            for (path, address) in addresses.placed()? {
                // Only in a list do commas part addresses.
                let host = short::extra_host(name, &address);
                all.push(host.map_err(|reason| Invalid::new(&path, reason))?);
            }
        }
    } else {
        field.distinct()?;
        for (path, text) in field.placed()? {
            let found = short::extra_hosts(&text).map_err(|reason| Invalid::new(&path, reason))?;
            all.extend(found);
        }
    }
    // By the whole text, as compose has it: `db-1=…` stands before `db=…`.
    all.sort_by_cached_key(|host| format!("{}={}", host.name, host.address));
    Ok(all)
}

pub(in crate::compose) fn devices(field: &Field) -> Decoded<Vec<Device>> {
    Ok(last_of_each(field.list(device)?, |device| {
        device.target.clone()
    }))
}

fn device(field: &Field) -> Decoded<Device> {
    if let Node::Text(text) = field.node {
        return short::device(text).map_err(|reason| field.invalid(reason));
    }
    let o = field.object()?;
    let source = o.text("source")?;
    let device = Device {
        target: o
            .option("target", Field::text)?
            .unwrap_or_else(|| source.clone()),
        permissions: o
            .option("permissions", Field::text)?
            .unwrap_or_else(|| "rwm".to_owned()),
        source,
    };
    refuse_unknown(&o)?;
    Ok(device)
}

pub(in crate::compose) fn expose(field: &Field) -> Decoded<Vec<String>> {
    Ok(last_of_each(
        field.list(Field::text_or_number)?,
        String::clone,
    ))
}

/// Names or numbers of groups, none of them twice.
pub(in crate::compose) fn group_add(field: &Field) -> Decoded<Vec<String>> {
    let groups = field.list(Field::text_or_number)?;
    let twice = |index: &usize| groups[..*index].contains(&groups[*index]);
    match (0..groups.len()).find(twice) {
        Some(index) => Err(field.index_fault(index, format!("`{}` is there twice", groups[index]))),
        None => Ok(groups),
    }
}

pub(in crate::compose) fn block_io(field: &Field) -> Decoded<BlockIo> {
    let o = field.object()?;
    let block_io = BlockIo {
        weight: o.or_default("weight", weight)?,
        weight_device: o.list("weight_device", |field| {
            let o = field.object()?;
            Ok(WeightedDevice {
                path: o.text("path")?,
                weight: o.or_default("weight", weight)?,
            })
        })?,
        device_read_bps: o.list("device_read_bps", throttled)?,
        device_read_iops: o.list("device_read_iops", throttled)?,
        device_write_bps: o.list("device_write_bps", throttled)?,
        device_write_iops: o.list("device_write_iops", throttled)?,
    };
    refuse_unknown(&o)?;
    Ok(block_io)
}

fn weight(field: &Field) -> Decoded<u16> {
    u16::try_from(field.int()?).map_err(|_| field.invalid("must be a weight, 10 to 1000"))
}

fn throttled(field: &Field) -> Decoded<ThrottledDevice> {
    let o = field.object()?;
    Ok(ThrottledDevice {
        path: o.text("path")?,
        rate: o.bytes("rate")?,
    })
}

pub(in crate::compose) fn ports(field: &Field) -> Decoded<Vec<Port>> {
    let mut ports = Vec::new();
    for item in field.items()? {
        if let Node::Map(_) = item.node {
            ports.push(port(&item)?);
        } else {
            let text = item.scalar()?;
            ports.extend(short::ports(&text).map_err(|reason| item.invalid(reason))?);
        }
    }
    Ok(last_of_each(ports, |port| {
        let address = port.host_ip.clone().unwrap_or_else(|| "0.0.0.0".to_owned());
        (
            address,
            port.published.clone(),
            port.target,
            port.protocol.clone(),
        )
    }))
}

fn port(field: &Field) -> Decoded<Port> {
    let o = field.object()?;
    let target = o
        .get("target")
        .ok_or_else(|| field.invalid("has no target"))?;
    let number = u16::try_from(target.int()?).ok().filter(|port| *port > 0);
    let port = Port {
        name: o.text("name")?,
        mode: o
            .option("mode", Field::text)?
            .unwrap_or_else(|| "ingress".to_owned()),
        host_ip: o.option("host_ip", Field::text)?,
        target: number
            .ok_or_else(|| target.invalid("must be a port, 1 to 65535"))?
            .into(),
        published: o
            .option("published", Field::scalar)?
            .filter(|text| !text.is_empty()),
        protocol: o
            .option("protocol", Field::text)?
            .unwrap_or_else(|| "tcp".to_owned()),
        app_protocol: o.text("app_protocol")?,
    };
    refuse_unknown(&o)?;
    Ok(port)
}

pub(in crate::compose) fn networks(
    field: &Field,
    unsupported: &mut Vec<String>,
) -> Decoded<BTreeMap<String, Option<ServiceNetwork>>> {
    if let Node::List(_) = field.node {
        return Ok(field
            .distinct()?
            .into_iter()
            .map(|key| (key, None))
            .collect());
    }
    let mut networks = BTreeMap::new();
    for (key, field) in field.entries()? {
        let network = match field.node {
            Node::Null => None,
            _ => Some(network(&field, unsupported)?),
        };
        networks.insert(key.to_owned(), network);
    }
    Ok(networks)
}

fn network(field: &Field, unsupported: &mut Vec<String>) -> Decoded<ServiceNetwork> {
    let o = field.object()?;
    let network = ServiceNetwork {
        aliases: o.names("aliases")?,
        driver_opts: o.settings("driver_opts")?,
        gw_priority: o.int("gw_priority")?,
        interface_name: o.text("interface_name")?,
        ipv4_address: o.text("ipv4_address")?,
        ipv6_address: o.text("ipv6_address")?,
        link_local_ips: o.names("link_local_ips")?,
        mac_address: o.text("mac_address")?,
        priority: o.int("priority")?,
    };
    unsupported.extend(o.unknown()?);
    Ok(network)
}

pub(in crate::compose) fn ulimits(field: &Field) -> Decoded<BTreeMap<String, Ulimit>> {
    field.map(|field| match field.node {
        Node::Map(_) => {
            let o = field.object()?;
            let limit = |key| {
                o.option(key, Field::int)?
                    .ok_or_else(|| field.invalid("takes soft and hard"))
            };
            Ok(Ulimit::Range {
                soft: limit("soft")?,
                hard: limit("hard")?,
            })
        }
        _ => field.int().map(|limit| match limit {
            // As compose shows and hashes it.
            0 => Ulimit::Range { soft: 0, hard: 0 },
            limit => Ulimit::Single(limit),
        }),
    })
}

/// Configs, which are found at `/<source>` where nothing else is said.
pub(in crate::compose) fn configs(field: &Field) -> Decoded<Vec<FileReference>> {
    Ok(last_of_each(
        field.list(file_reference)?,
        |config| match config.target.as_str() {
            "" => format!("/{}", config.source),
            target => target.to_owned(),
        },
    ))
}

pub(super) fn file_reference(field: &Field) -> Decoded<FileReference> {
    if let Node::Text(source) = field.node {
        return Ok(FileReference {
            source: source.clone(),
            ..FileReference::default()
        });
    }
    let o = field.object()?;
    let reference = FileReference {
        source: o.text("source")?,
        target: o.text("target")?,
        uid: o.text("uid")?,
        gid: o.text("gid")?,
        mode: o
            .option("mode", file_mode)?
            .map(|mode| format!("0{mode:o}")),
    };
    refuse_unknown(&o)?;
    Ok(reference)
}

pub(in crate::compose) fn secrets(field: &Field) -> Decoded<Vec<FileReference>> {
    Ok(last_of_each(field.list(secret)?, |secret| {
        secret.target.clone()
    }))
}

/// A secret, which is found at `/run/secrets/<source>` where nothing else is said.
fn secret(field: &Field) -> Decoded<FileReference> {
    let mut secret = file_reference(field)?;
    if secret.target.is_empty() {
        secret.target = format!("/run/secrets/{}", secret.source);
    }
    Ok(secret)
}

/// A file mode: a number, or octal text.
fn file_mode(field: &Field) -> Decoded<u32> {
    let mode = match field.node {
        Node::Text(text) => u32::from_str_radix(text, 8).ok(),
        _ => u32::try_from(field.int()?).ok(),
    };
    mode.ok_or_else(|| field.invalid("must be a file mode such as 0440"))
}

pub(in crate::compose) fn mounts(
    field: &Field,
    unsupported: &mut Vec<String>,
) -> Decoded<Vec<Mount>> {
    let mut mounts = Vec::new();
    for item in field.items()? {
        mounts.push(match item.node {
            Node::Map(_) => mount(&item, unsupported)?,
            _ => short::mount(&item.text()?).map_err(|reason| item.invalid(reason))?,
        });
    }
    for mount in &mut mounts {
        mount.target = clean(&mount.target);
    }
    Ok(last_of_each(mounts, |mount| mount.target.clone()))
}

/// The path without `.`, `..` and doubled or trailing slashes, as Go's `path.Clean` has it.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let absolute = path.starts_with('/');
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if absolute => {}
            part => parts.push(part),
        }
    }
    match (absolute, parts.join("/")) {
        (true, path) => format!("/{path}"),
        (false, path) if path.is_empty() => ".".to_owned(),
        (false, path) => path,
    }
}

const MOUNT_KINDS: [&str; 4] = ["bind", "volume", "tmpfs", "image"];

fn mount(field: &Field, unsupported: &mut Vec<String>) -> Decoded<Mount> {
    let o = field.object()?;
    let kind = o.text("type")?;
    if !MOUNT_KINDS.contains(&kind.as_str()) {
        let all = MOUNT_KINDS.join(", ");
        return Err(field.invalid(format!("type must be one of {all}, not `{kind}`")));
    }
    if kind == "image" {
        unsupported.push(field.path.key("type").to_string());
    }
    let mount = Mount {
        kind,
        source: o.text("source")?,
        target: o.text("target")?,
        read_only: o.bool("read_only")?,
        consistency: o.text("consistency")?,
        bind: o.option("bind", |field| bind_options(field, unsupported))?,
        volume: o.option("volume", |field| volume_options(field, unsupported))?,
        tmpfs: o.option("tmpfs", |field| tmpfs_options(field, unsupported))?,
    };
    unsupported.extend(o.unknown()?);
    if mount.target.is_empty() {
        return Err(field.invalid("has no target"));
    }
    if mount.kind == "bind" && mount.source.is_empty() {
        return Err(field.invalid("a bind needs a source"));
    }
    Ok(mount)
}

fn bind_options(field: &Field, unsupported: &mut Vec<String>) -> Decoded<BindOptions> {
    let o = field.object()?;
    let options = BindOptions {
        selinux: o.text("selinux")?,
        propagation: o.text("propagation")?,
        // Not true by default here, unlike in the short syntax; compose 5 differs.
        create_host_path: o.bool("create_host_path")?,
        recursive: o.text("recursive")?,
    };
    unsupported.extend(o.unknown()?);
    Ok(options)
}

fn volume_options(field: &Field, unsupported: &mut Vec<String>) -> Decoded<VolumeOptions> {
    let o = field.object()?;
    let options = VolumeOptions {
        labels: o.labels("labels")?,
        nocopy: o.bool("nocopy")?,
        subpath: o.text("subpath")?,
    };
    unsupported.extend(o.unknown()?);
    Ok(options)
}

fn tmpfs_options(field: &Field, unsupported: &mut Vec<String>) -> Decoded<TmpfsOptions> {
    let o = field.object()?;
    let options = TmpfsOptions {
        size: o.bytes("size")?,
        mode: o.or_default("mode", file_mode)?,
    };
    unsupported.extend(o.unknown()?);
    Ok(options)
}
