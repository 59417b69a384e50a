//! `/v1/responses`. Only the whole answer was recorded; the events are `OpenAI`'s.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::Utc;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Reply;
use super::turn::format;
use crate::stub::Stub;
use crate::stub::api::infer::call_id;
use crate::stub::api::prompt::{Choice, Message, Prompt, Wish, positive, text};
use crate::stub::api::reply::{self, SSE};
use crate::stub::words::{Answer, number};

#[derive(Deserialize, Default)]
#[serde(default)]
struct Request {
    model: Option<String>,
    input: Value,
    instructions: Option<String>,
    stream: Option<bool>,
    max_output_tokens: Option<i64>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    tools: Option<Vec<Value>>,
    tool_choice: Value,
    text: Value,
}

impl Request {
    fn prompt(&self) -> Prompt {
        let messages: Vec<Message> = serde_json::from_value(self.input.clone()).unwrap_or_default();
        if messages.is_empty() {
            let asked = text(&self.input);
            return Prompt::bare(asked.clone(), asked);
        }
        Prompt::chat(&messages)
    }

    fn wish(&self) -> Wish<'_> {
        Wish {
            limit: self.max_output_tokens.and_then(positive),
            format: format(&self.text["format"]),
            tools: self.tools.as_deref().unwrap_or_default(),
            choice: Choice::read(&self.tool_choice),
        }
    }
}

/// What a request came to, with what every event repeats of it.
struct Outcome {
    id: String,
    item: String,
    created: i64,
    model: String,
    request: Request,
    answer: Answer,
}

/// A response; the keys come in Ollama's order.
#[derive(Serialize)]
struct Response<'a> {
    id: &'a str,
    object: &'static str,
    created_at: i64,
    completed_at: Option<i64>,
    status: &'static str,
    incomplete_details: Option<()>,
    model: &'a str,
    previous_response_id: Option<()>,
    instructions: Option<&'a str>,
    output: Vec<Item>,
    error: Option<()>,
    tools: &'a [Value],
    tool_choice: &'static str,
    truncation: &'static str,
    parallel_tool_calls: bool,
    text: Value,
    top_p: f64,
    presence_penalty: u8,
    frequency_penalty: u8,
    top_logprobs: u8,
    temperature: f64,
    reasoning: Option<()>,
    usage: Option<Usage>,
    max_output_tokens: Option<i64>,
    max_tool_calls: Option<()>,
    store: bool,
    background: bool,
    service_tier: &'static str,
    metadata: Map<String, Value>,
    safety_identifier: Option<()>,
    prompt_cache_key: Option<()>,
}

/// A message, or the call of a tool.
#[derive(Serialize, Clone)]
#[serde(untagged)]
enum Item {
    Message {
        id: String,
        r#type: &'static str,
        status: &'static str,
        role: &'static str,
        content: Vec<Part>,
    },
    Call {
        id: String,
        r#type: &'static str,
        status: &'static str,
        call_id: String,
        name: String,
        arguments: String,
    },
}

#[derive(Serialize, Clone)]
struct Part {
    r#type: &'static str,
    text: String,
    annotations: [u8; 0],
    logprobs: [u8; 0],
}

impl Part {
    fn new(text: String) -> Self {
        Self {
            r#type: "output_text",
            text,
            annotations: [],
            logprobs: [],
        }
    }
}

#[derive(Serialize)]
struct Usage {
    input_tokens: usize,
    output_tokens: usize,
    total_tokens: usize,
    input_tokens_details: Cached,
    output_tokens_details: Reasoned,
}

#[derive(Serialize)]
struct Cached {
    cached_tokens: usize,
}

#[derive(Serialize)]
struct Reasoned {
    reasoning_tokens: usize,
}

impl From<&Answer> for Usage {
    fn from(answer: &Answer) -> Self {
        let (input_tokens, output_tokens) = (answer.prompt_tokens, answer.count());
        Self {
            input_tokens,
            output_tokens,
            total_tokens: input_tokens + output_tokens,
            input_tokens_details: Cached { cached_tokens: 0 },
            output_tokens_details: Reasoned {
                reasoning_tokens: 0,
            },
        }
    }
}

