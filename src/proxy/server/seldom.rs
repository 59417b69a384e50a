//! What a flood would say again and again, said once in a while.

use std::time::Duration;

use tokio::time::Instant;

/// Between two times that it is said.
const PAUSE: Duration = Duration::from_mins(1);

/// One thing to say.
#[derive(Debug, Default)]
pub(super) struct Seldom {
    said: Option<Instant>,
}

impl Seldom {
    /// Whether it is to be said now.
    pub fn is_due(&mut self) -> bool {
        let due = self.said.is_none_or(|said| said.elapsed() >= PAUSE);
        if due {
            self.said = Some(Instant::now());
        }
        due
    }
}
