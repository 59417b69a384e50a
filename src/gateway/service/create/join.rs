//! How a container joins its networks: which comes first, under which names, and when.

use std::collections::HashMap;

use super::super::scale;
use super::fields::{list, map, nonempty, nonzero, some};
use super::making::{Making, refused};
use crate::compose::{Service, ServiceNetwork};
use crate::engine::models::{EndpointIpamConfig, EndpointSettings};
use crate::error::Result;

/// An API that takes all networks at create; before it, the others are connected afterwards.
const ALL_NETWORKS_AT_CREATE: (u32, u32) = (1, 44);

/// The keys of the service's networks in the order in which they are joined.
pub fn networks(service: &Service) -> Vec<&str> {
    let mut joined: Vec<(&String, i64)> = service
        .networks
        .iter()
        .map(|(key, settings)| {
            (
                key,
                settings.as_ref().map_or(0, |settings| settings.priority),
            )
        })
        .collect();
    joined.sort_by(|(key, priority), (other, others)| others.cmp(priority).then(key.cmp(other)));
    joined.into_iter().map(|(key, _)| key.as_str()).collect()
}

/// What the service says, else its first network.
pub(super) fn network_mode(making: &Making<'_>) -> String {
    let mode = &making.service.network_mode;
    if !mode.is_empty() {
        return mode.clone();
    }
    let first = networks(making.service).into_iter().next();
    first.map_or_else(
        || "none".to_owned(),
        |key| making.project().network_name(key),
    )
}

/// The endpoints of the create call, and those to connect after it.
pub(super) type Endpoints = (
    Option<HashMap<String, EndpointSettings>>,
    Vec<(String, EndpointSettings)>,
);

pub(super) fn endpoints(making: &Making<'_>) -> Result<Endpoints> {
    let service = making.service;
    if !service.network_mode.is_empty() {
        return Ok((None, Vec::new()));
    }
    check_mac(making)?;
    let mut all = Vec::new();
    for key in networks(service) {
        let settings = service.networks.get(key).cloned().flatten();
        if let Some(name) = settings.as_ref().map(|settings| &settings.interface_name)
            && !name.is_empty()
        {
            let key = format!("networks.{key}.interface_name");
            return Err(refused(service, &key, name));
        }
        all.push((
            making.project().network_name(key),
            endpoint(making, settings, all.is_empty()),
        ));
    }
    let (major, minor) = ALL_NETWORKS_AT_CREATE;
    let at_create = if making.engine.speaks(major, minor) {
        all.len()
    } else {
        1
    };
    let later = all.split_off(at_create.min(all.len()));
    Ok((Some(all.into_iter().collect()), later))
}

/// Before API 1.44 the address belongs to the container as a whole, which bollard cannot say.
fn check_mac(making: &Making<'_>) -> Result<()> {
    let service = making.service;
    let (major, minor) = ALL_NETWORKS_AT_CREATE;
    if service.mac_address.is_empty() || making.engine.speaks(major, minor) {
        return Ok(());
    }
    Err(refused(service, "mac_address", &service.mac_address).hint("or use Docker 25 or newer"))
}

fn endpoint(
    making: &Making<'_>,
    settings: Option<ServiceNetwork>,
    first: bool,
) -> EndpointSettings {
    let service = making.service;
    let said = settings.is_some();
    let settings = settings.unwrap_or_default();
    let mut aliases = vec![making.name(), service.name.clone()];
    aliases.extend(settings.aliases);
    let mac = match settings.mac_address {
        mac if !mac.is_empty() => Some(mac),
        _ if first => some(&service.mac_address),
        _ => None,
    };
    // Compose sends it, if empty, wherever the file says anything about the network.
    let ipam = said.then(|| EndpointIpamConfig {
        ipv4_address: some(&settings.ipv4_address),
        ipv6_address: some(&settings.ipv6_address),
        link_local_ips: list(&settings.link_local_ips),
    });
    EndpointSettings {
        aliases: Some(aliases),
        links: nonempty(links(making)),
        ipam_config: ipam,
        ip_address: some(&settings.ipv4_address),
        mac_address: mac,
        driver_opts: map(&settings.driver_opts),
        gw_priority: nonzero(settings.gw_priority),
        ..EndpointSettings::default()
    }
}

/// `CONTAINER:NAME`: each linked service by the name that the link gives it and by those that it has anyway.
fn links(making: &Making<'_>) -> Vec<String> {
    let project = making.project();
    let mut links = Vec::new();
    for text in &making.service.links {
        let (service, name) = text.split_once(':').unwrap_or((text, text));
        let Ok(linked) = project.service(service) else {
            continue; // the project would not have been read
        };
        let number = making.number.to_string();
        let names = [
            name.to_owned(),
            project.joined(&[service, &number]),
            project.joined(&[&project.name, service, &number]),
        ];
        // Compose takes them as the engine lists them: the newest first.
        for each in (1..=scale::of(linked)).rev() {
            let container = project.container_name(linked, each);
            links.extend(names.iter().map(|name| format!("{container}:{name}")));
        }
    }
    let external = making.service.external_links.iter();
    links.extend(external.map(|text| match text.split_once(':') {
        Some(_) => text.clone(),
        None => format!("{text}:{text}"),
    }));
    links
}
