//! Building an image: the context goes out, as a stream where the engine's build call takes it, and the
//! builder's output comes back as lines.
//! A build that fails says so inside a successful HTTP reply; its step and last lines become the error.

mod context;
mod ignore;
mod output;
mod request;
mod solve;

use std::time::Duration;

use bollard::errors::Error as Fault;
use bollard::models::BuildInfo;
use bollard::query_parameters::{BuildImageOptions, BuilderVersion};
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::LocalBoxStream;
use tokio::task::JoinHandle;

use super::Engine;
use super::credentials::{self, DOCKER_HUB, Logins};
use super::deadline::Interruption;
use super::fault::{self, Aim, Reply};
use crate::error::{Error, Kind, Result};
use crate::event::Step;
use context::BuildContext;
use output::Output;
use solve::Solve;

pub use request::{BuildRequest, BuildSecret, BuildSource, Builder, Dockerfile};

/// What a Dockerfile frontend older than 1.4 says of `additional_contexts`.
const LACKS_CONTEXTS: &str = "unsupported frontend capability moby.buildkit.frontend.contexts";
/// What helps then.
const CONTEXTS_HINT: &str = "additional_contexts needs Docker 23, or \"# syntax=docker/dockerfile:1\" as the Dockerfile's first line";

/// What a build says, and the task that reads its context.
type Messages<'a> = (
    LocalBoxStream<'a, Reply<BuildInfo>>,
    Option<JoinHandle<Result<()>>>,
);

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
        let context = request.context()?;
        let instructions = context.as_ref().map(BuildContext::text).unwrap_or_default();
        let contexts = request.contexts.values().map(String::as_str);
        let logins = credentials::of_dockerfile(&instructions, &request.args, contexts).await;
        let (messages, reading) = match context {
            Some(context) if request.beyond_the_call().is_some() => {
                let solve = Solve::prepare(self, request, context).await?;
                let messages = solve.messages(self, &request.name, &logins);
                (messages.boxed_local(), None)
            }
            context => self.called(request, context, &logins),
        };
        let mut output = Output::new(step);
        let doing = format!("building image {}", request.name);
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
                let unread = match reading {
                    Some(reading) => unread(reading).await,
                    None => None,
                };
                Err(self.build_failed(request, output, fault, unread, &logins))
            }
        }
    }

    /// The engine's build call, to which the context is sent while it is read.
    fn called(
        &self,
        request: &BuildRequest,
        context: Option<BuildContext>,
        logins: &Logins,
    ) -> Messages<'_> {
        let mut options = options(request);
        let (body, reading) = match context {
            Some(context) => {
                options.dockerfile.clone_from(&context.dockerfile);
                let (archive, reading) = context.stream();
                (bollard::body_try_stream(archive), Some(reading))
            }
            None => (bollard::body_full(Bytes::new()), None),
        };
        let known = credentials::known(logins).map(|(registry, login)| (registry.clone(), login));
        let messages = self
            .docker
            .build_image(options, Some(known.collect()), Some(body));
        (messages.boxed_local(), reading)
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
        logins: &Logins,
    ) -> Error {
        let name = &request.name;
        let text = match fault {
            Fault::DockerStreamError { error } => error,
            Fault::DockerResponseServerError { message, .. } => message,
            other => {
                // The request was cut off because a file of the context could not be read.
                let broken = fault::explain(
                    &self.endpoint,
                    &format!("building image {name}"),
                    other,
                    Aim::Change,
                );
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
        let error = error.details(output.into_tail());
        if text.contains(LACKS_CONTEXTS) {
            return error.hint(CONTEXTS_HINT);
        }
        let mut refusing = refusing.peekable();
        if refusing.peek().is_none() {
            return error.hint("correct the Dockerfile or its context, then run the command again");
        }
        refusing.fold(error, |error, (registry, login)| {
            error
                .details(login.trouble.clone())
                .hint(credentials::login_command(registry))
        })
    }
}

/// Why the context could not be read. The sender ends when the connection does, which is the engine's affair.
async fn unread(reading: JoinHandle<Result<()>>) -> Option<Error> {
    let ended = tokio::time::timeout(Duration::from_secs(1), reading).await;
    ended.ok()?.ok()?.err()
}

/// Without the Dockerfile's place in a context that is sent.
fn options(request: &BuildRequest) -> BuildImageOptions {
    let kit = request.builder == Builder::BuildKit;
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let (remote, dockerfile) = match (&request.source, &request.dockerfile) {
        (BuildSource::Url(url), Dockerfile::File(path)) => (Some(url.clone()), path.clone()),
        _ => (None, String::new()),
    };
    BuildImageOptions {
        remote,
        dockerfile,
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
