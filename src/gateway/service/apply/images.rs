//! Images are built and pulled: from a service's `build` section to a build, refusing what is not supported.

use std::collections::HashMap;

use futures_util::future::try_join_all;

use super::super::create::inject::unset;
use super::super::plan::action::{Action, Otherwise, Plan};
use super::super::{Target, labels, own};
use crate::compose::{self, FileReference, Project, Release, Service};
use crate::engine::{BuildRequest, BuildSecret, BuildSource, Builder, Dockerfile, Engine, Proxies};
use crate::error::{Error, Result};
use crate::event::Step;

/// Builds and pulls, side by side.
pub async fn make(
    engine: &Engine,
    target: &Target<'_>,
    services: &[&Service],
    plan: &Plan,
    (release, step): (&Release, &Step),
) -> Result<()> {
    let each = plan.steps.iter().map(|planned| async move {
        step.progress(planned.to_string());
        match &planned.action {
            Action::Build { service, .. } => {
                let service = of(services, service)?;
                build(engine, target, service, (release, step)).await
            }
            Action::Pull {
                service,
                image,
                otherwise,
            } => {
                let service = of(services, service)?;
                let platform = target.project.platform(service);
                match (engine.pull(image, platform, step).await, otherwise) {
                    (Err(error), Otherwise::Build) => {
                        step.progress(format!("building {image}: {error}"));
                        build(engine, target, service, (release, step)).await
                    }
                    (Err(error), Otherwise::Keep) => {
                        step.progress(format!("keeping {image}: {error}"));
                        Ok(())
                    }
                    (pulled, _) => pulled,
                }
            }
            _ => Ok(()),
        }
    });
    try_join_all(each).await?;
    Ok(())
}

fn of<'a>(services: &[&'a Service], name: &str) -> Result<&'a Service> {
    let mut all = services.iter();
    let found = all.find(|service| service.name == name);
    found
        .copied()
        .ok_or_else(|| Error::failed("the plan names an unknown service"))
}

async fn build(
    engine: &Engine,
    target: &Target<'_>,
    service: &Service,
    (release, step): (&Release, &Step),
) -> Result<()> {
    let request = buildable(engine, target, service, release)?;
    engine.build(&request, step).await.map(drop)
}

/// Fails where the plan builds an image whose folder, Dockerfile or program is not there.
pub fn check_sources(
    engine: &Engine,
    target: &Target<'_>,
    services: &[&Service],
    plan: &Plan,
) -> Result<()> {
    for planned in &plan.steps {
        if let Action::Build { service, .. } = &planned.action {
            buildable(engine, target, of(services, service)?, &Release::default())?;
        }
    }
    Ok(())
}

/// What to build for the service, all of which is there.
pub fn buildable(
    engine: &Engine,
    target: &Target<'_>,
    service: &Service,
    release: &Release,
) -> Result<BuildRequest> {
    own::check(service)?;
    let request = request(engine, target, service, release)?;
    request.check(engine).map_err(|mut error| {
        let files = target.project.config_files.iter();
        let files: Vec<String> = files.map(|file| file.display().to_string()).collect();
        let (files, name) = (files.join(", "), &service.name);
        error.message = format!("{files}: services.{name}.build: {}", error.message);
        error
    })?;
    Ok(request)
}

/// What to build for the service.
pub fn request(
    engine: &Engine,
    target: &Target<'_>,
    service: &Service,
    release: &Release,
) -> Result<BuildRequest> {
    let missing = || Error::usage(format!("service {} has no build section", service.name));
    let build = service.build.as_ref().ok_or_else(missing)?;
    check(service, build)?;
    let choice = target.project.environment.get("DOCKER_BUILDKIT");
    let builder = engine.builder(choice.map(String::as_str));
    let own = build.labels.clone();
    let secret = |reference| secret(target.project, service, reference);
    Ok(BuildRequest {
        source: source(build),
        dockerfile: dockerfile(build),
        name: target.project.image_name(service),
        tags: build.tags.clone(),
        args: arguments(build, &engine.proxies()?),
        labels: labels::image(
            target.project,
            service,
            release,
            own,
            builder == Builder::Classic,
        ),
        target: build.target.clone(),
        platform: build.platforms.first().unwrap_or(&service.platform).clone(),
        extra_hosts: build
            .extra_hosts
            .iter()
            .map(|host| format!("{}:{}", host.name, host.address))
            .collect(),
        network: build.network.clone(),
        cache_from: build.cache_from.clone(),
        cache_to: build.cache_to.clone(),
        contexts: build.additional_contexts.clone(),
        secrets: build.secrets.iter().map(secret).collect::<Result<_>>()?,
        ssh_agent: !build.ssh.is_empty(),
        shm_size: i32::try_from(build.shm_size.0).unwrap_or(i32::MAX),
        no_cache: build.no_cache,
        pull: build.pull,
        builder,
    })
}

