//! The container engine: a typed, deadline-bound client of the Docker Engine API. Everything that
//! touches bollard is here; the rest of the program sees these functions, our [`Error`] and the
//! API's own [`models`].

mod address;
mod build;
pub mod cli_config;
mod containers;
mod credentials;
mod deadline;
mod devices;
mod dial;
pub mod endpoint;
mod events;
mod exec;
mod fault;
mod images;
mod logs;
mod networks;
mod page;
mod platform;
mod ports;
mod proxies;
mod ssh;
mod throwaway;
mod tls;
mod transport;
mod vantage;
mod volumes;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bollard::Docker;
pub use bollard::models;
use tokio::sync::OnceCell;

use crate::error::{Error, Kind, Result};

pub use build::{BuildRequest, BuildSecret, BuildSource, Builder, Dockerfile};
pub use containers::{Exit, StopTimeout};
pub use devices::GPU_HINT;
pub use endpoint::Endpoint;
pub use exec::Exec;
pub use fault::refusal;
pub use images::Image;
pub use logs::{LogLine, LogQuery};
pub use networks::{Removal, Subnet};
pub use platform::Platform;
pub use ports::{Holder, HostPort};
pub use proxies::Proxies;
pub use throwaway::{Place, Throwaway};
pub use vantage::Vantage;

use cli_config::CliConfig;
use transport::Transport;

/// How long an engine may take to say that it is there.
const CONNECT_DEADLINE: Duration = Duration::from_millis(4500);
/// The same over ssh, which logs in first.
const CONNECT_DEADLINE_SSH: Duration = Duration::from_secs(20);
/// The oldest API whose answers we read: that of Docker 19.03.
const OLDEST_API: Api = Api(1, 40);
/// The newest API whose answers we know: an engine that speaks a newer one is asked for this.
const NEWEST_API: Api = Api(1, 53);

/// What the engine says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineInfo {
    /// The engine's release, such as `26.1.5`.
    pub version: String,
    /// The API that is spoken with it, such as `1.45`: the newest that both sides know.
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
    /// `None` where there is no such network, where it leads elsewhere (rootless), and on Podman, which
    /// gives the host another address in each network, and that only while a container runs there.
    pub host_gateway: Option<IpAddr>,
}

impl EngineInfo {
    /// Its containers have no address for their host: it runs without a default bridge network. (Where the
    /// address leads elsewhere, or another mechanism provides one, this is not so.)
    pub fn lacks_host_gateway(&self) -> bool {
        self.host_gateway.is_none() && !self.rootless && !self.desktop && !self.podman
    }

    /// What it is, for people: `Docker 28.5.2`, `rootless Docker 27.1.0`, `Docker Desktop, engine 28.0.4`,
    /// `Podman 5.2.1`.
    pub fn describe(&self) -> String {
        let version = &self.version;
        match () {
            () if self.podman => format!("Podman {version}"),
            () if self.desktop => format!("Docker Desktop, engine {version}"),
            () if self.rootless => format!("rootless Docker {version}"),
            () => format!("Docker {version}"),
        }
    }

    /// The API is at least this version.
    pub fn speaks(&self, major: u32, minor: u32) -> bool {
        Api::parse(&self.api_version).is_some_and(|api| api >= Api(major, minor))
    }
}

/// What helps where [`EngineInfo::lacks_host_gateway`].
pub const BRIDGE_HINT: &str = "take \"bridge\": \"none\" out of the engine's /etc/docker/daemon.json \
    (or --bridge=none from dockerd), or set OLLAMA_URL in the service to an address that it can reach";

