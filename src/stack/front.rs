//! The gateway that `up` brings up, with what that takes.

use super::request::UpRequest;
use crate::engine::Engine;
use crate::error::Result;
use crate::gateway::{self, ComposeGateway, Gateway, embedded};

/// A gateway that can be brought up, as far as that is known before anything is started.
pub(super) enum Front<'a> {
    /// A service, and the engine that runs it.
    Compose(&'a ComposeGateway, Box<Engine>),
    /// Our own process.
    Embedded(&'a embedded::Instructions),
}

impl<'a> Front<'a> {
    /// Fails where the gateway cannot become healthy.
    pub async fn of(request: &UpRequest<'a>) -> Result<Self> {
        match request.gateway {
            Gateway::Compose(compose) => {
                let engine = Engine::from_environment().await?;
                gateway::verify(&engine, &compose.target())?;
                Ok(Self::Compose(compose, Box::new(engine)))
            }
            Gateway::Embedded(how) => {
                embedded::check_free(how, request.paths).await?;
                Ok(Self::Embedded(how))
            }
        }
    }
}
