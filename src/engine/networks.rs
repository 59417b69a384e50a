//! Networks, and the addresses by which containers and the host see each other.

use std::collections::HashMap;
use std::net::IpAddr;

use bollard::Docker;
use bollard::models::{
    EndpointSettings, IpamConfig, Network, NetworkConnectRequest, NetworkCreateRequest,
    NetworkInspect,
};
use bollard::query_parameters::{InspectNetworkOptions, ListNetworksOptions};
use ipnet::IpNet;

use super::Engine;
use super::fault::{status, unless};
use crate::error::Result;

/// Addresses of one network's containers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnet {
    /// The network's name.
    pub network: String,
    /// The addresses.
    pub range: IpNet,
}

/// How an attempt to remove a network ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// It is gone.
    Removed,
    /// It was not there.
    Absent,
    /// Containers are still attached, so it stays.
    InUse,
}

impl Engine {
    /// The networks of exactly this name. Names are not unique to an engine: two at once are
    /// possible, and then only IDs tell them apart.
    pub async fn networks_named(&self, name: &str) -> Result<Vec<Network>> {
        let mut found = self.list_networks("name", name).await?;
        // The engine's filter matches parts of names.
        found.retain(|network| network.name.as_deref() == Some(name));
        Ok(found)
    }

    /// The networks that carry this label (`key=value`).
    pub async fn networks_labelled(&self, label: &str) -> Result<Vec<Network>> {
        self.list_networks("label", label).await
    }

    async fn list_networks(&self, filter: &str, value: &str) -> Result<Vec<Network>> {
        let filters = HashMap::from([(filter.to_owned(), vec![value.to_owned()])]);
        let options = ListNetworksOptions {
            filters: Some(filters),
        };
        self.read("listing networks", self.docker.list_networks(Some(options)))
            .await
    }

    /// A network with the containers attached to it.
    pub async fn network(&self, name: &str) -> Result<Option<NetworkInspect>> {
        let doing = format!("looking at network {name}");
        let call = self
            .docker
            .inspect_network(name, None::<InspectNetworkOptions>);
        self.read(&doing, async { unless(call.await, 404) }).await
    }

    /// Creates a network and returns its ID.
    pub async fn create_network(&self, request: NetworkCreateRequest) -> Result<String> {
        let doing = format!("creating network {}", request.name);
        let created = self
            .change(&doing, self.docker.create_network(request))
            .await?;
        Ok(created.id)
    }

    /// Attaches a container to a network.
    pub async fn connect_network(
        &self,
        network: &str,
        container: &str,
        settings: EndpointSettings,
    ) -> Result<()> {
        let doing = format!("connecting {container} to network {network}");
        let request = NetworkConnectRequest {
            container: container.to_owned(),
            endpoint_config: Some(settings),
        };
        self.change(&doing, self.docker.connect_network(network, request))
            .await
    }

    /// Removes a network that no container uses.
    pub async fn remove_network(&self, id: &str) -> Result<Removal> {
        let doing = format!("removing network {id}");
        self.change(&doing, async {
            let reply = self.docker.remove_network(id).await;
            match status(&reply) {
                Some(404) => Ok(Removal::Absent),
                // "network … has active endpoints": 403 on Docker, 409 on Podman.
                Some(403 | 409) => Ok(Removal::InUse),
                _ => reply.map(|()| Removal::Removed),
            }
        })
        .await
    }

    /// The subnets of this engine's bridge networks: where its containers' addresses come from.
    pub async fn subnets(&self) -> Result<Vec<Subnet>> {
        let bridges = self.list_networks("driver", "bridge").await?;
        Ok(bridges.into_iter().flat_map(subnets_of).collect())
    }
}

fn subnets_of(network: Network) -> Vec<Subnet> {
    let name = network.name.unwrap_or_default();
    let configs = network
        .ipam
        .and_then(|ipam| ipam.config)
        .unwrap_or_default();
    let subnets = configs.into_iter().filter_map(|config| {
        Some(Subnet {
            network: name.clone(),
            range: config.subnet?.parse().ok()?,
        })
    });
    subnets.collect()
}

/// The host's address in the default bridge network: its gateway, or, while an engine that has just
/// made that network does not name one, the subnet's first address, which it then takes.
pub(super) async fn default_gateway(docker: &Docker) -> Option<IpAddr> {
    let options = None::<InspectNetworkOptions>;
    let configs = docker
        .inspect_network("bridge", options)
        .await
        .ok()?
        .ipam?
        .config?;
    let address = |config: IpamConfig| {
        let named = config.gateway.and_then(|gateway| gateway.parse().ok());
        named.or_else(|| config.subnet?.parse::<IpNet>().ok()?.hosts().next())
    };
    let mut addresses: Vec<IpAddr> = configs.into_iter().filter_map(address).collect();
    // IPv4 is what `host-gateway` prefers.
    addresses.sort_by_key(IpAddr::is_ipv6);
    addresses.first().copied()
}
