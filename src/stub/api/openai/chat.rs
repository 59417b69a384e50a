//! `/v1/chat/completions`.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use super::Reply;
use super::turn::{DONE, FINGERPRINT, Form, Piece, Request, Turn, Usage, event};
use crate::stub::api::infer::call_id;
use crate::stub::api::reply::{self, Refusal};
use crate::stub::tools::Call;
use crate::stub::{Stub, Version};

#[derive(Serialize)]
struct Chat<'a> {
    id: &'a str,
    object: &'static str,
    created: i64,
    model: &'a str,
    system_fingerprint: &'static str,
    choices: Vec<ChatChoice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
}

#[derive(Serialize)]
struct ChatChoice {
    index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Said>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delta: Option<Said>,
    finish_reason: Option<&'static str>,
}

#[derive(Serialize, Default)]
struct Said {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_calls: Option<[ToolCall; 1]>,
}

/// A tool that the client is to call.
#[derive(Serialize)]
struct ToolCall {
    id: String,
    index: usize,
    r#type: &'static str,
    function: Function,
}

#[derive(Serialize)]
struct Function {
    name: String,
    /// JSON, as text.
    arguments: String,
}

impl From<&Call> for ToolCall {
    fn from(call: &Call) -> Self {
        Self {
            id: call_id(call),
            index: 0,
            r#type: "function",
            function: Function {
                name: call.name.clone(),
                arguments: call.arguments.to_string(),
            },
        }
    }
}

impl Said {
    fn new(content: String, first: bool) -> Self {
        Self {
            role: first.then_some("assistant"),
            content: Some(content),
            tool_calls: None,
        }
    }
}

impl Turn {
    fn chat(&self, object: &'static str, choices: Vec<ChatChoice>, usage: bool) -> Chat<'_> {
        Chat {
            id: &self.id,
            object,
            created: self.created,
            model: &self.model,
            system_fingerprint: FINGERPRINT,
            choices,
            usage: usage.then(|| (&self.answer).into()),
        }
    }

    /// All of an answer, or its call of a tool.
    fn said(&self, content: String) -> Said {
        let mut said = Said::new(content, true);
        said.tool_calls = self.answer.call.as_ref().map(|call| [call.into()]);
        said
    }

    fn chat_event(&self, piece: Piece) -> String {
        let choice = |delta, finish_reason| ChatChoice {
            index: 0,
            message: None,
            delta: Some(delta),
            finish_reason,
        };
        // v0.24.0 tells the role each time, and has a text at the end too.
        let older = self.version == Version::V0_24;
        let end = || {
            if older {
                Said::new(String::new(), true)
            } else {
                Said::default()
            }
        };
        let choices = match piece {
            Piece::Token { text, first } => vec![choice(Said::new(text, first || older), None)],
            Piece::Call => vec![choice(self.said(String::new()), None)],
            Piece::End => vec![choice(end(), self.finish_reason())],
            Piece::Usage => Vec::new(),
            Piece::Done => return DONE.to_owned(),
        };
        let usage = choices.is_empty();
        event(&self.chat("chat.completion.chunk", choices, usage))
    }
}

pub(in super::super) async fn chat(State(stub): State<Arc<Stub>>, body: Bytes) -> Reply {
    let request: Request = reply::parse(&body)?;
    if request.messages.as_ref().is_none_or(Vec::is_empty) {
        return Err(Refusal::bad("[] is too short - 'messages'").into());
    }
    let turn = Turn::take(&stub, &request, Form::Chat).await?;
    if request.stream.unwrap_or(false) {
        return Ok(turn.stream(&stub, &request, Turn::chat_event));
    }
    tokio::time::sleep(turn.answer.time(stub.faults.token_pause)).await;
    let choice = ChatChoice {
        index: 0,
        message: Some(turn.said(turn.answer.text())),
        delta: None,
        finish_reason: turn.finish_reason(),
    };
    let answer = turn.chat("chat.completion", vec![choice], true);
    Ok(reply::json_line(StatusCode::OK, &answer))
}
