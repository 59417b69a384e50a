//! A service's mounts in the Engine API's two forms, chosen as compose chooses: plain binds and named
//! volumes as `Binds`, everything with options as `Mounts`.

use std::collections::HashMap;

use super::fields::{map, nonempty, some};
use super::making::{Making, refused};
use crate::compose::{self, FileObject, FileReference, Project, Service};
use crate::engine::models::{
    Mount, MountBindOptions, MountBindOptionsPropagationEnum, MountTmpfsOptions, MountType,
    MountVolumeOptions,
};
use crate::error::{Error, Result};

type Both = (Option<Vec<String>>, Option<Vec<Mount>>);

/// The service's `Binds` and `Mounts`.
pub(super) fn of(making: &Making<'_>) -> Result<Both> {
    let (project, service, inherited) =
        (making.project(), making.service, making.inherited.as_ref());
    let binds_first = making.release.prefers_binds();
    let mut binds = Vec::new();
    let mut mounts: Vec<Mount> = inherited
        .map(|inherited| inherited.mounts.clone())
        .unwrap_or_default();
    for volume in &service.volumes {
        if volume.source.is_empty() && inherited.is_some_and(|old| old.covers(&volume.target)) {
            continue;
        }
        match plain(project, volume, binds_first) {
            Some(bind) => binds.push(bind),
            None => mounts.push(mount(project, service, volume)?),
        }
    }
    let configs = service
        .configs
        .iter()
        .map(|file| (file, project.configs.get(&file.source), "/", "configs"));
    let secrets = service.secrets.iter().map(|file| {
        (
            file,
            project.secrets.get(&file.source),
            "/run/secrets/",
            "secrets",
        )
    });
    for (reference, object, folder, section) in configs.chain(secrets) {
        mounts.extend(file(
            service,
            reference,
            object,
            folder,
            section,
            binds_first,
        )?);
    }
    Ok((nonempty(binds), nonempty(mounts)))
}

/// `source:target:options` where that can say it all.
fn plain(project: &Project, volume: &compose::Mount, binds_first: bool) -> Option<String> {
    let bind = volume.bind.as_ref();
    let source = match volume.kind.as_str() {
        "bind" => {
            let simple = match bind {
                None => binds_first,
                Some(options) if binds_first => {
                    options.create_host_path
                        && options.propagation.is_empty()
                        && options.recursive.is_empty()
                }
                Some(options) => options.create_host_path,
            };
            simple.then(|| volume.source.clone())?
        }
        "volume" if binds_first && !volume.source.is_empty() => {
            let simple = volume.volume.as_ref().is_none_or(|options| {
                !options.nocopy && options.subpath.is_empty() && options.labels.is_empty()
            });
            simple.then(|| project.volume_name(&volume.source))?
        }
        _ => return None,
    };
    let access = if volume.read_only { "ro" } else { "rw" };
    let more = bind.map_or([""; 2], |bind| [bind.selinux.as_str(), &bind.propagation]);
    let nocopy = volume.volume.as_ref().is_some_and(|options| options.nocopy);
    let more = more.into_iter().chain(nocopy.then_some("nocopy"));
    let more = more.filter(|option| !option.is_empty());
    let options: Vec<&str> = std::iter::once(access).chain(more).collect();
    Some(format!("{source}:{}:{}", volume.target, options.join(",")))
}

fn mount(project: &Project, service: &Service, volume: &compose::Mount) -> Result<Mount> {
    let mut mount = Mount {
        target: Some(volume.target.clone()),
        source: some(&volume.source),
        read_only: volume.read_only.then_some(true),
        consistency: some(&volume.consistency),
        ..Mount::default()
    };
    match volume.kind.as_str() {
        "bind" => {
            mount.typ = Some(MountType::BIND);
            mount.bind_options = bind_options(service, volume)?;
        }
        "volume" => {
            mount.typ = Some(MountType::VOLUME);
            mount.source = some(&volume.source).map(|key| project.volume_name(&key));
            mount.volume_options = volume.volume.as_ref().map(|options| MountVolumeOptions {
                no_copy: options.nocopy.then_some(true),
                labels: map(&options.labels),
                subpath: some(&options.subpath),
                ..MountVolumeOptions::default()
            });
        }
        "tmpfs" => {
            mount.typ = Some(MountType::TMPFS);
            mount.tmpfs_options = volume.tmpfs.as_ref().map(|options| MountTmpfsOptions {
                size_bytes: (options.size.0 != 0).then_some(options.size.0),
                mode: (options.mode != 0).then_some(options.mode.into()),
                options: None,
            });
        }
        other => {
            return Err(refused(
                service,
                &format!("volumes ({}): type", volume.target),
                other,
            ));
        }
    }
    Ok(mount)
}

