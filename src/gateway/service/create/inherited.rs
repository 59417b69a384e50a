//! What a replaced container leaves to its successor.

use crate::compose::Service;
use crate::engine::models::{ContainerInspectResponse, Mount, MountPoint, MountType};

/// Anonymous volumes that pass from a replaced container to its successor, so that a recreate keeps
/// their data.
#[derive(Debug, Default)]
pub struct Inherited {
    /// The ID of the replaced container.
    pub from: String,
    pub mounts: Vec<Mount>,
}

impl Inherited {
    /// The volumes of the old container that the image or the service declares without a name.
    pub fn from(
        old: &ContainerInspectResponse,
        image_volumes: &[String],
        service: &Service,
    ) -> Self {
        let anonymous = |target: &str| {
            image_volumes.iter().any(|path| path == target)
                || service
                    .volumes
                    .iter()
                    .any(|mount| mount.target == target && mount.source.is_empty())
        };
        let mounts = old.mounts.iter().flatten().filter_map(|point| {
            let target = point.destination.as_deref()?;
            let volume = point.typ.as_deref() == Some("volume");
            (volume && anonymous(target)).then(|| successor(point, target))
        });
        Self {
            from: old.id.clone().unwrap_or_default(),
            mounts: mounts.collect(),
        }
    }

    pub(super) fn covers(&self, target: &str) -> bool {
        self.mounts
            .iter()
            .any(|mount| mount.target.as_deref() == Some(target))
    }
}

fn successor(point: &MountPoint, target: &str) -> Mount {
    Mount {
        typ: Some(MountType::VOLUME),
        source: point.name.clone(),
        target: Some(target.to_owned()),
        read_only: (point.rw == Some(false)).then_some(true),
        ..Mount::default()
    }
}
