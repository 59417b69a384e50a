//! What is mounted into a service's containers: volumes, folders, configs and secrets.

use std::collections::BTreeMap;

use crate::compose::model::omit::canonical;
use crate::compose::model::units::Bytes;

canonical! {
    /// A mount.
    pub struct Mount {
        /// `bind`, `volume`, `tmpfs`, `npipe`, `cluster` or `image`.
        #[serde(rename = "type")]
        pub kind: String,
        /// Absolute path, or key of the project's `volumes`; empty: an anonymous volume.
        pub source: String,
        /// Path in the container.
        pub target: String,
        /// Whether it is read-only.
        pub read_only: bool,
        /// Consistency on Docker Desktop; of no effect elsewhere.
        pub consistency: String,
        /// Options of a bind.
        pub bind: Option<BindOptions>,
        /// Options of a volume.
        pub volume: Option<VolumeOptions>,
        /// Options of a tmpfs.
        pub tmpfs: Option<TmpfsOptions>,
    }

    /// Options of a bind mount.
    pub struct BindOptions {
        /// `SELinux` label: `z` (shared) or `Z` (private).
        pub selinux: String,
        /// Propagation, such as `rslave`.
        pub propagation: String,
        /// Whether a missing source is created as a directory.
        pub create_host_path: bool,
        /// `enabled`, `disabled`, `writable` or `readonly`.
        pub recursive: String,
    }

    /// Options of a volume mount.
    pub struct VolumeOptions {
        /// Labels of an anonymous volume.
        pub labels: BTreeMap<String, String>,
        /// Whether an empty volume is not filled from the image.
        pub nocopy: bool,
        /// Path inside the volume.
        pub subpath: String,
    }

    /// Options of a tmpfs mount.
    pub struct TmpfsOptions {
        /// Size.
        pub size: Bytes,
        /// File mode, as a number.
        pub mode: u32,
    }

    /// A config or secret of the project, mounted as a file.
    pub struct FileReference {
        /// Key of the project's `configs` or `secrets`.
        pub source: String,
        /// Path in the container.
        pub target: String,
        /// Owner.
        pub uid: String,
        /// Group.
        pub gid: String,
        /// File mode, octal text (`0440`).
        pub mode: Option<String>,
    }
}

impl FileReference {
    /// Where it is found in the container; a name alone stands for a file of this folder.
    pub fn path(&self, folder: &str) -> String {
        match self.target.as_str() {
            "" => format!("{folder}{}", self.source),
            target if target.starts_with('/') => target.to_owned(),
            target => format!("{folder}{target}"),
        }
    }
}
