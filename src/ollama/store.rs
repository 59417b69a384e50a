//! The model store on disk: `manifests/<host>/<namespace>/<model>/<tag>` and `blobs/sha256-<hex>`.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, sleep};

use super::ModelName;
use crate::process::users;

/// Part files that did not change for so long are written.
const SETTLED: Duration = Duration::from_millis(100);
/// How long the part files of cancelled downloads may take to be written.
const UNSETTLED: Duration = Duration::from_secs(2);

/// Where a user's models are, from the home folder on.
pub const STORE_IN_HOME: &str = ".ollama/models";

/// Where an Ollama that this user starts keeps its models, unless `OLLAMA_MODELS` says otherwise. The
/// systemd service runs as another user and has another store.
pub fn home_store() -> Option<PathBuf> {
    users::own_home().map(|home| home.join(STORE_IN_HOME))
}

/// Waits until the part files of downloads that were just cancelled are written, or for long enough.
/// Ollama writes each anew when its download is cancelled, and a stop in that moment leaves an empty one.
pub async fn settle(store: &Path) {
    let deadline = Instant::now() + UNSETTLED;
    let mut seen = part_files(store);
    while Instant::now() < deadline {
        sleep(SETTLED).await;
        let now = part_files(store);
        if now == seen && !now.iter().any(|(_, len, _)| *len == 0) {
            return;
        }
        seen = now;
    }
}

/// Path, length and time of change of every part file.
fn part_files(store: &Path) -> Vec<(PathBuf, u64, Option<SystemTime>)> {
    let Ok(entries) = std::fs::read_dir(store.join("blobs")) else {
        return Vec::new();
    };
    let is_part = |name: &str| {
        name.rsplit_once("-partial-")
            .is_some_and(|(_, number)| number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let mut parts: Vec<_> = entries
        .flatten()
        .filter(|entry| is_part(&entry.file_name().to_string_lossy()))
        .filter_map(|entry| {
            let meta = entry.metadata().ok().filter(std::fs::Metadata::is_file)?;
            Some((entry.path(), meta.len(), meta.modified().ok()))
        })
        .collect();
    parts.sort();
    parts
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
    part_files(store)
        .into_iter()
        .filter(|(_, len, _)| *len == 0)
        .map(|(path, ..)| path)
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
