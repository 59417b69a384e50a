//! `/v1/completions`.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use super::Reply;
use super::turn::{DONE, FINGERPRINT, Form, Piece, Request, Turn, Usage, event};
use crate::stub::Stub;
use crate::stub::api::reply;

#[derive(Serialize)]
struct TextChoice {
    text: String,
    index: usize,
    finish_reason: Option<&'static str>,
}

impl TextChoice {
    fn new(text: String, finish_reason: Option<&'static str>) -> Self {
        Self {
            text,
            index: 0,
            finish_reason,
        }
    }
}

#[derive(Serialize)]
struct Completion<'a> {
    id: &'a str,
    object: &'static str,
    created: i64,
    model: &'a str,
    system_fingerprint: &'static str,
    choices: Vec<TextChoice>,
    usage: Usage,
}

/// A chunk of a completion; its keys come in another order.
#[derive(Serialize)]
struct CompletionChunk<'a> {
    id: &'a str,
    object: &'static str,
    created: i64,
    choices: Vec<TextChoice>,
    model: &'a str,
    system_fingerprint: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
}

impl Turn {
    fn text_event(&self, piece: Piece) -> String {
        let choices = match piece {
            Piece::Token { text, .. } => vec![TextChoice::new(text, None)],
            Piece::End => vec![TextChoice::new(String::new(), self.finish_reason())],
            Piece::Call | Piece::Usage => Vec::new(),
            Piece::Done => return DONE.to_owned(),
        };
        event(&CompletionChunk {
            id: &self.id,
            object: "text_completion",
            created: self.created,
            usage: choices.is_empty().then(|| (&self.answer).into()),
            choices,
            model: &self.model,
            system_fingerprint: FINGERPRINT,
        })
    }
}

pub(in super::super) async fn completions(State(stub): State<Arc<Stub>>, body: Bytes) -> Reply {
    let request: Request = reply::parse(&body)?;
    let turn = Turn::take(&stub, &request, Form::Text).await?;
    if request.stream.unwrap_or(false) {
        return Ok(turn.stream(&stub, &request, Turn::text_event));
    }
    tokio::time::sleep(turn.answer.time(stub.faults.token_pause)).await;
    let choice = TextChoice::new(turn.answer.text(), turn.finish_reason());
    let answer = Completion {
        id: &turn.id,
        object: "text_completion",
        created: turn.created,
        model: &turn.model,
        system_fingerprint: FINGERPRINT,
        choices: vec![choice],
        usage: (&turn.answer).into(),
    };
    Ok(reply::json_line(StatusCode::OK, &answer))
}
