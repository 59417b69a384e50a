//! Building an image: the context goes out as a stream, the builder's output comes back as lines.
//! A build that fails says so inside a successful HTTP reply; its step and last lines become the error.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use bollard::errors::Error as Fault;
use bollard::query_parameters::{BuildImageOptions, BuilderVersion};

use super::context::BuildContext;
use super::credentials::{self, DOCKER_HUB, Login};
use super::deadline::Interruption;
use super::output::Output;
use super::{Engine, fault};
use crate::error::{Error, Kind, Result};
use crate::event::Step;

/// Where the instructions are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dockerfile {
    /// A file: absolute, or relative to the context.
    File(String),
    /// The text itself.
    Inline(String),
}

/// Which builder works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Builder {
    /// The one that every engine has.
    Classic,
    /// The one with caches, mounts and stages side by side.
    BuildKit,
}

/// What to build.
#[derive(Debug, Clone, PartialEq)]
pub struct BuildRequest {
    /// Folder that the instructions copy from.
    pub context: PathBuf,
    /// The instructions.
    pub dockerfile: Dockerfile,
    /// The image's name.
    pub name: String,
    /// More names.
    pub tags: Vec<String>,
    /// Build arguments.
    pub args: HashMap<String, String>,
    /// Labels of the image.
    pub labels: HashMap<String, String>,
    /// Stage to build; empty: the last.
    pub target: String,
    /// `os/arch`; empty: the engine's own.
    pub platform: String,
    /// Entries of /etc/hosts while building, `name:address`.
    pub extra_hosts: Vec<String>,
    /// Network of RUN steps; empty: the default.
    pub network: String,
    /// Images to take cached layers from.
    pub cache_from: Vec<String>,
    /// Size of /dev/shm in bytes; 0: the default.
    pub shm_size: i32,
    /// Build everything anew.
    pub no_cache: bool,
    /// Look for newer base images.
    pub pull: bool,
    /// Which builder works.
    pub builder: Builder,
}

impl BuildRequest {
    /// Fails where the folder or the Dockerfile is not there.
    pub fn check(&self) -> Result<()> {
        BuildContext::prepare(&self.context, &self.dockerfile).map(drop)
    }
}

impl Engine {
    /// The builder to use: what `DOCKER_BUILDKIT` says, else `BuildKit` where the engine has it.
    pub fn builder(&self, docker_buildkit: Option<&str>) -> Builder {
        match docker_buildkit {
            Some("0" | "false") => Builder::Classic,
            Some("1" | "true") => Builder::BuildKit,
            _ if self.info().podman || self.info().os == "windows" => Builder::Classic,
            _ => Builder::BuildKit,
        }
    }

    /// Builds an image and returns its ID. The output goes to the step.
    pub async fn build(&self, request: &BuildRequest, step: &Step) -> Result<String> {
        let context = BuildContext::prepare(&request.context, &request.dockerfile)?;
        let options = options(request, &context.dockerfile);
        let instructions = String::from_utf8_lossy(&context.instructions);
        let logins = credentials::of_dockerfile(&instructions, &request.args).await;
        let (archive, reading) = context.stream();
        let body = bollard::body_try_stream(archive);
        let mut output = Output::new(step);
        let doing = format!("building image {}", request.name);
        let known = logins
            .iter()
            .filter_map(|(registry, login)| Some((registry.clone(), login.credentials.clone()?)));
        let messages = self
            .docker
            .build_image(options, Some(known.collect()), Some(body));
        let followed = self
            .follow(&doing, Duration::MAX, step, messages, |info| {
                output.take(info);
            })
            .await;
        output.end();
        match followed {
            Ok(()) => self.finished(request).await,
            Err(Interruption::Silence(error)) => Err(error),
            Err(Interruption::Fault(fault)) => {
                // The sender ends when the connection does, which is the engine's affair.
                let ended = tokio::time::timeout(Duration::from_secs(1), reading).await;
                let unread = ended.ok().and_then(Result::ok).and_then(Result::err);
                Err(self.build_failed(request, output, fault, unread, &logins))
            }
        }
    }

    async fn finished(&self, request: &BuildRequest) -> Result<String> {
        for tag in &request.tags {
            self.tag_image(&request.name, tag).await?;
        }
        let image = self.image(&request.name).await?;
        image.map(|image| image.id).ok_or_else(|| {
            Error::failed(format!(
                "the build of image {} ended without an image",
                request.name
            ))
            .hint("docker info")
        })
    }

    fn build_failed(
        &self,
        request: &BuildRequest,
        output: Output<'_>,
        fault: Fault,
        unread: Option<Error>,
        logins: &HashMap<String, Login>,
    ) -> Error {
        let name = &request.name;
        let text = match fault {
            Fault::DockerStreamError { error } => error,
            Fault::DockerResponseServerError { message, .. } => message,
            other => {
                // The request was cut off because a file of the context could not be read.
                let broken =
                    fault::explain(&self.endpoint, &format!("building image {name}"), other);
                return unread
                    .filter(|error| error.kind == Kind::Failed)
                    .unwrap_or(broken);
            }
        };
        let step = output.failing_step();
        let at = step
            .map(|step| format!(" at \"{step}\""))
            .unwrap_or_default();
        let error = Error::failed(format!(
            "the build of image {name} failed{at}: {}",
            text.trim()
        ));
        let refusing = logins.iter().filter(|(registry, _)| {
            let host = if *registry == DOCKER_HUB {
                "docker.io"
            } else {
                registry
            };
            credentials::are_refused(&text) && (at.contains(host) || text.contains(host))
        });
        let mut refusing = refusing.peekable();
        if refusing.peek().is_none() {
            return error
                .details(output.into_tail())
                .hint("correct the Dockerfile or its context, then run the command again");
        }
        let error = error.details(output.into_tail());
        refusing.fold(error, |error, (registry, login)| {
            error
                .details(login.trouble.clone())
                .hint(credentials::login_command(registry))
        })
    }
}

fn options(request: &BuildRequest, dockerfile: &str) -> BuildImageOptions {
    let kit = request.builder == Builder::BuildKit;
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    BuildImageOptions {
        dockerfile: dockerfile.to_owned(),
        t: Some(request.name.clone()),
        extrahosts: some(&request.extra_hosts.join(",")),
        nocache: request.no_cache,
        cachefrom: (!request.cache_from.is_empty()).then(|| request.cache_from.clone()),
        pull: request.pull.then(|| "true".to_owned()),
        rm: true,
        forcerm: true,
        buildargs: Some(request.args.clone()),
        shmsize: (request.shm_size > 0).then_some(request.shm_size),
        labels: Some(request.labels.clone()),
        networkmode: some(&request.network),
        platform: request.platform.clone(),
        target: request.target.clone(),
        version: if kit {
            BuilderVersion::BuilderBuildKit
        } else {
            BuilderVersion::BuilderV1
        },
        session: kit.then(session),
        ..BuildImageOptions::default()
    }
}

/// A name for this build's connection to `BuildKit`, unlike that of any other.
fn session() -> String {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    format!("ollamactl-{}-{}", std::process::id(), now.as_nanos())
}
