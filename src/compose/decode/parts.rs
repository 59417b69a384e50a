//! The parts of a service that have a short and a long syntax.

use std::collections::BTreeMap;

use crate::compose::decode::short;
use crate::compose::decode::{Decoded, Field, Object, last_of_each};
use crate::compose::model::service::{
    BlockIo, Condition, Dependency, Device, EnvFile, ThrottledDevice, Ulimit, WeightedDevice,
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
        path: o.needed("path")?.text()?.into(),
        required: o.option("required", Field::bool)?.unwrap_or(true),
        raw: format == "raw",
        named: field.path.clone(),
    };
    refuse_unknown(&o)?;
    Ok(file)
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
    let device = Device {
        source: o.needed("source")?.text()?,
        target: o.needed("target")?.text()?,
        permissions: o.text("permissions")?,
    };
    refuse_unknown(&o)?;
    Ok(device)
}

/// Names or numbers of groups, none of them twice.
pub(in crate::compose) fn group_add(field: &Field) -> Decoded<Vec<String>> {
    let groups = field.list(Field::text_or_int)?;
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
    let (Node::Int(_) | Node::Float(_)) = field.node else {
        return Err(field.invalid("must be a number, without quotes"));
    };
    u16::try_from(field.int()?).map_err(|_| field.invalid("must be a weight, 10 to 1000"))
}

fn throttled(field: &Field) -> Decoded<ThrottledDevice> {
    let o = field.object()?;
    Ok(ThrottledDevice {
        path: o.text("path")?,
        rate: o.bytes("rate")?,
    })
}

pub(in crate::compose) fn ulimits(field: &Field) -> Decoded<BTreeMap<String, Ulimit>> {
    field.map(|field| match field.node {
        Node::Map(_) => {
            let o = field.object()?;
            let limit = |key| {
                o.option(key, Field::integer)?
                    .ok_or_else(|| field.invalid("takes soft and hard"))
            };
            Ok(Ulimit::Range {
                soft: limit("soft")?,
                hard: limit("hard")?,
            })
        }
        _ => field.integer().map(|limit| match limit {
            // As compose shows and hashes it.
            0 => Ulimit::Range { soft: 0, hard: 0 },
            limit => Ulimit::Single(limit),
        }),
    })
}
