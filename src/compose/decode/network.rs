//! How a service is reached and what it reaches: ports, networks, entries of /etc/hosts.

use std::collections::BTreeMap;

use crate::compose::decode::parts::refuse_unknown;
use crate::compose::decode::{Decoded, Field, Object, last_of_each, short};
use crate::compose::model::service::{ExtraHost, Port, ServiceNetwork};
use crate::compose::yaml::node::Node;
use crate::compose::yaml::path::Invalid;

pub(in crate::compose) fn ports(field: &Field) -> Decoded<Vec<Port>> {
    let mut ports = Vec::new();
    for item in field.items()? {
        if let Node::Map(_) = item.node {
            ports.push(port(&item)?);
        } else {
            let text = item.text_or_int()?;
            ports.extend(short::ports(&text).map_err(|reason| item.invalid(reason))?);
        }
    }
    Ok(last_of_each(ports, |port| {
        let address = port.host_ip.clone().unwrap_or_else(|| "0.0.0.0".to_owned());
        (
            address,
            port.published.clone(),
            port.target,
            port.protocol.clone(),
        )
    }))
}

fn port(field: &Field) -> Decoded<Port> {
    let o = field.object()?;
    let target = o
        .get("target")
        .ok_or_else(|| field.invalid("has no target"))?;
    let number = u16::try_from(target.int()?).ok().filter(|port| *port > 0);
    let port = Port {
        name: o.text("name")?,
        mode: o
            .option("mode", Field::text)?
            .unwrap_or_else(|| "ingress".to_owned()),
        host_ip: o.option("host_ip", host_ip)?,
        target: number
            .ok_or_else(|| target.invalid("must be a port, 1 to 65535"))?
            .into(),
        published: o
            .option("published", Field::text_or_int)?
            .filter(|text| !text.is_empty()),
        protocol: o
            .option("protocol", Field::text)?
            .unwrap_or_else(|| "tcp".to_owned()),
        app_protocol: o.text("app_protocol")?,
    };
    refuse_unknown(&o)?;
    Ok(port)
}

pub(in crate::compose) fn expose(field: &Field) -> Decoded<Vec<String>> {
    Ok(last_of_each(field.list(Field::text_or_int)?, String::clone))
}

/// An IP address; one of version 6 is without brackets here.
fn host_ip(field: &Field) -> Decoded<String> {
    let text = field.text()?;
    match text.parse::<std::net::IpAddr>() {
        Ok(_) => Ok(text),
        Err(_) => Err(field.invalid(format!("`{text}` is not an IP address"))),
    }
}

/// The networks that a service joins: `default` where nothing else is said. To compose, an empty
/// `network_mode` is something else.
pub(super) fn of_service(
    service: &Object,
    unsupported: &mut Vec<String>,
) -> Decoded<BTreeMap<String, Option<ServiceNetwork>>> {
    let mut networks = service.or_default("networks", |field| networks(field, unsupported))?;
    if networks.is_empty() && service.get("network_mode").is_none() {
        networks.insert("default".to_owned(), None);
    }
    Ok(networks)
}

fn networks(
    field: &Field,
    unsupported: &mut Vec<String>,
) -> Decoded<BTreeMap<String, Option<ServiceNetwork>>> {
    if let Node::List(_) = field.node {
        return Ok(field
            .distinct()?
            .into_iter()
            .map(|key| (key, None))
            .collect());
    }
    let mut networks = BTreeMap::new();
    for (key, field) in field.entries()? {
        let network = match field.node {
            Node::Null => None,
            _ => Some(network(&field, unsupported)?),
        };
        networks.insert(key.to_owned(), network);
    }
    Ok(networks)
}

fn network(field: &Field, unsupported: &mut Vec<String>) -> Decoded<ServiceNetwork> {
    let o = field.object()?;
    let network = ServiceNetwork {
        aliases: o.names("aliases")?,
        driver_opts: o.settings("driver_opts")?,
        gw_priority: o.or_default("gw_priority", Field::number)?,
        interface_name: o.text("interface_name")?,
        ipv4_address: o.text("ipv4_address")?,
        ipv6_address: o.text("ipv6_address")?,
        link_local_ips: o.names("link_local_ips")?,
        mac_address: o.text("mac_address")?,
        priority: o.or_default("priority", Field::number)?,
    };
    unsupported.extend(o.unknown()?);
    Ok(network)
}

pub(in crate::compose) fn extra_hosts(field: &Field) -> Decoded<Vec<ExtraHost>> {
    let mut all = Vec::new();
    if let Node::Map(_) = field.node {
        for (name, addresses) in field.entries()? {
            for (path, address) in addresses.placed()? {
                // Only in a list do commas part addresses.
                let host = short::extra_host(name, &address);
                all.push(host.map_err(|reason| Invalid::new(&path, reason))?);
            }
        }
    } else {
        field.distinct()?;
        for (path, text) in field.placed()? {
            let found = short::extra_hosts(&text).map_err(|reason| Invalid::new(&path, reason))?;
            all.extend(found);
        }
    }
    // By the whole text, as compose has it: `db-1=…` stands before `db=…`.
    all.sort_by_cached_key(|host| format!("{}={}", host.name, host.address));
    Ok(all)
}
