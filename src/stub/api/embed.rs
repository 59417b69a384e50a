//! `/api/embed` and the older `/api/embeddings`.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::reply::{self, Refusal, Reply};
use crate::stub::Stub;
use crate::stub::gguf::EMBEDDING_LENGTH;
use crate::stub::keep_alive::KeepAlive;
use crate::stub::words::{count, embedding};

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Request {
    pub(super) model: Option<String>,
    pub(super) input: Value,
    prompt: Option<String>,
    dimensions: Option<usize>,
    keep_alive: Option<Value>,
}

#[derive(Serialize)]
struct Embedded {
    model: String,
    embeddings: Vec<Vec<f32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_duration: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    load_duration: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_eval_count: Option<usize>,
}

impl Request {
    /// The texts to embed.
    pub(super) fn texts(&self) -> Result<Vec<String>, Refusal> {
        let invalid = || Refusal::bad("invalid input type");
        match &self.input {
            Value::Null => Ok(Vec::new()),
            Value::String(text) if text.is_empty() => Ok(Vec::new()),
            Value::String(text) => Ok(vec![text.clone()]),
            Value::Array(texts) => {
                let texts = texts.iter().map(|text| text.as_str().map(str::to_owned));
                texts.collect::<Option<_>>().ok_or_else(invalid)
            }
            _ => Err(invalid()),
        }
    }

    /// Finds and loads the model.
    pub(super) async fn load(&self, stub: &Stub) -> Result<String, Refusal> {
        let keep_alive = KeepAlive::parse(self.keep_alive.as_ref(), stub.settings.keep_alive)
            .map_err(Refusal::bad)?;
        let requested = self.model.clone().unwrap_or_default();
        let missing = || {
            Refusal::not_found(format!(
                "model {requested:?} not found, try pulling it first"
            ))
        };
        let model = stub.installed(&requested).ok_or_else(missing)?;
        stub.load(&model, keep_alive).await?;
        Ok(requested)
    }

    /// The vectors of these texts.
    pub(super) fn embed(&self, texts: &[String]) -> Vec<Vec<f32>> {
        let length = self
            .dimensions
            .filter(|n| (1..EMBEDDING_LENGTH).contains(n));
        let length = length.unwrap_or(EMBEDDING_LENGTH);
        texts.iter().map(|text| embedding(text, length)).collect()
    }
}

pub(super) async fn embed(State(stub): State<Arc<Stub>>, body: Bytes) -> Reply {
    let request: Request = reply::parse(&body)?;
    let texts = request.texts()?;
    let model = request.load(&stub).await?;
    let some = !texts.is_empty();
    Ok(reply::ok(&Embedded {
        model,
        embeddings: request.embed(&texts),
        total_duration: some.then_some(3_000_000),
        load_duration: some.then_some(1_000_000),
        prompt_eval_count: some.then(|| texts.iter().map(|text| count(text)).sum()),
    }))
}

pub(super) async fn embeddings(State(stub): State<Arc<Stub>>, body: Bytes) -> Reply {
    let request: Request = reply::parse(&body)?;
    request.load(&stub).await?;
    let prompt: Vec<_> = request
        .prompt
        .clone()
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect();
    let vector = request.embed(&prompt).pop().unwrap_or_default();
    let vector: Vec<f64> = vector.into_iter().map(f64::from).collect();
    Ok(reply::ok(&json!({"embedding": vector})))
}
