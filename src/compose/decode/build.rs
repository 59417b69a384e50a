//! `build`: how a service's image is made.

use crate::compose::decode::network::extra_hosts;
use crate::compose::decode::{Decoded, Field, files, parts};
use crate::compose::model::service::Build;
use crate::compose::yaml::node::Node;

/// A folder, or a mapping.
pub(super) fn build(field: &Field, unsupported: &mut Vec<String>) -> Decoded<Build> {
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
        extra_hosts: o.or_default("extra_hosts", extra_hosts)?,
        isolation: o.text("isolation")?,
        network: o.text("network")?,
        target: o.text("target")?,
        secrets: o.list("secrets", files::file_reference)?,
        shm_size: o.bytes("shm_size")?,
        tags: o.names("tags")?,
        ulimits: o.or_default("ulimits", parts::ulimits)?,
        platforms: o.texts("platforms")?,
        privileged: o.bool("privileged")?,
    };
    if build.dockerfile.is_empty() && build.dockerfile_inline.is_empty() {
        "Dockerfile".clone_into(&mut build.dockerfile);
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
