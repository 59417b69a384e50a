//! The models: listed, shown, pulled, copied, deleted; and what is loaded.

use std::fmt::Write;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::Local;
use futures_util::stream;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::reply::{self, Failure, NDJSON, Refusal, Reply};
use crate::stub::catalogue::{
    CONTEXT_LENGTH, Config, EMBEDDING_LENGTH, LICENSE, PARAMS, TEMPLATE, WEIGHTS, capabilities,
};
use crate::stub::log::go_time;
use crate::stub::name::Name;
use crate::stub::pull::{self, Line};
use crate::stub::store::Installed;
use crate::stub::{Stub, Version};

pub(super) async fn root() -> &'static str {
    "Ollama is running"
}

pub(super) async fn version(State(stub): State<Arc<Stub>>) -> Response {
    reply::ok(&json!({"version": stub.settings.version.text()}))
}

/// The account at ollama.com, which the stub cannot ask.
pub(super) async fn me() -> Refusal {
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "account unavailable")
}

pub(super) async fn status() -> Response {
    reply::ok(&json!({"cloud": {"disabled": true, "source": "none"}}))
}

/// A model's details. The lengths are in `/api/tags` only.
#[derive(Serialize)]
struct Details {
    parent_model: &'static str,
    format: String,
    family: String,
    families: Vec<String>,
    parameter_size: String,
    quantization_level: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    context_length: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    embedding_length: Option<usize>,
}

impl From<Config> for Details {
    fn from(config: Config) -> Self {
        Self {
            parent_model: "",
            format: config.model_format,
            family: config.model_family,
            families: config.model_families,
            parameter_size: config.model_type,
            quantization_level: config.file_type,
            context_length: None,
            embedding_length: None,
        }
    }
}

#[derive(Serialize)]
struct List<T> {
    models: Vec<T>,
}

#[derive(Serialize)]
struct Listed {
    name: String,
    model: String,
    modified_at: String,
    size: u64,
    digest: String,
    details: Details,
    #[serde(skip_serializing_if = "Option::is_none")]
    capabilities: Option<&'static [&'static str]>,
}

pub(super) async fn tags(State(stub): State<Arc<Stub>>) -> Response {
    let models = stub.store.list(&stub.log).into_iter();
    let models = models.map(|model| listed(model, stub.settings.version));
    let models = models.collect();
    reply::ok(&List { models })
}

fn listed(model: Installed, version: Version) -> Listed {
    // What v0.24.0 does not tell yet.
    let newer = version == Version::V0_33;
    Listed {
        name: model.name.to_string(),
        model: model.name.to_string(),
        modified_at: go_time(&model.modified),
        size: model.manifest.size(),
        digest: model.digest,
        details: Details {
            context_length: newer.then_some(CONTEXT_LENGTH),
            embedding_length: newer.then_some(EMBEDDING_LENGTH),
            ..model.config.into()
        },
        capabilities: newer.then(|| capabilities(&model.name)),
    }
}

#[derive(Serialize)]
struct Running {
    name: String,
    model: String,
    size: u64,
    digest: String,
    details: Details,
    expires_at: String,
    size_vram: u64,
    context_length: u64,
}

pub(super) async fn ps(State(stub): State<Arc<Stub>>) -> Response {
    let running = stub.loaded.list().into_iter().map(|entry| Running {
        model: entry.name.clone(),
        name: entry.name,
        size: entry.size,
        digest: entry.digest,
        details: entry.config.into(),
        expires_at: go_time(&entry.expires),
        size_vram: entry.size,
        context_length: CONTEXT_LENGTH,
    });
    let models = running.collect();
    reply::ok(&List { models })
}

/// A request that names a model, by the key of today or the older `name`.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Named {
    model: Option<String>,
    name: Option<String>,
    stream: Option<bool>,
}

impl Named {
    fn text(&self) -> &str {
        let given = [&self.model, &self.name].into_iter().flatten();
        let mut given = given.filter(|text| !text.is_empty());
        given.next().map(String::as_str).unwrap_or_default()
    }
}

#[derive(Serialize)]
struct Shown {
    license: String,
    modelfile: String,
    parameters: String,
    template: String,
    details: Details,
    model_info: serde_json::Value,
    capabilities: &'static [&'static str],
    modified_at: String,
}

