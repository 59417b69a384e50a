//! `/v1/embeddings`.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use super::Reply;
use crate::stub::Stub;
use crate::stub::api::embed;
use crate::stub::api::reply::{self, Refusal};
use crate::stub::words::count;

#[derive(Serialize)]
struct Embeddings {
    object: &'static str,
    data: Vec<Embedding>,
    model: String,
    usage: EmbeddingUsage,
}

#[derive(Serialize)]
struct Embedding {
    object: &'static str,
    #[serde(rename = "embedding")]
    vector: Vec<f32>,
    index: usize,
}

#[derive(Serialize)]
struct EmbeddingUsage {
    prompt_tokens: usize,
    total_tokens: usize,
}

pub(in super::super) async fn embeddings(State(stub): State<Arc<Stub>>, body: Bytes) -> Reply {
    let request: embed::Request = reply::parse(&body)?;
    let texts = request.texts()?;
    if texts.is_empty() {
        return Err(Refusal::bad("invalid input").into());
    }
    let model = request.load(&stub).await?;
    let vectors = request.embed(&texts).into_iter().enumerate();
    let data = vectors.map(|(index, vector)| Embedding {
        object: "embedding",
        vector,
        index,
    });
    let tokens = texts.iter().map(|text| count(text)).sum();
    let answer = Embeddings {
        object: "list",
        data: data.collect(),
        model,
        usage: EmbeddingUsage {
            prompt_tokens: tokens,
            total_tokens: tokens,
        },
    };
    Ok(reply::json_line(StatusCode::OK, &answer))
}
