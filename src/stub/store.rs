//! A model store in Ollama's layout: `manifests/<host>/<namespace>/<model>/<tag>` and
//! `blobs/sha256-<64 hex>`; downloads in progress are `…-partial` and `…-partial-0`.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Local};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::catalogue::{Blob, Config, Layer, Manifest, Model, hex};
use super::log::{Log, go_error};
use super::name::Name;
use crate::error::{Error, Result};

/// The store below one folder.
pub(super) struct Store {
    root: PathBuf,
}

/// A model that is in the store.
pub(super) struct Installed {
    pub(super) name: Name,
    pub(super) manifest: Manifest,
    pub(super) config: Config,
    /// Hexadecimal SHA-256 of the manifest file.
    pub(super) digest: String,
    pub(super) modified: DateTime<Local>,
}

impl Store {
    /// Opens a store, making its folders; the error reads as Ollama's.
    pub(super) fn open(root: PathBuf) -> Result<Self> {
        let store = Self { root };
        for folder in [store.manifests(), store.blobs()] {
            fs::create_dir_all(&folder).map_err(|error| {
                Error::failed(format!(
                    "mkdir {}: {}: ensure path elements are traversable",
                    store.root.display(),
                    go_error(&error)
                ))
            })?;
        }
        Ok(store)
    }

    fn manifests(&self) -> PathBuf {
        self.root.join("manifests")
    }

    fn blobs(&self) -> PathBuf {
        self.root.join("blobs")
    }

    /// Where a blob is, or will be.
    pub(super) fn blob(&self, digest: &str) -> PathBuf {
        self.blobs().join(digest.replacen(':', "-", 1))
    }

    /// The model of this name.
    pub(super) fn find(&self, name: &Name) -> Option<Installed> {
        self.read(&self.existing(name)).ok()
    }

    /// The name under which a model is there already, in whatever case; else the name as given.
    fn existing(&self, name: &Name) -> Name {
        let mut names = self.names().into_iter();
        names
            .find(|other| other == name)
            .unwrap_or_else(|| name.clone())
    }

    fn manifest(&self, name: &Name) -> PathBuf {
        self.manifests().join(self.existing(name).path())
    }

    fn read(&self, name: &Name) -> io::Result<Installed> {
        let path = self.manifests().join(name.path());
        let bytes = fs::read(&path)?;
        let manifest: Manifest = serde_json::from_slice(&bytes)?;
        let config = fs::read(self.blob(&manifest.config.digest)).unwrap_or_default();
        Ok(Installed {
            name: name.clone(),
            config: serde_json::from_slice(&config).unwrap_or_default(),
            manifest,
            digest: hex(Sha256::digest(&bytes)),
            modified: fs::metadata(&path)?.modified()?.into(),
        })
    }

    /// All models, newest first by whole seconds; what cannot be read is left out with a warning.
    pub(super) fn list(&self, log: &Log) -> Vec<Installed> {
        let mut models: Vec<Installed> = self
            .names()
            .iter()
            .filter_map(|name| match self.read(name) {
                Ok(model) => Some(model),
                Err(error) => {
                    log.warn(
                        "bad manifest",
                        &format!("name={} error=\"{error}\"", name.full()),
                    );
                    None
                }
            })
            .collect();
        models.sort_by_key(|model| std::cmp::Reverse(model.modified.timestamp()));
        models
    }

    fn names(&self) -> Vec<Name> {
        let mut names = Vec::new();
        for host in entries(&self.manifests()) {
            for namespace in entries(&host) {
                for model in entries(&namespace) {
                    for tag in entries(&model) {
                        let parts = [&host, &namespace, &model, &tag].map(|path| file_name(path));
                        names.extend(Name::from_parts(parts));
                    }
                }
            }
        }
        names
    }

    /// Puts a model in place without a pull.
    pub(super) fn install(&self, name: &Name, model: &Model) -> io::Result<()> {
        for blob in &model.blobs {
            if !self.blob(&blob.layer.digest).exists() {
                self.begin(blob)?.finish()?;
            }
        }
        self.write_manifest(name, &model.manifest)
    }

    /// Writes a manifest, which makes its model exist.
    pub(super) fn write_manifest(&self, name: &Name, bytes: &[u8]) -> io::Result<()> {
        let path = self.manifest(name);
        fs::create_dir_all(path.parent().expect("below manifests"))?;
        fs::write(path, bytes)
    }

