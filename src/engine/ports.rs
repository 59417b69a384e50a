//! Ports of the engine's machine: who has one that a container is to be published at.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};

use bollard::models::{ContainerSummary, PortSummary};

use super::fault::taken_port;
use super::{Engine, vantage};
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

impl Engine {
    /// Fails where somebody has the port, so that no container could be started that is published there.
    /// What the containers of these IDs have does not count. A process is seen only on this machine.
    pub async fn require_free(&self, wanted: &HostPort, leaving: &BTreeSet<&str>) -> Result<()> {
        let publishers = self.publishers_of(wanted.port).await?;
        let collides = |container: &&ContainerSummary| {
            let mut ports = container.ports.iter().flatten();
            ports.any(|port| wanted.collides_with(port))
        };
        let mut holders = publishers.iter().filter(collides).peekable();
        let is_published = holders.peek().is_some();
        let stays = |one: &&ContainerSummary| !leaving.contains(one.id.as_deref().unwrap_or("?"));
        if let Some(name) = holders.find(stays).and_then(name_of) {
            return Err(by_container(wanted.port, &name));
        }
        if !is_published && !wanted.udp && self.shares_our_ports() && is_listened_on(wanted) {
            return Err(self.by_process(wanted.port));
        }
        Ok(())
    }

    /// Adds to a conflict over a port who has it.
    pub(super) async fn name_the_owner(&self, error: Error) -> Error {
        let Some(port) = taken_port(&error.message) else {
            return error;
        };
        let publishers = self.publishers_of(port).await.unwrap_or_default();
        let named = match publishers.first().and_then(name_of) {
            Some(name) => by_container(port, &name),
            None => self.by_process(port),
        };
        named.caused_by(error)
    }

    fn by_process(&self, port: u16) -> Error {
        let Some(owner) = self.listener_on(port) else {
            return taken(port, "a process on this host")
                .hint(process::commands::who_listens(port));
        };
        taken(port, &owner.describe()).hint(match owner.subcommand() {
            _ if owner.program() == "ollama" => BACKENDS.to_owned(),
            Some("stub" | "serve") if owner.is_ollamactl() => BACKENDS.to_owned(),
            _ if owner.is_ollamactl() => {
                "end the embedded gateway that has it: ollamactl down".to_owned()
            }
            _ => format!("end it (pid {})", owner.pid),
        })
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
        !self.endpoint().is_remote() && !self.info().desktop && bridge.is_some_and(vantage::is_ours)
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

fn name_of(container: &ContainerSummary) -> Option<String> {
    let name = container.names.as_ref()?.first()?;
    Some(name.trim_start_matches('/').to_owned())
}

fn by_container(port: u16, name: &str) -> Error {
    taken(port, &format!("container {name}")).hint(format!("docker stop {name}"))
}

fn taken(port: u16, holder: &str) -> Error {
    Error::new(Kind::Conflict, format!("port {port} is taken by {holder}"))
}
