//! A model store in Ollama's layout: `manifests/<host>/<namespace>/<model>/<tag>` and
//! `blobs/sha256-<64 hex>`.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Local};
use sha2::{Digest, Sha256};

use super::catalogue::{Blob, Config, Layer, Manifest, Model, WEIGHTS, digest, hex};
use super::go_json;
use super::log::{Log, go_make_folders, go_path_error};
use super::name::Name;
use super::partial::Partial;
use super::weights::{self, Fault};
use crate::error::Error;

/// A partial download that is older than this is removed at the next start.
const STALE: Duration = Duration::from_hours(1);

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
    pub(super) fn open(root: PathBuf) -> Result<Self, Error> {
        let store = Self { root };
        for folder in [store.manifests(), store.blobs()] {
            go_make_folders(&folder).map_err(|error| {
                Error::failed(format!("{error}: ensure path elements are traversable"))
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
        let broken = |error| io::Error::other(go_json::error(&bytes, &error));
        let manifest: Manifest = serde_json::from_slice(&bytes).map_err(broken)?;
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
                        "manifest.go:218",
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
    pub(super) fn install(&self, name: &Name, model: &Model) -> Result<(), String> {
        for blob in &model.blobs {
            if !self.blob(&blob.layer.digest).exists() {
                self.begin(blob, true)?.finish()?;
            }
        }
        self.write_manifest(name, &model.manifest)
    }

    /// Puts a small blob in place, unless it is there.
    pub(super) fn put(&self, blob: &Blob) -> Result<(), String> {
        let path = self.blob(&blob.layer.digest);
        if path.exists() {
            return Ok(());
        }
        go_make_folders(&self.blobs())?;
        fs::write(&path, &blob.head).map_err(|error| go_path_error("open", &path, &error))
    }

    /// Writes a manifest, which makes its model exist.
    pub(super) fn write_manifest(&self, name: &Name, bytes: &[u8]) -> Result<(), String> {
        let path = self.manifest(name);
        go_make_folders(path.parent().expect("below manifests"))?;
        fs::write(&path, bytes).map_err(|error| go_path_error("open", &path, &error))
    }

    /// Gives a model a second name. `false`: there is no such model.
    pub(super) fn copy(&self, from: &Name, to: &Name) -> Result<bool, String> {
        let path = self.manifest(from);
        match fs::read(&path) {
            Ok(bytes) => self.write_manifest(to, &bytes).map(|()| true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(go_path_error("open", &path, &error)),
        }
    }

    /// Removes a model, and the blobs that no other one uses. `false`: there is no such model.
    pub(super) fn delete(&self, name: &Name, log: &Log) -> Result<bool, String> {
        let Some(model) = self.find(name) else {
            return Ok(false);
        };
        let path = self.manifest(name);
        fs::remove_file(&path).map_err(|error| go_path_error("remove", &path, &error))?;
        // Folders that are not empty stay; that is the end of it.
        let above = path.ancestors().skip(1).take(3);
        let _ = above.into_iter().try_for_each(fs::remove_dir);
        self.remove_unused(&model.manifest, log)?;
        Ok(true)
    }

    /// Removes those blobs of a manifest that no model uses any more.
    pub(super) fn remove_unused(&self, old: &Manifest, log: &Log) -> Result<(), String> {
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
            self.remove_blob(&layer.digest)?;
        }
        Ok(())
    }

    /// The text of a layer; empty when it is not there.
    pub(super) fn text(&self, layer: Option<&Layer>) -> String {
        layer
            .and_then(|layer| fs::read_to_string(self.blob(&layer.digest)).ok())
            .unwrap_or_default()
    }

    /// What is wrong with the weights of a model, if anything.
    pub(super) fn fault(&self, model: &Installed) -> Option<Fault> {
        let layer = model.manifest.layer(WEIGHTS)?;
        weights::fault(&self.blob(&layer.digest), layer.size)
    }

    /// Begins the download of a blob, or goes on with one that was cancelled; without `sound`, other
    /// bytes arrive than the blob's.
    pub(super) fn begin(&self, blob: &Blob, sound: bool) -> Result<Partial, String> {
        // The folder may have been removed since the start.
        go_make_folders(&self.blobs())?;
        Partial::begin(self.blob(&blob.layer.digest), blob, sound)
    }

    /// The digest of a blob's file, if it is not the blob's. Only what can differ is read.
    pub(super) fn mismatch(&self, blob: &Blob) -> Option<String> {
        let mut head = vec![0; blob.head.len()];
        let file = fs::File::open(self.blob(&blob.layer.digest));
        file.ok()?.read_exact(&mut head).ok()?;
        (head != blob.head).then(|| digest(&head, blob.layer.size))
    }

    /// Removes one blob.
    pub(super) fn remove_blob(&self, digest: &str) -> Result<(), String> {
        let path = self.blob(digest);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(go_path_error("remove", &path, &error))
            }
            _ => Ok(()),
        }
    }

    /// How many blobs there are, not counting partial ones.
    pub(super) fn count_blobs(&self) -> usize {
        let blobs = entries(&self.blobs());
        blobs.iter().filter(|path| !is_partial(path)).count()
    }

    /// Removes the partial downloads that nothing has written to for an hour.
    pub(super) fn prune(&self) {
        let old = |path: &Path| {
            let modified = fs::metadata(path).and_then(|file| file.modified()).ok();
            modified
                .and_then(|time| time.elapsed().ok())
                .is_some_and(|age| age > STALE)
        };
        let partials = entries(&self.blobs()).into_iter();
        for path in partials.filter(|path| is_partial(path) && old(path)) {
            let _ = fs::remove_file(path);
        }
    }

    /// The first manifest that cannot be read, with the reason.
    pub(super) fn corrupt(&self) -> Option<String> {
        let names = self.names();
        let mut broken = names
            .iter()
            .filter_map(|name| Some((name, self.read(name).err()?)));
        let (name, error) = broken.next()?;
        Some(format!("{} {error}", name.full()))
    }
}

fn is_partial(path: &Path) -> bool {
    file_name(path).contains("-partial")
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
        let tiny = Model::make(&name("tiny"), 0).expect("exists");
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
        let tiny = Model::make(&name("tiny"), 0).expect("exists");
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
        let tiny = Model::make(&name("tiny"), 0).expect("exists");
        let begin = || store.begin(&tiny.blobs[0], true).expect("begins");
        drop(begin());
        assert_eq!(begin().completed, 0);
        let mut partial = begin();
        partial.completed = 1000;
        partial.save().expect("saves");
        let partial = begin();
        assert_eq!(partial.completed, 1000);
        drop(partial);
        // A kill changes nothing that was written before.
        let partial = begin();
        assert_eq!(partial.completed, 1000);
        partial.finish().expect("finishes");
        assert_eq!(blob_count(&store), 1);
        assert_eq!(store.mismatch(&tiny.blobs[0]), None);
    }

    #[test]
    fn counted_bytes_that_are_not_there_are_found_in_the_end() {
        let (_folder, store) = store();
        let tiny = Model::make(&name("tiny"), 0).expect("exists");
        let weights = &tiny.blobs[0];
        let mut partial = store.begin(weights, true).expect("begins");
        partial.completed = 1000;
        partial.save().expect("saves");
        fs::remove_file(partial.data()).expect("removes");
        let partial = store.begin(weights, true).expect("begins");
        partial.finish().expect("finishes");
        let bytes = fs::read(store.blob(&weights.layer.digest)).expect("is there");
        let got = format!("sha256:{}", hex(Sha256::digest(&bytes)));
        assert_eq!(store.mismatch(weights), Some(got));
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