impl Outcome {
    /// The response, in one of its states.
    fn response(&self, status: &'static str, output: Vec<Item>) -> Response<'_> {
        let done = status == "completed";
        let text = Some(&self.request.text).filter(|text| text.is_object());
        Response {
            id: &self.id,
            object: "response",
            created_at: self.created,
            completed_at: done.then_some(self.created),
            status,
            incomplete_details: None,
            model: &self.model,
            previous_response_id: None,
            instructions: self.request.instructions.as_deref(),
            output,
            error: None,
            tools: self.request.tools.as_deref().unwrap_or_default(),
            tool_choice: "auto",
            truncation: "disabled",
            parallel_tool_calls: true,
            text: text.cloned().unwrap_or(json!({"format": {"type": "text"}})),
            top_p: self.request.top_p.unwrap_or(1.0),
            presence_penalty: 0,
            frequency_penalty: 0,
            top_logprobs: 0,
            temperature: self.request.temperature.unwrap_or(1.0),
            reasoning: None,
            usage: done.then(|| (&self.answer).into()),
            max_output_tokens: self.request.max_output_tokens,
            max_tool_calls: None,
            store: false,
            background: false,
            service_tier: "default",
            metadata: Map::new(),
            safety_identifier: None,
            prompt_cache_key: None,
        }
    }

    /// What was put out, as far as it is.
    fn item(&self, done: bool) -> Item {
        let status = if done { "completed" } else { "in_progress" };
        match &self.answer.call {
            Some(call) => Item::Call {
                id: format!("fc_{}_0", self.id),
                r#type: "function_call",
                status,
                call_id: call_id(call),
                name: call.name.clone(),
                arguments: if done {
                    call.arguments.to_string()
                } else {
                    String::new()
                },
            },
            None => Item::Message {
                id: self.item.clone(),
                r#type: "message",
                status,
                role: "assistant",
                content: done
                    .then(|| Part::new(self.answer.text()))
                    .into_iter()
                    .collect(),
            },
        }
    }

    /// All events of a stream, in their order.
    fn events(&self) -> Vec<String> {
        let mut events = Events::default();
        for (name, status) in [("created", "in_progress"), ("in_progress", "in_progress")] {
            let response = self.response(status, Vec::new());
            events.add(&format!("response.{name}"), json!({"response": response}));
        }
        let added = json!({"output_index": 0, "item": self.item(false)});
        events.add("response.output_item.added", added);
        match &self.answer.call {
            Some(call) => self.call_events(&call.arguments.to_string(), &mut events),
            None => self.text_events(&mut events),
        }
        let done = json!({"output_index": 0, "item": self.item(true)});
        events.add("response.output_item.done", done);
        let response = self.response("completed", vec![self.item(true)]);
        events.add("response.completed", json!({"response": response}));
        events.0
    }

    fn call_events(&self, arguments: &str, events: &mut Events) {
        let id = format!("fc_{}_0", self.id);
        let delta = json!({"item_id": id, "output_index": 0, "delta": arguments});
        events.add("response.function_call_arguments.delta", delta);
        let done = json!({"item_id": id, "output_index": 0, "arguments": arguments});
        events.add("response.function_call_arguments.done", done);
    }

    fn text_events(&self, events: &mut Events) {
        let place = |more: Value| {
            let mut data = json!({"item_id": self.item, "output_index": 0, "content_index": 0});
            if let (Value::Object(data), Value::Object(more)) = (&mut data, more) {
                data.extend(more);
            }
            data
        };
        let empty = Part::new(String::new());
        events.add("response.content_part.added", place(json!({"part": empty})));
        for token in &self.answer.tokens {
            let delta = place(json!({"delta": token, "logprobs": []}));
            events.add("response.output_text.delta", delta);
        }
        let text = self.answer.text();
        let done = place(json!({"text": text, "logprobs": []}));
        events.add("response.output_text.done", done);
        let whole = Part::new(text);
        events.add("response.content_part.done", place(json!({"part": whole})));
    }
}

/// Numbered events.
#[derive(Default)]
struct Events(Vec<String>);

impl Events {
    fn add(&mut self, name: &str, mut data: Value) {
        data["type"] = json!(name);
        data["sequence_number"] = json!(self.0.len());
        let data = reply::text(&data);
        self.0.push(format!("event: {name}\ndata: {data}\n\n"));
    }
}

pub(in super::super) async fn responses(State(stub): State<Arc<Stub>>, body: Bytes) -> Reply {
    let request: Request = reply::parse(&body)?;
    let model = request.model.clone().unwrap_or_default();
    let installed = stub.model(&model)?;
    stub.check_weights(&installed)?;
    let (prompt, wish) = (request.prompt(), request.wish());
    stub.check_capabilities(&installed, &model, true, !wish.tools.is_empty())?;
    stub.load(&installed, stub.settings.keep_alive).await?;
    let answer = stub.answer(&installed, &prompt, wish);
    let number = number(&prompt.context);
    let outcome = Outcome {
        id: format!("resp_{number}"),
        item: format!("msg_{number}"),
        created: Utc::now().timestamp(),
        model,
        request,
        answer,
    };
    if outcome.request.stream.unwrap_or(false) {
        let events = outcome.events();
        let events = reply::paced(events, stub.faults.token_pause, |event| event);
        return Ok(reply::streamed(SSE, events));
    }
    tokio::time::sleep(outcome.answer.time(stub.faults.token_pause)).await;
    let response = outcome.response("completed", vec![outcome.item(true)]);
    Ok(reply::json_line(StatusCode::OK, &response))
}