pub(super) async fn show(State(stub): State<Arc<Stub>>, body: Bytes) -> Reply {
    let request: Named = reply::parse(&body)?;
    if request.text().is_empty() {
        return Err(Refusal::bad("model is required"));
    }
    let name = parse_name(request.text())?;
    let found = stub.store.find(&name);
    let model = found.ok_or_else(|| {
        let name = match stub.settings.version {
            Version::V0_24 => request.text().to_owned(),
            Version::V0_33 => name.to_string(),
        };
        Refusal::not_found(format!("model '{name}' not found"))
    })?;
    Ok(reply::ok(&shown(&stub, model)))
}

fn shown(stub: &Stub, model: Installed) -> Shown {
    let text = |media_type| stub.store.text(model.manifest.layer(media_type));
    let (license, template) = (text(LICENSE), text(TEMPLATE));
    let parameters = parameters(&text(PARAMS));
    let name = &model.name;
    let weights = model
        .manifest
        .layer(WEIGHTS)
        .map(|layer| stub.store.blob(&layer.digest));
    let weights = weights.unwrap_or_default();
    let modelfile = format!(
        "# Modelfile generated by \"ollama show\"\n\
         # To build a new Modelfile based on this, replace FROM with:\n# FROM {name}\n\n\
         FROM {}\nTEMPLATE \"{template}\"\nLICENSE \"{license}\"\n",
        weights.display()
    );
    let family = &model.config.model_family;
    let model_info = json!({
        "general.architecture": family,
        "general.name": format!("{name} (ollamactl stub)"),
        format!("{family}.context_length"): CONTEXT_LENGTH,
        format!("{family}.embedding_length"): EMBEDDING_LENGTH,
    });
    Shown {
        license,
        modelfile,
        parameters,
        template,
        model_info,
        capabilities: capabilities(name),
        modified_at: go_time(&model.modified),
        details: model.config.into(),
    }
}

/// The parameters as a table: name, then value.
fn parameters(json: &str) -> String {
    let values: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(json).unwrap_or_default();
    let mut table = String::new();
    for (name, value) in &values {
        let one = std::slice::from_ref(value);
        for value in value.as_array().map_or(one, Vec::as_slice) {
            let _ = writeln!(table, "{name:<30} {value}");
        }
    }
    table.trim_end().to_owned()
}

fn parse_name(text: &str) -> Result<Name, Refusal> {
    Name::parse(text).ok_or_else(|| Refusal::bad("invalid model name"))
}

pub(super) async fn pull(State(stub): State<Arc<Stub>>, body: Bytes) -> Reply {
    let request: Named = reply::parse(&body)?;
    let name = parse_name(request.text())?;
    let mut lines = pull::start(stub, name);
    if request.stream.unwrap_or(true) {
        let lines = stream::unfold(lines, |mut lines| async {
            let line = lines.recv().await?;
            Some((reply::text(&line) + "\n", lines))
        });
        return Ok(reply::streamed(NDJSON, lines));
    }
    let mut last = None;
    while let Some(line) = lines.recv().await {
        last = Some(line);
    }
    Ok(match last {
        Some(Line::Failed { error }) => {
            reply::bare_json(StatusCode::INTERNAL_SERVER_ERROR, &Failure { error })
        }
        last => reply::bare_json(StatusCode::OK, &last),
    })
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Copy {
    source: String,
    destination: String,
}

pub(super) async fn copy(State(stub): State<Arc<Stub>>, body: Bytes) -> Reply {
    let request: Copy = reply::parse(&body)?;
    let parse = |role: &str, text: &str| {
        Name::parse(text).ok_or_else(|| Refusal::bad(format!("{role} {text:?} is invalid")))
    };
    let source = parse("source", &request.source)?;
    let destination = parse("destination", &request.destination)?;
    match stub.store.copy(&source, &destination) {
        Ok(true) => Ok(StatusCode::OK.into_response()),
        Ok(false) => Err(Refusal::not_found(format!(
            "model {:?} not found",
            request.source
        ))),
        Err(error) => Err(Refusal::internal(error)),
    }
}

pub(super) async fn delete(State(stub): State<Arc<Stub>>, body: Bytes) -> Reply {
    let request: Named = reply::parse(&body)?;
    let text = request.text();
    let invalid = || Refusal::bad(format!("name {text:?} is invalid"));
    let name = Name::parse(text).ok_or_else(invalid)?;
    match stub.store.delete(&name, &stub.log) {
        Ok(true) => Ok(StatusCode::OK.into_response()),
        Ok(false) => Err(Refusal::not_found(format!("model '{text}' not found"))),
        Err(error) => Err(Refusal::internal(error)),
    }
}

/// The time of an answer.
pub(super) fn now() -> String {
    go_time(&Local::now().to_utc())
}
