//! `/api/generate` and `/api/chat`: the same work in two shapes.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::models::now;
use super::prompt::{Choice, Message, Prompt, Wish, format, positive};
use super::reply::{self, NDJSON, Refusal, Reply};
use crate::stub::Stub;
use crate::stub::keep_alive::KeepAlive;
use crate::stub::tools::Call;
use crate::stub::words::{Answer, number};

/// Nominal time of a load and of reading one token, in nanoseconds: durations are made up, so that
/// answers do not differ.
const LOAD_NANOS: u64 = 1_000_000;
const PROMPT_NANOS: u64 = 2_000_000;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Request {
    model: Option<String>,
    prompt: Option<String>,
    system: Option<String>,
    messages: Option<Vec<Message>>,
    tools: Option<Vec<Value>>,
    stream: Option<bool>,
    raw: Option<bool>,
    format: Option<Value>,
    keep_alive: Option<Value>,
    options: Option<serde_json::Map<String, Value>>,
}

/// One line of an answer, or all of it.
#[derive(Serialize)]
struct Line {
    model: String,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Said>,
    done: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    done_reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<[u32; 6]>,
    #[serde(flatten)]
    metrics: Option<Metrics>,
}

#[derive(Serialize)]
struct Said {
    role: &'static str,
    content: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_calls: Option<[ToolCall; 1]>,
}

/// A tool that the client is to call.
#[derive(Serialize)]
struct ToolCall {
    id: String,
    function: Function,
}

#[derive(Serialize)]
struct Function {
    index: usize,
    name: String,
    arguments: Value,
}

impl From<&Call> for ToolCall {
    fn from(call: &Call) -> Self {
        Self {
            id: call_id(call),
            function: Function {
                index: 0,
                name: call.name.clone(),
                arguments: call.arguments.clone(),
            },
        }
    }
}

/// The number under which a call's result is handed in.
pub(super) fn call_id(call: &Call) -> String {
    let number = number(&format!("{} {}", call.name, call.arguments));
    format!("call_stub{number:04}")
}

/// Counts, and made-up durations in nanoseconds.
#[derive(Serialize)]
struct Metrics {
    total_duration: u64,
    load_duration: u64,
    prompt_eval_count: usize,
    prompt_eval_duration: u64,
    eval_count: usize,
    eval_duration: u64,
}

impl Metrics {
    fn of(answer: &Answer, pause: Duration) -> Self {
        let prompt_eval_duration = PROMPT_NANOS * answer.prompt_tokens as u64;
        let pause = u64::try_from(pause.as_nanos()).unwrap_or(u64::MAX).max(1);
        let eval_duration = pause.saturating_mul(answer.count() as u64);
        Self {
            total_duration: eval_duration.saturating_add(LOAD_NANOS + prompt_eval_duration),
            load_duration: LOAD_NANOS,
            prompt_eval_count: answer.prompt_tokens,
            prompt_eval_duration,
            eval_count: answer.count(),
            eval_duration,
        }
    }
}

/// Which of the two calls.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Generate { context: bool },
    Chat,
}

impl Shape {
    fn line(self, model: &str, text: String) -> Line {
        let (response, message) = match self {
            Self::Generate { .. } => (Some(text), None),
            Self::Chat => {
                let said = Said {
                    role: "assistant",
                    content: text,
                    tool_calls: None,
                };
                (None, Some(said))
            }
        };
        Line {
            model: model.to_owned(),
            created_at: now(),
            response,
            message,
            done: false,
            done_reason: None,
            context: None,
            metrics: None,
        }
    }

    /// A line with the call of a tool, if one is called.
    fn call(self, model: &str, answer: &Answer) -> Option<Line> {
        let call = answer.call.as_ref()?;
        let mut line = self.line(model, String::new());
        line.message.as_mut()?.tool_calls = Some([call.into()]);
        Some(line)
    }

    /// A last line without an answer.
    fn end(self, model: &str, text: String, reason: &'static str) -> Line {
        Line {
            done: true,
            done_reason: Some(reason),
            ..self.line(model, text)
        }
    }

    /// A last line that sums an answer up.
    fn summary(self, model: &str, text: String, answer: &Answer, pause: Duration) -> Line {
        let context = self == Self::Generate { context: true };
        Line {
            context: context.then_some([1, 2, 3, 4, 5, 6]),
            metrics: Some(Metrics::of(answer, pause)),
            ..self.end(model, text, answer.done_reason())
        }
    }
}

