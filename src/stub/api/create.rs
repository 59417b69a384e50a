//! `/api/create`: a model made from another one, or from uploaded blobs.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use super::models::parse_name;
use super::reply::{self, Refusal, Reply};
use crate::stub::catalogue::{
    Blob, Config, LICENSE, Layer, Manifest, PARAMS, SYSTEM, TEMPLATE, WEIGHTS,
};
use crate::stub::log::go_path_error;
use crate::stub::name::Name;
use crate::stub::pull::{self, Line};
use crate::stub::{Stub, Version};

/// What Ollama calls a file that it has not hashed.
const NO_DIGEST: &str = "0000000000000000000";

#[derive(Deserialize, Default)]
#[serde(default)]
struct Request {
    model: Option<String>,
    name: Option<String>,
    from: Option<String>,
    /// Digests by the names of the files.
    files: BTreeMap<String, String>,
    template: Option<String>,
    system: Option<String>,
    license: Value,
    parameters: Map<String, Value>,
    quantize: Option<String>,
    stream: Option<bool>,
}

pub(super) async fn create(State(stub): State<Arc<Stub>>, body: Bytes) -> Reply {
    let request: Request = reply::parse_named(&body, "CreateRequest", &["model", "name", "from"])?;
    let given = [&request.model, &request.name].into_iter().flatten();
    let name = given.into_iter().find(|text| !text.is_empty());
    let name = parse_name(name.map(String::as_str).unwrap_or_default())?;
    let from = request.from.as_deref().filter(|from| !from.is_empty());
    let from = from.map(parse_name).transpose()?;
    if from.is_none() && request.files.is_empty() {
        let text = "neither 'from' or 'files' was specified";
        return Err(Refusal::late(StatusCode::BAD_REQUEST, text));
    }
    if request.quantize.is_some() {
        // There are no weights that could be quantised.
        let text = "quantization is only supported for F16, BF16 and F32 models";
        return Err(Refusal::late(StatusCode::INTERNAL_SERVER_ERROR, text));
    }
    let stream = request.stream;
    let (lines, receiver) = mpsc::channel(1);
    let creation = Creation {
        stub,
        name,
        request,
        lines,
    };
    tokio::spawn(async move {
        if let Err(error) = creation.run(from).await {
            let _ = creation.lines.send(Line::Failed { error }).await;
        }
    });
    Ok(reply::progress(receiver, stream).await)
}

struct Creation {
    stub: Arc<Stub>,
    name: Name,
    request: Request,
    lines: mpsc::Sender<Line>,
}

impl Creation {
    async fn run(&self, from: Option<Name>) -> Result<(), String> {
        let (config, layers) = match from {
            Some(from) => self.base(&from).await?,
            None => self.parse_files().await?,
        };
        let manifest = self.build(&config, layers).await?;
        self.status("writing manifest").await;
        self.stub
            .store
            .write_manifest(&self.name, &manifest.bytes())?;
        self.status("success").await;
        Ok(())
    }

    /// The config and the layers of another model, which is pulled where it is not there.
    async fn base(&self, from: &Name) -> Result<(Config, Vec<Layer>), String> {
        if self.stub.store.find(from).is_none() {
            let mut pull = pull::start(self.stub.clone(), from.clone());
            while let Some(line) = pull.recv().await {
                if let Line::Failed { error } = line {
                    return Err(error);
                }
                let _ = self.lines.send(line).await;
            }
        }
        let base = self.stub.store.find(from).ok_or("file does not exist")?;
        let mut layers = base.manifest.layers;
        for layer in layers
            .iter_mut()
            .filter(|layer| layer.media_type == WEIGHTS)
        {
            layer.from = Some(from.to_string());
        }
        Ok((base.config, layers))
    }

    /// The config and the layer of weights that were uploaded.
    async fn parse_files(&self) -> Result<(Config, Vec<Layer>), String> {
        self.status("parsing GGUF").await;
        let digest = self.request.files.values().next();
        let digest = digest.ok_or("no files")?.clone();
        let path = self.stub.store.blob(&digest);
        let file = std::fs::metadata(&path);
        let size = file
            .map_err(|error| go_path_error("open", &path, &error))?
            .len();
        let version = self.stub.settings.version;
        let layer = Layer {
            media_type: WEIGHTS.to_owned(),
            digest,
            size,
            from: version.pick(Some(path.display().to_string()), None),
        };
        if version == Version::V0_33 {
            let file = Layer {
                digest: NO_DIGEST.to_owned(),
                ..layer.clone()
            };
            let line = Line::blob("validating GGUF model".to_owned(), &file, size);
            let _ = self.lines.send(line).await;
            self.status("verifying conversion").await;
        }
        Ok((Config::unknown(&layer), vec![layer]))
    }

    /// Puts what the request gives in the place of what the base has, in Ollama's order.
    async fn build(&self, config: &Config, mut layers: Vec<Layer>) -> Result<Manifest, String> {
        let mut made = Vec::new();
        let mut set = |media_type: &str, text: Option<String>, in_place: bool| {
            let Some(text) = text else { return };
            if in_place {
                layers.retain(|layer| layer.media_type != media_type);
            }
            let blob = Blob::text(media_type, &text);
            layers.push(blob.layer.clone());
            made.push(blob);
        };
        set(TEMPLATE, self.request.template.clone(), true);
        set(SYSTEM, self.request.system.clone(), true);
        for text in texts(&self.request.license) {
            set(LICENSE, Some(text), false);
        }
        set(PARAMS, self.parameters(), true);
        // Those of the base come last too.
        let kept = layers.iter().position(|layer| layer.media_type == PARAMS);
        if let Some(kept) = kept {
            let layer = layers.remove(kept);
            layers.push(layer);
        }
        let store = &self.stub.store;
        for layer in &layers {
            let there = store.blob(&layer.digest).is_file();
            let what = if there {
                "using existing"
            } else {
                "creating new"
            };
            if let Some(blob) = made.iter().find(|blob| blob.layer == *layer && !there) {
                store.put(blob)?;
            }
            self.status(&format!("{what} layer {}", layer.digest)).await;
        }
        let config = config.blob();
        store.put(&config)?;
        Ok(Manifest::new(config.layer, layers))
    }

    /// The parameters that are given, as JSON.
    fn parameters(&self) -> Option<String> {
        let given = &self.request.parameters;
        (!given.is_empty()).then(|| Value::Object(given.clone()).to_string())
    }

    async fn status(&self, status: &str) {
        let _ = self.lines.send(Line::status(status)).await;
    }
}

/// One text, or a list of them.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(texts) => texts
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    }
}
