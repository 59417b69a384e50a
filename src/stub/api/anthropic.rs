//! `/v1/messages`, the Anthropic-compatible call. Only the whole answer was recorded; the events are
//! Anthropic's.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::infer::call_id;
use super::prompt::{Choice, Message, Prompt, Wish, positive, text};
use super::reply::{self, Refusal, SSE};
use crate::stub::Stub;
use crate::stub::catalogue::hex;
use crate::stub::tools::Call;
use crate::stub::words::{Answer, Format};

#[derive(Deserialize, Default)]
#[serde(default)]
struct Request {
    model: Option<String>,
    max_tokens: Option<i64>,
    messages: Vec<Message>,
    system: Value,
    stream: bool,
    tools: Vec<Value>,
    tool_choice: Value,
}

/// A message; the keys come in Ollama's order.
#[derive(Serialize)]
struct Answered<'a> {
    id: &'a str,
    r#type: &'static str,
    role: &'static str,
    model: &'a str,
    content: Vec<Block>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_reason: Option<&'static str>,
    usage: Usage,
}

#[derive(Serialize, Clone, Copy)]
struct Usage {
    input_tokens: usize,
    output_tokens: usize,
}

/// What a message is made of.
#[derive(Serialize)]
#[serde(untagged)]
enum Block {
    Text {
        r#type: &'static str,
        text: String,
    },
    Use {
        r#type: &'static str,
        id: String,
        name: String,
        input: Value,
    },
}

/// A refusal in Anthropic's form.
pub(super) struct AnthropicRefusal(Refusal);

impl From<Refusal> for AnthropicRefusal {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl IntoResponse for AnthropicRefusal {
    fn into_response(self) -> Response {
        let Refusal { status, text, .. } = self.0;
        let kind = match status {
            StatusCode::BAD_REQUEST => "invalid_request_error",
            StatusCode::NOT_FOUND => "not_found_error",
            StatusCode::SERVICE_UNAVAILABLE => "overloaded_error",
            _ => "api_error",
        };
        let error = json!({"type": "error", "error": {"type": kind, "message": text}});
        reply::json_line(status, &error)
    }
}

/// What a request came to.
struct Outcome {
    id: String,
    model: String,
    answer: Answer,
}

impl Outcome {
    fn stop_reason(&self) -> Option<&'static str> {
        match &self.answer {
            Answer { call: Some(_), .. } => Some("tool_use"),
            Answer {
                broken_off: true, ..
            } => None,
            Answer { cut: true, .. } => Some("max_tokens"),
            _ => Some("end_turn"),
        }
    }

    fn usage(&self) -> Usage {
        Usage {
            input_tokens: self.answer.prompt_tokens,
            output_tokens: self.answer.count(),
        }
    }

    /// The only block: text, or the use of a tool; `empty` where its content comes in events.
    fn block(&self, empty: bool) -> Block {
        let text = if empty {
            String::new()
        } else {
            self.answer.text()
        };
        let input = |call: &Call| {
            if empty {
                json!({})
            } else {
                call.arguments.clone()
            }
        };
        match &self.answer.call {
            None => Block::Text {
                r#type: "text",
                text,
            },
            Some(call) => Block::Use {
                r#type: "tool_use",
                id: call_id(call),
                name: call.name.clone(),
                input: input(call),
            },
        }
    }

    fn message(&self, content: Vec<Block>, usage: Usage) -> Answered<'_> {
        let stop_reason = self.stop_reason().filter(|_| !content.is_empty());
        Answered {
            id: &self.id,
            r#type: "message",
            role: "assistant",
            model: &self.model,
            content,
            stop_reason,
            usage,
        }
    }

    fn whole(&self) -> Answered<'_> {
        self.message(vec![self.block(false)], self.usage())
    }

    fn events(&self) -> Vec<String> {
        let usage = Usage {
            output_tokens: 0,
            ..self.usage()
        };
        let delta = |delta: Value| {
            let data = json!({"type": "content_block_delta", "index": 0, "delta": delta});
            event(&data)
        };
        let deltas: Vec<_> = if let Some(call) = &self.answer.call {
            let json = call.arguments.to_string();
            vec![delta(
                json!({"type": "input_json_delta", "partial_json": json}),
            )]
        } else {
            let tokens = self.answer.tokens.iter();
            let text = |token| delta(json!({"type": "text_delta", "text": token}));
            tokens.map(text).collect()
        };
        let message = self.message(Vec::new(), usage);
        let block = self.block(true);
        let begin = [
            json!({"type": "message_start", "message": message}),
            json!({"type": "content_block_start", "index": 0, "content_block": block}),
        ];
        let stop = json!({"stop_reason": self.stop_reason()});
        let end = [
            json!({"type": "content_block_stop", "index": 0}),
            json!({"type": "message_delta", "delta": stop, "usage": self.usage()}),
            json!({"type": "message_stop"}),
        ];
        let end = end.iter().filter(|_| !self.answer.broken_off);
        let begin = begin.iter().map(event);
        begin.chain(deltas).chain(end.map(event)).collect()
    }
}

fn event(data: &Value) -> String {
    let name = data["type"].as_str().unwrap_or_default();
    format!("event: {name}\ndata: {}\n\n", reply::text(data))
}

pub(super) async fn messages(
    State(stub): State<Arc<Stub>>,
    body: Bytes,
) -> Result<Response, AnthropicRefusal> {
    let request: Request = reply::parse(&body)?;
    let model = request.model.clone().unwrap_or_default();
    let required = |what: &str| Refusal::bad(format!("{what} is required"));
    if model.is_empty() {
        return Err(required("model").into());
    }
    let Some(limit) = request.max_tokens.and_then(positive) else {
        return Err(Refusal::bad("max_tokens is required and must be positive").into());
    };
    if request.messages.is_empty() {
        return Err(required("messages").into());
    }
    let installed = stub.model(&model)?;
    stub.check_weights(&installed)?;
    stub.check_capabilities(&installed, &model, true, !request.tools.is_empty())?;
    stub.load(&installed, stub.settings.keep_alive).await?;
    let mut prompt = Prompt::chat(&request.messages);
    prompt.context.insert_str(0, &text(&request.system));
    let wish = Wish {
        limit: Some(limit),
        format: Format::Text,
        tools: &request.tools,
        choice: Choice::read(&request.tool_choice),
    };
    let outcome = Outcome {
        id: format!("msg_{}", &hex(Sha256::digest(&prompt.context))[..24]),
        model,
        answer: stub.answer(&installed, &prompt, wish),
    };
    if request.stream {
        let events = outcome.events();
        let events = reply::paced(events, stub.faults.token_pause, |event| event);
        return Ok(reply::streamed(SSE, events));
    }
    tokio::time::sleep(outcome.answer.time(stub.faults.token_pause)).await;
    Ok(reply::json_line(StatusCode::OK, &outcome.whole()))
}
