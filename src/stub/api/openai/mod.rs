//! The OpenAI-compatible side: `/v1`.

mod chat;
mod completions;
mod embeddings;
mod models;
mod responses;
mod turn;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::reply::{self, Refusal};

pub(super) use chat::chat;
pub(super) use completions::completions;
pub(super) use embeddings::embeddings;
pub(super) use models::{model, models};
pub(super) use responses::responses;

/// A refusal in `OpenAI`'s form.
pub(super) struct OpenAiRefusal(Refusal);

impl From<Refusal> for OpenAiRefusal {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

#[derive(Serialize)]
struct Failure {
    error: FailureBody,
}

#[derive(Serialize)]
struct FailureBody {
    message: String,
    r#type: &'static str,
    param: Option<()>,
    code: Option<()>,
}

impl IntoResponse for OpenAiRefusal {
    fn into_response(self) -> Response {
        let Refusal { status, text, .. } = self.0;
        let r#type = match status {
            StatusCode::BAD_REQUEST => "invalid_request_error",
            StatusCode::NOT_FOUND => "not_found_error",
            _ => "api_error",
        };
        let error = FailureBody {
            message: text,
            r#type,
            param: None,
            code: None,
        };
        let failure = Failure { error };
        if status == StatusCode::BAD_REQUEST {
            reply::json(status, &failure)
        } else {
            reply::json_line(status, &failure)
        }
    }
}

type Reply = Result<Response, OpenAiRefusal>;
