//! The backend: the `ollama serve` of this machine, started and supervised by us, or adopted as it is.

mod adopt;
mod begin;
mod child;
mod gpu;
mod keep;
mod kill;
mod launch;
mod log;
mod observe;
mod orphans;
mod owner;
mod precheck;
mod private;
mod pull;
mod puller;
mod pulls;
mod record;
mod relay;
mod start;
mod stop;
mod store;
mod supervisor;

pub use gpu::gpu;
pub use kill::{Ended, Killed, kill};
pub use launch::{Launch, exposure};
pub use log::{RotatingLog, tail};
pub use observe::{Observed, Standing, observe, observe_anyway, recorded};
pub use orphans::orphans;
pub use owner::{Holder, LogPlace, Owner, app_log};
pub use precheck::{free_bytes, needed_memory, total_memory};
pub use pull::pull;
pub use puller::{PullOutcome, PullRequest, Pulled};
pub use record::{Origin, Record, RelayState, slot};
pub use start::{Running, bring_up, start};
pub use stop::{Stopped, stop};
pub use supervisor::supervise;
