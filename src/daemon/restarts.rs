//! How often something ended by itself and was started again. Between two crashes it looks well.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

/// So many restarts, the last of them a moment ago, are a loop.
const LOOP: u32 = 3;

/// Restarts that nobody asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restarts {
    /// How often.
    #[serde(rename = "restarts", default)]
    pub count: u32,
    /// How the last run ended: `exit code 1`. Not known of a container that runs again.
    #[serde(default)]
    pub last_exit: Option<String>,
    /// When the last run ended.
    #[serde(default)]
    pub last_exit_at: Option<DateTime<Utc>>,
    /// It ended too often, and nobody starts it again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub given_up: bool,
}

impl Restarts {
    /// Counts one more, now.
    pub fn another(&mut self, how: &str) {
        self.count += 1;
        self.ended(how);
    }

    /// It ended once too often, now.
    pub fn give_up(&mut self, how: &str) {
        self.given_up = true;
        self.ended(how);
    }

    fn ended(&mut self, how: &str) {
        self.last_exit = Some(how.to_owned());
        self.last_exit_at = Some(Utc::now());
    }

    /// Whether it ends again and again, as against once, or long ago.
    pub fn is_loop(&self) -> bool {
        let lately = |at| Utc::now().signed_duration_since(at) < Duration::minutes(1);
        self.count >= LOOP && self.last_exit_at.is_some_and(lately)
    }

    /// `restarts: 5, last exit code 1, 3 s ago`, `…, given up`; nothing where there was none.
    pub fn describe(&self) -> Option<String> {
        if self.count == 0 {
            return None;
        }
        let exit = self.last_exit.as_deref();
        let how = exit.map_or_else(String::new, |exit| format!(", last {exit}"));
        let ago = self.last_exit_at.map(|at| {
            let passed = Utc::now().signed_duration_since(at).num_seconds().max(0);
            match passed {
                0..120 => format!(", {passed} s ago"),
                120..7200 => format!(", {} min ago", passed / 60),
                _ => format!(", {} h ago", passed / 3600),
            }
        });
        let given_up = if self.given_up { ", given up" } else { "" };
        Some(format!(
            "restarts: {}{how}{}{given_up}",
            self.count,
            ago.unwrap_or_default()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_is_often_and_lately() {
        let mut restarts = Restarts::default();
        assert_eq!(restarts.describe(), None);
        restarts.another("exit code 1");
        assert!(!restarts.is_loop());
        restarts.another("exit code 1");
        restarts.another("signal 9");
        assert!(restarts.is_loop());
        restarts.last_exit_at = Some(Utc::now() - Duration::minutes(5));
        assert!(!restarts.is_loop());
        assert_eq!(
            restarts.describe().as_deref(),
            Some("restarts: 3, last signal 9, 5 min ago")
        );
        restarts.give_up("exit code 1");
        assert_eq!(
            restarts.describe().as_deref(),
            Some("restarts: 3, last exit code 1, 0 s ago, given up")
        );
    }
}