    /// Gives a model a second name. `false`: there is no such model.
    pub(super) fn copy(&self, from: &Name, to: &Name) -> io::Result<bool> {
        match fs::read(self.manifest(from)) {
            Ok(bytes) => self.write_manifest(to, &bytes).map(|()| true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Removes a model, and the blobs that no other one uses. `false`: there is no such model.
    pub(super) fn delete(&self, name: &Name, log: &Log) -> io::Result<bool> {
        let Some(model) = self.find(name) else {
            return Ok(false);
        };
        let path = self.manifest(name);
        fs::remove_file(&path)?;
        // Folders that are not empty stay; that is the end of it.
        let above = path.ancestors().skip(1).take(3);
        let _ = above.into_iter().try_for_each(fs::remove_dir);
        self.remove_unused(&model.manifest, log)?;
        Ok(true)
    }

    /// Removes those blobs of a manifest that no model uses any more.
    pub(super) fn remove_unused(&self, old: &Manifest, log: &Log) -> io::Result<()> {
        let models = self.list(log);
        let used: HashSet<&str> = models
            .iter()
            .flat_map(|model| model.manifest.blobs())
            .map(|layer| layer.digest.as_str())
            .collect();
        for layer in old
            .blobs()
            .filter(|layer| !used.contains(layer.digest.as_str()))
        {
            match fs::remove_file(self.blob(&layer.digest)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// The text of a layer; empty when it is not there.
    pub(super) fn text(&self, layer: Option<&Layer>) -> String {
        layer
            .and_then(|layer| fs::read_to_string(self.blob(&layer.digest)).ok())
            .unwrap_or_default()
    }

    /// Begins the download of a blob, or goes on with one that was cancelled.
    pub(super) fn begin(&self, blob: &Blob) -> io::Result<Partial> {
        let target = self.blob(&blob.layer.digest);
        let data = with_suffix(&target, "-partial");
        let part = with_suffix(&target, "-partial-0");
        let done = fs::read(&part)
            .ok()
            .filter(|_| data.exists())
            .and_then(|bytes| serde_json::from_slice::<Part>(&bytes).ok())
            .map_or(0, |part| part.completed.min(blob.layer.size));
        let mut file = fs::File::create(&data)?;
        file.write_all(&blob.head)?;
        file.set_len(blob.layer.size)?;
        let partial = Partial {
            target,
            data,
            part,
            size: blob.layer.size,
            completed: done,
            finished: false,
        };
        // As Ollama does: the count is written at the end, so a killed server starts again from 0.
        partial.write(0)?;
        Ok(partial)
    }
}

/// A download in progress. Dropped before it is finished, it leaves what the next one goes on from.
pub(super) struct Partial {
    target: PathBuf,
    data: PathBuf,
    part: PathBuf,
    size: u64,
    /// Bytes here so far.
    pub(super) completed: u64,
    finished: bool,
}

/// The JSON of a part file; a blob below 100 MB has one part.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Part {
    n: u64,
    offset: u64,
    size: u64,
    completed: u64,
}

impl Partial {
    fn write(&self, completed: u64) -> io::Result<()> {
        let part = Part {
            n: 0,
            offset: 0,
            size: self.size,
            completed,
        };
        fs::write(&self.part, serde_json::to_vec(&part)?)
    }

    /// The blob is complete. Another download of it may have been faster.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.finished = true;
        let _ = fs::remove_file(&self.part);
        match fs::rename(&self.data, &self.target) {
            Err(_) if self.target.exists() => Ok(()),
            other => other,
        }
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.finished {
            let _ = self.write(self.completed);
        }
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut text = path.as_os_str().to_owned();
    text.push(suffix);
    text.into()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn file_name(path: &Path) -> &str {
    path.file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log() -> Log {
        Log::new(|_, _| {})
    }

    fn name(text: &str) -> Name {
        Name::parse(text).expect("a name")
    }

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path().join("models")).expect("opens");
        (folder, store)
    }

    fn blob_count(store: &Store) -> usize {
        entries(&store.blobs()).len()
    }

    #[test]
    fn a_model_is_there_for_the_next_process() {
        let (_folder, store) = store();
        let tiny = Model::make(&name("tiny")).expect("exists");
        store.install(&name("tiny"), &tiny).expect("installs");
        let again = Store::open(store.root.clone()).expect("opens");
        let models = again.list(&log());
        assert_eq!(models.len(), 1);
        assert_eq!(models[0].digest, hex(Sha256::digest(&tiny.manifest)));
        for layer in models[0].manifest.blobs() {
            let bytes = fs::read(store.blob(&layer.digest)).expect("is there");
            assert_eq!(bytes.len() as u64, layer.size);
            assert_eq!(
                layer.digest,
                format!("sha256:{}", hex(Sha256::digest(&bytes)))
            );
        }
    }

    #[test]
    fn blobs_go_with_the_last_model_that_uses_them() {
        let (_folder, store) = store();
        let tiny = Model::make(&name("tiny")).expect("exists");
        store.install(&name("tiny"), &tiny).expect("installs");
        assert!(store.copy(&name("tiny"), &name("mine")).expect("copies"));
        assert!(store.delete(&name("tiny"), &log()).expect("deletes"));
        assert_eq!(blob_count(&store), 5);
        assert!(store.delete(&name("mine"), &log()).expect("deletes"));
        assert_eq!(blob_count(&store), 0);
        assert_eq!(entries(&store.manifests()), Vec::<PathBuf>::new());
        assert!(!store.delete(&name("mine"), &log()).expect("says so"));
    }

    #[test]
    fn a_cancelled_download_goes_on_and_a_killed_one_starts_again() {
        let (_folder, store) = store();
        let tiny = Model::make(&name("tiny")).expect("exists");
        let mut partial = store.begin(&tiny.blobs[0]).expect("begins");
        partial.completed = 1000;
        drop(partial);
        let partial = store.begin(&tiny.blobs[0]).expect("begins");
        assert_eq!(partial.completed, 1000);
        std::mem::forget(partial);
        let partial = store.begin(&tiny.blobs[0]).expect("begins");
        assert_eq!(partial.completed, 0);
        partial.finish().expect("finishes");
        assert_eq!(blob_count(&store), 1);
    }

    #[test]
    fn a_broken_manifest_is_left_out() {
        let (_folder, store) = store();
        store
            .write_manifest(&name("broken"), b"{not")
            .expect("writes");
        assert_eq!(store.list(&log()).len(), 0);
    }
}
