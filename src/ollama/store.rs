//! The model store on disk: `manifests/<host>/<namespace>/<model>/<tag>` and `blobs/sha256-<hex>`.

use std::path::{Path, PathBuf};

use super::ModelName;

/// Where an Ollama that this user starts keeps its models: `OLLAMA_MODELS`, else `~/.ollama/models`.
/// The systemd service runs as another user and has another store.
pub fn default_store() -> Option<PathBuf> {
    if let Some(models) = std::env::var_os("OLLAMA_MODELS").filter(|models| !models.is_empty()) {
        return Some(models.into());
    }
    directories::BaseDirs::new().map(|dirs| dirs.home_dir().join(".ollama").join("models"))
}

/// Whether the store has a manifest of this model. Needs no running backend.
pub fn holds(store: &Path, model: &ModelName) -> bool {
    let exact = store
        .join("manifests")
        .join(&model.host)
        .join(&model.namespace)
        .join(&model.model)
        .join(&model.tag);
    exact.is_file()
}
