//! The backend: the `ollama serve` of this machine, started and supervised by us, or adopted as it is.

mod adopt;
mod child;
mod kill;
mod launch;
mod log;
mod observe;
mod orphans;
mod precheck;
mod private;
mod pull;
mod pulls;
mod record;
mod relay;
mod start;
mod stop;
mod supervisor;

pub use kill::{Ended, Killed, kill};
pub use launch::{Launch, exposure};
pub use log::{RotatingLog, tail};
pub use observe::{Observed, Standing, observe};
pub use orphans::orphans;
pub use precheck::{free_bytes, needed_memory, total_memory};
pub use pull::{PullRequest, Pulled, pull};
pub use record::{Origin, Record, RelayState, slot};
pub use start::{Running, start};
pub use stop::{Stopped, stop};
pub use supervisor::supervise;
