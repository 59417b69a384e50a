//! `/api/generate` and `/api/chat`: the same work in two shapes.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::models::now;
use super::reply::{self, NDJSON, Refusal, Reply};
use crate::stub::Stub;
use crate::stub::catalogue::capabilities;
use crate::stub::keep_alive::KeepAlive;
use crate::stub::store::Installed;
use crate::stub::words::{Answer, Question};

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

/// A message of a chat, in Ollama's API and in `OpenAI`'s.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Message {
    role: Option<String>,
    content: Value,
}

impl Message {
    /// The text: a string, or the text parts of a list.
    fn text(&self) -> String {
        match &self.content {
            Value::String(text) => text.clone(),
            Value::Array(parts) => {
                let texts = parts.iter().filter_map(|part| part["text"].as_str());
                texts.collect::<Vec<_>>().join(" ")
            }
            _ => String::new(),
        }
    }
}

/// A conversation, flattened: the last user message, and everything.
pub(super) fn flatten(messages: &[Message]) -> (String, String) {
    let asked = messages
        .iter()
        .rev()
        .find(|message| message.role.as_deref() == Some("user"));
    let asked = asked
        .or(messages.last())
        .map(Message::text)
        .unwrap_or_default();
    let turns = messages.iter().map(|message| {
        let role = message.role.as_deref().unwrap_or_default();
        format!("{role}: {}\n", message.text())
    });
    (asked, turns.collect())
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
        let eval_duration = pause.saturating_mul(answer.tokens.len() as u64);
        Self {
            total_duration: eval_duration.saturating_add(LOAD_NANOS + prompt_eval_duration),
            load_duration: LOAD_NANOS,
            prompt_eval_count: answer.prompt_tokens,
            prompt_eval_duration,
            eval_count: answer.tokens.len(),
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
                let role = "assistant";
                let content = text;
                (None, Some(Said { role, content }))
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
    let everything = format!("{system}\n{asked}");
    let context = !request.raw.unwrap_or(false);
    respond(
        &stub,
        Shape::Generate { context },
        &request,
        (asked, everything),
    )
    .await
}

pub(super) async fn chat(State(stub): State<Arc<Stub>>, body: Bytes) -> Reply {
    let request: Request = reply::parse(&body)?;
    let prompt = flatten(request.messages.as_deref().unwrap_or_default());
    respond(&stub, Shape::Chat, &request, prompt).await
}

async fn respond(stub: &Stub, shape: Shape, request: &Request, prompt: (String, String)) -> Reply {
    let keep_alive = KeepAlive::parse(request.keep_alive.as_ref(), stub.settings.keep_alive)
        .map_err(Refusal::bad)?;
    let requested = request.model.as_deref().unwrap_or_default();
    let model = stub.model(requested)?;
    let tools = request
        .tools
        .as_ref()
        .is_some_and(|tools| !tools.is_empty());
    check_capabilities(&model, requested, shape == Shape::Chat, tools)?;
    let limit = limit(request.options.as_ref())?;
    let (asked, context) = prompt;
    if asked.is_empty() && context.trim().is_empty() {
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
    let answer = Answer::to(&Question {
        asked: &asked,
        context: &format!("{}: {context}", model.name),
        limit,
        json: wants_json(request.format.as_ref()),
    });
    Ok(send(
        stub,
        shape,
        requested,
        answer,
        request.stream.unwrap_or(true),
    )
    .await)
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
        return reply::ok(&shape.summary(&model, answer.text(), &answer, pause));
    }
    let tokens = answer
        .tokens
        .iter()
        .cloned()
        .map(Some)
        .chain([None])
        .collect();
    let lines = reply::paced(tokens, pause, move |token| {
        let line = match token {
            Some(token) => shape.line(&model, token),
            None => shape.summary(&model, String::new(), &answer, pause),
        };
        reply::text(&line) + "\n"
    });
    reply::streamed(NDJSON, lines)
}

/// Refuses what a model cannot do.
pub(super) fn check_capabilities(
    model: &Installed,
    requested: &str,
    chat: bool,
    tools: bool,
) -> Result<(), Refusal> {
    let can = capabilities(&model.name);
    if !can.contains(&"completion") {
        let what = if chat { "chat" } else { "generate" };
        return Err(Refusal::bad(format!(
            "{requested:?} does not support {what}"
        )));
    }
    if tools && !can.contains(&"tools") {
        let name = model.name.full();
        return Err(Refusal::bad(format!("{name} does not support tools")));
    }
    Ok(())
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
    Ok(limit
        .and_then(|limit| usize::try_from(limit).ok())
        .filter(|limit| *limit > 0))
}

/// Whether `format` asks for JSON: `"json"`, or a schema.
fn wants_json(format: Option<&Value>) -> bool {
    match format {
        Some(Value::String(text)) => text == "json",
        Some(Value::Object(_)) => true,
        _ => false,
    }
}
