//! Whom the relay lets in: this engine's containers, or those of them that `relay.allow` names.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::engine::Subnet;

/// What a list of names, subnets and addresses comes to, beside an engine's networks as they are now.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Admitted {
    /// The addresses that are let in. What is allowed narrows the list and never widens it.
    pub ranges: Vec<IpNet>,
    /// Entries that let nobody in: the engine has no such network.
    pub unmatched: Vec<String>,
}

impl Admitted {
    /// All of these subnets where nothing is asked for.
    pub fn of(subnets: &[Subnet], allow: &[String]) -> Self {
        if allow.is_empty() {
            return Self {
                ranges: subnets.iter().map(|subnet| subnet.range).collect(),
                unmatched: Vec::new(),
            };
        }
        let each = allow.iter().map(|entry| (entry, ranges(subnets, entry)));
        let (matched, unmatched): (Vec<_>, Vec<_>) = each.partition(|(_, found)| !found.is_empty());
        Self {
            ranges: matched.into_iter().flat_map(|(_, found)| found).collect(),
            unmatched: unmatched
                .into_iter()
                .map(|(entry, _)| entry.clone())
                .collect(),
        }
    }
}

/// The addresses that one entry lets in.
fn ranges(subnets: &[Subnet], entry: &str) -> Vec<IpNet> {
    let range = match entry.parse::<IpAddr>() {
        Ok(address) => Some(IpNet::from(address)),
        Err(_) => entry.parse::<IpNet>().ok(),
    };
    let of_entry = |subnet: &Subnet| match range {
        Some(range) if subnet.range.contains(&range) => Some(range),
        Some(range) if range.contains(&subnet.range) => Some(subnet.range),
        Some(_) => None,
        None => (subnet.network == entry).then_some(subnet.range),
    };
    subnets.iter().filter_map(of_entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subnet(network: &str, range: &str) -> Subnet {
        Subnet {
            network: network.to_owned(),
            range: range.parse().expect("a subnet"),
        }
    }

    #[test]
    fn what_is_allowed_narrows_the_list_and_never_widens_it() {
        let subnets = [
            subnet("bridge", "172.17.0.0/16"),
            subnet("shop_default", "172.18.0.0/16"),
            subnet("shop_default", "fd00::/64"),
        ];
        let admitted = |allow: &[&str]| {
            let allow: Vec<String> = allow.iter().map(|entry| (*entry).to_owned()).collect();
            let admitted = Admitted::of(&subnets, &allow);
            let ranges = admitted.ranges.iter().map(ToString::to_string);
            (ranges.collect::<Vec<_>>(), admitted.unmatched)
        };
        let ranges = |allow: &[&str]| admitted(allow).0;
        assert_eq!(ranges(&[]), ["172.17.0.0/16", "172.18.0.0/16", "fd00::/64"]);
        assert_eq!(ranges(&["shop_default"]), ["172.18.0.0/16", "fd00::/64"]);
        assert_eq!(ranges(&["172.18.0.2"]), ["172.18.0.2/32"]);
        assert_eq!(ranges(&["172.18.1.0/24"]), ["172.18.1.0/24"]);
        assert_eq!(
            ranges(&["172.16.0.0/12"]),
            ["172.17.0.0/16", "172.18.0.0/16"]
        );
        assert_eq!(
            admitted(&["192.168.0.0/16", "no-such-network", "bridge"]),
            (
                vec!["172.17.0.0/16".to_owned()],
                vec!["192.168.0.0/16".to_owned(), "no-such-network".to_owned()]
            )
        );
        assert_eq!(ranges(&["0.0.0.0/0"]), ["172.17.0.0/16", "172.18.0.0/16"]);
    }
}
