//! The relay: on the engine's host-gateway address, so that containers reach the loopback backend and
//! the network does not.

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{Launch, RelayState};

pub(super) struct Relay {
    pub state: watch::Receiver<RelayState>,
}

pub(super) fn start(_launch: &Launch, _stop: &CancellationToken) -> Relay {
    let (_, state) = watch::channel(RelayState::Off);
    Relay { state }
}

impl Relay {
    pub async fn ended(self) {}
}

pub(super) async fn settled(state: &mut watch::Receiver<RelayState>) -> RelayState {
    state.borrow_and_update().clone()
}

/// One line for people.
pub(super) fn describe(state: &RelayState) -> String {
    match state {
        RelayState::Off => "off".to_owned(),
        RelayState::Listening { address } => format!("listening on {address}"),
        RelayState::Waiting { reason } => format!("waiting: {reason}"),
        RelayState::NotNeeded { reason } => format!("not needed: {reason}"),
    }
}
