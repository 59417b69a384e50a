//! The configs and secrets that a service, or its build, is given.

use crate::compose::decode::parts::refuse_unknown;
use crate::compose::decode::{Decoded, Field, last_of_each};
use crate::compose::model::service::FileReference;
use crate::compose::yaml::node::Node;

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
pub(super) fn file_mode(field: &Field) -> Decoded<u32> {
    let mode = match field.node {
        Node::Text(text) => u32::from_str_radix(text, 8).ok(),
        _ => u32::try_from(field.integer()?).ok(),
    };
    mode.ok_or_else(|| field.invalid("must be a file mode such as 0440"))
}
