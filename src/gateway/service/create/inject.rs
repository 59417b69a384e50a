//! Configs and secrets whose content is not a file of this host: copied into the container before it is
//! started, as compose does.

use crate::compose::{FileReference, Project, Service};
use crate::engine::Engine;
use crate::error::{Context, Error, Kind, Result};

/// Everybody may read it where nothing else is said.
const MODE: u32 = 0o444;

/// Where secrets are found.
const SECRETS: &str = "/run/secrets/";

/// Copies what the service needs into its container.
pub async fn files(
    engine: &Engine,
    project: &Project,
    service: &Service,
    container: &str,
) -> Result<()> {
    for (reference, folder, content) in contents(project, service)? {
        let archive = archive(reference, &reference.path(folder), content.as_bytes())?;
        let owned = !reference.uid.is_empty() || !reference.gid.is_empty();
        engine.upload(container, archive, owned).await?;
    }
    Ok(())
}

/// Fails where the content is a variable that is not set.
pub fn check(project: &Project, service: &Service) -> Result<()> {
    contents(project, service).map(drop)
}

type Content<'a> = (&'a FileReference, &'static str, &'a str);

/// What is to be copied, with the folder of a target that is only a name.
fn contents<'a>(project: &'a Project, service: &'a Service) -> Result<Vec<Content<'a>>> {
    let secrets = service.secrets.iter();
    let secrets = secrets.map(|reference| (reference, SECRETS, &project.secrets));
    let configs = service.configs.iter();
    let configs = configs.map(|reference| (reference, "/", &project.configs));
    let mut all = Vec::new();
    for (reference, folder, objects) in secrets.chain(configs) {
        let Some(object) = objects.get(&reference.source) else {
            continue; // refused with the mounts
        };
        let content = if object.environment.is_empty() {
            object.content.as_str()
        } else {
            let value = project.environment.get(&object.environment);
            value.ok_or_else(|| unset(service, reference, &object.environment))?
        };
        if !content.is_empty() || !object.environment.is_empty() {
            all.push((reference, folder, content));
        }
    }
    Ok(all)
}

/// The error for a variable that should hold what a service needs.
pub fn unset(service: &Service, reference: &FileReference, variable: &str) -> Error {
    Error::usage(format!(
        "service {} needs {:?}, whose content is the variable {variable}, which is not set",
        service.name, reference.source
    ))
    .hint(format!("export {variable}=…, or write it into .env"))
}

fn archive(reference: &FileReference, path: &str, content: &[u8]) -> Result<Vec<u8>> {
    let number = |text: &str| match text {
        "" => Ok(0),
        text => text.parse().map_err(|_| {
            let source = &reference.source;
            Error::usage(format!(
                "{source}: uid and gid must be numbers, not {text:?}"
            ))
        }),
    };
    let mode = reference.mode.as_deref();
    let mode = mode.and_then(|mode| u32::from_str_radix(mode, 8).ok());
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(mode.unwrap_or(MODE));
    header.set_uid(number(&reference.uid)?);
    header.set_gid(number(&reference.gid)?);
    header.set_mtime(chrono::Utc::now().timestamp().unsigned_abs());
    let mut archive = tar::Builder::new(Vec::new());
    let packed = archive
        .append_data(&mut header, path.trim_start_matches('/'), content)
        .and_then(|()| archive.into_inner());
    packed.context(Kind::Failed, || format!("{path} cannot be packed"))
}
