//! The gateway: the service that applications call. Either a service of the repository's compose project,
//! run through the container engine, or the embedded one, a process of ours.

mod choice;
pub mod embedded;
mod ledger;
mod locate;
pub mod service;

pub use choice::{ComposeGateway, Gateway, choose, load_options, model_of_env_file};
pub use ledger::Ledger;
pub use locate::{Located, locate};
pub use service::{
    Action, Build, Created, Down, Found, GatewayState, Network, Observed, Plan, Planned, Published,
    Target, Up, UpOptions, Volume, build, down, down_all, exposure, logs, observe, plan_up,
    prepare_images, restart, status, stop, until_exit, up, verify,
};
