//! The models: listed, shown, pulled, copied, deleted; and what is loaded.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::Local;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::reply::{self, Refusal, Reply};
use crate::stub::catalogue::{Config, TEMPLATE, WEIGHTS, capabilities};
use crate::stub::gguf::{EMBEDDING_LENGTH, context_length};
use crate::stub::log::go_time;
use crate::stub::name::Name;
use crate::stub::pull;
use crate::stub::store::Installed;
use crate::stub::weights::Fault;
use crate::stub::{Stub, Version};

/// The context length that the server asks for, where a model has more.
const CONTEXT: u64 = 4096;

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

/// Whether models at ollama.com are out of reach by order.
pub(super) async fn status(State(stub): State<Arc<Stub>>) -> Response {
    let disabled = stub.settings.no_cloud;
    let source = if disabled { "env" } else { "none" };
    reply::ok(&json!({"cloud": {"disabled": disabled, "source": source}}))
}

/// The list that is built into Ollama, for when ollama.com cannot be asked.
pub(super) async fn recommendations() -> Response {
    reply::json(StatusCode::OK, &RECOMMENDED)
}

#[derive(Serialize)]
struct Recommendations {
    recommendations: [Recommendation; 6],
}

#[derive(Serialize)]
struct Recommendation {
    model: &'static str,
    description: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    context_length: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vram_bytes: Option<u64>,
}

impl Recommendation {
    const fn cloud(model: &'static str, description: &'static str, limits: [u32; 2]) -> Self {
        Self {
            model,
            description,
            context_length: Some(limits[0]),
            max_output_tokens: Some(limits[1]),
            vram_bytes: None,
        }
    }

    const fn local(model: &'static str, description: &'static str, vram_bytes: u64) -> Self {
        Self {
            model,
            description,
            context_length: None,
            max_output_tokens: None,
            vram_bytes: Some(vram_bytes),
        }
    }
}

const RECOMMENDED: Recommendations = Recommendations {
    recommendations: [
        Recommendation::cloud(
            "kimi-k2.6:cloud",
            "State-of-the-art coding, long-horizon execution, and multimodal agent swarm capability",
            [262_144, 262_144],
        ),
        Recommendation::cloud(
            "glm-5.1:cloud",
            "Reasoning and code generation",
            [202_752, 131_072],
        ),
        Recommendation::cloud(
            "qwen3.5:cloud",
            "Reasoning, coding, and agentic tool use with vision",
            [262_144, 32_768],
        ),
        Recommendation::cloud(
            "minimax-m2.7:cloud",
            "Fast, efficient coding and real-world productivity",
            [204_800, 128_000],
        ),
        Recommendation::local(
            "gemma4",
            "Reasoning and code generation locally",
            12_000_000_000,
        ),
        Recommendation::local(
            "qwen3.5",
            "Reasoning, coding, and visual understanding locally",
            14_000_000_000,
        ),
    ],
};

/// A model's details. The lengths are in `/api/tags` only.
#[derive(Serialize)]
pub(super) struct Details {
    parent_model: String,
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
            parent_model: String::new(),
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

impl Details {
    /// Of an installed model, which may be made from another.
    pub(super) fn of(model: &Installed) -> Self {
        let from = model
            .manifest
            .layer(WEIGHTS)
            .and_then(|layer| layer.from.clone());
        Self {
            parent_model: from.unwrap_or_default(),
            ..model.config.clone().into()
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
    let models = models.map(|model| listed(&stub, model)).collect();
    reply::ok(&List { models })
}

fn listed(stub: &Stub, model: Installed) -> Listed {
    // What v0.24.0 does not tell yet, and garbage does not tell at all.
    let can = stub.capabilities(&model);
    let newer = stub.settings.version == Version::V0_33;
    let known = newer && !can.is_empty();
    let mut details = Details::of(&model);
    if !newer {
        details.parent_model.clear();
    }
    Listed {
        name: model.name.to_string(),
        model: model.name.to_string(),
        modified_at: go_time(&model.modified),
        size: model.manifest.size(),
        details: Details {
            context_length: known.then(|| context_length(&model)),
            embedding_length: known.then_some(EMBEDDING_LENGTH),
            ..details
        },
        capabilities: known.then_some(can),
        digest: model.digest,
    }
}

impl Stub {
    /// What a model can do; nothing with weights that are garbage.
    pub(super) fn capabilities(&self, model: &Installed) -> &'static [&'static str] {
        if let Some(Fault::Garbage(_)) = self.store.fault(model) {
            return &[];
        }
        let template = self.store.text(model.manifest.layer(TEMPLATE));
        capabilities(&model.config, &template)
    }

    /// Refuses to load weights that are none. Garbage is found later, by what the model can do, except by
    /// v0.24.0, whose handler panics.
    pub(super) fn check_weights(&self, model: &Installed) -> Result<(), Refusal> {
        match self.store.fault(model) {
            Some(Fault::Garbage(_)) if self.settings.version == Version::V0_33 => Ok(()),
            _ => self.check_shown(model),
        }
    }

    /// Refuses to show weights that are none.
    pub(super) fn check_shown(&self, model: &Installed) -> Result<(), Refusal> {
        match self.store.fault(model) {
            None => Ok(()),
            Some(Fault::Garbage(_)) if self.settings.version == Version::V0_24 => {
                Err(Refusal::internal(""))
            }
            Some(fault) => Err(Refusal::internal(fault.text())),
        }
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
    // v0.24.0 knows that there is no GPU; the other's runner does not say.
    let on_gpu = stub.settings.version == Version::V0_33;
    let running = stub.loaded.list().into_iter().map(|entry| Running {
        model: entry.name.clone(),
        name: entry.name,
        size: entry.size,
        digest: entry.digest,
        details: entry.config.into(),
        expires_at: go_time(&entry.expires),
        size_vram: if on_gpu { entry.size } else { 0 },
        context_length: entry.context.min(CONTEXT),
    });
    let models = running.collect();
    reply::ok(&List { models })
}

/// A request that names a model, by the key of today or the older `name`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Named {
    model: Option<String>,
    name: Option<String>,
    pub(super) stream: Option<bool>,
    /// Of `/api/show`: with the vocabulary.
    pub(super) verbose: bool,
}

impl Named {
    /// The name, as it was given.
    pub(super) fn text(&self) -> &str {
        let given = [&self.model, &self.name].into_iter().flatten();
        let mut given = given.filter(|text| !text.is_empty());
        given.next().map(String::as_str).unwrap_or_default()
    }
}

/// A name, which must be valid.
pub(super) fn parse_name(text: &str) -> Result<Name, Refusal> {
    Name::parse(text).ok_or_else(|| Refusal::bad("invalid model name"))
}

pub(super) async fn pull(State(stub): State<Arc<Stub>>, body: Bytes) -> Reply {
    let request: Named = reply::parse_named(&body, "PullRequest", &["model", "name"])?;
    let name = parse_name(request.text())?;
    let lines = pull::start(stub, name);
    Ok(reply::progress(lines, request.stream).await)
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
