//! Processes, found by the variable that marks them.

use rustix::process::{Pid, Signal, kill_process};

/// A process as `/proc` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its pid.
    pub pid: u32,
    /// Its argument vector.
    pub args: Vec<String>,
}

impl Process {
    /// Base name of the program.
    pub fn program(&self) -> &str {
        let first = self.args.first().map_or("", String::as_str);
        first.rsplit('/').next().unwrap_or(first)
    }
}

/// Every living process that has this `NAME=value` in the environment with which it was started.
/// Zombies have no environment any more.
pub(super) fn marked(mark: &str) -> Vec<Process> {
    let entries = std::fs::read_dir("/proc").expect("a /proc");
    let mut found: Vec<Process> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| *pid != std::process::id())
        .filter(|pid| {
            let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment
                .split(|byte| *byte == 0)
                .any(|variable| variable == mark.as_bytes())
        })
        .map(|pid| Process {
            pid,
            args: args(pid),
        })
        .collect();
    found.sort_by_key(|process| process.pid);
    found
}

/// Ends all of them, and those that they start meanwhile.
pub(super) fn end_all(mark: &str) {
    for _ in 0..200 {
        let living = marked(mark);
        if living.is_empty() {
            return;
        }
        for process in living {
            end(process.pid, Signal::KILL);
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// Sends a signal to a process of a sandbox.
pub fn end(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // It may have ended by itself in this moment.
        let _ = kill_process(pid, signal);
    }
}

/// Whether the process lives; a zombie does not.
pub fn is_alive(pid: u32) -> bool {
    stat(pid).is_some_and(|fields| !matches!(fields[0].as_str(), "Z" | "X"))
}

/// The kernel's start time of a process, in ticks since boot.
pub fn start_time(pid: u32) -> u64 {
    let fields = stat(pid).expect("alive");
    fields[19].parse().expect("a number")
}

/// The fields of `/proc/PID/stat` after the command name.
fn stat(pid: u32) -> Option<Vec<String>> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(") ")?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}

fn args(pid: u32) -> Vec<String> {
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    line.split(|byte| *byte == 0)
        .filter(|argument| !argument.is_empty())
        .map(|argument| String::from_utf8_lossy(argument).into_owned())
        .collect()
}