fn bind_options(service: &Service, volume: &compose::Mount) -> Result<Option<MountBindOptions>> {
    let Some(options) = &volume.bind else {
        return Ok(None);
    };
    let key = |name: &str| format!("volumes ({}): bind.{name}", volume.target);
    let mut bind = MountBindOptions::default();
    match options.recursive.as_str() {
        "" | "enabled" => {}
        "disabled" => bind.non_recursive = Some(true),
        "writable" => bind.read_only_non_recursive = Some(true),
        "readonly" => bind.read_only_force_recursive = Some(true),
        other => return Err(refused(service, &key("recursive"), other)),
    }
    bind.propagation = match options.propagation.as_str() {
        "" => None,
        "private" => Some(MountBindOptionsPropagationEnum::PRIVATE),
        "rprivate" => Some(MountBindOptionsPropagationEnum::RPRIVATE),
        "shared" => Some(MountBindOptionsPropagationEnum::SHARED),
        "rshared" => Some(MountBindOptionsPropagationEnum::RSHARED),
        "slave" => Some(MountBindOptionsPropagationEnum::SLAVE),
        "rslave" => Some(MountBindOptionsPropagationEnum::RSLAVE),
        other => return Err(refused(service, &key("propagation"), other)),
    };
    if !options.selinux.is_empty() {
        // The Mounts form has no such option, so the label would be lost.
        return Err(refused(service, &key("selinux"), &options.selinux));
    }
    Ok(Some(bind))
}

/// A config or secret whose content is a file of this host. Any other content is copied into the
/// container before it is started (`inject`).
fn file(
    service: &Service,
    reference: &FileReference,
    object: Option<&FileObject>,
    folder: &str,
    section: &str,
    said: bool,
) -> Result<Option<Mount>> {
    let source = &reference.source;
    let Some(object) = object else {
        return Err(Error::usage(format!(
            "services.{}.{section} names {source:?}, which the compose file does not define",
            service.name
        )));
    };
    if object.external {
        return Err(Error::usage(format!(
            "{section}.{source} is external, which only a swarm has"
        ))
        .hint("give it `file:`, `environment:` or, for a config, `content:`"));
    }
    if object.file.is_empty() {
        return Ok(None);
    }
    Ok(Some(Mount {
        typ: Some(MountType::BIND),
        source: Some(object.file.clone()),
        target: Some(reference.path(folder)),
        read_only: Some(true),
        bind_options: (section == "secrets" && said).then(MountBindOptions::default),
        ..Mount::default()
    }))
}

/// What the engine says of a source that is not there, with the key that names it. Only the engine can
/// tell: it may run on another machine.
pub fn explained(error: Error, project: &Project, service: &Service) -> Error {
    if !error.message.contains("bind source path does not exist") {
        return error;
    }
    let names = |path: &str| !path.is_empty() && error.message.ends_with(path);
    let secrets = service
        .secrets
        .iter()
        .map(|file| (file, "secrets", &project.secrets));
    let configs = service
        .configs
        .iter()
        .map(|file| (file, "configs", &project.configs));
    let missing = secrets.chain(configs).find_map(|(file, section, objects)| {
        let path = &objects.get(&file.source)?.file;
        names(path).then_some((vec![section, &*file.source, "file"], path))
    });
    let volume = || {
        let volume = service
            .volumes
            .iter()
            .find(|volume| names(&volume.source))?;
        Some((vec!["services", &service.name, "volumes"], &volume.source))
    };
    let Some((keys, path)) = missing.or_else(volume) else {
        return error;
    };
    let mut fault = project
        .fault_under(&keys, format!("the engine's machine has no {path}"))
        .hint("create it there, or correct the path");
    fault.kind = error.kind;
    fault.caused_by(error)
}

/// `tmpfs` entries, `path[:options]`.
pub(super) fn tmpfs(service: &Service) -> Option<HashMap<String, String>> {
    let each = service.tmpfs.iter().map(|entry| {
        let (path, options) = entry.split_once(':').unwrap_or((entry, ""));
        (path.to_owned(), options.to_owned())
    });
    (!service.tmpfs.is_empty()).then(|| each.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::{LoadOptions, load};

    #[test]
    fn a_source_that_the_engine_does_not_find_is_shown_where_it_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = "\
services:
  a:
    image: x
    secrets: [key]
    volumes:
      - {type: bind, source: ./data, target: /data}
secrets:
  key:
    file: ./gone.txt
";
        std::fs::write(folder.path().join("compose.yaml"), text).expect("written");
        let options = LoadOptions {
            working_dir: folder.path().to_owned(),
            ..LoadOptions::default()
        };
        let project = load(&options).expect("valid");
        for (name, place) in [("gone.txt", ":9:5: secrets.key.file: "), ("data", ":5:5: ")] {
            let path = folder.path().join(name).display().to_string();
            let said = format!("bind source path does not exist: {path}");
            let error = explained(Error::failed(said), &project, &project.services["a"]);
            assert!(error.message.contains(place), "{error}");
            let ending = format!("the engine's machine has no {path}");
            assert!(error.message.ends_with(&ending), "{error}");
            assert_eq!(error.kind, crate::error::Kind::Failed);
            assert_eq!(error.causes().len(), 1, "what the engine said");
        }
        let other = explained(Error::failed("no space"), &project, &project.services["a"]);
        assert_eq!(other.message, "no space");
    }
}
