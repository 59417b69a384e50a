//! What a proxy lets through: plain data, decided by whoever starts it.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;
use tokio::sync::watch;

/// How long a client may take to send a request's head; also how long an idle connection is kept.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);

/// How long running answers may go on after shutdown was asked for.
const DRAIN: Duration = Duration::from_secs(5);

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

/// Who may connect, where to, and to which paths.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The backend, normally on loopback.
    pub upstream: SocketAddr,
    /// Who may connect.
    pub peers: Peers,
    /// Which paths pass.
    pub surface: Surface,
    /// The backend is ollamactl's stand-in: every answer says so in a header.
    pub stub: bool,
    /// Limit for a request's head, answered with 408 when it passes; an idle connection is closed
    /// silently after the same time.
    pub header_timeout: Duration,
    /// How long running answers may go on after shutdown; then they are cut.
    pub drain: Duration,
}

/// Who may connect.
#[derive(Debug, Clone)]
pub enum Peers {
    /// Whoever reaches the address.
    Everybody,
    /// Only these subnets, read anew for each connection; others are closed without an answer.
    Subnets(watch::Receiver<Vec<IpNet>>),
}

/// The paths that a proxy offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// Ollama as containers need it: inference and listing.
    Relay {
        /// Everything passes, also pull, push, create, copy, delete and blobs (`relay.admin`).
        admin: bool,
    },
    /// `/healthz`, answered here, and all of `/api/*` and `/v1/*`.
    Gateway,
}

/// What happens to a request for some path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It goes to the backend.
    Pass,
    /// The proxy answers for the health of the backend.
    Health,
    /// Not offered by the relay; the text says what would offer it.
    Forbidden(String),
    /// Not offered by the gateway.
    Missing(String),
}

impl Policy {
    /// The relay for containers of these subnets, without administration.
    pub fn relay(upstream: SocketAddr, subnets: watch::Receiver<Vec<IpNet>>) -> Self {
        Self::new(
            upstream,
            Peers::Subnets(subnets),
            Surface::Relay { admin: false },
        )
    }

    /// The gateway for whoever reaches it.
    pub fn gateway(upstream: SocketAddr) -> Self {
        Self::new(upstream, Peers::Everybody, Surface::Gateway)
    }

    fn new(upstream: SocketAddr, peers: Peers, surface: Surface) -> Self {
        Self {
            upstream,
            peers,
            surface,
            stub: false,
            header_timeout: HEADER_TIMEOUT,
            drain: DRAIN,
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

    /// What happens to a request for this path.
    pub(super) fn judge(&self, path: &str) -> Verdict {
        match self.surface {
            Surface::Relay { admin: true } => Verdict::Pass,
            Surface::Relay { admin: false }
                if INFERENCE.contains(&path) || is_below(path, "/v1/") =>
            {
                Verdict::Pass
            }
            Surface::Relay { admin: false } => Verdict::Forbidden(format!(
                "{path} does not pass the relay, which is for inference and listing; \
                 set `relay.admin: true` in ollamactl.yaml to let everything pass"
            )),
            Surface::Gateway if path == "/healthz" => Verdict::Health,
            Surface::Gateway if is_below(path, "/api/") || is_below(path, "/v1/") => Verdict::Pass,
            Surface::Gateway => Verdict::Missing(format!(
                "{path} is not served; this gateway serves /healthz, /api/* and /v1/*"
            )),
        }
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
        .replace("%2f", "/");
    !folded
        .split('/')
        .any(|segment| matches!(segment, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relay(admin: bool) -> Policy {
        Policy {
            surface: Surface::Relay { admin },
            ..Policy::gateway(SocketAddr::from(([127, 0, 0, 1], 11434)))
        }
    }

    #[test]
    fn the_relay_passes_inference_and_listing() {
        for path in INFERENCE
            .iter()
            .chain(&["/v1/chat/completions", "/v1/models/library/x:1b"])
        {
            assert_eq!(relay(false).judge(path), Verdict::Pass, "{path}");
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
            "/v1/",
            "/v1//api/pull",
        ] {
            let verdict = relay(false).judge(path);
            assert!(
                matches!(&verdict, Verdict::Forbidden(text) if text.contains("relay.admin")),
                "{path}: {verdict:?}"
            );
            assert_eq!(relay(true).judge(path), Verdict::Pass, "{path}");
        }
    }

    #[test]
    fn the_gateway_answers_for_health_and_passes_the_apis() {
        let gateway = Policy::gateway(SocketAddr::from(([127, 0, 0, 1], 1)));
        assert_eq!(gateway.judge("/healthz"), Verdict::Health);
        assert_eq!(gateway.judge("/api/pull"), Verdict::Pass);
        assert_eq!(gateway.judge("/v1/models"), Verdict::Pass);
        assert!(matches!(gateway.judge("/metrics"), Verdict::Missing(_)));
    }

    #[test]
    fn subnets_are_read_anew_and_mapped_addresses_count_as_ipv4() {
        let (current, subnets) = watch::channel(vec!["172.18.0.0/16".parse().expect("a subnet")]);
        let policy = Policy::relay(SocketAddr::from(([127, 0, 0, 1], 1)), subnets);
        let peer: IpAddr = "::ffff:172.18.0.5".parse().expect("an address");
        assert!(policy.admits(peer));
        current.send(Vec::new()).expect("the policy listens");
        assert!(!policy.admits(peer));
    }
}
