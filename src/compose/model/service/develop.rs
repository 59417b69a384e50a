//! `develop`: what `docker compose watch` does when files change. Kept because it is hashed.

use crate::compose::model::omit::canonical;

use super::Hook;

canonical! {
    /// `develop` of a service.
    pub struct Develop {
        /// What is watched.
        pub watch: Vec<Trigger>,
    }
}

/// Files that are watched, and what their change leads to.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Trigger {
    /// Absolute path.
    pub path: String,
    /// `rebuild`, `sync`, `sync+restart`, `restart` or `sync+exec`.
    pub action: String,
    /// Path in the container.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub target: String,
    /// Command that is run in the container.
    pub exec: Hook,
    /// Patterns of what counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// Patterns of what does not count.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<String>,
    /// Whether all is copied at the start.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub initial_sync: bool,
}
