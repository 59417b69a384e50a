//! Named volumes.

use std::collections::HashMap;

use bollard::models::{Volume, VolumeCreateRequest};
use bollard::query_parameters::ListVolumesOptions;

use super::Engine;
use super::fault::unless;
use crate::error::Result;

impl Engine {
    /// The volume of this name.
    pub async fn volume(&self, name: &str) -> Result<Option<Volume>> {
        let doing = format!("looking at volume {name}");
        self.read(&doing, async {
            unless(self.docker.inspect_volume(name).await, 404)
        })
        .await
    }

    /// The names of the volumes that bear this label (`key=value`).
    pub async fn volumes_labelled(&self, label: &str) -> Result<Vec<String>> {
        let options = ListVolumesOptions {
            filters: Some(HashMap::from([(
                "label".to_owned(),
                vec![label.to_owned()],
            )])),
        };
        let found = self.read("listing volumes", self.docker.list_volumes(Some(options)));
        let volumes = found.await?.volumes.unwrap_or_default();
        Ok(volumes.into_iter().map(|volume| volume.name).collect())
    }

    /// Creates a volume.
    pub async fn create_volume(&self, request: VolumeCreateRequest) -> Result<()> {
        let name = request.name.as_deref().unwrap_or_default();
        let doing = format!("creating volume {name}");
        self.change(&doing, self.docker.create_volume(request))
            .await?;
        Ok(())
    }

    /// Removes a volume; one that is not there is no error.
    pub async fn remove_volume(&self, name: &str) -> Result<()> {
        let doing = format!("removing volume {name}");
        let options = None::<bollard::query_parameters::RemoveVolumeOptions>;
        let call = self.docker.remove_volume(name, options);
        self.change(&doing, async { unless(call.await, 404) })
            .await?;
        Ok(())
    }
}
