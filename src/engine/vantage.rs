//! From where this process sees the engine's machine: from itself, or from another. It may also be in a container
//! that the engine's socket was passed into, as development containers and builds of CI are.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{Endpoint, Engine};
use crate::process::is_own_address;

/// What Docker Desktop's containers call the machine.
const DESKTOP: &str = "host.docker.internal";

/// Where this process is, seen from the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Vantage {
    /// On the engine's own machine.
    Here,
    /// In a container of the engine's machine, which is reached by this name or address.
    Contained(String),
    /// On another machine than the engine's, which has this name.
    Away(String),
}

impl Vantage {
    /// Where what listens on this address of the engine's machine is reached from here: `HOST:PORT`. `None` where
    /// nobody but that machine reaches it.
    pub fn reach(&self, address: SocketAddr) -> Option<String> {
        let ip = address.ip();
        let host = match self {
            Self::Here if !ip.is_unspecified() => return Some(address.to_string()),
            Self::Here if ip.is_ipv4() => Ipv4Addr::LOCALHOST.to_string(),
            Self::Here => format!("[{}]", Ipv6Addr::LOCALHOST),
            _ if ip.is_loopback() => return None,
            Self::Contained(host) | Self::Away(host) if ip.is_unspecified() => host.clone(),
            _ => return Some(address.to_string()),
        };
        Some(format!("{host}:{}", address.port()))
    }
}

impl Engine {
    /// Where this process is. An engine that cannot be asked is taken for one of this machine.
    pub async fn vantage(&self) -> Vantage {
        if self.endpoint.is_remote() {
            return Vantage::Away(host_of(&self.endpoint).to_owned());
        }
        if !is_passed_in(&self.endpoint).await {
            return Vantage::Here;
        }
        match self.identify().await {
            Ok(info) if info.desktop => Vantage::Contained(DESKTOP.to_owned()),
            Ok(info) => match info.host_gateway.filter(|bridge| !is_own_address(*bridge)) {
                Some(bridge) => Vantage::Contained(bridge.to_string()),
                None => Vantage::Here,
            },
            Err(_) => Vantage::Here,
        }
    }
}

/// `gpu` of `ssh://me@gpu:2222` and of `tcp://gpu:2376`.
fn host_of(endpoint: &Endpoint) -> &str {
    let rest = endpoint.address.split_once("://");
    let rest = rest.map_or(endpoint.address.as_str(), |(_, rest)| rest);
    let place = rest.split('/').next().unwrap_or_default();
    let place = place.rsplit('@').next().unwrap_or_default();
    match place.find(']') {
        Some(end) => &place[..=end],
        None => place.split(':').next().unwrap_or_default(),
    }
}

/// Whether whoever serves the socket is no process of this container's or machine's: the kernel then has no number
/// for it.
#[cfg(target_os = "linux")]
async fn is_passed_in(endpoint: &Endpoint) -> bool {
    let Some(socket) = endpoint.socket() else {
        return false;
    };
    let connection = tokio::net::UnixStream::connect(socket).await;
    let peer = connection.and_then(|connection| connection.peer_cred());
    peer.is_ok_and(|peer| peer.pid() == Some(0))
}

/// Elsewhere containers have a kernel of their own, which is Linux.
#[cfg(not(target_os = "linux"))]
#[allow(clippy::unused_async, reason = "the same signature as on Linux")]
async fn is_passed_in(_endpoint: &Endpoint) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_published_is_reached_from_where_one_is() {
        let from = |vantage: Vantage| {
            let reach = |address: &str| vantage.reach(address.parse().expect("an address"));
            ["0.0.0.0:1", "[::]:1", "127.0.0.1:1", "192.0.2.7:1"].map(reach)
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            from(Vantage::Here),
            ["127.0.0.1:1", "[::1]:1", "127.0.0.1:1", "192.0.2.7:1"].map(some)
        );
        assert_eq!(
            from(Vantage::Away("gpu".to_owned())),
            [some("gpu:1"), some("gpu:1"), None, some("192.0.2.7:1")]
        );
    }

    #[test]
    fn the_host_of_an_engine_is_read_from_its_address() {
        for (address, host) in [
            ("tcp://docker:2375", "docker"),
            ("ssh://me@gpu:2222/run/docker.sock", "gpu"),
            ("ssh://gpu", "gpu"),
            ("tcp://[2001:db8::1]:2376", "[2001:db8::1]"),
        ] {
            let endpoint = Endpoint {
                address: address.to_owned(),
                source: String::new(),
                tls: None,
            };
            assert_eq!(host_of(&endpoint), host, "{address}");
        }
    }
}
