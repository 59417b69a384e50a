//! An answer under way, whatever its form: what was asked, and the pieces that are sent.

use axum::response::Response;
use chrono::Utc;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::stub::Stub;
use crate::stub::api::infer::{self, Message};
use crate::stub::api::reply::{self, Refusal, SSE};
use crate::stub::words::{Answer, Question, number};

/// Sent with every answer.
pub(super) const FINGERPRINT: &str = "fp_ollama";

/// A request of `/v1/chat/completions` or `/v1/completions`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Request {
    model: Option<String>,
    pub(super) messages: Option<Vec<Message>>,
    prompt: Value,
    pub(super) stream: Option<bool>,
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

impl Request {
    /// The last thing the user said, and everything.
    fn prompt(&self, form: Form) -> (String, String) {
        match (form, &self.prompt) {
            (Form::Chat, _) => infer::flatten(self.messages.as_deref().unwrap_or_default()),
            (Form::Text, Value::String(text)) => (text.clone(), text.clone()),
            (Form::Text, other) => (other.to_string(), other.to_string()),
        }
    }

    fn limit(&self) -> Option<usize> {
        let limit = self.max_completion_tokens.or(self.max_tokens)?;
        usize::try_from(limit).ok().filter(|limit| *limit > 0)
    }

    fn wants_json(&self) -> bool {
        let kind = self.response_format["type"].as_str();
        kind.is_some_and(|kind| kind.contains("json"))
    }

    fn has_tools(&self) -> bool {
        self.tools.as_ref().is_some_and(|tools| !tools.is_empty())
    }
}

/// The two forms of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Chat,
    Text,
}

/// How many tokens were read and written.
#[derive(Serialize)]
pub(super) struct Usage {
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

/// An answer, with what all its chunks repeat.
pub(super) struct Turn {
    pub(super) id: String,
    pub(super) created: i64,
    pub(super) model: String,
    pub(super) answer: Answer,
}

impl Turn {
    /// Finds and loads the model, and has it answer.
    pub(super) async fn take(stub: &Stub, request: &Request, form: Form) -> Result<Self, Refusal> {
        let model = request.model.clone().unwrap_or_default();
        let installed = stub.model(&model)?;
        infer::check_capabilities(&installed, &model, form == Form::Chat, request.has_tools())?;
        stub.load(&installed, stub.settings.keep_alive).await?;
        let (asked, context) = request.prompt(form);
        let context = format!("{}: {context}", installed.name);
        let answer = Answer::to(&Question {
            asked: &asked,
            context: &context,
            limit: request.limit(),
            json: request.wants_json(),
        });
        let prefix = match form {
            Form::Chat => "chatcmpl",
            Form::Text => "cmpl",
        };
        Ok(Self {
            id: format!("{prefix}-{}", number(&context)),
            created: Utc::now().timestamp(),
            model,
            answer,
        })
    }

    /// Sends the answer as events, made by `event` from its pieces.
    pub(super) fn stream(
        self,
        stub: &Stub,
        request: &Request,
        event: impl Fn(&Self, Piece) -> String + Send + Sync + 'static,
    ) -> Response {
        let options = request.stream_options.as_ref();
        let usage = options.is_some_and(|options| options.include_usage);
        let pieces = pieces(&self.answer, usage);
        let events = reply::paced(pieces, stub.faults.token_pause, move |piece| {
            event(&self, piece)
        });
        reply::streamed(SSE, events)
    }
}

/// The pieces of a stream.
pub(super) enum Piece {
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

/// A value as an event.
pub(super) fn event<T: Serialize>(value: &T) -> String {
    format!("data: {}\n\n", reply::text(value))
}

/// The event after the last.
pub(super) const DONE: &str = "data: [DONE]\n\n";
