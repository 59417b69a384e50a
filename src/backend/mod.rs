//! The backend: the `ollama serve` of this machine, started and supervised by us, or adopted as it is.

mod adopt;
mod drift;
mod gpu;
mod kill;
mod launch;
mod log;
mod observe;
mod owner;
mod project;
mod pull;
mod record;
mod relay;
mod start;
mod stop;
mod supervisor;

pub use adopt::unresponsive;
pub use gpu::gpu;
pub use kill::orphans::orphans;
pub use kill::plan::{Doomed, plan_kill};
pub use kill::{Ended, Killed, kill};
pub use launch::{Launch, exposure};
pub use log::RotatingLog;
pub use observe::{
    Observed, Standing, given_up, observe, observe_anyway, readable, recorded, relay_lost,
};
pub use owner::{Holder, LogPlace, Owner, app_log};
pub use project::{OfProject, elsewhere, of_project};
pub use pull::precheck::{free_bytes, needed_memory, total_memory};
pub use pull::pull;
pub use pull::puller::{PullOutcome, PullRequest, Pulled};
pub use pull::store::of as store_of;
pub use record::{Origin, Record, RelayState, slot, wake};
pub use start::{Running, bring_up, start};
pub use stop::{Stopped, stop};
pub use supervisor::supervise;
