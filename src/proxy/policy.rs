//! What a proxy lets through: plain data, decided by whoever starts it.

use std::net::IpAddr;

use hyper::Method;
use hyper::header::HeaderValue;
use ipnet::IpNet;
use tokio::sync::watch;

use super::limits::Limits;
use super::upstream::Upstream;
use super::{Keys, RequestLog};
use crate::ollama::ModelName;

/// The paths of Ollama's API that infer or list. Exact: what is not here does not pass, however it
/// is spelt (`//api/pull`, `/api/%70ull`).
const INFERENCE: [&str; 9] = [
    "/",
    "/api/version",
    "/api/tags",
    "/api/ps",
    "/api/show",
    "/api/generate",
    "/api/chat",
    "/api/embed",
    "/api/embeddings",
];

/// The methods that ask; what changes a store is not asked with POST everywhere (`DELETE /v1/models/…` of
/// `OpenAI`'s interface).
const ASKING: [Method; 4] = [Method::GET, Method::HEAD, Method::POST, Method::OPTIONS];

/// Who may connect, where to, to which paths, and how much of it.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The backend, normally on loopback.
    pub upstream: Upstream,
    /// Who may connect.
    pub peers: Peers,
    /// Which paths pass.
    pub surface: Surface,
    /// The backend is to be ollamactl's stand-in. What it is, its answers tell.
    pub stub: bool,
    /// Sizes, times and counts.
    pub limits: Limits,
    /// Where requests are noted; `None` for nowhere.
    pub log: Option<RequestLog>,
}

/// Connections to the relay at the same time. Each may have one to the backend, and the supervisor, which has
/// descriptors of its own to keep, runs with the usual 1024.
const RELAY_CONNECTIONS: usize = 384;

/// Who may connect.
#[derive(Debug, Clone)]
pub enum Peers {
    /// Whoever reaches the address.
    Everybody,
    /// Only these subnets, read anew for each connection and request; others are closed without an
    /// answer.
    Subnets(watch::Receiver<Vec<IpNet>>),
}

/// The paths that a proxy offers.
#[derive(Debug, Clone)]
pub enum Surface {
    /// Ollama as containers need it: inference and listing.
    Relay {
        /// Everything passes, also pull, push, create, copy, delete and blobs (`relay.admin`).
        admin: bool,
    },
    /// All of `/api/*` and `/v1/*`, and endpoints of its own.
    Gateway(Gateway),
}

/// What a gateway does besides passing on.
#[derive(Debug, Clone, Default)]
pub struct Gateway {
    /// One of these is asked for where there are any.
    pub keys: Keys,
    /// The required model: it must be there for `/ready`, and is meant where a request names none.
    pub model: Option<ModelName>,
    /// Web pages of these origins may call; with none, the backend's own rule holds.
    pub origins: Vec<HeaderValue>,
}

impl Gateway {
    /// Whether web pages of this origin may call.
    pub(super) fn allows(&self, origin: &HeaderValue) -> bool {
        self.origins.iter().any(|one| one == origin || one == "*")
    }
}

/// What a gateway answers itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// `/healthz`: gateway and backend answer.
    Live,
    /// `/health`: the same in detail.
    Report,
    /// `/ready`: the backend answers and has the required model.
    Ready,
    /// `/metrics`, for Prometheus.
    Metrics,
}

/// What happens to a request for some path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It goes to the backend.
    Pass,
    /// The proxy answers itself.
    Own(Endpoint),
    /// Not offered by the relay; the text says what would offer it.
    Forbidden(String),
    /// Not offered by the gateway.
    Missing(String),
}

impl Policy {
    /// The relay for containers of these subnets, without administration.
    pub fn relay(upstream: impl Into<Upstream>, subnets: watch::Receiver<Vec<IpNet>>) -> Self {
        Self::new(
            upstream.into(),
            Peers::Subnets(subnets),
            Surface::Relay { admin: false },
        )
    }

    /// The gateway for whoever reaches it.
    pub fn gateway(upstream: impl Into<Upstream>, gateway: Gateway) -> Self {
        Self::new(upstream.into(), Peers::Everybody, Surface::Gateway(gateway))
    }

    fn new(upstream: Upstream, peers: Peers, surface: Surface) -> Self {
        Self {
            upstream,
            peers,
            surface,
            stub: false,
            limits: Limits {
                connections: RELAY_CONNECTIONS,
                ..Limits::default()
            },
            log: None,
        }
    }

    /// Whether this address may connect.
    pub fn admits(&self, peer: IpAddr) -> bool {
        match &self.peers {
            Peers::Everybody => true,
            Peers::Subnets(subnets) => {
                // A dual-stack socket reports IPv4 peers as ::ffff:a.b.c.d.
                let peer = peer.to_canonical();
                subnets.borrow().iter().any(|subnet| subnet.contains(&peer))
            }
        }
    }

    /// The gateway's part; `None` for a relay.
    pub(super) fn as_gateway(&self) -> Option<&Gateway> {
        match &self.surface {
            Surface::Gateway(gateway) => Some(gateway),
            Surface::Relay { .. } => None,
        }
    }

    /// Whether a Host header of a public name is refused. A page that has its own name resolve to us
    /// (DNS rebinding) has no key, so where one is asked for, the gateway may have any name.
    pub(super) fn guards_host(&self) -> bool {
        self.as_gateway()
            .is_none_or(|gateway| gateway.keys.is_empty())
    }

