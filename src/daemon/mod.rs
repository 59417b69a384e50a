//! Background processes of ours: the files that describe one, the lock that makes it the only one, and
//! the pipe over which it tells the command that started it that it is ready.

mod crashes;
mod detach;
mod ensure;
pub mod grace;
mod handshake;
mod restarts;
mod shutdown;
mod slot;
mod slots;

pub use crashes::{Crashes, Kept, describe_end};
pub use detach::{SECRET, detach, read_instructions, spawn, spawn_child};
pub use ensure::Wanted;
pub use handshake::{Reporter, Started};
pub use restarts::Restarts;
pub use shutdown::Shutdown;
pub use slot::{LOCK_PATIENCE, Lock, Slot};
pub use slots::{recorded, settle};
