//! Ports of the engine's machine: who has one that a container is to be published at.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};

use bollard::models::{ContainerSummary, PortSummary};

use super::Engine;
use super::fault::taken_port;
use crate::error::{Error, Kind, Result};
use crate::process;

/// A port of the engine's machine at which a container is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostPort {
    /// The address; an unspecified one means all.
    pub address: IpAddr,
    /// The port.
    pub port: u16,
    /// UDP, not TCP.
    pub udp: bool,
}

impl HostPort {
    /// Whether a container that is published there leaves no room for one that is published here.
    fn collides_with(&self, other: &PortSummary) -> bool {
        let ip = other.ip.as_deref().and_then(|ip| ip.parse().ok());
        let ip: IpAddr = ip.unwrap_or(Ipv4Addr::UNSPECIFIED.into());
        let protocol = other.typ.as_ref().map(ToString::to_string);
        let same_address =
            ip == self.address || ip.is_unspecified() || self.address.is_unspecified();
        other.public_port == Some(self.port)
            && self.udp == (protocol.as_deref() == Some("udp"))
            && same_address
    }
}

/// What helps where a service is published at the backend's port.
const BACKENDS: &str = "that is the backend, and a service is published at its port: take that port out of the \
     service, or run the backend elsewhere: OLLAMA_HOST=127.0.0.1:11500";

/// Who has a port.
#[derive(Debug)]
pub enum Holder {
    /// A container that is published there.
    Container {
        /// Its ID.
        id: String,
        /// Its name.
        name: String,
    },
    /// A process of this machine, where it may be seen which.
    Process(Option<process::Info>),
}

impl Holder {
    /// The error for a container that cannot be published at the port of the holder.
    pub fn conflict(&self, port: u16) -> Error {
        let (who, hint) = match self {
            Self::Container { name, .. } => {
                (format!("container {name}"), format!("docker stop {name}"))
            }
            Self::Process(None) => (
                "a process on this host".to_owned(),
                process::commands::who_listens(port),
            ),
            Self::Process(Some(owner)) => (owner.describe(), ending(owner)),
        };
        Error::new(Kind::Conflict, format!("port {port} is taken by {who}")).hint(hint)
    }
}

/// What makes a process leave its port.
fn ending(owner: &process::Info) -> String {
    match owner.subcommand() {
        _ if owner.program() == "ollama" => BACKENDS.to_owned(),
        Some("stub" | "serve") if owner.is_ollamactl() => BACKENDS.to_owned(),
        _ if owner.is_ollamactl() => {
            "end the embedded gateway that has it: ollamactl down".to_owned()
        }
        _ => format!("end it (pid {})", owner.pid),
    }
}

impl Engine {
    /// Who has the port, so that no container could be started that is published there. What the containers
    /// of these IDs have does not count. A process is seen only on this machine.
    pub async fn holder(
        &self,
        wanted: &HostPort,
        leaving: &BTreeSet<&str>,
    ) -> Result<Option<Holder>> {
        let publishers = self.publishers_of(wanted.port).await?;
        let collides = |container: &&ContainerSummary| {
            let mut ports = container.ports.iter().flatten();
            ports.any(|port| wanted.collides_with(port))
        };
        let mut holders = publishers.iter().filter(collides).peekable();
        let is_published = holders.peek().is_some();
        let stays = |one: &&ContainerSummary| !leaving.contains(one.id.as_deref().unwrap_or("?"));
        if let Some(container) = holders.find(stays) {
            return Ok(Some(container_of(container)));
        }
        let is_held =
            !is_published && !wanted.udp && self.shares_our_ports() && is_listened_on(wanted);
        Ok(is_held.then(|| Holder::Process(self.listener_on(wanted.port))))
    }

    /// Adds to a conflict over a port who has it.
    pub(super) async fn name_the_owner(&self, error: Error) -> Error {
        let Some(port) = taken_port(&error.message) else {
            return error;
        };
        let publishers = self.publishers_of(port).await.unwrap_or_default();
        let holder = match publishers.first() {
            Some(container) => container_of(container),
            None => Holder::Process(self.listener_on(port)),
        };
        holder.conflict(port).caused_by(error)
    }

    /// The process of this host that listens on this port, where we may see it.
    fn listener_on(&self, port: u16) -> Option<process::Info> {
        if self.endpoint().is_remote() {
            return None;
        }
        let listeners = process::listeners(port);
        listeners
            .iter()
            .find_map(|listener| process::port_owner(listener.address))
    }

    /// What listens here stands in the engine's way: the address of its bridge is one of ours. From inside
    /// a container, or a virtual machine beside the engine's, it is not.
    fn shares_our_ports(&self) -> bool {
        let bridge = self.info().host_gateway;
        !self.endpoint().is_remote()
            && !self.info().desktop
            && bridge.is_some_and(process::is_own_address)
    }

    /// The running containers that publish this port. Not by the filter `publish`, which Podman refuses.
    async fn publishers_of(&self, port: u16) -> Result<Vec<ContainerSummary>> {
        let publishes = |container: &ContainerSummary| {
            let mut ports = container.ports.iter().flatten();
            ports.any(|published| published.public_port == Some(port))
        };
        let mut containers = self.running_containers().await?;
        containers.retain(publishes);
        Ok(containers)
    }
}

/// Who listens is asked first: a port that nobody listens on is not touched. Then the kernel decides, which
/// knows what a listener on all addresses, or on those of IPv6, leaves free.
fn is_listened_on(wanted: &HostPort) -> bool {
    let bound = || TcpListener::bind(SocketAddr::new(wanted.address, wanted.port));
    !process::listeners(wanted.port).is_empty()
        && bound().is_err_and(|error| error.kind() == ErrorKind::AddrInUse)
}

fn container_of(container: &ContainerSummary) -> Holder {
    let name = container.names.iter().flatten().next();
    let name = name.map(|name| name.trim_start_matches('/').to_owned());
    Holder::Container {
        id: container.id.clone().unwrap_or_default(),
        name: name.unwrap_or_default(),
    }
}