/// The build's arguments, and the user's proxies where they do not say otherwise.
fn arguments(build: &compose::Build, proxies: &Proxies) -> HashMap<String, String> {
    let proxies = proxies.of_builds();
    let mut all: HashMap<String, String> = proxies
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let own = build.args.iter();
    all.extend(own.filter_map(|(name, value)| Some((name.clone(), value.clone()?))));
    all
}

fn source(build: &compose::Build) -> BuildSource {
    let context = &build.context;
    let fetched = ["https://", "http://", "git://", "github.com/"];
    if fetched.iter().any(|begin| context.starts_with(begin)) {
        BuildSource::Url(context.clone())
    } else {
        BuildSource::Folder(context.into())
    }
}

fn dockerfile(build: &compose::Build) -> Dockerfile {
    if !build.dockerfile_inline.is_empty() {
        return Dockerfile::Inline(build.dockerfile_inline.clone());
    }
    let name = if build.dockerfile.is_empty() {
        "Dockerfile"
    } else {
        &build.dockerfile
    };
    Dockerfile::File(name.to_owned())
}

/// What a RUN step may mount, with the ID under which it asks for it.
fn secret(
    project: &Project,
    service: &Service,
    reference: &FileReference,
) -> Result<(String, BuildSecret)> {
    let object = project.secrets.get(&reference.source);
    let object = object
        .filter(|object| !object.external)
        .ok_or_else(|| unsupported(service, "secrets", &reference.source))?;
    let named = [&reference.target, &reference.source];
    let id = named.into_iter().find(|name| !name.is_empty());
    let id = id.cloned().unwrap_or_default();
    let name = object.environment.clone();
    let secret = if name.is_empty() {
        BuildSecret::File(object.file.clone().into())
    } else {
        let value = project.environment.get(&name);
        let value = value.ok_or_else(|| unset(service, reference, &name))?;
        let value = value.clone();
        BuildSecret::Variable { name, value }
    };
    Ok((id, secret))
}

/// Refuses what would otherwise be left out of the build in silence.
fn check(service: &Service, build: &compose::Build) -> Result<()> {
    let set = [
        ("entitlements", !build.entitlements.is_empty()),
        ("privileged", build.privileged),
        ("isolation", !build.isolation.is_empty()),
        ("ulimits", !build.ulimits.is_empty()),
    ];
    if let Some((key, _)) = set.into_iter().find(|(_, set)| *set) {
        return Err(unsupported(service, key, ""));
    }
    let mut places = build.cache_to.iter();
    if let Some(place) = places.find(|place| place.contains("type=local")) {
        return Err(unsupported(service, "cache_to", place));
    }
    if let Some(id) = build.ssh.iter().find(|id| *id != "default") {
        return Err(unsupported(service, "ssh", id));
    }
    let is_remote = |context: &&String| {
        let known = ["docker-image://", "https://", "http://", "git@", "git://"];
        known.iter().any(|scheme| context.starts_with(scheme))
    };
    let mut contexts = build.additional_contexts.values();
    if let Some(folder) = contexts.find(|context| !is_remote(context)) {
        return Err(unsupported(service, "additional_contexts", folder));
    }
    // The engine that fetches them has no key of this user.
    let context = build.context.as_str();
    if context.starts_with("git@") || context.starts_with("ssh://") {
        return Err(unsupported(service, "context", context));
    }
    Ok(())
}

/// The error for what a build cannot be given.
fn unsupported(service: &Service, key: &str, value: &str) -> Error {
    let value = match value {
        "" => String::new(),
        value => format!(": {value:?}"),
    };
    Error::usage(format!(
        "services.{}.build.{key}{value} is not supported by ollamactl",
        service.name
    ))
    .hint("build the image with docker compose build; ollamactl then runs it as it is")
}
