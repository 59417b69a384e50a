//! Proof of which process a recorded pid means.

use serde::{Deserialize, Serialize};

/// A process, told apart from every other that has had or will have the same pid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Process id.
    pub pid: u32,
    /// Start time as the kernel wrote it down: clock ticks since boot on Linux, seconds since the epoch
    /// elsewhere. It does not move when the clock is set.
    pub start_time: u64,
    /// Id of the boot that `pid` and `start_time` belong to; empty where the platform has none.
    pub boot_id: String,
}

impl Identity {
    /// The process that has this pid now; `None` when there is none, or only a zombie.
    pub fn of(pid: u32) -> Option<Self> {
        if pid == 0 {
            return None;
        }
        Some(Self {
            pid,
            start_time: start_time(pid)?,
            boot_id: boot_id(),
        })
    }

    /// This very process.
    pub fn of_self() -> Self {
        let pid = std::process::id();
        Self {
            pid,
            start_time: start_time(pid).unwrap_or_default(),
            boot_id: boot_id(),
        }
    }

    /// Whether this process still runs. A zombie does not.
    pub fn is_alive(&self) -> bool {
        Self::of(self.pid).as_ref() == Some(self)
    }
}

/// `/proc/PID/stat` field 22; `None` for zombies (state Z or X).
#[cfg(target_os = "linux")]
fn start_time(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The command name may hold blanks and parentheses; fields count from after the last ')'.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

#[cfg(not(target_os = "linux"))]
fn start_time(pid: u32) -> Option<u64> {
    let little = sysinfo::ProcessRefreshKind::nothing();
    super::scan::with_process(pid, little, |process| {
        (!matches!(process.status(), sysinfo::ProcessStatus::Zombie)).then(|| process.start_time())
    })?
}

#[cfg(target_os = "linux")]
fn boot_id() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .map(|id| id.trim().to_owned())
        .unwrap_or_default()
}

/// The start time is a date there, which no other boot has.
#[cfg(not(target_os = "linux"))]
fn boot_id() -> String {
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_knows_itself() {
        assert!(Identity::of_self().is_alive());
    }

    #[test]
    fn the_same_pid_with_another_start_or_boot_is_another_process() {
        let me = Identity::of_self();
        let earlier = Identity {
            start_time: me.start_time.wrapping_sub(1),
            ..me.clone()
        };
        let rebooted = Identity {
            boot_id: "another boot".to_owned(),
            ..me
        };
        assert!(!earlier.is_alive());
        assert!(!rebooted.is_alive());
    }

    #[test]
    fn pid_zero_is_nobody() {
        assert_eq!(Identity::of(0), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_zombie_is_dead() {
        let mut child = std::process::Command::new("true").spawn().expect("spawned");
        let pid = child.id();
        while super::super::scan::state(pid) != Some('Z') {
            std::thread::yield_now();
        }
        assert_eq!(Identity::of(pid), None);
        child.wait().expect("reaped");
    }
}
