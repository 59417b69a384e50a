//! The gateway: the service that applications call. Either a service of the repository's compose project,
//! run through the container engine, or the embedded one, a process of ours.

mod choice;
pub mod embedded;
mod key;
mod ledger;
mod locate;
mod named;
pub mod service;
mod state;

pub use choice::{
    BACKEND_PORT, ComposeGateway, GATEWAY_PORT, Gateway, another_port, choose, load_options,
    model_of_compose, model_of_env_file, passed_over, project,
};
pub use key::{Key, key};
pub use ledger::Ledger;
pub use locate::{Located, locate};
pub use named::{NamedModel, named_backend};
pub use service::{
    Action, Build, Created, Down, DownOptions, Found, GatewayState, HOST_ALIAS, Network, Observed,
    Plan, Planned, Published, Pull, Rebuild, Said, Sources, Target, Up, UpOptions, Volume,
    adds_alias, build, down, down_all, exposure, folder_of, logs, observe, plan_down,
    plan_down_all, plan_restart, plan_stop, plan_up, prepare_images, restart, running, status,
    stop, unhealthy, until_exit, up, variables, verify,
};
pub use state::State;
