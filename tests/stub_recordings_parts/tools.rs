//! Calls of tools, answers of a given form, and answers that repeat themselves.

use ollamactl::stub::Faults;
use serde_json::{Value, json};

use crate::http::{Call, Stub, text};
use crate::seen::{Seen, VERSIONS, settings};

/// A model that can call tools.
const MODEL: &str = "some:1m";

async fn ask(path: &str, body: &Value) -> Value {
    let store = tempfile::tempdir().expect("a folder");
    let stub = Stub::start(store.path(), &[MODEL], Faults::instant()).await;
    let answer = text(stub.send(&Call::post(path, body.to_string())).await).await;
    serde_json::from_str(&answer).unwrap_or_else(|_| panic!("no JSON: {answer}"))
}

fn tool() -> Value {
    let city = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    json!({"type": "function", "function": {"name": "weather", "parameters": city}})
}

fn conversation(more: &[Value]) -> Vec<Value> {
    let asked = json!({"role": "user", "content": "How is the weather?"});
    [&[asked], more].concat()
}

#[tokio::test]
async fn a_tool_that_is_offered_is_called_and_its_result_answered() {
    let result = json!({"role": "tool", "content": "fine", "tool_name": "weather"});
    let body = |messages: &[Value]| json!({"model": MODEL, "messages": messages, "tools": [tool()], "stream": false});
    let called = ask("/api/chat", &body(&conversation(&[]))).await;
    let call = &called["message"]["tool_calls"][0]["function"];
    assert_eq!(
        (&call["name"], &call["arguments"]),
        (&json!("weather"), &json!({"city": "stub"}))
    );
    let answered = ask("/api/chat", &body(&conversation(&[result]))).await;
    let said = answered["message"]["content"].as_str().expect("text");
    assert!(said.starts_with("[stub] "), "{answered}");
    assert!(
        answered["message"].get("tool_calls").is_none(),
        "{answered}"
    );
}

#[tokio::test]
async fn a_call_is_a_line_of_a_stream() {
    let store = tempfile::tempdir().expect("a folder");
    let stub = Stub::start(store.path(), &[MODEL], Faults::instant()).await;
    let body = json!({"model": MODEL, "messages": conversation(&[]), "tools": [tool()]});
    let lines = text(stub.send(&Call::post("/api/chat", body.to_string())).await).await;
    let lines: Vec<_> = lines.lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[0].contains("\"tool_calls\":[{\"id\":\"call_"),
        "{lines:?}"
    );
    assert!(lines[1].contains("\"done\":true"), "{lines:?}");
}

#[tokio::test]
async fn the_other_forms_call_tools_too() {
    let mut body = json!({"model": MODEL, "messages": conversation(&[]), "tools": [tool()]});
    let called = ask("/v1/chat/completions", &body).await;
    let choice = &called["choices"][0];
    assert_eq!(choice["finish_reason"], "tool_calls", "{called}");
    let call = &choice["message"]["tool_calls"][0];
    assert_eq!(call["function"]["arguments"], "{\"city\":\"stub\"}");
    body["tool_choice"] = json!("none");
    let answered = ask("/v1/chat/completions", &body).await;
    assert_eq!(
        answered["choices"][0]["finish_reason"], "stop",
        "{answered}"
    );

    let flat = json!({"type": "function", "name": "weather", "parameters": {"type": "object"}});
    let body = json!({"model": MODEL, "input": "How?", "tools": [flat]});
    let called = ask("/v1/responses", &body).await;
    let item = &called["output"][0];
    assert_eq!(
        (&item["type"], &item["name"]),
        (&json!("function_call"), &json!("weather"))
    );

    let tool = json!({"name": "weather", "input_schema": {"type": "object"}});
    let messages = conversation(&[]);
    let body = json!({"model": MODEL, "max_tokens": 50, "messages": messages, "tools": [tool]});
    let called = ask("/v1/messages", &body).await;
    assert_eq!(called["stop_reason"], "tool_use", "{called}");
    assert_eq!(called["content"][0]["name"], "weather", "{called}");
}

#[tokio::test]
async fn an_answer_has_the_form_that_is_asked_for() {
    let schema = json!({
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name", "age"],
    });
    let expected = json!({"name": "stub", "age": 1});
    let read = |text: &Value| -> Value {
        serde_json::from_str(text.as_str().expect("text")).expect("JSON")
    };
    let mut body = json!({"model": MODEL, "prompt": "Who?", "stream": false, "format": schema});
    let answer = ask("/api/generate", &body).await;
    assert_eq!(read(&answer["response"]), expected);
    body["format"] = json!("json");
    let answer = ask("/api/generate", &body).await;
    assert_eq!(read(&answer["response"])["stub"], true);
    let format = json!({"type": "json_schema", "json_schema": {"name": "x", "schema": schema}});
    let body = json!({
        "model": MODEL, "messages": conversation(&[]), "response_format": format,
    });
    let answer = ask("/v1/chat/completions", &body).await;
    assert_eq!(read(&answer["choices"][0]["message"]["content"]), expected);
}

#[tokio::test]
async fn the_older_version_breaks_off_an_answer_that_repeats_itself() {
    let faults = Faults {
        repeat: 100,
        ..Faults::instant()
    };
    let options = r#""options": {"num_predict": 400}"#;
    let stream = format!(r#"{{"model": "tiny", "prompt": "hi", {options}}}"#);
    let whole = format!(r#"{{"model": "tiny", "prompt": "hi", "stream": false, {options}}}"#);
    for (version, folder) in VERSIONS {
        let store = tempfile::tempdir().expect("a folder");
        let stub = Stub::with(store.path(), &["tiny"], faults.clone(), settings(version)).await;
        let lines = stub.post("/api/generate", &stream).await;
        let last = lines.lines().last().expect("a line");
        let equal = lines
            .lines()
            .rev()
            .take_while(|line| word(line) == word(last));
        let equal = equal.count();
        let call = Call::post("/api/generate", whole.as_str());
        let answer = Seen::answered(stub.send(&call).await).await;
        if folder == "v0.24.0" {
            assert_eq!(equal, 31, "{lines}");
            assert!(!lines.contains("\"done\":true"), "{lines}");
            let recorded = Seen::recorded_by(folder, "infer/generate-repeat-limit-plain");
            assert_eq!(Some(answer), recorded.map(renamed));
        } else {
            assert!(last.contains("\"done\":true"), "{lines}");
        }
    }
}

fn word(line: &str) -> Option<&str> {
    line.split("\"response\":").nth(1)
}

/// The recorded model is called `tiny3`.
fn renamed(mut seen: Seen) -> Seen {
    for line in &mut seen.body {
        *line = line.replace("tiny3", "tiny");
    }
    seen
}
