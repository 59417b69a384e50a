//! What a model weighs before it is pulled: its manifest, asked of the registry itself.

use std::time::Duration;

use serde::Deserialize;

use super::ModelName;
use super::client::tls;
use crate::error::{Context, Error, Result};

#[derive(Deserialize)]
struct Manifest {
    config: Layer,
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
struct Layer {
    size: u64,
}

/// Bytes that a first pull of this model loads: the sum of its manifest's layers. Public models need no
/// credentials.
pub async fn download_size(model: &ModelName, at_most: Duration) -> Result<u64> {
    let url = format!(
        "https://{}/v2/{}/{}/manifests/{}",
        model.host, model.namespace, model.model, model.tag
    );
    let http = reqwest::Client::builder()
        .tls_backend_preconfigured(tls(true))
        .timeout(at_most)
        .build()
        .or_failed(|| "cannot set up HTTPS")?;
    let request = http.get(&url).header(
        "accept",
        "application/vnd.docker.distribution.manifest.v2+json",
    );
    let response = request
        .send()
        .await
        .or_failed(|| format!("cannot ask {url}"))?;
    if !response.status().is_success() {
        return Err(Error::failed(format!(
            "{url} answered {}",
            response.status()
        )));
    }
    let manifest: Manifest = response
        .json()
        .await
        .or_failed(|| format!("{url} did not answer with a manifest"))?;
    Ok(manifest.config.size + manifest.layers.iter().map(|layer| layer.size).sum::<u64>())
}
