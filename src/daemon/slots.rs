//! All slots of one kind of background process, whatever their address.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep};

use super::Slot;
use crate::error::{Error, Kind, Result};
use crate::paths::Paths;

/// How long a start may take until it has written down what it starts.
const UNRECORDED: Duration = Duration::from_secs(20);
/// Pauses between two looks for that.
const LOOK: Duration = Duration::from_millis(10);

/// The slots whose names begin with `prefix` and that somebody holds, or was killed while he held them.
fn slots(paths: &Paths, prefix: &str) -> Vec<Slot> {
    let Ok(entries) = std::fs::read_dir(&paths.state) else {
        return Vec::new();
    };
    let names: BTreeSet<String> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let ending = path.extension();
            ending == Some(OsStr::new("json")) || ending == Some(OsStr::new("lock"))
        })
        .filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
        .filter(|name| name.starts_with(prefix))
        .collect();
    names.iter().map(|name| Slot::new(paths, name)).collect()
}

/// Every record of the slots whose names begin with `prefix`. What cannot be read is left out.
pub fn recorded<T: DeserializeOwned>(paths: &Paths, prefix: &str) -> Vec<T> {
    let records = slots(paths, prefix).into_iter();
    records
        .filter_map(|slot| slot.read().ok().flatten())
        .collect()
}

/// Waits until those that are starting have been written down, but for one that hangs; what one left that was
/// killed before that is cleared. `noun` is one of them, for people.
pub async fn settle(paths: &Paths, prefix: &str, noun: &str) {
    for slot in slots(paths, prefix) {
        let _ = slot.until_recorded(noun).await;
        if !slot.record_file().exists() {
            let _ = slot.clear_if_free();
        }
    }
}

impl Slot {
    /// Waits until whoever holds the slot has written down what it is: a start that has not done so yet
    /// would look like nothing. `noun` is what is started, for people.
    pub async fn until_recorded(&self, noun: &str) -> Result<()> {
        let deadline = Instant::now() + UNRECORDED;
        while !self.record_file().exists() && self.is_locked()? {
            if Instant::now() >= deadline {
                return Err(Error::new(
                    Kind::Timeout,
                    format!("another ollamactl has been starting {noun} for too long"),
                ));
            }
            sleep(LOOK).await;
        }
        Ok(())
    }
}