/// A connection to a container engine.
#[derive(Debug, Clone)]
pub struct Engine {
    docker: Docker,
    transport: Transport,
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
        let transport = Transport::new(endpoint)?;
        let docker = transport
            .docker()
            .map_err(|fault| fault::explain(endpoint, "answering", fault, fault::Aim::Look))?;
        Ok(Self {
            docker,
            transport,
            endpoint: endpoint.clone(),
            info: Arc::default(),
        })
    }

    /// Opens the engine that the environment names, and asks nothing yet.
    pub fn open_from_environment() -> Result<Self> {
        Self::open(&endpoint::from_environment()?)
    }

    /// Asks the engine what it is, once.
    pub async fn identify(&self) -> Result<&EngineInfo> {
        let deadline = match self.endpoint.address.split_once("://") {
            Some(("ssh", _)) => CONNECT_DEADLINE_SSH,
            _ => CONNECT_DEADLINE,
        };
        self.identify_within(deadline).await
    }

    async fn identify_within(&self, deadline: Duration) -> Result<&EngineInfo> {
        let ask = || async {
            let version = deadline::greeted(&self.endpoint, deadline, self.docker.version());
            let gateway = tokio::time::timeout(deadline, networks::default_gateway(&self.docker));
            let (version, gateway) = tokio::join!(version, gateway);
            let version = match version {
                Ok(version) => version,
                Err(error) => return Err(self.transport.explain(&self.endpoint, error).await),
            };
            let api = agreed(&self.endpoint, &version)?;
            self.transport.pin(&api.to_string());
            Ok(info(version, api, gateway.unwrap_or_default()))
        };
        self.info.get_or_try_init(ask).await
    }

    /// Connects to the engine that the environment names.
    pub async fn from_environment() -> Result<Self> {
        Self::connect(&endpoint::from_environment()?).await
    }

    /// The proxies that the user has for what runs on this engine.
    pub fn proxies(&self) -> Result<Proxies> {
        let config = match cli_config::folder() {
            Some(folder) => CliConfig::read(&folder)?,
            None => CliConfig::default(),
        };
        Ok(config.proxies(&self.endpoint))
    }

    /// Where the engine is.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// What the engine is.
    ///
    /// # Panics
    ///
    /// Before [`Self::connect`] or [`Self::identify`].
    pub fn info(&self) -> &EngineInfo {
        self.info
            .get()
            .expect("the engine was identified before anything is made")
    }
}

/// A version of the API, as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Api(u32, u32);

impl Api {
    fn parse(version: &str) -> Option<Self> {
        let (major, minor) = version.split_once('.')?;
        Some(Self(major.parse().ok()?, minor.parse().ok()?))
    }
}

impl std::fmt::Display for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// The API to speak with an engine that says this of itself.
fn agreed(endpoint: &Endpoint, version: &models::SystemVersion) -> Result<Api> {
    let number = |text: &Option<String>| text.as_deref().and_then(Api::parse);
    let text = version.api_version.clone().unwrap_or_default();
    let Some(newest) = number(&version.api_version) else {
        return Err(fault::no_engine(endpoint, "it names no API version"));
    };
    let oldest = number(&version.min_api_version).unwrap_or(Api(1, 0));
    let agreed = newest.min(NEWEST_API);
    if agreed >= OLDEST_API && agreed >= oldest {
        return Ok(agreed);
    }
    let error = Error::new(
        Kind::Engine,
        format!(
            "the engine at {endpoint} speaks Docker API {oldest} to {text}, and ollamactl {OLDEST_API} to {NEWEST_API}"
        ),
    );
    Err(if newest < OLDEST_API {
        error.hint("upgrade Docker to 19.03 or newer")
    } else {
        error.hint("upgrade ollamactl")
    })
}

fn info(version: models::SystemVersion, api: Api, gateway: Option<IpAddr>) -> EngineInfo {
    let platform = version
        .platform
        .map(|platform| platform.name)
        .unwrap_or_default();
    let components = version.components.unwrap_or_default();
    let has = |name: &str| components.iter().any(|component| component.name == name);
    let (rootless, podman) = (has("rootlesskit"), has("Podman Engine"));
    EngineInfo {
        version: version.version.unwrap_or_default(),
        api_version: api.to_string(),
        os: version.os.unwrap_or_else(|| "linux".to_owned()),
        rootless,
        desktop: platform.contains("Docker Desktop"),
        podman,
        host_gateway: gateway.filter(|_| !rootless && !podman),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn api_versions_compare_as_numbers() {
        assert!(Api::parse("1.100") > Api::parse("1.41"));
        assert_eq!(Api::parse("x"), None);
    }

    fn agreed_with(newest: &str, oldest: &str) -> Result<String> {
        let endpoint = Endpoint {
            address: "unix:///x".to_owned(),
            source: "default".to_owned(),
            tls: None,
        };
        let version = models::SystemVersion {
            api_version: Some(newest.to_owned()),
            min_api_version: Some(oldest.to_owned()),
            ..models::SystemVersion::default()
        };
        agreed(&endpoint, &version).map(|api| api.to_string())
    }

    #[test]
    fn the_newest_api_that_both_know_is_spoken() {
        assert_eq!(agreed_with("1.41", "1.12").expect("agreed"), "1.41");
        assert_eq!(agreed_with("1.52", "1.44").expect("agreed"), "1.52");
        assert_eq!(
            agreed_with("1.90", "1.44").expect("agreed"),
            NEWEST_API.to_string()
        );
        for (newest, oldest, hint) in [("1.27", "1.12", "Docker"), ("2.0", "1.90", "ollamactl")] {
            let error = agreed_with(newest, oldest).expect_err("no API in common");
            assert!(
                error.message.contains(&format!("{oldest} to {newest}")),
                "{error}"
            );
            assert!(error.hints[0].contains(hint), "{error}");
        }
    }
}