pub(super) async fn generate(State(stub): State<Arc<Stub>>, body: Bytes) -> Reply {
    let request: Request = reply::parse(&body)?;
    let asked = request.prompt.clone().unwrap_or_default();
    let system = request.system.as_deref().unwrap_or_default();
    let prompt = Prompt::bare(asked.clone(), format!("{system}\n{asked}"));
    let context = !request.raw.unwrap_or(false);
    respond(&stub, Shape::Generate { context }, &request, prompt).await
}

pub(super) async fn chat(State(stub): State<Arc<Stub>>, body: Bytes) -> Reply {
    let request: Request = reply::parse(&body)?;
    let prompt = Prompt::chat(request.messages.as_deref().unwrap_or_default());
    respond(&stub, Shape::Chat, &request, prompt).await
}

async fn respond(stub: &Stub, shape: Shape, request: &Request, prompt: Prompt) -> Reply {
    let keep_alive = KeepAlive::parse(request.keep_alive.as_ref(), stub.settings.keep_alive)
        .map_err(Refusal::bad)?;
    let requested = request.model.as_deref().unwrap_or_default();
    let model = stub.model(requested)?;
    stub.check_weights(&model)?;
    let tools = request.tools.as_deref().unwrap_or_default();
    stub.check_capabilities(&model, requested, shape == Shape::Chat, !tools.is_empty())?;
    let limit = limit(request.options.as_ref())?;
    if prompt.is_empty() {
        let reason = match keep_alive {
            KeepAlive::Unload => {
                stub.loaded.unload(&model);
                "unload"
            }
            KeepAlive::For(_) => {
                stub.load(&model, keep_alive).await?;
                "load"
            }
        };
        return Ok(reply::ok(&shape.end(requested, String::new(), reason)));
    }
    stub.load(&model, keep_alive).await?;
    let wish = Wish {
        limit,
        format: format(request.format.as_ref())?,
        tools,
        choice: Choice::Auto,
    };
    let answer = stub.answer(&model, &prompt, wish);
    let streamed = request.stream.unwrap_or(true);
    Ok(send(stub, shape, requested, answer, streamed).await)
}

/// A piece of a streamed answer.
enum Piece {
    Token(String),
    Call,
    End,
}

async fn send(
    stub: &Stub,
    shape: Shape,
    model: &str,
    answer: Answer,
    streamed: bool,
) -> axum::response::Response {
    let pause = stub.faults.token_pause;
    let model = model.to_owned();
    if !streamed {
        tokio::time::sleep(answer.time(pause)).await;
        return reply::ok(&whole(shape, &model, &answer, pause));
    }
    let tokens = answer.tokens.iter().cloned().map(Piece::Token);
    let call = answer.call.iter().map(|_| Piece::Call);
    let end = Some(Piece::End).filter(|_| !answer.broken_off);
    let pieces = tokens.chain(call).chain(end).collect();
    let lines = reply::paced(pieces, pause, move |piece| {
        let line = match piece {
            Piece::Token(token) => shape.line(&model, token),
            Piece::Call => shape
                .call(&model, &answer)
                .unwrap_or_else(|| shape.line(&model, String::new())),
            Piece::End => shape.summary(&model, String::new(), &answer, pause),
        };
        reply::text(&line) + "\n"
    });
    reply::streamed(NDJSON, lines)
}

/// An answer in one piece.
fn whole(shape: Shape, model: &str, answer: &Answer, pause: Duration) -> Line {
    if answer.broken_off {
        return shape.line(model, answer.text());
    }
    let mut line = shape.summary(model, answer.text(), answer, pause);
    if let (Some(said), Some(call)) = (&mut line.message, &answer.call) {
        said.tool_calls = Some([call.into()]);
    }
    line
}

/// The most tokens that an answer may have (`num_predict`; negative is no limit).
fn limit(options: Option<&serde_json::Map<String, Value>>) -> Result<Option<usize>, Refusal> {
    let integer = |name: &str| match options.and_then(|options| options.get(name)) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_i64()
            .map(Some)
            .ok_or_else(|| Refusal::internal(format!("option {name:?} must be of type integer"))),
    };
    integer("num_ctx")?;
    let limit = integer("num_predict")?;
    Ok(limit.and_then(positive))
}
