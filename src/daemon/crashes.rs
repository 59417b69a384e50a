//! Starting again what crashes: after a growing pause, and not for ever.

use std::process::ExitStatus;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Lock, Restarts, Shutdown};
use crate::error::{Error, Kind, Result};
use crate::event::Events;

/// Crashes within this time count.
const WINDOW: Duration = Duration::from_mins(1);
/// The first pause; each further crash within the window doubles it.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// The crashes of one background process.
#[derive(Debug, Default)]
pub struct Crashes {
    recent: Vec<Instant>,
}

impl Crashes {
    /// So many crashes within a minute, and it is given up.
    const MOST: usize = 5;

    /// Counts a crash: the pause before the next start, or `None` after too many.
    fn another(&mut self) -> Option<Duration> {
        self.recent.retain(|when| when.elapsed() < WINDOW);
        self.recent.push(Instant::now());
        let before = u32::try_from(self.recent.len() - 1).ok()?;
        (self.recent.len() < Self::MOST).then(|| FIRST_PAUSE * 2u32.saturating_pow(before))
    }
}

/// What is started again, and for whom.
pub struct Kept<'a> {
    /// What it is, for people: `the backend on 127.0.0.1:11434`.
    pub noun: &'a str,
    /// Where it says why it ended.
    pub log: &'a str,
    /// Held while it is kept. What is given up is left a note of there.
    pub lock: &'a Lock,
    /// Ends the pause.
    pub shutdown: &'a Shutdown,
    /// Hears of it.
    pub events: &'a Events,
}

impl Crashes {
    /// Starts what is kept again after it ended by itself (`how`), and after that start failed too, until it
    /// ended too often. Only a start that failed, took too long or found its address taken is worth another one.
    pub async fn revive<T>(
        &mut self,
        kept: &Kept<'_>,
        mut how: String,
        restarts: &mut Restarts,
        mut start: impl AsyncFnMut(&Restarts) -> Result<T>,
    ) -> Result<T> {
        let Kept { noun, events, .. } = kept;
        events.warn(format!("{noun} ended by itself ({how})"));
        loop {
            let Some(pause) = self.another() else {
                restarts.give_up(&how);
                kept.lock.leave(restarts);
                return Err(given_up(kept, &how));
            };
            restarts.another(&how);
            events.note(format!("starting it again in {} ms", pause.as_millis()));
            tokio::select! {
                () = sleep(pause) => {}
                () = kept.shutdown.requested.cancelled() => return Err(Error::interrupted()),
            }
            match start(restarts).await {
                Err(error)
                    if matches!(error.kind, Kind::Failed | Kind::Conflict | Kind::Timeout) =>
                {
                    how = error.in_a_line();
                    events.warn(&how);
                }
                started => return started,
            }
        }
    }
}

fn given_up(kept: &Kept<'_>, how: &str) -> Error {
    let Kept { noun, log, .. } = kept;
    let most = Crashes::MOST;
    Error::failed(format!(
        "{noun} ended {most} times within a minute (last: {how}); given up"
    ))
    .hint(format!("see why: ollamactl logs {log}"))
}

/// `exit code 1`, `signal 9`.
pub fn describe_end(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("signal {signal}");
    }
    status
        .code()
        .map_or_else(|| status.to_string(), |code| format!("exit code {code}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let mut crashes = Crashes::default();
        let pauses: Vec<_> = std::iter::from_fn(|| crashes.another()).collect();
        assert_eq!(pauses, [250, 500, 1000, 2000].map(Duration::from_millis));
    }
}
