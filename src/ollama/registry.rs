//! What a model is before it is pulled: its manifest, asked of the registry itself.

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::client::tls;
use super::{ModelName, body};
use crate::error::{Context, Error, Result};
use crate::units;

const MANIFEST_TYPE: &str = "application/vnd.docker.distribution.manifest.v2+json";

/// A model's manifest.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// Bare hexadecimal sha256 of its bytes. For models pulled by 0.19 and later it equals the digest
    /// that `/api/tags` gives.
    pub digest: String,
    /// Config and layers.
    pub blobs: Vec<Blob>,
}

/// One blob of a model.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Blob {
    /// `sha256:<hex>`.
    pub digest: String,
    /// Bytes.
    pub size: u64,
}

#[derive(Deserialize)]
struct Document {
    config: Blob,
    layers: Vec<Blob>,
}

impl Manifest {
    /// Reads a manifest as the registry or the model store has it.
    fn parse(bytes: &[u8]) -> serde_json::Result<Self> {
        let document: Document = serde_json::from_slice(bytes)?;
        let digest = Sha256::digest(bytes);
        let mut blobs = document.layers;
        blobs.push(document.config);
        blobs.sort();
        Ok(Self {
            digest: units::hex(&digest),
            blobs,
        })
    }

    /// Bytes in all.
    pub fn size(&self) -> u64 {
        self.blobs.iter().map(|blob| blob.size).sum()
    }

    /// Bytes that a pull into this store would load: blobs that are there, and parts of them, are not
    /// loaded again. Partial files are sparse, so what they take on disk counts.
    pub fn missing_from(&self, store: &Path) -> u64 {
        let missing = |blob: &Blob| {
            let path = store.join("blobs").join(blob.digest.replace(':', "-"));
            if path.is_file() {
                return 0;
            }
            let partial = path.with_file_name(format!("{}-partial", blob.digest.replace(':', "-")));
            blob.size.saturating_sub(allocated(&partial))
        };
        self.blobs.iter().map(missing).sum()
    }

    /// What several models are made of; what they share counts once.
    pub fn together<'a>(manifests: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut blobs: Vec<Blob> = manifests
            .into_iter()
            .flat_map(|manifest| manifest.blobs.clone())
            .collect();
        blobs.sort();
        blobs.dedup();
        Self {
            digest: String::new(),
            blobs,
        }
    }

    /// The manifest that the store has of this model.
    pub fn of_store(store: &Path, model: &ModelName) -> Option<Self> {
        Self::parse(&std::fs::read(super::store::manifest_file(store, model)).ok()?).ok()
    }

    /// Whether both name the same content. The bytes may differ, since versions before 0.19 wrote their
    /// own form of the registry's manifest.
    pub fn same_content(&self, other: &Self) -> bool {
        self.digest == other.digest || self.blobs == other.blobs
    }
}

#[cfg(unix)]
fn allocated(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    path.metadata().map_or(0, |meta| meta.blocks() * 512)
}

#[cfg(not(unix))]
fn allocated(_path: &Path) -> u64 {
    0
}

/// Asks the registry for a model's manifest. Public models need no credentials.
pub async fn manifest(model: &ModelName, at_most: Duration) -> Result<Manifest> {
    let local = model.has_local_registry();
    let url = format!(
        "{}://{}/v2/{}/{}/manifests/{}",
        if local { "http" } else { "https" },
        model.host,
        model.namespace,
        model.model,
        model.tag
    );
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls(!local))
        .timeout(at_most);
    if local {
        builder = builder.no_proxy();
    }
    let http = builder.build().or_failed(|| "cannot set up HTTPS")?;
    let asked = http.get(&url).header("accept", MANIFEST_TYPE).send().await;
    let response = asked.or_failed(|| format!("cannot ask {url}"))?;
    if !response.status().is_success() {
        return Err(Error::failed(format!(
            "{url} answered {}",
            response.status()
        )));
    }
    let bytes = body::bytes(response)
        .await
        .or_failed(|| format!("{url} broke off"))?;
    Manifest::parse(&bytes).or_failed(|| format!("{url} did not answer with a manifest"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(text: &str) -> Manifest {
        Manifest::parse(text.as_bytes()).expect("a manifest")
    }

    #[test]
    fn the_same_blobs_are_the_same_content_however_they_are_written() {
        let one = manifest(
            r#"{"config":{"digest":"sha256:c","size":1},"layers":[{"digest":"sha256:a","size":2},{"digest":"sha256:b","size":3}]}"#,
        );
        let other = manifest(
            r#"{"layers":[{"digest":"sha256:b","size":3},{"digest":"sha256:a","size":2}],"config":{"digest":"sha256:c","size":1}}"#,
        );
        assert_ne!(one.digest, other.digest);
        assert!(one.same_content(&other));
        assert_eq!(one.size(), 6);
    }

    #[test]
    fn blobs_that_are_there_are_not_loaded_again() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(dir.path().join("blobs")).expect("created");
        std::fs::write(dir.path().join("blobs/sha256-a"), "xx").expect("written");
        let wanted = manifest(
            r#"{"config":{"digest":"sha256:c","size":1},"layers":[{"digest":"sha256:a","size":2},{"digest":"sha256:b","size":300}]}"#,
        );
        assert_eq!(wanted.missing_from(dir.path()), 301);
    }
}
