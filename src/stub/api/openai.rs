//! The OpenAI-compatible side: `/v1`.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::embed;
use super::infer::{self, Message};
use super::reply::{self, Refusal, SSE};
use crate::stub::Stub;
use crate::stub::loaded::KeepAlive;
use crate::stub::name::Name;
use crate::stub::store::Installed;
use crate::stub::words::{Answer, Question, count, number};

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
        let Refusal { status, text } = self.0;
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

pub(super) async fn models(State(stub): State<Arc<Stub>>) -> Response {
    let models = stub.store.list(&stub.log).into_iter();
    let data: Vec<_> = models
        .map(|model| Listed::new(model.name.to_string(), model))
        .collect();
    let object = "list";
    // No models are `null`, as in Go.
    let data = Some(data).filter(|data| !data.is_empty());
    reply::json_line(StatusCode::OK, &List { object, data })
}

pub(super) async fn model(State(stub): State<Arc<Stub>>, Path(requested): Path<String>) -> Reply {
    let name = Name::parse(&requested).ok_or_else(|| Refusal::bad("invalid model name"))?;
    let found = stub.store.find(&name);
    let model = found.ok_or_else(|| Refusal::not_found(format!("model '{name}' not found")))?;
    Ok(reply::json_line(
        StatusCode::OK,
        &Listed::new(requested, model),
    ))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Request {
    model: Option<String>,
    messages: Option<Vec<Message>>,
    prompt: Value,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    max_tokens: Option<i64>,
    max_completion_tokens: Option<i64>,
    tools: Option<Vec<Value>>,
    response_format: Value,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Serialize, Clone, Copy)]
struct Usage {
    #[serde(rename = "prompt_tokens")]
    prompt: usize,
    #[serde(rename = "completion_tokens")]
    completion: usize,
    #[serde(rename = "total_tokens")]
    total: usize,
}

impl From<&Answer> for Usage {
    fn from(answer: &Answer) -> Self {
        let (prompt, completion) = (answer.prompt_tokens, answer.tokens.len());
        Self {
            prompt,
            completion,
            total: prompt + completion,
        }
    }
}

/// An answer under way, with what all its chunks repeat.
struct Turn {
    id: String,
    created: i64,
    model: String,
    answer: Answer,
}

impl Turn {
    async fn take(stub: &Stub, request: &Request, chat: bool) -> Result<Self, Refusal> {
        let model = request.model.clone().unwrap_or_default();
        let installed = stub.model(&model)?;
        let tools = request
            .tools
            .as_ref()
            .is_some_and(|tools| !tools.is_empty());
        infer::check_capabilities(&installed, &model, chat, tools)?;
        let (asked, context) = match &request.prompt {
            _ if chat => infer::flatten(request.messages.as_deref().unwrap_or_default()),
            Value::String(text) => (text.clone(), text.clone()),
            other => (other.to_string(), other.to_string()),
        };
        let keep_alive = KeepAlive::parse(None).map_err(Refusal::bad)?;
        stub.load(&installed, keep_alive).await;
        let limit = request.max_completion_tokens.or(request.max_tokens);
        let context = format!("{}: {context}", installed.name);
        let answer = Answer::to(&Question {
            asked: &asked,
            context: &context,
            limit: limit
                .and_then(|limit| usize::try_from(limit).ok())
                .filter(|n| *n > 0),
            json: request.response_format["type"]
                .as_str()
                .is_some_and(|kind| kind.contains("json")),
        });
        let prefix = if chat { "chatcmpl" } else { "cmpl" };
        Ok(Self {
            id: format!("{prefix}-{}", number(&context)),
            created: Utc::now().timestamp(),
            model,
            answer,
        })
    }
}

/// The pieces of a stream.
enum Piece {
    Token { text: String, first: bool },
    End,
    Usage,
    Done,
}

fn pieces(answer: &Answer, usage: bool) -> Vec<Piece> {
    let tokens = answer.tokens.iter().enumerate();
    let tokens = tokens.map(|(index, text)| Piece::Token {
        text: text.clone(),
        first: index == 0,
    });
    let usage = usage.then_some(Piece::Usage);
    let end = [Piece::End].into_iter().chain(usage).chain([Piece::Done]);
    tokens.chain(end).collect()
}

fn event<T: Serialize>(value: &T) -> String {
    format!("data: {}\n\n", reply::text(value))
}

