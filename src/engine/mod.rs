//! The container engine: a typed, deadline-bound client of the Docker Engine API. Everything that
//! touches bollard is here; the rest of the program sees these functions, our [`Error`] and the
//! API's own [`models`].

mod build;
mod containers;
mod context;
pub mod endpoint;
mod events;
mod fault;
mod ignore;
mod images;
mod logs;
mod networks;
mod output;
mod volumes;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bollard::Docker;
pub use bollard::models;
use tokio::sync::OnceCell;

use crate::error::{Error, Kind, Result};

pub use build::{BuildRequest, Builder, Dockerfile};
pub use containers::{Exit, StopTimeout};
pub use endpoint::Endpoint;
pub use images::Image;
pub use logs::{LogLine, LogQuery};
pub use networks::Removal;

/// How long an engine may take to say that it is there.
const CONNECT_DEADLINE: Duration = Duration::from_secs(5);
/// The same over ssh, which logs in first.
const CONNECT_DEADLINE_SSH: Duration = Duration::from_secs(20);
/// How long a call may take that only reads.
const READ_DEADLINE: Duration = Duration::from_secs(30);
/// How long a call may take that creates, starts or removes: mounting and unpacking take a while.
const CHANGE_DEADLINE: Duration = Duration::from_mins(2);
/// bollard's own limit is the same for every call; ours are the ones that count.
const BOLLARD_TIMEOUT_SECONDS: u64 = 24 * 60 * 60;
/// The oldest API whose answers we read: that of Docker 19.03.
const OLDEST_API: (u32, u32) = (1, 40);

/// What the engine says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineInfo {
    /// The engine's release, such as `26.1.5`.
    pub version: String,
    /// The newest API that it speaks, such as `1.45`.
    pub api_version: String,
    /// `linux` or `windows`: what its containers run.
    pub os: String,
    /// It runs without root, in a network of its own: the host's addresses are not its gateway.
    pub rootless: bool,
    /// Docker Desktop: containers reach the host's loopback as `host.docker.internal`.
    pub desktop: bool,
    /// Podman's imitation of the API.
    pub podman: bool,
    /// The host's address in the engine's default bridge network: what `host-gateway` stands for.
    /// `None` where there is no such network, or where it leads elsewhere (rootless).
    pub host_gateway: Option<IpAddr>,
}

impl EngineInfo {
    /// The API is at least this version.
    pub fn speaks(&self, major: u32, minor: u32) -> bool {
        api_number(&self.api_version).is_some_and(|version| version >= (major, minor))
    }
}

/// A connection to a container engine.
#[derive(Debug, Clone)]
pub struct Engine {
    docker: Docker,
    endpoint: Endpoint,
    info: Arc<OnceCell<EngineInfo>>,
}

impl Engine {
    /// Connects, and asks the engine what it is.
    pub async fn connect(endpoint: &Endpoint) -> Result<Self> {
        let engine = Self::open(endpoint)?;
        engine.identify().await?;
        Ok(engine)
    }

    /// Makes ready to connect. Nothing is asked yet: where every millisecond counts, the first look
    /// joins [`Self::identify`] with what it wants to know.
    pub fn open(endpoint: &Endpoint) -> Result<Self> {
        Ok(Self {
            docker: open(endpoint)?,
            endpoint: endpoint.clone(),
            info: Arc::default(),
        })
    }

    /// Asks the engine what it is, once. An engine that hangs is noticed soon.
    pub async fn identify(&self) -> Result<&EngineInfo> {
        let deadline = match self.endpoint.address.split_once("://") {
            Some(("ssh", _)) => CONNECT_DEADLINE_SSH,
            _ => CONNECT_DEADLINE,
        };
        let ask = || async {
            let version = self.docker.version();
            let version = fault::call(&self.endpoint, "answering", deadline, version);
            let gateway = tokio::time::timeout(deadline, networks::default_gateway(&self.docker));
            let (version, gateway) = tokio::join!(version, gateway);
            info(&self.endpoint, version?, gateway.unwrap_or_default())
        };
        self.info.get_or_try_init(ask).await
    }

    /// Connects to the engine that the environment names.
    pub async fn from_environment() -> Result<Self> {
        Self::connect(&endpoint::from_environment()?).await
    }

    /// Where the engine is.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// What the engine is, after [`Self::connect`] or [`Self::identify`].
    pub fn info(&self) -> &EngineInfo {
        self.info
            .get()
            .expect("the engine was identified before anything is made")
    }

    fn read<'a, T>(
        &'a self,
        doing: &'a str,
        call: impl Future<Output = fault::Reply<T>> + 'a,
    ) -> impl Future<Output = Result<T>> + 'a {
        fault::call(&self.endpoint, doing, READ_DEADLINE, call)
    }

    fn change<'a, T>(
        &'a self,
        doing: &'a str,
        call: impl Future<Output = fault::Reply<T>> + 'a,
    ) -> impl Future<Output = Result<T>> + 'a {
        fault::call(&self.endpoint, doing, CHANGE_DEADLINE, call)
    }
}

/// Bytes as hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = std::fmt::Write::write_fmt(&mut text, format_args!("{byte:02x}"));
        text
    })
}

fn open(endpoint: &Endpoint) -> Result<Docker> {
    let (address, timeout) = (endpoint.address.as_str(), BOLLARD_TIMEOUT_SECONDS);
    let version = bollard::API_DEFAULT_VERSION;
    let scheme = address.split_once("://").map_or("", |(scheme, _)| scheme);
    let opened = match (scheme, &endpoint.tls) {
        ("tcp", Some(tls)) => {
            Docker::connect_with_ssl(address, &tls.key, &tls.cert, &tls.ca, timeout, version)
        }
        ("tcp", None) => Docker::connect_with_http(address, timeout, version),
        #[cfg(unix)]
        ("ssh", _) => Docker::connect_with_ssh(address, timeout, version, None),
        _ => Docker::connect_with_local(address, timeout, version),
    };
    opened.map_err(|error| fault::explain(endpoint, "answering", error))
}

fn info(
    endpoint: &Endpoint,
    version: models::SystemVersion,
    gateway: Option<IpAddr>,
) -> Result<EngineInfo> {
    let platform = version
        .platform
        .map(|platform| platform.name)
        .unwrap_or_default();
    let components = version.components.unwrap_or_default();
    let has = |name: &str| components.iter().any(|component| component.name == name);
    let rootless = has("rootlesskit");
    let info = EngineInfo {
        version: version.version.unwrap_or_default(),
        api_version: version.api_version.unwrap_or_default(),
        os: version.os.unwrap_or_else(|| "linux".to_owned()),
        rootless,
        desktop: platform.contains("Docker Desktop"),
        podman: has("Podman Engine"),
        host_gateway: gateway.filter(|_| !rootless),
    };
    let (major, minor) = OLDEST_API;
    if info.speaks(major, minor) {
        return Ok(info);
    }
    Err(Error::new(
        Kind::Engine,
        format!(
            "the engine at {endpoint} speaks Docker API {}, and ollamactl needs {major}.{minor} or newer",
            info.api_version
        ),
    )
    .hint("upgrade Docker to 19.03 or newer"))
}

fn api_number(version: &str) -> Option<(u32, u32)> {
    let (major, minor) = version.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn api_versions_compare_as_numbers() {
        assert!(api_number("1.100") > api_number("1.41"));
        assert_eq!(api_number("x"), None);
    }
}
