//! What is asked of a model, in whatever form it came, and the model's answer.

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::reply::Refusal;
use crate::stub::catalogue::PARAMS;
use crate::stub::store::Installed;
use crate::stub::words::{Answer, Format, Question};
use crate::stub::{Stub, tools};

/// v0.24.0 breaks off an answer that has more equal tokens in a row.
const MOST_EQUAL: usize = 31;

/// A message of a conversation, in the form of Ollama, `OpenAI` or Anthropic.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Message {
    pub(super) role: Option<String>,
    pub(super) content: Value,
    /// `function_call_output` is a tool's result.
    r#type: Option<String>,
}

impl Message {
    /// The text: a string, or the text parts of a list.
    fn text(&self) -> String {
        text(&self.content)
    }

    /// Whether this is what a tool that was called came to.
    fn is_result(&self) -> bool {
        let parts = self.content.as_array().into_iter().flatten();
        self.role.as_deref() == Some("tool")
            || self.r#type.as_deref() == Some("function_call_output")
            || parts.into_iter().any(|part| part["type"] == "tool_result")
    }
}

/// The text of a string, or of the text parts of a list.
pub(super) fn text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts = parts.iter().filter_map(|part| part["text"].as_str());
            texts.collect::<Vec<_>>().join(" ")
        }
        _ => String::new(),
    }
}

/// A question, flattened.
#[derive(Default)]
pub(super) struct Prompt {
    /// The last thing the user said.
    pub(super) asked: String,
    /// Everything that was said.
    pub(super) context: String,
    /// The last message is a tool's result, so that none is called again.
    has_result: bool,
}

impl Prompt {
    /// A question without a conversation.
    pub(super) fn bare(asked: String, context: String) -> Self {
        Self {
            asked,
            context,
            has_result: false,
        }
    }

    /// A conversation.
    pub(super) fn chat(messages: &[Message]) -> Self {
        let said = |message: &&Message| {
            message.role.as_deref() == Some("user") && !message.text().is_empty()
        };
        let asked = messages.iter().rev().find(said).or(messages.last());
        let turns = messages.iter().map(|message| {
            let role = message.role.as_deref().unwrap_or_default();
            format!("{role}: {}\n", message.text())
        });
        Self {
            asked: asked.map(Message::text).unwrap_or_default(),
            context: turns.collect(),
            has_result: messages.last().is_some_and(Message::is_result),
        }
    }

    /// Whether nothing was said.
    pub(super) fn is_empty(&self) -> bool {
        self.asked.is_empty() && self.context.trim().is_empty()
    }
}

/// How a question is to be answered.
pub(super) struct Wish<'a> {
    /// Most tokens; where it does not say, the model's parameters do.
    pub(super) limit: Option<usize>,
    pub(super) format: Format,
    /// The tools that may be called.
    pub(super) tools: &'a [Value],
    pub(super) choice: Choice<'a>,
}

/// Which tool is to be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice<'a> {
    /// Any.
    Auto,
    /// None.
    Never,
    /// This one.
    Named(&'a str),
}

impl<'a> Choice<'a> {
    /// From the `tool_choice` of `OpenAI` and Anthropic.
    pub(super) fn read(value: &'a Value) -> Self {
        let kind = value["type"].as_str().or(value.as_str());
        let name = value["function"]["name"]
            .as_str()
            .or(value["name"].as_str());
        match (kind, name) {
            (Some("none"), _) => Self::Never,
            (_, Some(name)) => Self::Named(name),
            _ => Self::Auto,
        }
    }
}

impl Stub {
    /// A model's answer.
    pub(super) fn answer(&self, model: &Installed, prompt: &Prompt, wish: Wish) -> Answer {
        let wanted = match wish.choice {
            Choice::Named(name) => Some(name),
            _ => None,
        };
        let may_call = !prompt.has_result && wish.choice != Choice::Never;
        let call = tools::call(wish.tools, wanted, &prompt.asked).filter(|_| may_call);
        let default = || self.parameter(model, "num_predict");
        Answer::to(&Question {
            asked: &prompt.asked,
            context: &format!("{}: {}", model.name, prompt.context),
            limit: wish.limit.or_else(default),
            format: wish.format,
            call,
            repeat: self.faults.repeat,
            most_equal: self.settings.version.pick(Some(MOST_EQUAL), None),
        })
    }

    /// Refuses what a model cannot do.
    pub(super) fn check_capabilities(
        &self,
        model: &Installed,
        requested: &str,
        chat: bool,
        tools: bool,
    ) -> Result<(), Refusal> {
        let can = self.capabilities(model);
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

    /// One of a model's own parameters, where it is a positive number.
    fn parameter(&self, model: &Installed, name: &str) -> Option<usize> {
        let text = self.store.text(model.manifest.layer(PARAMS));
        let parameters: Map<String, Value> = serde_json::from_str(&text).ok()?;
        positive(parameters.get(name)?.as_i64()?)
    }
}

/// A limit; negative numbers and 0 are none.
pub(super) fn positive(limit: i64) -> Option<usize> {
    usize::try_from(limit).ok().filter(|limit| *limit > 0)
}

/// The form of an answer: `"json"`, a schema, or any.
pub(super) fn format(wanted: Option<&Value>) -> Result<Format, Refusal> {
    match wanted {
        None | Some(Value::Null) => Ok(Format::Text),
        Some(Value::String(text)) if text.is_empty() => Ok(Format::Text),
        Some(Value::String(text)) if text == "json" => Ok(Format::Json),
        Some(schema @ Value::Object(_)) => Ok(Format::Schema(schema.clone())),
        Some(other) => Err(Refusal::late(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!(
                "invalid format: {:?}; expected \"json\" or a valid JSON Schema object",
                other.to_string()
            ),
        )),
    }
}
