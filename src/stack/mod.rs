//! The stack as a whole: brought up as one converging graph, taken down, looked at.

mod down;
mod status;
mod up;
mod wait;

pub use down::{Down, down, plan_down};
pub use status::{BackendStatus, GatewayStatus, ModelStatus, Status, status};
pub use up::{UpReport, UpRequest, plan_up, up};
