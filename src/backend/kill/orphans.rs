//! Runners that a backend left behind: one that is killed does not take its runners along, and a new one
//! does not know them (recorded for 0.24.0 and 0.33.0-rc2).

use super::is_reachable;
use crate::ollama::{is_backend, is_runner};
use crate::process::{self, Info};

/// Runners of this machine whose backend is gone, outside of containers.
pub fn orphans() -> Vec<Info> {
    let processes = process::scan();
    let backends: Vec<u32> = processes
        .iter()
        .filter(|process| is_backend(process))
        .map(|process| process.pid)
        .collect();
    processes
        .into_iter()
        .filter(|process| is_runner(process) && !backends.contains(&process.parent))
        // A backend under another name, such as the stub: a runner is of the group that its backend leads.
        .filter(|process| process.parent != process.group)
        .filter(is_reachable)
        .collect()
}