    /// What happens to a request of this peer for this path.
    pub(super) fn judge(&self, peer: IpAddr, method: &Method, path: &str) -> Verdict {
        if !self.admits(peer) {
            return Verdict::Forbidden(format!("{peer} is not let in any more"));
        }
        if *method == Method::CONNECT {
            return Verdict::Forbidden("CONNECT is not for this proxy".to_owned());
        }
        match &self.surface {
            Surface::Relay { admin: true } => Verdict::Pass,
            Surface::Relay { admin: false }
                if ASKING.contains(method)
                    && (INFERENCE.contains(&path) || is_below(path, "/v1/")) =>
            {
                Verdict::Pass
            }
            Surface::Relay { admin: false } => Verdict::Forbidden(format!(
                "{method} {path} does not pass the relay, which is for inference and listing; \
                 set `relay.admin: true` in ollamactl.yaml to let everything pass"
            )),
            Surface::Gateway(_) => judge_gateway(path),
        }
    }
}

fn judge_gateway(path: &str) -> Verdict {
    match path {
        "/healthz" => Verdict::Own(Endpoint::Live),
        "/health" => Verdict::Own(Endpoint::Report),
        "/ready" => Verdict::Own(Endpoint::Ready),
        "/metrics" => Verdict::Own(Endpoint::Metrics),
        // Ollama's own client asks for it first.
        "/" => Verdict::Pass,
        _ if is_below(path, "/api/") || is_below(path, "/v1/") => Verdict::Pass,
        _ => Verdict::Missing(format!(
            "{path} is not served; this gateway serves /healthz, /health, /ready, /metrics, /api/* and /v1/*"
        )),
    }
}

/// Whether the path lies below the prefix and stays there: no dot segments, however spelt, and no
/// empty ones, which the backend might fold into another path.
fn is_below(path: &str, prefix: &str) -> bool {
    let Some(rest) = path.strip_prefix(prefix) else {
        return false;
    };
    let folded = rest
        .to_ascii_lowercase()
        .replace("%2e", ".")
        .replace("%2f", "/")
        .replace("%5c", "/")
        .replace('\\', "/");
    !folded
        .split('/')
        .any(|segment| matches!(segment, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use super::*;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn gateway() -> Policy {
        Policy::gateway(
            SocketAddr::from(([127, 0, 0, 1], 11434)),
            Gateway::default(),
        )
    }

    fn relay(admin: bool) -> Policy {
        Policy {
            surface: Surface::Relay { admin },
            ..gateway()
        }
    }

    fn judge(policy: &Policy, path: &str) -> Verdict {
        policy.judge(HERE, &Method::POST, path)
    }

    #[test]
    fn the_relay_passes_inference_and_listing() {
        for path in INFERENCE
            .iter()
            .chain(&["/v1/chat/completions", "/v1/models/library/x:1b"])
        {
            assert_eq!(judge(&relay(false), path), Verdict::Pass, "{path}");
        }
    }

    #[test]
    fn the_relay_refuses_administration_however_it_is_spelt() {
        for path in [
            "/api/pull",
            "/api/push",
            "/api/create",
            "/api/copy",
            "/api/delete",
            "/api/blobs/sha256:00",
            "/debug/pprof/",
            "//api/pull",
            "/api/%70ull",
            "/api/tags/../pull",
            "/v1/../api/pull",
            "/v1/%2e%2E/api/pull",
            "/v1/..%2fapi/pull",
            "/v1/..\\api/pull",
            "/v1/..%5Capi/pull",
            "/v1/",
            "/v1//api/pull",
        ] {
            let verdict = judge(&relay(false), path);
            assert!(
                matches!(&verdict, Verdict::Forbidden(text) if text.contains("relay.admin")),
                "{path}: {verdict:?}"
            );
            assert_eq!(judge(&relay(true), path), Verdict::Pass, "{path}");
        }
    }

    #[test]
    fn the_relay_passes_no_method_that_changes_a_store() {
        for method in [Method::DELETE, Method::PUT, Method::PATCH] {
            for path in ["/v1/models/tiny", "/api/tags", "/v1/files"] {
                let verdict = relay(false).judge(HERE, &method, path);
                assert!(matches!(verdict, Verdict::Forbidden(_)), "{method} {path}");
            }
        }
    }

    #[test]
    fn the_gateway_answers_for_itself_and_passes_the_apis() {
        for (path, endpoint) in [
            ("/healthz", Endpoint::Live),
            ("/health", Endpoint::Report),
            ("/ready", Endpoint::Ready),
            ("/metrics", Endpoint::Metrics),
        ] {
            assert_eq!(judge(&gateway(), path), Verdict::Own(endpoint), "{path}");
        }
        for path in ["/", "/api/pull", "/v1/models"] {
            assert_eq!(judge(&gateway(), path), Verdict::Pass, "{path}");
        }
        for path in ["/debug/pprof/", "/api/", "/v1/../debug/pprof/", "*", ""] {
            assert!(
                matches!(judge(&gateway(), path), Verdict::Missing(_)),
                "{path}"
            );
        }
    }

    #[test]
    fn nobody_tunnels() {
        for policy in [gateway(), relay(true)] {
            assert!(matches!(
                policy.judge(HERE, &Method::CONNECT, "/"),
                Verdict::Forbidden(_)
            ));
        }
    }

    #[test]
    fn subnets_are_read_anew_and_mapped_addresses_count_as_ipv4() {
        let (current, subnets) = watch::channel(vec!["172.18.0.0/16".parse().expect("a subnet")]);
        let policy = Policy::relay(SocketAddr::from(([127, 0, 0, 1], 1)), subnets);
        let peer: IpAddr = "::ffff:172.18.0.5".parse().expect("an address");
        assert!(policy.admits(peer));
        assert_eq!(policy.judge(peer, &Method::GET, "/api/tags"), Verdict::Pass);
        current.send(Vec::new()).expect("the policy listens");
        assert!(!policy.admits(peer));
        assert!(matches!(
            policy.judge(peer, &Method::GET, "/api/tags"),
            Verdict::Forbidden(_)
        ));
    }
}
