//! A service in JSON, field by field as a release of compose prints it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::go_json;
use crate::compose::model::omit::Omit;
use crate::compose::model::service::{Service, ServiceNetwork};
use crate::compose::release::Dialect;

/// The whole service, as a release of the dialect prints it.
pub(in crate::compose) fn service_json(service: &Service, dialect: Dialect) -> String {
    let text = go_json::print(service);
    match dialect {
        Dialect::A => as_in_dialect_a(service, text),
        Dialect::B => text,
        Dialect::C => text
            .replace(r#""create_host_path":true"#, "")
            .replace("{,", "{"),
    }
}

/// Up to 2.29, the fields of a network stood in another order, and a file mode was a number. JSON of
/// a part stands as it is in JSON of the whole, and cannot stand inside a string, which would escape
/// its quotes: so the parts are replaced.
fn as_in_dialect_a(service: &Service, mut text: String) -> String {
    if !service.networks.is_empty() {
        let old: BTreeMap<_, _> = service
            .networks
            .iter()
            .map(|(key, n)| (key, n.as_ref().map(OldNetwork::from)))
            .collect();
        text = text.replace(&go_json::print(&service.networks), &go_json::print(&old));
    }
    for reference in service.configs.iter().chain(&service.secrets) {
        if let Some(mode) = &reference.mode {
            let number = u32::from_str_radix(mode, 8).unwrap_or_default();
            text = text.replace(
                &format!(r#""mode":"{mode}""#),
                &format!(r#""mode":{number}"#),
            );
        }
    }
    text
}

/// A network of a service, in the order of fields of dialect A.
#[derive(Serialize)]
struct OldNetwork<'a> {
    #[serde(skip_serializing_if = "Omit::omit")]
    priority: i64,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    aliases: &'a [String],
    #[serde(skip_serializing_if = "str::is_empty")]
    ipv4_address: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    ipv6_address: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    link_local_ips: &'a [String],
    #[serde(skip_serializing_if = "str::is_empty")]
    mac_address: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    driver_opts: &'a BTreeMap<String, String>,
}

impl<'a> From<&'a ServiceNetwork> for OldNetwork<'a> {
    fn from(network: &'a ServiceNetwork) -> Self {
        Self {
            priority: network.priority,
            aliases: &network.aliases,
            ipv4_address: &network.ipv4_address,
            ipv6_address: &network.ipv6_address,
            link_local_ips: &network.link_local_ips,
            mac_address: &network.mac_address,
            driver_opts: &network.driver_opts,
        }
    }
}