const FINGERPRINT: &str = "fp_ollama";

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
}

impl Said {
    fn new(content: String, first: bool) -> Self {
        Self {
            role: first.then_some("assistant"),
            content: Some(content),
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

    fn chat_event(&self, piece: Piece) -> String {
        let choice = |delta, finish_reason| ChatChoice {
            index: 0,
            message: None,
            delta: Some(delta),
            finish_reason,
        };
        let choices = match piece {
            Piece::Token { text, first } => vec![choice(Said::new(text, first), None)],
            Piece::End => vec![choice(Said::default(), Some(self.answer.done_reason()))],
            Piece::Usage => Vec::new(),
            Piece::Done => return "data: [DONE]\n\n".to_owned(),
        };
        let usage = choices.is_empty();
        event(&self.chat("chat.completion.chunk", choices, usage))
    }
}

pub(super) async fn chat(State(stub): State<Arc<Stub>>, body: Bytes) -> Reply {
    let request: Request = reply::parse(&body)?;
    if request.messages.as_ref().is_none_or(Vec::is_empty) {
        return Err(Refusal::bad("[] is too short - 'messages'").into());
    }
    let turn = Turn::take(&stub, &request, true).await?;
    let pause = stub.faults.token_pause;
    if request.stream.unwrap_or(false) {
        let usage = request
            .stream_options
            .is_some_and(|options| options.include_usage);
        let pieces = pieces(&turn.answer, usage);
        let events = reply::paced(pieces, pause, move |piece| turn.chat_event(piece));
        return Ok(reply::streamed(SSE, events));
    }
    tokio::time::sleep(turn.answer.time(pause)).await;
    let choice = ChatChoice {
        index: 0,
        message: Some(Said::new(turn.answer.text(), true)),
        delta: None,
        finish_reason: Some(turn.answer.done_reason()),
    };
    let answer = turn.chat("chat.completion", vec![choice], true);
    Ok(reply::json_line(StatusCode::OK, &answer))
}

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
        let reason = self.answer.done_reason();
        let choices = match piece {
            Piece::Token { text, .. } => vec![TextChoice::new(text, None)],
            Piece::End => vec![TextChoice::new(String::new(), Some(reason))],
            Piece::Usage => Vec::new(),
            Piece::Done => return "data: [DONE]\n\n".to_owned(),
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

pub(super) async fn completions(State(stub): State<Arc<Stub>>, body: Bytes) -> Reply {
    let request: Request = reply::parse(&body)?;
    let turn = Turn::take(&stub, &request, false).await?;
    let pause = stub.faults.token_pause;
    if request.stream.unwrap_or(false) {
        let usage = request
            .stream_options
            .is_some_and(|options| options.include_usage);
        let pieces = pieces(&turn.answer, usage);
        let events = reply::paced(pieces, pause, move |piece| turn.text_event(piece));
        return Ok(reply::streamed(SSE, events));
    }
    tokio::time::sleep(turn.answer.time(pause)).await;
    let choice = TextChoice::new(turn.answer.text(), Some(turn.answer.done_reason()));
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

#[derive(Serialize)]
struct Embeddings {
    object: &'static str,
    data: Vec<Embedding>,
    model: String,
    usage: EmbeddingUsage,
}

#[derive(Serialize)]
struct Embedding {
    object: &'static str,
    #[serde(rename = "embedding")]
    vector: Vec<f32>,
    index: usize,
}

#[derive(Serialize)]
struct EmbeddingUsage {
    prompt_tokens: usize,
    total_tokens: usize,
}

pub(super) async fn embeddings(State(stub): State<Arc<Stub>>, body: Bytes) -> Reply {
    let request: embed::Request = reply::parse(&body)?;
    let texts = request.texts()?;
    if texts.is_empty() {
        return Err(Refusal::bad("invalid input").into());
    }
    let model = request.load(&stub).await?;
    let vectors = request.embed(&texts).into_iter().enumerate();
    let data = vectors.map(|(index, vector)| Embedding {
        object: "embedding",
        vector,
        index,
    });
    let tokens = texts.iter().map(|text| count(text)).sum();
    let answer = Embeddings {
        object: "list",
        data: data.collect(),
        model,
        usage: EmbeddingUsage {
            prompt_tokens: tokens,
            total_tokens: tokens,
        },
    };
    Ok(reply::json_line(StatusCode::OK, &answer))
}
