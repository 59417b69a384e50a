//! What passes between the application, the gateway's container and the backend on the host's loopback.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr};

use serde_json::{Value, json};

use crate::docker::connect_from;
use crate::stack::{SERVICE, Stack};
use crate::support::http::{get, post, request};

#[test]
fn a_chat_streams_from_the_hosts_loopback_through_the_container_and_nothing_else_passes() {
    let Some(mut stack) = Stack::alone() else {
        return;
    };
    // A pause before each token keeps them apart on their way.
    stack.sandbox.set("OLLAMACTL_STUB_TOKEN_MS", "30");
    stack.run("up").code(0).says(["healthy after"]);
    asks_for_the_required_model(&stack);
    streams(&stack, "/api/chat");
    streams(&stack, "/v1/chat/completions");
    refuses_administration(&stack);
    lets_no_stranger_in(&stack);
}

fn asks_for_the_required_model(stack: &Stack) {
    let container = stack.inspect(SERVICE);
    let variables = container["Config"]["Env"].as_array().expect("a list");
    assert!(
        variables.contains(&json!("OLLAMA_MODEL=tiny")),
        "{variables:?}"
    );
    let hosts = &container["HostConfig"]["ExtraHosts"];
    assert_eq!(hosts, &json!(["host.docker.internal:host-gateway"]));
}

fn streams(stack: &Stack, path: &str) {
    let question = json!({
        "model": "tiny", "stream": true,
        "messages": [{ "role": "user", "content": "one two three four five six seven" }],
    });
    let mut answer =
        request(stack.published, "POST", path, &question.to_string()).expect("answered");
    assert_eq!(answer.status, 200);
    let chunks: Vec<String> = std::iter::from_fn(|| answer.chunk()).collect();
    assert!(chunks.len() > 5, "{path} in {} chunks", chunks.len());
    // Whoever collects before passing on would send most of it at once.
    let tokens = |chunk: &String| chunk.matches("\"content\":").count();
    assert!(chunks.iter().map(tokens).max() < Some(4), "{chunks:#?}");
    let last = chunks.last().expect("some");
    assert!(
        last.contains("[DONE]") || last.contains("\"done\":true"),
        "{last}"
    );
}

/// The gateway passes all of `/api` on; the relay does not.
fn refuses_administration(stack: &Stack) {
    let (status, text) =
        post(stack.published, "/api/pull", &json!({"model": "other"})).expect("answered");
    assert_eq!(status, 403, "{text}");
    assert!(text.contains("relay.admin"), "{text}");
    let (status, _) = post(stack.published, "/api/delete", &json!({"model": "tiny"})).expect("one");
    assert_eq!(status, 403);
    let (_, tags) = get(stack.published, "/api/tags").expect("answered");
    let tags: Value = serde_json::from_str(&tags).expect("JSON");
    let names: Vec<&Value> = tags["models"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|model| &model["name"])
        .collect();
    assert_eq!(names, ["tiny:latest"], "there is neither more nor less");
}

fn lets_no_stranger_in(stack: &Stack) {
    let status = stack.run("status --json").code(0).json();
    let relay: SocketAddr = status["relay"]["address"]
        .as_str()
        .and_then(|address| address.parse().ok())
        .expect("an address");
    assert_eq!(relay.ip(), stack.docker.host_gateway());
    assert_eq!(relay.port(), stack.sandbox.backend.port());
    // An address of this machine that is in no container network.
    let mut stream = connect_from(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), relay);
    // Either may fail already: the relay does not wait for the request.
    let _ = stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert_eq!(String::from_utf8_lossy(&answer), "");
}
