//! The time that `down` gives a backend to end, where that is not what its start said: told to the
//! supervisor, which is the one that ends it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::daemon::Slot;
use crate::error::{Error, Result};
use crate::paths;
use crate::process::Identity;

#[derive(Serialize, Deserialize)]
struct Grace {
    /// Whom it was told: one that was started later does not follow it.
    supervisor: Identity,
    time: Duration,
}

/// Tells it to a supervisor that is about to be asked to end.
pub(super) fn tell(slot: &Slot, supervisor: &Identity, time: Duration) -> Result<()> {
    let grace = Grace {
        supervisor: supervisor.clone(),
        time,
    };
    let json = serde_json::to_vec(&grace)
        .map_err(|error| Error::failed("cannot write a time down").caused_by(error))?;
    paths::replace_private(&slot.grace_file(), &json)
}

/// What this process was told, if it was.
pub(super) fn told(slot: &Slot) -> Option<Duration> {
    let text = paths::read_private(&slot.grace_file()).ok().flatten()?;
    let grace: Grace = serde_json::from_str(&text).ok()?;
    (grace.supervisor == Identity::of_self()).then_some(grace.time)
}
