//! Starting again what crashes: after a growing pause, and not for ever.

use std::process::ExitStatus;
use std::time::Duration;

use tokio::time::Instant;

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
    pub const MOST: usize = 5;

    /// Counts a crash: the pause before the next start, or `None` after too many.
    pub fn another(&mut self) -> Option<Duration> {
        self.recent.retain(|when| when.elapsed() < WINDOW);
        self.recent.push(Instant::now());
        let before = u32::try_from(self.recent.len() - 1).ok()?;
        (self.recent.len() < Self::MOST).then(|| FIRST_PAUSE * 2u32.saturating_pow(before))
    }
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
