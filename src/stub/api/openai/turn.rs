//! An answer under way, whatever its form: what was asked, and the pieces that are sent.

use axum::response::Response;
use chrono::Utc;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::stub::api::prompt::{Choice, Message, Prompt, Wish, positive};
use crate::stub::api::reply::{self, Refusal, SSE};
use crate::stub::words::{Answer, Format, number};
use crate::stub::{Stub, Version};

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
    tool_choice: Value,
    response_format: Value,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct StreamOptions {
    include_usage: bool,
}

impl Request {
    fn prompt(&self, form: Form) -> Prompt {
        match (form, &self.prompt) {
            (Form::Chat, _) => Prompt::chat(self.messages.as_deref().unwrap_or_default()),
            (Form::Text, Value::String(text)) => Prompt::bare(text.clone(), text.clone()),
            (Form::Text, other) => Prompt::bare(other.to_string(), other.to_string()),
        }
    }

    fn wish(&self) -> Wish<'_> {
        let limit = self.max_completion_tokens.or(self.max_tokens);
        Wish {
            limit: limit.and_then(positive),
            format: format(&self.response_format),
            tools: self.tools.as_deref().unwrap_or_default(),
            choice: Choice::read(&self.tool_choice),
        }
    }
}

/// The form of an answer that `response_format`, or `text.format` of a response, asks for.
pub(super) fn format(wanted: &Value) -> Format {
    let schema = wanted["json_schema"].get("schema").or(wanted.get("schema"));
    match (wanted["type"].as_str(), schema) {
        (Some("json_schema"), Some(schema)) => Format::Schema(schema.clone()),
        (Some("json_object" | "json_schema"), _) => Format::Json,
        _ => Format::Text,
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
        let (prompt, completion) = (answer.prompt_tokens, answer.count());
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
    /// Which Ollama answers.
    pub(super) version: Version,
}

impl Turn {
    /// Finds and loads the model, and has it answer.
    pub(super) async fn take(stub: &Stub, request: &Request, form: Form) -> Result<Self, Refusal> {
        let model = request.model.clone().unwrap_or_default();
        let installed = stub.model(&model)?;
        stub.check_weights(&installed)?;
        let (prompt, wish) = (request.prompt(form), request.wish());
        stub.check_capabilities(
            &installed,
            &model,
            form == Form::Chat,
            !wish.tools.is_empty(),
        )?;
        stub.load(&installed, stub.settings.keep_alive).await?;
        let answer = stub.answer(&installed, &prompt, wish);
        let prefix = match form {
            Form::Chat => "chatcmpl",
            Form::Text => "cmpl",
        };
        Ok(Self {
            id: format!("{prefix}-{}", number(&prompt.context)),
            created: Utc::now().timestamp(),
            model,
            answer,
            version: stub.settings.version,
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
    Call,
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
    if answer.broken_off {
        return tokens.collect();
    }
    let call = answer.call.iter().map(|_| Piece::Call);
    let usage = usage.then_some(Piece::Usage);
    let end = [Piece::End].into_iter().chain(usage).chain([Piece::Done]);
    tokens.chain(call).chain(end).collect()
}

impl Turn {
    /// Why it ended, in `OpenAI`'s words.
    pub(super) fn finish_reason(&self) -> Option<&'static str> {
        match &self.answer {
            Answer { call: Some(_), .. } => Some("tool_calls"),
            Answer {
                broken_off: true, ..
            } => None,
            answer => Some(answer.done_reason()),
        }
    }
}

/// A value as an event.
pub(super) fn event<T: Serialize>(value: &T) -> String {
    format!("data: {}\n\n", reply::text(value))
}

/// The event after the last.
pub(super) const DONE: &str = "data: [DONE]\n\n";
