//! How a service's image is built.

use std::collections::BTreeMap;

use crate::compose::model::omit::canonical;
use crate::compose::model::units::Bytes;

use super::{ExtraHost, FileReference, Ulimit};

canonical! {
    /// How an image is built.
    pub struct Build {
        /// Build context: an absolute directory, or a URL.
        pub context: String,
        /// Dockerfile, relative to the context or absolute. `Dockerfile` where nothing is said.
        pub dockerfile: String,
        /// The Dockerfile's text itself.
        pub dockerfile_inline: String,
        /// Entitlements.
        pub entitlements: Vec<String>,
        /// Build arguments; `None`: named but unset.
        pub args: BTreeMap<String, Option<String>>,
        /// Keys and agents that RUN steps may use, `ID` or `ID=PATH`.
        pub ssh: Vec<String>,
        /// Labels of the image.
        pub labels: BTreeMap<String, String>,
        /// Images to take cached layers from.
        pub cache_from: Vec<String>,
        /// Where the cache is exported.
        pub cache_to: Vec<String>,
        /// Named contexts.
        pub additional_contexts: BTreeMap<String, String>,
        /// Build without cache.
        pub no_cache: bool,
        /// Pull base images.
        pub pull: bool,
        /// Entries of /etc/hosts while building.
        pub extra_hosts: Vec<ExtraHost>,
        /// Isolation technology (Windows).
        pub isolation: String,
        /// Network of RUN steps.
        pub network: String,
        /// Stage to build.
        pub target: String,
        /// Secrets that RUN steps may mount, by key of the project's `secrets`.
        pub secrets: Vec<FileReference>,
        /// Size of /dev/shm while building.
        pub shm_size: Bytes,
        /// More names for the image.
        pub tags: Vec<String>,
        /// Resource limits while building.
        pub ulimits: BTreeMap<String, Ulimit>,
        /// Platforms to build for.
        pub platforms: Vec<String>,
        /// Full privileges while building.
        pub privileged: bool,
    }
}
