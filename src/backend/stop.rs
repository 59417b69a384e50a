//! Ending what a supervisor of ours started, and nothing else.

use std::time::{Duration, Instant};

use super::observe::living_record;
use super::pull::pulls;
use super::record::{Record, slot};
use super::supervisor::child;
use crate::daemon::{Slot, grace};
use crate::error::Result;
use crate::ollama::OllamaHost;
use crate::paths::Paths;
use crate::process::{self, Signal};

/// How long a supervisor may take beyond its backend's grace.
const SLACK: Duration = Duration::from_secs(5);

/// What `down` did with the backend.
#[derive(Debug, Clone)]
pub enum Stopped {
    /// Nothing of ours ran.
    NotRunning,
    /// Ours was ended.
    Ended {
        /// What it was.
        record: Box<Record>,
        /// It had to be killed.
        forced: bool,
    },
}

/// Ends the supervisor of this address with its backend, which may take `grace` (by default what its
/// start said). An adopted backend goes on.
pub async fn stop(paths: &Paths, host: &OllamaHost, grace: Option<Duration>) -> Result<Stopped> {
    let slot = slot(paths, host);
    pulls::clear_dead(paths).await;
    let Some(record) = living_record(paths, host)? else {
        slot.clear_if_free()?;
        return Ok(Stopped::NotRunning);
    };
    // What goes through an adopted backend goes on, as that does.
    if record.is_ours() {
        pulls::cancel(paths, host).await;
    }
    let grace = grace.unwrap_or(record.launch.stop_timeout);
    let mut forced = ask(&slot, &record, grace).await?;
    forced |= process::stop(&record.supervisor, SLACK).await?;
    // A supervisor that was just about to start its backend when it was asked has written that down since.
    let record = living_record(paths, host)?.unwrap_or(record);
    if let Some(backend) = record.process().filter(|backend| backend.is_alive()) {
        forced |= child::end(backend, grace).await?;
    }
    slot.clear_if_free()?;
    Ok(Stopped::Ended {
        record: Box::new(record),
        forced,
    })
}

/// Asks a supervisor that lives to end, and kills its backend when the grace is over; says whether that
/// was needed. On Windows nobody can be asked: the supervisor ends there and then, and leaves its backend.
async fn ask(slot: &Slot, record: &Record, grace: Duration) -> Result<bool> {
    let can_be_asked = cfg!(unix) && record.supervisor.is_alive();
    let Some(backend) = record.process().filter(|_| can_be_asked) else {
        return Ok(false);
    };
    let usual = record.launch.stop_timeout;
    // Where it cannot be told, it is what the supervisor gives at most.
    let grace = if grace == usual || grace::tell(slot, &record.supervisor, grace).is_ok() {
        grace
    } else {
        grace.min(usual)
    };
    let asked = Instant::now();
    process::signal(&record.supervisor, Signal::Terminate)?;
    if process::wait_gone(backend, grace).await {
        // The supervisor kills it too when the grace is over, and not earlier.
        return Ok(asked.elapsed() >= grace);
    }
    process::signal(backend, Signal::Kill)?;
    process::wait_gone(backend, SLACK).await;
    Ok(true)
}
