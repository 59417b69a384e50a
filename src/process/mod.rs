//! Processes: which one it is, whether it still lives, what it is, and how it is signalled.
//!
//! A pid alone proves nothing, since the kernel gives it to somebody else. A process is known by pid,
//! start time and boot id together. On Linux it is signalled only through a handle that was checked
//! against all three; where there are no such handles the check comes right before the signal.

pub mod commands;
mod identity;
mod ports;
mod program;
mod proof;
mod scan;
mod signal;
pub mod users;

pub use identity::Identity;
pub use ports::{Listener, is_own_address, listeners, owns_port, port_owner, port_user};
pub use program::own_static_program;
pub use proof::proven;
pub use scan::{Cgroup, Info, environment, info, is_suspended, output_file, scan, shares_pids};
pub use signal::{Signal, signal, stop, wait_gone};
