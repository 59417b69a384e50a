//! The relay: on the engine's host-gateway address, so that containers reach the loopback backend and
//! the network does not. Only addresses of this engine's own networks are let in, since a bind address
//! alone keeps nobody out who has a route to it.

use std::future::ready;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use futures_util::{Stream, StreamExt};
use ipnet::IpNet;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Launch, RelayState};
use crate::config::Mode;
use crate::engine::{Engine, Subnet};
use crate::error::{Context, Error, Result};
use crate::process;
use crate::proxy::{Policy, Surface, serve};

/// How long an adopted backend's supervisor waits to hear what becomes of the relay: it is all that there is
/// to run.
const SETTLE: Duration = Duration::from_secs(6);
/// Pauses between tries to reach the engine or to listen.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(3),
];

/// A relay at work in the background.
pub(super) struct Relay {
    /// What it does; the first change comes when the engine has answered, or does not.
    pub state: watch::Receiver<RelayState>,
    task: JoinHandle<()>,
}

/// Starts the relay where the launch wants one.
pub(super) fn start(launch: &Launch, stop: &CancellationToken) -> Relay {
    if !launch.relay {
        let (_, state) = watch::channel(RelayState::Off);
        let task = tokio::spawn(async {});
        return Relay { state, task };
    }
    let (sender, state) = watch::channel(RelayState::Waiting {
        reason: "the container engine has not answered yet".to_owned(),
        hint: None,
    });
    let task = tokio::spawn(run(launch.clone(), sender, stop.clone()));
    Relay { state, task }
}

impl Relay {
    /// Waits until it has ended, after its stop was requested.
    pub async fn ended(self) {
        let _ = self.task.await;
    }
}

/// The relay's state as soon as it is known, or after a short while. At once where there is none.
pub(super) async fn settled(state: &mut watch::Receiver<RelayState>) -> RelayState {
    let _ = tokio::time::timeout(SETTLE, state.changed()).await;
    state.borrow_and_update().clone()
}

/// One line for people.
pub(super) fn describe(state: &RelayState) -> String {
    match state {
        RelayState::Off => "off".to_owned(),
        RelayState::Listening { address } => format!("listening on {address}"),
        RelayState::Waiting { .. } => format!("waiting: {}", state.reason()),
        RelayState::NotNeeded { .. } => format!("not needed: {}", state.reason()),
        RelayState::Impossible { .. } => format!("not possible: {}", state.reason()),
        RelayState::Gone => "gone with its supervisor".to_owned(),
    }
}

