//! How a service is reached, and what it reaches by which name.

use std::collections::BTreeMap;

use crate::compose::model::omit::canonical;

canonical! {
    /// A published port.
    pub struct Port {
        /// A name for people.
        pub name: String,
        /// `ingress` or `host`.
        pub mode: String,
        /// Address of the host; `None`: all.
        pub host_ip: Option<String>,
        /// Port in the container.
        pub target: u32,
        /// Port of the host, or a range (`8000-8010`) to choose from; `None`: any free port.
        pub published: Option<String>,
        /// `tcp` or `udp`.
        pub protocol: String,
        /// What the port speaks, for people.
        pub app_protocol: String,
    }

    /// How a service joins a network.
    pub struct ServiceNetwork {
        /// More names on that network.
        pub aliases: Vec<String>,
        /// Driver options of the endpoint.
        pub driver_opts: BTreeMap<String, String>,
        /// The endpoint with the highest one gives the default gateway.
        pub gw_priority: i64,
        /// Interface name in the container.
        pub interface_name: String,
        /// Fixed IPv4 address.
        pub ipv4_address: String,
        /// Fixed IPv6 address.
        pub ipv6_address: String,
        /// Link-local addresses.
        pub link_local_ips: Vec<String>,
        /// Fixed MAC address on that network.
        pub mac_address: String,
        /// Networks are joined from the highest to the lowest.
        pub priority: i64,
    }
}

/// An entry of /etc/hosts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExtraHost {
    /// Host name.
    pub name: String,
    /// Address, or `host-gateway`.
    pub address: String,
}

impl serde::Serialize for ExtraHost {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}={}", self.name, self.address))
    }
}
