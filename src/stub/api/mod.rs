//! Ollama's HTTP API: one file for each family of calls.

mod anthropic;
mod blobs;
mod create;
mod embed;
mod infer;
mod load;
mod models;
mod openai;
mod prompt;
mod push;
mod reply;
mod show;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, StatusCode, Uri, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};

use super::name::Name;
use super::store::Installed;
use super::{Stub, guard};
pub(super) use load::Queue;
use reply::Refusal;

/// The paths that a redirect may lead to.
const PATHS: [&str; 8] = [
    "/api/version",
    "/api/tags",
    "/api/ps",
    "/api/show",
    "/api/pull",
    "/api/generate",
    "/api/chat",
    "/v1/models",
];

/// The whole API.
pub(super) fn router(stub: Arc<Stub>) -> Router {
    Router::new()
        .route("/", get(models::root))
        .route("/api/version", get(models::version))
        .route("/api/status", get(models::status))
        .route("/api/me", post(models::me))
        .route("/api/tags", get(models::tags))
        .route("/api/ps", get(models::ps))
        .route("/api/show", post(show::show))
        .route("/api/pull", post(models::pull))
        .route("/api/push", post(push::push))
        .route("/api/create", post(create::create))
        .route(
            "/api/blobs/{digest}",
            post(blobs::upload).head(blobs::is_there),
        )
        .route(
            "/api/experimental/model-recommendations",
            get(models::recommendations),
        )
        .route("/api/copy", post(models::copy))
        .route("/api/delete", delete(models::delete))
        .route("/api/generate", post(infer::generate))
        .route("/api/chat", post(infer::chat))
        .route("/api/embed", post(embed::embed))
        .route("/api/embeddings", post(embed::embeddings))
        .route("/v1/models", get(openai::models))
        .route("/v1/models/{*model}", get(openai::model))
        .route("/v1/chat/completions", post(openai::chat))
        .route("/v1/completions", post(openai::completions))
        .route("/v1/embeddings", post(openai::embeddings))
        .route("/v1/responses", post(openai::responses))
        .route("/v1/messages", post(anthropic::messages))
        .fallback(not_found)
        .method_not_allowed_fallback(not_allowed)
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(stub.clone(), guard::check))
        .with_state(stub)
}

/// An unknown path; one that is known but for its slashes is redirected.
async fn not_found(method: Method, uri: Uri) -> Response {
    let segments: Vec<_> = uri
        .path()
        .split('/')
        .filter(|part| !part.is_empty())
        .collect();
    let clean = format!("/{}", segments.join("/"));
    if clean == uri.path() || !PATHS.contains(&clean.as_str()) {
        return plain(StatusCode::NOT_FOUND, "404 page not found");
    }
    let (status, text) = if method == Method::GET && !uri.path().contains("//") {
        (StatusCode::MOVED_PERMANENTLY, "Moved Permanently")
    } else {
        (StatusCode::TEMPORARY_REDIRECT, "Temporary Redirect")
    };
    let body = format!("<a href=\"{clean}\">{text}</a>.\n\n");
    let html = "text/html; charset=utf-8".to_owned();
    (
        status,
        [(header::CONTENT_TYPE, html), (header::LOCATION, clean)],
        body,
    )
        .into_response()
}

async fn not_allowed() -> Response {
    plain(StatusCode::METHOD_NOT_ALLOWED, "405 method not allowed")
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain")], text).into_response()
}

/// Spells `Allow` as Go does. To be done last: axum adds the header outside all layers.
pub(super) fn go_allow(mut response: Response) -> Response {
    if let Some(allow) = response.headers_mut().get_mut(header::ALLOW)
        && allow == "GET,HEAD"
    {
        *allow = header::HeaderValue::from_static("HEAD, GET");
    }
    response
}

impl Stub {
    /// The model of a request for inference.
    fn model(&self, requested: &str) -> Result<Installed, Refusal> {
        self.installed(requested)
            .ok_or_else(|| Refusal::not_found(format!("model '{requested}' not found")))
    }

    fn installed(&self, requested: &str) -> Option<Installed> {
        self.store.find(&Name::parse(requested)?)
    }
}
