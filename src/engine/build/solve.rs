//! `BuildKit`'s own interface, by way of the engine: for what the engine's build call has no parameter
//! for. The context goes out in one piece, so it is held in memory.

use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use bollard::errors::Error as Fault;
use bollard::grpc::BuildRef;
use bollard::grpc::build::{
    ImageBuildFrontendOptions, ImageBuildFrontendOptionsBuilder, ImageBuildHostIp,
    ImageBuildLoadInput, ImageBuildNetworkMode, ImageBuildPlatform, NamedContext, SecretSource,
};
use bollard::grpc::driver::Build as _;
use bollard::grpc::driver::moby::Moby;
use bollard::grpc::error::GrpcError;
use bollard::moby::buildkit::v1::control_client::ControlClient;
use bollard::moby::buildkit::v1::{CacheOptionsEntry, StatusRequest, StatusResponse};
use bollard::models::{BuildInfo, BuildInfoAux};
use futures_util::stream::{self, Stream, StreamExt as _, TryStreamExt as _};
use futures_util::{FutureExt as _, TryFutureExt as _};
use tempfile::NamedTempFile;
use tokio::sync::mpsc;

use super::context::BuildContext;
use super::{BuildRequest, BuildSecret, Logins};
use crate::engine::fault::Reply;
use crate::engine::transport::Transport;
use crate::engine::{Engine, credentials};
use crate::error::{Error, Result};

/// How long the last messages of a build may take that is over.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The largest message that `BuildKit` sends.
const LARGEST_MESSAGE: usize = 16 * 1024 * 1024;

/// A build that is ready to be sent.
pub(super) struct Solve {
    options: ImageBuildFrontendOptions,
    context: ImageBuildLoadInput,
    /// Values that no variable of this process has. They are there until the build is over.
    secrets: Vec<NamedTempFile>,
}

impl Solve {
    /// Fails where a key has a value that cannot be given to `BuildKit` this way.
    pub(super) fn check(engine: &Engine, request: &BuildRequest) -> Result<()> {
        options(request, "", engine.info().host_gateway).map(drop)
    }

    /// Reads the context, and puts secrets where bollard finds them.
    pub(super) async fn prepare(
        engine: &Engine,
        request: &BuildRequest,
        context: BuildContext,
    ) -> Result<Self> {
        let gateway = engine.info().host_gateway;
        let mut options = options(request, &context.dockerfile, gateway)?;
        let mut secrets = Vec::new();
        for (id, secret) in &request.secrets {
            let (source, file) = source(secret)?;
            options = options.set_secret(id, &source);
            secrets.extend(file);
        }
        let archive = context.archive().await?;
        Ok(Self {
            options: options.build(),
            context: ImageBuildLoadInput::Upload(archive),
            secrets,
        })
    }

    /// Builds. What the builder says comes first, and then why it failed, if it did.
    pub(super) fn messages(
        self,
        engine: &Engine,
        name: &str,
        logins: &Logins,
    ) -> impl Stream<Item = Reply<BuildInfo>> {
        let known = credentials::known(logins).map(|(registry, login)| (registry.as_str(), login));
        let known = known.collect();
        let Self {
            options,
            context,
            secrets,
        } = self;
        let reference = BuildRef::random();
        let progress = progress(&engine.transport, &reference);
        let solved = Moby::new(&engine.docker).docker_build(
            name,
            options,
            context,
            Some(known),
            Some(reference),
        );
        let (sender, receiver) = mpsc::unbounded_channel();
        let work = async move {
            let (mut solved, mut progress) = (pin!(solved), pin!(progress));
            let outcome = loop {
                tokio::select! {
                    Some(status) = progress.next() => drop(sender.send(Ok(info(status)))),
                    outcome = &mut solved => break outcome,
                }
            };
            let last = async {
                while let Some(status) = progress.next().await {
                    let _ = sender.send(Ok(info(status)));
                }
            };
            let _ = tokio::time::timeout(LAST_WORDS, last).await;
            if let Err(error) = outcome {
                let _ = sender.send(Err(fault(error)));
            }
            drop(secrets);
        };
        let messages = stream::unfold(receiver, |mut receiver| async {
            receiver.recv().await.map(|message| (message, receiver))
        });
        let work = work.into_stream().filter_map(async |()| None);
        stream::select(messages, work)
    }
}

