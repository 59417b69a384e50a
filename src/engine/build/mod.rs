//! Building an image: the context goes out as a stream, the builder's output comes back as lines.
//! A build that fails says so inside a successful HTTP reply; its step and last lines become the error.

mod context;
mod ignore;
mod output;
mod solve;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use bollard::errors::Error as Fault;
use bollard::models::BuildInfo;
use bollard::query_parameters::{BuildImageOptions, BuilderVersion};
use futures_util::StreamExt as _;
use futures_util::stream::LocalBoxStream;
use tokio::task::JoinHandle;

use super::Engine;
use super::credentials::{self, DOCKER_HUB, Logins};
use super::deadline::Interruption;
use super::fault::{self, Aim, Reply};
use crate::error::{Context as _, Error, Kind, Result};
use crate::event::Step;
use context::BuildContext;
use output::Output;
use solve::Solve;

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

/// Where a secret's value is. What it holds is never shown.
#[derive(Clone, PartialEq, Eq)]
pub enum BuildSecret {
    /// In a file.
    File(PathBuf),
    /// In a variable, of this process or of an environment file.
    Variable {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
}

impl fmt::Debug for BuildSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Variable { name, .. } => write!(f, "${name}"),
        }
    }
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
    /// Where the cache is exported to, `type=…,KEY=VALUE`. `BuildKit` alone does it.
    pub cache_to: Vec<String>,
    /// Images and URLs that the instructions name as contexts. `BuildKit` alone has them.
    pub contexts: BTreeMap<String, String>,
    /// What RUN steps may mount, by ID. `BuildKit` alone has them.
    pub secrets: BTreeMap<String, BuildSecret>,
    /// RUN steps may use the agent at `SSH_AUTH_SOCK`. `BuildKit` alone lets them.
    pub ssh_agent: bool,
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
    /// Fails where the folder, the Dockerfile, a secret or the agent is not there, or where nothing builds
    /// what is asked for.
    pub fn check(&self, engine: &Engine) -> Result<()> {
        BuildContext::prepare(&self.context, &self.dockerfile)?;
        if let Some(key) = self.beyond_the_call() {
            if self.builder == Builder::Classic {
                return Err(needs_buildkit(key));
            }
            Solve::check(engine, self)?;
        }
        for (id, secret) in &self.secrets {
            if let BuildSecret::File(path) = secret {
                std::fs::File::open(path).context(Kind::Usage, || {
                    format!("the secret {id:?} cannot be read from {}", path.display())
                })?;
            }
        }
        if self.ssh_agent && std::env::var_os("SSH_AUTH_SOCK").is_none() {
            return Err(
                Error::usage("ssh needs an agent, and SSH_AUTH_SOCK is not set")
                    .hint("eval \"$(ssh-agent)\" && ssh-add"),
            );
        }
        Ok(())
    }

    /// A key that the engine's build call has no parameter for: `BuildKit` takes it by itself.
    fn beyond_the_call(&self) -> Option<&'static str> {
        let set = [
            ("secrets", !self.secrets.is_empty()),
            ("ssh", self.ssh_agent),
            ("additional_contexts", !self.contexts.is_empty()),
            ("cache_to", !self.cache_to.is_empty()),
        ];
        set.into_iter().find_map(|(key, set)| set.then_some(key))
    }
}

fn needs_buildkit(key: &str) -> Error {
    Error::usage(format!(
        "`{key}` is for BuildKit, and the classic builder is in use"
    ))
    .hint("unset DOCKER_BUILDKIT (Podman and Windows have the classic builder alone)")
}

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
        let context = BuildContext::prepare(&request.context, &request.dockerfile)?;
        let instructions = String::from_utf8_lossy(&context.instructions);
        let contexts = request.contexts.values().map(String::as_str);
        let logins = credentials::of_dockerfile(&instructions, &request.args, contexts).await;
        let (messages, reading) = if request.beyond_the_call().is_none() {
            self.called(request, context, &logins)
        } else {
            let solve = Solve::prepare(self, request, context).await?;
            let messages = solve.messages(self, &request.name, &logins);
            (messages.boxed_local(), None)
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
                    // The sender ends when the connection does, which is the engine's affair.
                    Some(reading) => tokio::time::timeout(Duration::from_secs(1), reading).await,
                    None => Ok(Ok(Ok(()))),
                };
                let unread = unread.ok().and_then(std::result::Result::ok);
                let unread = unread.and_then(Result::err);
                Err(self.build_failed(request, output, fault, unread, &logins))
            }
        }
    }

    /// The engine's build call, to which the context is sent while it is read.
    fn called(
        &self,
        request: &BuildRequest,
        context: BuildContext,
        logins: &Logins,
    ) -> Messages<'_> {
        let options = options(request, &context.dockerfile);
        let (archive, reading) = context.stream();
        let known = credentials::known(logins).map(|(registry, login)| (registry.clone(), login));
        let body = bollard::body_try_stream(archive);
        let messages = self
            .docker
            .build_image(options, Some(known.collect()), Some(body));
        (messages.boxed_local(), Some(reading))
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
