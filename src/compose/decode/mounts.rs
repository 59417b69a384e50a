//! `volumes` of a service.

use crate::compose::decode::{Decoded, Field, last_of_each, short};
use crate::compose::model::service::{BindOptions, Mount, TmpfsOptions, VolumeOptions};
use crate::compose::yaml::node::Node;

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

/// Unlike other modes, a number only.
fn tmpfs_mode(field: &Field) -> Decoded<u32> {
    u32::try_from(field.number()?).map_err(|_| field.invalid("must be a file mode such as 01777"))
}

fn tmpfs_options(field: &Field, unsupported: &mut Vec<String>) -> Decoded<TmpfsOptions> {
    let o = field.object()?;
    let options = TmpfsOptions {
        size: o.or_default("size", Field::room)?,
        mode: o.or_default("mode", tmpfs_mode)?,
    };
    unsupported.extend(o.unknown()?);
    Ok(options)
}
