//! The devices that an engine gives to containers.

use super::Engine;
use crate::error::Result;

/// What helps where an engine has no GPU for a container that asks for one.
pub const GPU_HINT: &str = "install the NVIDIA Container Toolkit on the engine's machine and restart the engine; on a \
     machine without a GPU, take the reservation out of the service (in an override file: `devices: !reset []`)";

impl Engine {
    /// What the engine has for NVIDIA's GPUs, as far as it tells: a runtime, or devices that it discovered.
    pub async fn nvidia(&self) -> Result<Option<String>> {
        let info = self
            .read("looking at its devices", self.docker.info())
            .await?;
        let runtimes = info.runtimes.unwrap_or_default();
        if runtimes.contains_key("nvidia") {
            return Ok(Some("the runtime nvidia".to_owned()));
        }
        let devices = info.discovered_devices.unwrap_or_default();
        let ids = devices.into_iter().filter_map(|device| device.id);
        Ok(ids.into_iter().find(|id| id.starts_with("nvidia.com/")))
    }
}
