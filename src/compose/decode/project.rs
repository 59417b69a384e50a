//! The top level of a merged compose file as a typed [`Project`].

use std::collections::BTreeMap;

use super::extensions;
use super::service;
use crate::compose::decode::{Decoded, Field, Object};
use crate::compose::model::{FileObject, Ipam, IpamPool, Network, Project, Volume};
use crate::compose::yaml::node::Node;
use crate::compose::yaml::path::{Invalid, Path};

/// Decodes services, networks, volumes, configs and secrets into `project`, services all enabled.
pub(in crate::compose) fn project(node: &Node, project: &mut Project) -> Decoded<()> {
    let field = Field {
        path: Path::default(),
        node,
    };
    let o = field.object()?;
    for (key, kind) in [
        ("name", "a string"),
        ("version", "a string"),
        ("services", "a mapping"),
    ] {
        if node.as_map().and_then(|top| top.get(key)) == Some(&Node::Null) {
            let path = Path::default().key(key);
            let reason =
                format!("must be {kind}, not nothing; what belongs to it is indented deeper");
            return Err(Invalid::new(&path, reason));
        }
    }
    o.option("name", Field::text)?;
    if let Some(version) = o.get("version") {
        version.text()?;
        project
            .warnings
            .push("`version` is obsolete and has no effect".to_owned());
    }
    if let Some(services) = o.get("services") {
        for (name, field) in services.entries()? {
            check_name(name, &field)?;
            let service = service::service(name, &field, &mut project.warnings)?;
            project.services.insert(name.to_owned(), service);
        }
    }
    let unsupported = &mut project.unsupported;
    project.networks = section(&o, "networks", |o| network(o, unsupported))?;
    project.volumes = section(&o, "volumes", |o| volume(o, unsupported))?;
    let (config, secret) = (["file", "environment", "content"], ["file", "environment"]);
    project.configs = section(&o, "configs", |o| file_object(o, &config, unsupported))?;
    project.secrets = section(&o, "secrets", |o| file_object(o, &secret, unsupported))?;
    // What a section means that no compose file has, nobody can say.
    let unknown = o.unknown()?;
    if let Some(key) = unknown.iter().find(|key| *key != "models") {
        return Err(Invalid::new(
            &Path::default().key(key),
            "a compose file has no such key; what is for other tools begins with `x-`",
        ));
    }
    unsupported.extend(unknown);
    project.extensions = extensions::of(node).unwrap_or_default();
    Ok(())
}

/// Names of services, networks… have letters, digits, `.`, `_` and `-`.
fn check_name(name: &str, field: &Field) -> Decoded<()> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if !name.is_empty() && name.chars().all(allowed) {
        return Ok(());
    }
    Err(field.invalid("a name may have letters, digits, `.`, `_` and `-`"))
}

/// Decodes every value of a section; nothing at all stands for the defaults of a network or volume.
fn section<T: Default>(
    object: &Object,
    section_name: &'static str,
    mut decode: impl FnMut(&Object) -> Decoded<T>,
) -> Decoded<BTreeMap<String, T>> {
    let Some(section) = object.get(section_name) else {
        return Ok(BTreeMap::new());
    };
    let mut values = BTreeMap::new();
    for (key, field) in section.entries()? {
        check_name(key, &field)?;
        let value = match field.node {
            Node::Null if matches!(section_name, "networks" | "volumes") => T::default(),
            _ => decode(&field.object()?)?,
        };
        values.insert(key.to_owned(), value);
    }
    Ok(values)
}

/// `external: true`, or the old `external: {name: …}`: whether, and the name.
fn external(object: &Object) -> Decoded<(bool, String)> {
    let name = object.text("name")?;
    match object.get("external") {
        Some(field) if field.node.as_map().is_some() => {
            let old = field.object()?.text("name")?;
            Ok((true, if name.is_empty() { old } else { name }))
        }
        Some(field) => Ok((field.bool()?, name)),
        None => Ok((false, name)),
    }
}

fn network(o: &Object, unsupported: &mut Vec<String>) -> Decoded<Network> {
    let (external, name) = external(o)?;
    let network = Network {
        name,
        driver: o.text("driver")?,
        driver_opts: o.settings("driver_opts")?,
        ipam: o.or_default("ipam", |field| ipam(field, unsupported))?,
        external,
        internal: o.bool("internal")?,
        attachable: o.bool("attachable")?,
        labels: o.labels("labels")?,
        enable_ipv4: o.option("enable_ipv4", Field::bool)?,
        enable_ipv6: o.option("enable_ipv6", Field::bool)?,
    };
    unsupported.extend(o.unknown()?);
    Ok(network)
}

fn ipam(field: &Field, unsupported: &mut Vec<String>) -> Decoded<Ipam> {
    let o = field.object()?;
    let ipam = Ipam {
        driver: o.text("driver")?,
        config: o.list("config", |field| {
            let o = field.object()?;
            Ok(IpamPool {
                subnet: o.text("subnet")?,
                gateway: o.text("gateway")?,
                ip_range: o.text("ip_range")?,
                aux_addresses: o.or_default("aux_addresses", |field| field.map(Field::text))?,
            })
        })?,
    };
    unsupported.extend(o.unknown()?);
    Ok(ipam)
}

fn volume(o: &Object, unsupported: &mut Vec<String>) -> Decoded<Volume> {
    let (external, name) = external(o)?;
    if external && let Some(field) = o.beside(&["external", "name"]) {
        return Err(field.invalid("says what an external volume is, which others decide"));
    }
    let volume = Volume {
        name,
        driver: o.text("driver")?,
        driver_opts: o.settings("driver_opts")?,
        external,
        labels: o.labels("labels")?,
    };
    unsupported.extend(o.unknown()?);
    Ok(volume)
}

/// A config or secret, whose content comes from one of these keys.
fn file_object(
    o: &Object,
    origins: &[&'static str],
    unsupported: &mut Vec<String>,
) -> Decoded<FileObject> {
    let (external, name) = external(o)?;
    let object = FileObject {
        name,
        file: o.text("file")?,
        environment: o.text("environment")?,
        content: o.text("content")?,
        external,
    };
    let said = origins.iter().filter(|key| o.get(key).is_some()).count();
    if said != 1 && !object.external {
        let only = if said > 1 { ", and no more" } else { "" };
        let reason = format!("needs one of {}{only}", origins.join(", "));
        return Err(Invalid::new(&o.path, reason));
    }
    unsupported.extend(o.unknown()?);
    Ok(object)
}
