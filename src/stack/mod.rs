//! The stack as a whole: brought up as one converging graph, taken down, looked at.

mod down;
mod front;
mod gone;
mod meanwhile;
mod request;
mod status;
mod up;
mod users;
mod wait;

pub use down::{Down, down, plan_down};
pub use request::UpRequest;
pub use status::{BackendStatus, GatewayStatus, ModelStatus, Status, status};
pub use up::{UpReport, plan_up, up};
