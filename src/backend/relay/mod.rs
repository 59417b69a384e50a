//! The relay: on the engine's host-gateway address, so that containers reach the loopback backend and
//! the network does not. Only addresses of this engine's own networks are let in, since a bind address
//! alone keeps nobody out who has a route to it.

mod allow;

use std::future::ready;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use futures_util::{Stream, StreamExt};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Launch, RelayState};
use crate::config::Mode;
use crate::engine::{Engine, Subnet, Vantage};
use crate::error::{Context, Error, Result};
use crate::process;
use crate::proxy::{Policy, Surface, serve};
use allow::Admitted;

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
        RelayState::Listening { address, unmatched } if unmatched.is_empty() => {
            format!("listening on {address}")
        }
        RelayState::Listening { address, .. } => {
            format!("listening on {address}; {}", state.reason())
        }
        RelayState::Waiting { .. } => format!("waiting: {}", state.reason()),
        RelayState::NotNeeded { .. } => format!("not needed: {}", state.reason()),
        RelayState::Impossible { .. } => format!("not possible: {}", state.reason()),
        RelayState::Suspended { .. } => format!("suspended {}", state.reason()),
        RelayState::Gone => format!("gone: {}", state.reason()),
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
    set(state, RelayState::Waiting { reason, hint });
}

/// What it is already is not said again.
fn set(state: &watch::Sender<RelayState>, next: RelayState) {
    state.send_if_modified(|now| {
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
    if let Some(reason) = without(&engine, &engine.vantage().await, launch) {
        return Ok(End::ForGood(reason));
    }
    let gateway = engine.info().host_gateway.ok_or_else(no_bridge)?;
    let address = SocketAddr::new(gateway, launch.host().port);
    let listener = listen(address)?;
    let allowed = |subnets: Vec<Subnet>| Admitted::of(&subnets, &launch.relay_allow);
    // What changes while this begins is told too.
    let changes = engine.network_changes(Utc::now());
    let admitted = allowed(engine.subnets().await?);
    let (ranges, receiver) = watch::channel(admitted.ranges);
    let listening = |unmatched| RelayState::Listening { address, unmatched };
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
    state.send_replace(listening(admitted.unmatched));
    let follow = |subnets: Vec<Subnet>| {
        let now = allowed(subnets);
        ranges.send_replace(now.ranges);
        set(state, listening(now.unmatched));
    };
    tokio::select! {
        served = serve(listener, Arc::new(policy), CancellationToken::new(), ready(())) => {
            served.map(|()| End::EngineGone)
        }
        () = follow_subnets(&engine, changes, follow) => Ok(End::EngineGone),
    }
}

/// Where no relay can listen.
const BESIDE_THEM: &str = "run the backend as a container beside them, or name an address that they reach: --bind ADDRESS";

/// Where containers reach the host without a relay, or not even with one.
fn without(engine: &Engine, vantage: &Vantage, launch: &Launch) -> Option<RelayState> {
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
    if let Vantage::Contained(host) = vantage {
        let reason = format!(
            "ollamactl is in a container that the engine's socket was passed into: {host}, by which other \
             containers reach the engine's machine, does not lead here"
        );
        return Some(impossible(
            reason,
            "run ollamactl on the machine itself, or in a container with its network: --network host",
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
    follow: impl Fn(Vec<Subnet>),
) {
    let mut changes = pin!(changes);
    while changes.next().await.is_some() {
        let Ok(now) = engine.subnets().await else {
            return;
        };
        follow(now);
    }
}
