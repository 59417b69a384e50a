//! Bodies in and out, spelt as Ollama spells them.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Content type of a stream under `/api`.
pub(super) const NDJSON: &str = "application/x-ndjson";
/// Content type of a stream under `/v1`.
pub(super) const SSE: &str = "text/event-stream";

const JSON_UTF8: &str = "application/json; charset=utf-8";
const JSON: &str = "application/json";

/// A request that is not carried out: `{"error":"…"}`.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) text: String,
}

/// What most handlers return.
pub(super) type Reply = Result<Response, Refusal>;

impl Refusal {
    pub(super) fn new(status: StatusCode, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { status, text }
    }

    pub(super) fn bad(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, text)
    }

    pub(super) fn not_found(text: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, text)
    }

    pub(super) fn internal(text: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, text)
    }
}

/// The body of an error.
#[derive(Serialize)]
pub(super) struct Failure {
    pub(super) error: String,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        json(self.status, &Failure { error: self.text })
    }
}

/// Reads a JSON body; the errors are Go's.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    if body.trim_ascii().is_empty() {
        return Err(Refusal::bad("missing request body"));
    }
    serde_json::from_slice(body).map_err(|error| {
        Refusal::bad(if error.is_eof() {
            "unexpected EOF".to_owned()
        } else {
            error.to_string()
        })
    })
}

/// JSON with a charset: most of `/api`.
pub(super) fn json<T: Serialize>(status: StatusCode, value: &T) -> Response {
    with_type(status, JSON_UTF8, text(value))
}

/// JSON without a charset: answers of `/api/pull`.
pub(super) fn bare_json<T: Serialize>(status: StatusCode, value: &T) -> Response {
    with_type(status, JSON, text(value))
}

/// JSON without a charset and with a newline: `/v1`.
pub(super) fn json_line<T: Serialize>(status: StatusCode, value: &T) -> Response {
    with_type(status, JSON, text(value) + "\n")
}

/// 200 with a value.
pub(super) fn ok<T: Serialize>(value: &T) -> Response {
    json(StatusCode::OK, value)
}

fn with_type(status: StatusCode, content_type: &'static str, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, content_type)], body).into_response()
}

/// A value as one line of JSON.
pub(super) fn text<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("plain data serialises")
}

/// An answer that comes piece by piece, one HTTP chunk each.
pub(super) fn streamed(
    content_type: &'static str,
    pieces: impl Stream<Item = String> + Send + 'static,
) -> Response {
    let chunks = pieces.map(|piece| Ok::<_, Infallible>(Bytes::from(piece)));
    let body = Body::from_stream(chunks);
    ([(header::CONTENT_TYPE, content_type)], body).into_response()
}

/// The items one by one, with a pause before each, made into text when their time has come.
pub(super) fn paced<T: Send + 'static>(
    items: Vec<T>,
    pause: Duration,
    render: impl Fn(T) -> String + Send + Sync + 'static,
) -> impl Stream<Item = String> + Send + 'static {
    let render = Arc::new(render);
    stream::iter(items).then(move |item| {
        let render = render.clone();
        async move {
            tokio::time::sleep(pause).await;
            render(item)
        }
    })
}