/// What the builder says of this build. It is for show: where it cannot be heard, there is none.
fn progress(
    transport: &Transport,
    reference: &BuildRef,
) -> impl Stream<Item = StatusResponse> + use<> {
    let (way, reference) = (transport.clone(), reference.as_ref().to_owned());
    let connect = tower::service_fn(move |_| {
        let way = way.clone();
        async move { way.upgraded("/grpc").await }
    });
    let ask = async move {
        let channel = tonic::transport::Endpoint::from_static("http://buildkit")
            .connect_with_connector(connect)
            .await
            .map_err(GrpcError::from)?;
        let request = StatusRequest { r#ref: reference };
        let mut client = ControlClient::new(channel).max_decoding_message_size(LARGEST_MESSAGE);
        let asked = client.status(request).await;
        asked
            .map(tonic::Response::into_inner)
            .map_err(GrpcError::from)
    };
    ask.map_ok(|statuses| statuses.map_err(GrpcError::from))
        .try_flatten_stream()
        .filter_map(async |status| status.ok())
        .fuse()
}

fn info(status: StatusResponse) -> BuildInfo {
    BuildInfo {
        aux: Some(BuildInfoAux::BuildKit(status)),
        ..BuildInfo::default()
    }
}

/// A failed build is what the builder says of it; anything else, a connection that broke.
fn fault(error: GrpcError) -> Fault {
    match error {
        GrpcError::DockerError { err } => err,
        GrpcError::TonicStatus { err } if std::error::Error::source(&err).is_none() => {
            Fault::DockerStreamError {
                error: err.message().to_owned(),
            }
        }
        broken => Fault::IOError {
            err: io::Error::other(broken),
        },
    }
}

/// A variable of this process is read when the builder asks; a value from elsewhere is written to a
/// file that only this user reads.
fn source(secret: &BuildSecret) -> Result<(SecretSource, Option<NamedTempFile>)> {
    match secret {
        BuildSecret::File(path) => Ok((SecretSource::File(path.clone()), None)),
        BuildSecret::Variable { name, value } if std::env::var(name).as_ref() == Ok(value) => {
            Ok((SecretSource::Env(name.clone()), None))
        }
        BuildSecret::Variable { value, .. } => {
            let written = NamedTempFile::new().and_then(|file| {
                io::Write::write_all(&mut file.as_file(), value.as_bytes())?;
                Ok(file)
            });
            let file = written.map_err(|error| {
                let folder = std::env::temp_dir();
                let folder = folder.display();
                Error::failed(format!("a secret of the build cannot be put into {folder}"))
                    .caused_by(error)
            })?;
            Ok((SecretSource::File(file.path().to_owned()), Some(file)))
        }
    }
}

fn options(
    request: &BuildRequest,
    dockerfile: &str,
    gateway: Option<IpAddr>,
) -> Result<ImageBuildFrontendOptionsBuilder> {
    let mut options = ImageBuildFrontendOptions::builder()
        .dockerfile(Path::new(dockerfile))
        .target(&request.target)
        .pull(request.pull)
        .nocache(request.no_cache)
        .shmsize(u64::try_from(request.shm_size).unwrap_or_default())
        .force_network_mode(&network(request)?)
        .enable_ssh(request.ssh_agent);
    for (name, value) in &request.args {
        options = options.buildarg(name, value);
    }
    for (name, value) in &request.labels {
        options = options.label(name, value);
    }
    for host in &request.extra_hosts {
        options = options.extrahost(&entry(host, gateway)?);
    }
    for image in &request.cache_from {
        options = options.cachefrom(&cache(image));
    }
    for place in &request.cache_to {
        options = options.cacheto(&cache(place));
    }
    for (name, path) in &request.contexts {
        let path = path.clone();
        options = options.named_context(name, NamedContext { path });
    }
    if let Some(platform) = platform(&request.platform) {
        options = options.platforms(&platform);
    }
    Ok(options)
}

/// `BuildKit` wants a permission for the host's network that bollard does not give.
fn network(request: &BuildRequest) -> Result<ImageBuildNetworkMode> {
    match request.network.as_str() {
        "" | "default" => Ok(ImageBuildNetworkMode::Bridge),
        "none" => Ok(ImageBuildNetworkMode::None),
        other => Err(unsupported("network", other)),
    }
}

/// `name:address` of an entry in /etc/hosts.
fn entry(host: &str, gateway: Option<IpAddr>) -> Result<ImageBuildHostIp> {
    let (name, address) = host.split_once(':').unwrap_or((host, ""));
    let ip = match address {
        "host-gateway" => gateway,
        address => address.trim_matches(['[', ']']).parse().ok(),
    };
    let ip = ip.ok_or_else(|| unsupported("extra_hosts", host))?;
    Ok(ImageBuildHostIp {
        host: name.to_owned(),
        ip,
    })
}

/// An image's name, or `type=registry,ref=…`.
fn cache(text: &str) -> CacheOptionsEntry {
    let attribute = |pair: &str| {
        let (key, value) = pair.split_once('=')?;
        Some((key.to_owned(), value.to_owned()))
    };
    let attributes: Option<std::collections::HashMap<_, _>> =
        text.split(',').map(attribute).collect();
    let mut attributes =
        attributes.unwrap_or_else(|| [("ref".to_owned(), text.to_owned())].into_iter().collect());
    CacheOptionsEntry {
        r#type: attributes
            .remove("type")
            .unwrap_or_else(|| "registry".to_owned()),
        attrs: attributes,
    }
}

/// `os/architecture` or `os/architecture/variant`.
fn platform(text: &str) -> Option<ImageBuildPlatform> {
    let mut parts = text.splitn(3, '/').map(str::to_owned);
    Some(ImageBuildPlatform {
        os: parts.next()?,
        architecture: parts.next()?,
        variant: parts.next(),
    })
}

fn unsupported(key: &str, value: &str) -> Error {
    Error::usage(format!(
        "{key}: {value:?} is not supported by ollamactl beside secrets, ssh, additional_contexts or \
         cache_to"
    ))
    .hint("build the image with docker compose build; ollamactl then runs it as it is")
}
