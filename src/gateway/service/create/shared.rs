//! What services share: networks and volumes, as the Engine API creates them.

use super::super::labels;
use super::fields::{map, nonempty, some};
use crate::compose::{IpamPool, Project, Release};
use crate::engine::models::{Ipam, IpamConfig, NetworkCreateRequest, VolumeCreateRequest};

/// The network with this key.
pub fn network(
    project: &Project,
    release: &Release,
    key: &str,
    name: &str,
) -> NetworkCreateRequest {
    let network = project.networks.get(key).cloned().unwrap_or_default();
    let pools = nonempty(network.ipam.config.iter().map(pool).collect());
    let driver = some(&network.ipam.driver);
    let said = driver.is_some() || pools.is_some();
    NetworkCreateRequest {
        name: name.to_owned(),
        driver: some(&network.driver),
        options: map(&network.driver_opts),
        internal: network.internal.then_some(true),
        attachable: network.attachable.then_some(true),
        enable_ipv4: network.enable_ipv4,
        enable_ipv6: network.enable_ipv6,
        ipam: said.then_some(Ipam {
            driver,
            config: pools,
            options: None,
        }),
        labels: Some(labels::network(project, release, key, &network)),
        ..NetworkCreateRequest::default()
    }
}

fn pool(pool: &IpamPool) -> IpamConfig {
    IpamConfig {
        subnet: some(&pool.subnet),
        gateway: some(&pool.gateway),
        ip_range: some(&pool.ip_range),
        auxiliary_addresses: map(&pool.aux_addresses),
    }
}

/// The volume with this key.
pub fn volume(project: &Project, release: &Release, key: &str, name: &str) -> VolumeCreateRequest {
    let volume = project.volumes.get(key).cloned().unwrap_or_default();
    VolumeCreateRequest {
        name: Some(name.to_owned()),
        driver: some(&volume.driver),
        driver_opts: map(&volume.driver_opts),
        labels: Some(labels::volume(project, release, key, &volume)),
        cluster_volume_spec: None,
    }
}
