//! `/v1/models`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use super::Reply;
use crate::stub::Stub;
use crate::stub::api::reply::{self, Refusal};
use crate::stub::name::Name;
use crate::stub::store::Installed;

#[derive(Serialize)]
struct List<T> {
    object: &'static str,
    data: T,
}

#[derive(Serialize)]
struct Listed {
    id: String,
    object: &'static str,
    created: i64,
    owned_by: String,
}

impl Listed {
    fn new(id: String, model: Installed) -> Self {
        Self {
            id,
            object: "model",
            created: model.modified.timestamp(),
            owned_by: model.name.namespace,
        }
    }
}

pub(in super::super) async fn models(State(stub): State<Arc<Stub>>) -> Response {
    let models = stub.store.list(&stub.log).into_iter();
    let data: Vec<_> = models
        .map(|model| Listed::new(model.name.to_string(), model))
        .collect();
    let object = "list";
    // No models are `null`, as in Go.
    let data = Some(data).filter(|data| !data.is_empty());
    reply::json_line(StatusCode::OK, &List { object, data })
}

pub(in super::super) async fn model(
    State(stub): State<Arc<Stub>>,
    Path(requested): Path<String>,
) -> Reply {
    let name = Name::parse(&requested).ok_or_else(|| Refusal::bad("invalid model name"))?;
    let found = stub.store.find(&name);
    let model = found.ok_or_else(|| {
        let told = stub
            .settings
            .version
            .pick(requested.clone(), name.to_string());
        Refusal::not_found(format!("model '{told}' not found"))
    })?;
    Ok(reply::json_line(
        StatusCode::OK,
        &Listed::new(requested, model),
    ))
}
