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

/// The file that holds a model's manifest.
pub(super) fn manifest_file(store: &Path, model: &ModelName) -> PathBuf {
    [&model.host, &model.namespace, &model.model, &model.tag]
        .iter()
        .fold(store.join("manifests"), |path, part| path.join(part))
}

/// Part files that are empty. A stop of Ollama in the middle of a pull can leave one, and then every
/// pull of that blob ends with `EOF` until it is removed (recorded: 2 of 20 stops).
pub fn empty_part_files(store: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(store.join("blobs")) else {
        return Vec::new();
    };
    let is_part = |name: &str| {
        name.rsplit_once("-partial-")
            .is_some_and(|(_, number)| number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    entries
        .flatten()
        .filter(|entry| is_part(&entry.file_name().to_string_lossy()))
        .filter(|entry| {
            entry
                .metadata()
                .is_ok_and(|meta| meta.is_file() && meta.len() == 0)
        })
        .map(|entry| entry.path())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_empty_part_files_are_found() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let blobs = dir.path().join("blobs");
        std::fs::create_dir(&blobs).expect("created");
        for (name, content) in [
            ("sha256-aa-partial", ""),
            ("sha256-aa-partial-0", ""),
            ("sha256-bb-partial-0", "{}"),
            ("sha256-cc", ""),
        ] {
            std::fs::write(blobs.join(name), content).expect("written");
        }
        assert_eq!(
            empty_part_files(dir.path()),
            [blobs.join("sha256-aa-partial-0")]
        );
    }
}
