//! The time that a process may take to end, where whoever ends it says another than its start did: told
//! to its supervisor, which is the one that ends it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Slot;
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
pub fn tell(slot: &Slot, supervisor: &Identity, time: Duration) -> Result<()> {
    let grace = Grace {
        supervisor: supervisor.clone(),
        time,
    };
    let json = serde_json::to_vec(&grace)
        .map_err(|error| Error::failed("cannot write a time down").caused_by(error))?;
    paths::replace_private(&slot.grace_file(), &json)
}

/// What this supervisor was told, if it was.
pub fn told(slot: &Slot, supervisor: &Identity) -> Option<Duration> {
    let text = paths::read_private(&slot.grace_file()).ok().flatten()?;
    let grace: Grace = serde_json::from_str(&text).ok()?;
    (grace.supervisor == *supervisor).then_some(grace.time)
}
