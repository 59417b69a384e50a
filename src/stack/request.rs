//! What `up` is asked for.

use std::time::Duration;

use crate::config::Config;
use crate::gateway::Gateway;
use crate::paths::Paths;

/// What is to be brought up.
#[derive(Debug)]
pub struct UpRequest<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// State folders.
    pub paths: &'a Paths,
    /// The gateway.
    pub gateway: &'a Gateway,
    /// Build the gateway's image even if there is one.
    pub build: bool,
    /// Give up when the stack is not healthy after so long.
    pub wait_timeout: Duration,
}