async fn run(launch: Launch, state: watch::Sender<RelayState>, stop: CancellationToken) {
    let mut pauses = PAUSES.iter().chain(std::iter::repeat(&PAUSES[2]));
    loop {
        let session = session(&launch, &state);
        let ended = tokio::select! {
            ended = session => ended,
            () = stop.cancelled() => return,
        };
        match ended {
            Ok(End::ForGood(reason)) => {
                state.send_replace(reason);
                return stop.cancelled().await;
            }
            Ok(End::EngineGone) => {
                pauses = PAUSES.iter().chain(std::iter::repeat(&PAUSES[2]));
                waiting(&state, "the container engine went away".to_owned(), None);
            }
            Err(error) => waiting(&state, error.to_string(), error.hints.first().cloned()),
        }
        let pause = pauses.next().copied().unwrap_or(PAUSES[2]);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Says what is waited for, once.
fn waiting(state: &watch::Sender<RelayState>, reason: String, hint: Option<String>) {
    state.send_if_modified(|now| {
        let next = RelayState::Waiting { reason, hint };
        let changed = *now != next;
        *now = next;
        changed
    });
}

enum End {
    /// There is nothing to relay, and this does not change while the engine is what it is.
    ForGood(RelayState),
    EngineGone,
}

/// From a connection to the engine to its end.
async fn session(launch: &Launch, state: &watch::Sender<RelayState>) -> Result<End> {
    let engine = Engine::from_environment().await?;
    if let Some(reason) = without(&engine, launch) {
        return Ok(End::ForGood(reason));
    }
    let gateway = engine.info().host_gateway.ok_or_else(no_bridge)?;
    let address = SocketAddr::new(gateway, launch.host().port);
    let listener = listen(address)?;
    let allowed = |subnets: Vec<Subnet>| admitted(&subnets, &launch.relay_allow);
    // What changes while this begins is told too.
    let changes = engine.network_changes(Utc::now());
    let (subnets, receiver) = watch::channel(allowed(engine.subnets().await?));
    let upstream = launch
        .host()
        .for_client()
        .socket_addr()
        .ok_or_else(|| Error::failed(format!("{} does not resolve", launch.bind)))?;
    let policy = Policy {
        surface: Surface::Relay {
            admin: launch.relay_admin,
        },
        stub: launch.mode == Mode::Stub,
        ..Policy::relay(upstream, receiver)
    };
    state.send_replace(RelayState::Listening { address });
    tokio::select! {
        served = serve(listener, Arc::new(policy), CancellationToken::new(), ready(())) => {
            served.map(|()| End::EngineGone)
        }
        () = follow_subnets(&engine, changes, &subnets, allowed) => Ok(End::EngineGone),
    }
}

/// Where no relay can listen.
const BESIDE_THEM: &str = "run the backend as a container beside them, or name an address that they reach: --bind ADDRESS";

/// Where containers reach the host without a relay, or not even with one.
fn without(engine: &Engine, launch: &Launch) -> Option<RelayState> {
    let info = engine.info();
    let not_needed = |reason: &str| RelayState::NotNeeded {
        reason: reason.to_owned(),
    };
    let impossible = |reason: String, hint: &str| RelayState::Impossible {
        reason,
        hint: Some(hint.to_owned()),
    };
    if engine.endpoint().is_remote() {
        let reason = format!(
            "the engine {} is on another machine, whose containers do not reach this one's loopback",
            engine.endpoint()
        );
        return Some(impossible(
            reason,
            "run the backend there, and name it in OLLAMA_HOST",
        ));
    }
    if info.desktop {
        return Some(not_needed(
            "Docker Desktop's containers reach this machine's loopback",
        ));
    }
    if info.rootless {
        return Some(impossible(
            "the engine is rootless: its containers live in a network of their own, which has no address of \
             this machine"
                .to_owned(),
            BESIDE_THEM,
        ));
    }
    if info.podman {
        return Some(impossible(
            "the engine is Podman, which gives this machine another address in each network, and that only \
             while a container runs there"
                .to_owned(),
            BESIDE_THEM,
        ));
    }
    let everywhere = process::listeners(launch.host().port)
        .iter()
        .any(|listener| listener.address.ip().is_unspecified());
    everywhere.then(|| not_needed("the backend itself listens on every interface"))
}

/// A default bridge can come back with the engine's next start, so this is tried again.
fn no_bridge() -> Error {
    Error::failed(
        "the engine has no default bridge network (bridge: none), so host-gateway stands for no address of \
         this machine",
    )
    .hint("remove that setting from the engine's, or name an address that containers reach: --bind ADDRESS")
}

/// The addresses that are let in: those of this engine's containers, or what of them is allowed. What
/// is allowed narrows the list and never widens it.
fn admitted(subnets: &[Subnet], allow: &[String]) -> Vec<IpNet> {
    let ranges = |entry: &String| {
        let range = match entry.parse::<IpAddr>() {
            Ok(address) => Some(IpNet::from(address)),
            Err(_) => entry.parse::<IpNet>().ok(),
        };
        let of_entry = move |subnet: &Subnet| match range {
            Some(range) if subnet.range.contains(&range) => Some(range),
            Some(range) if range.contains(&subnet.range) => Some(subnet.range),
            Some(_) => None,
            None => (subnet.network == *entry).then_some(subnet.range),
        };
        subnets.iter().filter_map(of_entry).collect::<Vec<_>>()
    };
    if allow.is_empty() {
        return subnets.iter().map(|subnet| subnet.range).collect();
    }
    allow.iter().flat_map(ranges).collect()
}

/// Listens on an address that may not exist yet: docker0 can be absent until the first container runs.
fn listen(address: SocketAddr) -> Result<TcpListener> {
    let doing = || format!("cannot listen on {address} for containers");
    let socket = socket2::Socket::new(
        socket2::Domain::for_address(address),
        socket2::Type::STREAM,
        None,
    )
    .or_failed(doing)?;
    #[cfg(target_os = "linux")]
    match address {
        SocketAddr::V4(_) => socket.set_freebind_v4(true).or_failed(doing)?,
        SocketAddr::V6(_) => socket.set_freebind_v6(true).or_failed(doing)?,
    }
    #[cfg(unix)]
    socket.set_reuse_address(true).or_failed(doing)?;
    socket.set_nonblocking(true).or_failed(doing)?;
    socket.bind(&address.into()).or_failed(doing)?;
    socket.listen(1024).or_failed(doing)?;
    TcpListener::from_std(socket.into()).or_failed(doing)
}

/// Keeps the allow-list current until the engine goes away.
async fn follow_subnets(
    engine: &Engine,
    changes: impl Stream<Item = ()>,
    subnets: &watch::Sender<Vec<IpNet>>,
    allowed: impl Fn(Vec<Subnet>) -> Vec<IpNet>,
) {
    let mut changes = pin!(changes);
    while changes.next().await.is_some() {
        let Ok(now) = engine.subnets().await else {
            return;
        };
        subnets.send_replace(allowed(now));
    }
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
            let ranges = admitted(&subnets, &allow);
            ranges.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(
            admitted(&[]),
            ["172.17.0.0/16", "172.18.0.0/16", "fd00::/64"]
        );
        assert_eq!(admitted(&["shop_default"]), ["172.18.0.0/16", "fd00::/64"]);
        assert_eq!(admitted(&["172.18.0.2"]), ["172.18.0.2/32"]);
        assert_eq!(admitted(&["172.18.1.0/24"]), ["172.18.1.0/24"]);
        assert_eq!(
            admitted(&["172.16.0.0/12"]),
            ["172.17.0.0/16", "172.18.0.0/16"]
        );
        assert_eq!(
            admitted(&["192.168.0.0/16", "no-such-network"]),
            [] as [&str; 0]
        );
        assert_eq!(admitted(&["0.0.0.0/0"]), ["172.17.0.0/16", "172.18.0.0/16"]);
    }
}
