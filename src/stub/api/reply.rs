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
use tokio::sync::mpsc::Receiver;

use crate::stub::go_json;
use crate::stub::pull::Line;

/// Content type of a stream under `/api`.
pub(super) const NDJSON: &str = "application/x-ndjson";
/// Content type of a stream under `/v1`.
pub(super) const SSE: &str = "text/event-stream";

/// Bytes.
const GO_BUFFER: usize = 2048;

const JSON_UTF8: &str = "application/json; charset=utf-8";
const JSON: &str = "application/json";

/// A request that is not carried out: `{"error":"…"}`.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) text: String,
    /// It came when the answer was to be streamed already.
    late: bool,
}

/// What most handlers return.
pub(super) type Reply = Result<Response, Refusal>;

impl Refusal {
    pub(super) fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self {
            status,
            text: text.into(),
            late: false,
        }
    }

    /// A refusal where a stream was to begin: it has the form of one.
    pub(super) fn late(status: StatusCode, text: impl Into<String>) -> Self {
        Self {
            late: true,
            ..Self::new(status, text)
        }
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
struct Failure {
    error: String,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        if self.text.is_empty() {
            return self.status.into_response();
        }
        let failure = Failure { error: self.text };
        if self.late {
            let body = text(&failure);
            let mut response = streamed(JSON, stream::iter([body]));
            *response.status_mut() = self.status;
            return response;
        }
        json(self.status, &failure)
    }
}

/// Reads a JSON body; the errors are Go's.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    if body.trim_ascii().is_empty() {
        return Err(Refusal::bad("missing request body"));
    }
    serde_json::from_slice(body).map_err(|error| Refusal::bad(go_json::error(body, &error)))
}

/// Reads a body that names a model. `kind` is what Go calls its type, and `fields` are its texts.
pub(super) fn parse_named<T: DeserializeOwned>(
    body: &[u8],
    kind: &str,
    fields: &[&str],
) -> Result<T, Refusal> {
    let value: serde_json::Value = parse(body)?;
    let is_text = |value: &serde_json::Value| value.is_string() || value.is_null();
    let wrong = fields.iter().find(|field| !is_text(&value[**field]));
    if let Some(field) = wrong {
        let found = go_json::kind(&value[*field]);
        return Err(Refusal::bad(format!(
            "json: cannot unmarshal {found} into Go struct field {kind}.{field} of type string"
        )));
    }
    parse(body)
}

/// JSON with a charset: most of `/api`.
pub(super) fn json<T: Serialize>(status: StatusCode, value: &T) -> Response {
    with_type(status, JSON_UTF8, text(value))
}

/// JSON without a charset: what was not streamed where a stream was possible.
fn bare_json<T: Serialize>(status: StatusCode, value: &T) -> Response {
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

/// The lines of a pull, a push or a creation: all of them, or the last.
pub(super) async fn progress(mut lines: Receiver<Line>, streamed: Option<bool>) -> Response {
    if streamed.unwrap_or(true) {
        let lines = stream::unfold(lines, |mut lines| async {
            let line = lines.recv().await?;
            Some((text(&line) + "\n", lines))
        });
        return self::streamed(NDJSON, lines);
    }
    let mut last = None;
    while let Some(line) = lines.recv().await {
        last = Some(line);
    }
    match last {
        Some(Line::Failed { error }) => {
            bare_json(StatusCode::INTERNAL_SERVER_ERROR, &Failure { error })
        }
        last => bare_json(StatusCode::OK, &last),
    }
}

/// Go sends what is larger than its buffer in chunks, and tells the length of the rest.
fn with_type(status: StatusCode, content_type: &'static str, body: String) -> Response {
    if body.len() > GO_BUFFER {
        let mut response = streamed(content_type, stream::iter([body]));
        *response.status_mut() = status;
        return response;
    }
    (status, [(header::CONTENT_TYPE, content_type)], body).into_response()
}

/// A value as one line of JSON, with the characters escaped that Go escapes: those of HTML, which are in
/// strings only.
pub(super) fn text<T: Serialize>(value: &T) -> String {
    let text = serde_json::to_string(value).expect("plain data serialises");
    if !text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        return text;
    }
    text.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_escaped_as_go_escapes_it() {
        assert_eq!(
            text(&"<|a|> & \u{2028}"),
            r#""\u003c|a|\u003e \u0026 \u2028""#
        );
    }
}
