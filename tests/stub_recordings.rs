//! The stub against recordings of the real Ollama: status, headers that clients look at, and the body's
//! shape, with its keys in order and its fixed texts.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Method, Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use ollamactl::stub::{Faults, Log, Options, Server};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A stub on a free port, stopped when dropped.
struct Stub {
    address: SocketAddr,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Stub {
    async fn start(models: &Path, preset: &[&str], faults: Faults) -> Self {
        let options = Options {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            models: models.to_owned(),
            preset: preset.iter().map(|name| (*name).to_owned()).collect(),
            faults,
        };
        let server = Server::bind(options, Log::new(|_, _| {}))
            .await
            .expect("binds");
        let address = server.address();
        let task = tokio::spawn(server.serve());
        Self { address, task }
    }

    async fn send(&self, call: &Call) -> Response<Incoming> {
        let uri = format!("http://{}{}", self.address, call.path);
        let mut request = Request::new(Full::<Bytes>::from(call.body));
        *request.method_mut() = call.method.clone();
        *request.uri_mut() = uri.parse().expect("a URI");
        if let Some((name, value)) = call.header {
            let name: HeaderName = name.parse().expect("a header");
            request
                .headers_mut()
                .insert(name, HeaderValue::from_static(value));
        }
        let client = Client::builder(TokioExecutor::new()).build_http();
        let answer = tokio::time::timeout(Duration::from_secs(20), client.request(request));
        answer.await.expect("answers in time").expect("answers")
    }

    async fn post(&self, path: &'static str, body: &'static str) -> String {
        let answer = self.send(&Call::post(path, body)).await;
        text(answer).await
    }
}

async fn text(answer: Response<Incoming>) -> String {
    let body = answer.into_body().collect().await.expect("a whole body");
    String::from_utf8(body.to_bytes().to_vec()).expect("text")
}

/// One request.
struct Call {
    method: Method,
    path: &'static str,
    body: &'static str,
    header: Option<(&'static str, &'static str)>,
}

impl Call {
    fn new(method: Method, path: &'static str, body: &'static str) -> Self {
        let header = None;
        Self {
            method,
            path,
            body,
            header,
        }
    }

    fn get(path: &'static str) -> Self {
        Self::new(Method::GET, path, "")
    }

    fn post(path: &'static str, body: &'static str) -> Self {
        Self::new(Method::POST, path, body)
    }

    fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.header = Some((name, value));
        self
    }
}

/// What is compared of an answer.
#[derive(PartialEq, Eq)]
struct Seen {
    status: u16,
    headers: Vec<String>,
    body: Vec<String>,
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {:?}", self.status, self.headers)?;
        self.body
            .iter()
            .try_for_each(|line| writeln!(f, "  {line}"))
    }
}

const HEADERS: [&str; 4] = ["content-type", "allow", "location", "transfer-encoding"];

impl Seen {
    fn new(status: u16, mut headers: Vec<String>, body: &str) -> Self {
        headers.retain(|line| {
            HEADERS
                .iter()
                .any(|name| line.starts_with(&format!("{name}: ")))
        });
        headers.sort();
        let events = body.starts_with("data: ");
        let lines = body.split(if events { "\n\n" } else { "\n" });
        let mut body: Vec<String> = lines.map(shape).collect();
        // How many tokens an answer has is the model's affair.
        body.dedup_by(|a, b| a == b && a.contains("created"));
        Self {
            status,
            headers,
            body,
        }
    }

    fn recorded(name: &str) -> Self {
        let path = format!(
            "{}/tests/recordings/{name}.http",
            env!("CARGO_MANIFEST_DIR")
        );
        let file = std::fs::read_to_string(&path).expect(&path);
        let file = file.replace("\r\n", "\n");
        let (head, body) = file.split_once("\n\n").expect("head and body");
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(": ").expect("a header");
            format!("{}: {value}", name.to_lowercase())
        });
        let status = status.and_then(|code| code.parse().ok()).expect("a status");
        Self::new(status, headers.collect(), body)
    }

    async fn answered(answer: Response<Incoming>) -> Self {
        let status = answer.status().as_u16();
        let headers = answer.headers().iter();
        let headers =
            headers.map(|(name, value)| format!("{name}: {}", value.to_str().expect("text")));
        let headers = headers.collect();
        Self::new(status, headers, &text(answer).await)
    }
}

/// A line of a body: JSON, or an event that holds JSON, as its shape; anything else as it is.
fn shape(line: &str) -> String {
    let (prefix, json) = line
        .strip_prefix("data: ")
        .map_or(("", line), |json| ("data: ", json));
    match serde_json::from_str::<Shape>(json) {
        Ok(Shape(shape)) => format!("{prefix}{shape}"),
        Err(_) => line.to_owned(),
    }
}

/// JSON with its keys in order; numbers, times and the model's words are left out.
struct Shape(String);

const VARYING: [&str; 14] = [
    "created_at",
    "modified_at",
    "expires_at",
    "digest",
    "id",
    "response",
    "content",
    "text",
    "version",
    "family",
    "families",
    "parameter_size",
    "quantization_level",
    "owned_by",
];

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShapeVisitor)
    }
}

struct ShapeVisitor;

impl<'de> Visitor<'de> for ShapeVisitor {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape("null".to_owned()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Shape, E> {
        Ok(Shape(value.to_string()))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Shape, E> {
        Ok(Shape("#".to_owned()))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Shape, E> {
        Ok(Shape("#".to_owned()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Shape, E> {
        Ok(Shape("#".to_owned()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Shape, E> {
        let digits = value
            .strip_prefix("pulling ")
            .filter(|rest| rest.len() == 12);
        Ok(Shape(digits.map_or_else(
            || format!("{value:?}"),
            |_| "\"pulling …\"".to_owned(),
        )))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Shape, A::Error> {
        let mut items = Vec::new();
        while let Some(Shape(item)) = seq.next_element()? {
            items.push(item);
        }
        items.dedup();
        Ok(Shape(format!("[{}]", items.join(","))))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
        let mut items = Vec::new();
        while let Some((key, Shape(value))) = map.next_entry::<String, Shape>()? {
            let empty = value == "\"\"";
            let varies = VARYING.contains(&key.as_str()) && !empty;
            items.push(format!("{key}:{}", if varies { "…" } else { &value }));
        }
        Ok(Shape(format!("{{{}}}", items.join(","))))
    }
}

/// Sends the request to a fresh stub with these models and compares its answer with the recording.
async fn check(recording: &str, preset: &[&str], call: Call) {
    check_after(recording, preset, None, call).await;
}

/// The same, after another request.
async fn check_after(recording: &str, preset: &[&str], before: Option<Call>, call: Call) {
    let folder = tempfile::tempdir().expect("a folder");
    let stub = Stub::start(folder.path(), preset, Faults::instant()).await;
    if let Some(before) = before {
        text(stub.send(&before).await).await;
    }
    let answer = Seen::answered(stub.send(&call).await).await;
    assert_eq!(answer, Seen::recorded(recording), "\n{recording}");
}

#[tokio::test]
async fn listing() {
    check("http/root-get", &[], Call::get("/")).await;
    check("http/root-head", &[], Call::new(Method::HEAD, "/", "")).await;
    check("http/version-get", &[], Call::get("/api/version")).await;
    check("http/tags-0", &[], Call::get("/api/tags")).await;
    check("http/tags-1", &["tiny"], Call::get("/api/tags")).await;
    check("http/ps-idle", &["tiny"], Call::get("/api/ps")).await;
    check("http/v1-models-0", &[], Call::get("/v1/models")).await;
    check("http/v1-models-1", &["tiny"], Call::get("/v1/models")).await;
    check(
        "http/v1-model-found",
        &["tiny"],
        Call::get("/v1/models/tiny"),
    )
    .await;
    check("http/v1-model-missing", &[], Call::get("/v1/models/nope")).await;
}

#[tokio::test]
async fn show() {
    let show = |body| Call::post("/api/show", body);
    check("http/show-missing", &[], show(r#"{"model": "nope"}"#)).await;
    check("http/show-bad-json", &[], show(r#"{"model":"#)).await;
    check("http/show-no-body", &[], show("")).await;
    check("http/show-empty-object", &[], show("{}")).await;
}

#[tokio::test]
async fn what_is_refused() {
    check("http/not-found", &[], Call::get("/api/nope")).await;
    check(
        "http/method-not-allowed-get-pull",
        &[],
        Call::get("/api/pull"),
    )
    .await;
    check(
        "http/method-not-allowed-post-tags",
        &[],
        Call::post("/api/tags", "{}"),
    )
    .await;
    check("http/trailing-slash", &[], Call::get("/api/tags/")).await;
    check("http/double-slash", &[], Call::get("//api/tags")).await;
    let version = || Call::get("/api/version");
    check(
        "http/host-rejected",
        &[],
        version().with("host", "evil.example.com"),
    )
    .await;
    check(
        "http/origin-rejected",
        &[],
        version().with("origin", "https://evil.example.com"),
    )
    .await;
}

#[tokio::test]
async fn load_and_unload() {
    let generate = |body| Call::post("/api/generate", body);
    let load = r#"{"model": "tiny"}"#;
    check("http/load", &["tiny"], generate(load)).await;
    check_after(
        "http/ps-loaded",
        &["tiny"],
        Some(generate(load)),
        Call::get("/api/ps"),
    )
    .await;
    let unload = r#"{"model": "tiny", "keep_alive": 0}"#;
    check("http/unload", &["tiny"], generate(unload)).await;
    let gone = r#"{"model": "nope", "keep_alive": 0}"#;
    check("http/unload-missing", &["tiny"], generate(gone)).await;
    let soon = r#"{"model": "tiny", "keep_alive": "soon"}"#;
    check("http/bad-keep-alive", &["tiny"], generate(soon)).await;
    let chat = Call::post("/api/chat", r#"{"model": "tiny", "messages": []}"#);
    check("infer/chat-load", &["tiny"], chat).await;
}

#[tokio::test]
async fn pull() {
    let pull = |body| Call::post("/api/pull", body);
    check("pull/fresh-small", &[], pull(r#"{"model": "tiny"}"#)).await;
    check("pull/up-to-date", &["tiny"], pull(r#"{"model": "tiny"}"#)).await;
    check(
        "pull/unknown-model",
        &[],
        pull(r#"{"model": "nosuchmodel"}"#),
    )
    .await;
    check("pull/bad-name", &[], pull(r#"{"model": "bad name!"}"#)).await;
    let unknown = r#"{"model": "nosuchmodel:7b", "stream": false}"#;
    check("pull/unknown-tag-stream-false", &[], pull(unknown)).await;
    check(
        "pull/stream-false-ok",
        &[],
        pull(r#"{"model": "tiny2", "stream": false}"#),
    )
    .await;
}

#[tokio::test]
async fn generate_and_chat() {
    let generate = |body| Call::post("/api/generate", body);
    let options = r#"{"model": "tiny", "prompt": "Why?", "options": {"num_predict": 12}}"#;
    check("infer/generate-stream", &["tiny"], generate(options)).await;
    let plain =
        r#"{"model": "tiny", "prompt": "Why?", "stream": false, "options": {"num_predict": 12}}"#;
    check("infer/generate-plain", &["tiny"], generate(plain)).await;
    check(
        "infer/generate-missing",
        &[],
        generate(r#"{"model": "nope", "prompt": "x"}"#),
    )
    .await;
    let bad = r#"{"model": "tiny", "prompt": "x", "options": {"num_ctx": "many"}}"#;
    check("infer/generate-bad-option", &["tiny"], generate(bad)).await;

    let chat = |body| Call::post("/api/chat", body);
    let messages = r#"{"model": "tiny", "messages": [{"role": "user", "content": "Why?"}], "options": {"num_predict": 12}}"#;
    check("infer/chat-stream", &["tiny"], chat(messages)).await;
    let plain = r#"{"model": "tiny", "messages": [{"role": "user", "content": "Why?"}], "stream": false, "options": {"num_predict": 12}}"#;
    check("infer/chat-plain", &["tiny"], chat(plain)).await;
    let tools =
        r#"{"model": "tiny", "messages": [{"role": "user", "content": "Why?"}], "tools": [{}]}"#;
    check("infer/chat-tools-unsupported", &["tiny"], chat(tools)).await;
}

#[tokio::test]
async fn embed() {
    let embed = |body| Call::post("/api/embed", body);
    check(
        "infer/embed",
        &["tiny"],
        embed(r#"{"model": "tiny", "input": "hello"}"#),
    )
    .await;
    check(
        "infer/embed-empty",
        &["tiny"],
        embed(r#"{"model": "tiny"}"#),
    )
    .await;
    check(
        "infer/embed-missing",
        &[],
        embed(r#"{"model": "nope", "input": "x"}"#),
    )
    .await;
    let old = Call::post("/api/embeddings", r#"{"model": "tiny", "prompt": "hello"}"#);
    check("infer/embeddings-old", &["tiny"], old).await;
    let openai = Call::post("/v1/embeddings", r#"{"model": "tiny", "input": "hello"}"#);
    check("infer/v1-embeddings", &["tiny"], openai).await;
}

#[tokio::test]
async fn openai() {
    let chat = |body| Call::post("/v1/chat/completions", body);
    let plain =
        r#"{"model": "tiny", "messages": [{"role": "user", "content": "Why?"}], "max_tokens": 12}"#;
    check("infer/v1-chat-plain", &["tiny"], chat(plain)).await;
    check(
        "infer/v1-chat-missing",
        &[],
        chat(r#"{"model": "nope", "messages": [{"role": "user", "content": "Why?"}]}"#),
    )
    .await;
    check(
        "infer/v1-chat-no-messages",
        &["tiny"],
        chat(r#"{"model": "tiny", "messages": []}"#),
    )
    .await;
    let stream = r#"{"model": "tiny", "messages": [{"role": "user", "content": "Why?"}], "max_tokens": 12, "stream": true}"#;
    check("infer/v1-chat-stream", &["tiny"], chat(stream)).await;
    let usage = r#"{"model": "tiny", "messages": [{"role": "user", "content": "Why?"}], "max_tokens": 12, "stream": true, "stream_options": {"include_usage": true}}"#;
    check("infer/v1-chat-stream-usage", &["tiny"], chat(usage)).await;
    let text = r#"{"model": "tiny", "prompt": "hi", "stream": true}"#;
    check(
        "infer/v1-completions-stream",
        &["tiny"],
        Call::post("/v1/completions", text),
    )
    .await;
}

#[tokio::test]
async fn copy_and_delete() {
    let copy = |body| Call::post("/api/copy", body);
    check(
        "manage/copy-ok",
        &["tiny"],
        copy(r#"{"source": "tiny", "destination": "mine"}"#),
    )
    .await;
    check(
        "manage/copy-missing",
        &[],
        copy(r#"{"source": "nope", "destination": "x"}"#),
    )
    .await;
    let delete = |body| Call::new(Method::DELETE, "/api/delete", body);
    check(
        "manage/delete-ok",
        &["mine"],
        delete(r#"{"model": "mine"}"#),
    )
    .await;
    check("manage/delete-missing", &[], delete(r#"{"model": "nope"}"#)).await;
}

#[tokio::test]
async fn every_token_is_a_chunk_and_the_answer_is_labelled() {
    let folder = tempfile::tempdir().expect("a folder");
    let stub = Stub::start(folder.path(), &["tiny"], Faults::instant()).await;
    let call = Call::post("/api/generate", r#"{"model": "tiny", "prompt": "Why?"}"#);
    let mut body = stub.send(&call).await.into_body();
    let mut said = String::new();
    while let Some(frame) = body.frame().await {
        let chunk = frame.expect("a frame").into_data().expect("data");
        let line: serde_json::Value = serde_json::from_slice(&chunk).expect("one line each");
        said += line["response"].as_str().expect("text");
    }
    assert!(said.starts_with("[stub] "), "{said}");
    let version = text(stub.send(&Call::get("/api/version")).await).await;
    assert_eq!(version, r#"{"version":"0.33.0-rc2-stub"}"#);
}

#[tokio::test]
async fn a_model_pulled_by_one_stub_is_there_for_the_next() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = Stub::start(folder.path(), &[], Faults::instant()).await;
    for body in [r#"{"model": "tiny:X"}"#, r#"{"name": "TINY:x"}"#] {
        let lines = first.post("/api/pull", body).await;
        assert!(lines.ends_with("{\"status\":\"success\"}\n"), "{lines}");
    }
    let tags = text(first.send(&Call::get("/api/tags")).await).await;
    drop(first);
    let next = Stub::start(folder.path(), &[], Faults::instant()).await;
    assert_eq!(text(next.send(&Call::get("/api/tags")).await).await, tags);
    assert_eq!(tags.matches("\"name\":\"tiny:X\"").count(), 1, "{tags}");
    assert_eq!(tags.matches("\"name\":").count(), 1, "{tags}");
}

#[tokio::test]
async fn a_pull_whose_client_leaves_goes_on_later_from_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let stalled = Faults {
        pull_stall_at: Some(1000),
        faulty_pulls: 1,
        ..Faults::instant()
    };
    let stub = Stub::start(folder.path(), &[], stalled).await;
    let call = Call::post("/api/pull", r#"{"model": "tiny"}"#);
    let mut body = stub.send(&call).await.into_body();
    loop {
        let frame = body.frame().await.expect("goes on").expect("a frame");
        let line = String::from_utf8(frame.into_data().expect("data").to_vec()).expect("text");
        assert!(!line.contains("success"), "{line}");
        if line.contains("\"completed\":1000}") {
            break;
        }
    }
    drop(body);
    let blobs = folder.path().join("blobs");
    let saved = || {
        let files = std::fs::read_dir(&blobs).expect("is there").flatten();
        let mut parts = files.filter(|file| file.path().to_string_lossy().ends_with("-partial-0"));
        let part = parts.next().expect("a part file").path();
        std::fs::read_to_string(part).expect("reads")
    };
    let cancelled = async {
        while !saved().ends_with("\"Completed\":1000}") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let limit = Duration::from_secs(10);
    tokio::time::timeout(limit, cancelled)
        .await
        .expect("the pull is cancelled");
    let lines = text(stub.send(&call).await).await;
    assert!(lines.ends_with("{\"status\":\"success\"}\n"), "{lines}");
}

#[tokio::test]
async fn pulls_go_wrong_when_asked_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let cut = Faults {
        pull_cut_at: Some(1000),
        ..Faults::instant()
    };
    let stub = Stub::start(folder.path(), &[], cut).await;
    let lines = stub.post("/api/pull", r#"{"model": "tiny"}"#).await;
    assert_eq!(lines, "{\"status\":\"pulling manifest\"}\n");

    let error = Faults {
        pull_error: Some("max retries exceeded: EOF".to_owned()),
        ..Faults::instant()
    };
    let stub = Stub::start(folder.path(), &[], error).await;
    let lines = stub.post("/api/pull", r#"{"model": "tiny"}"#).await;
    assert!(
        lines.ends_with("{\"error\":\"max retries exceeded: EOF\"}\n"),
        "{lines}"
    );
}

#[tokio::test]
async fn during_discovery_connects_succeed_and_requests_hang() {
    let folder = tempfile::tempdir().expect("a folder");
    let slow = Faults {
        discovery: Duration::from_hours(1),
        ..Faults::instant()
    };
    let stub = Stub::start(folder.path(), &[], slow).await;
    tokio::net::TcpStream::connect(stub.address)
        .await
        .expect("connects");
    let call = Call::get("/");
    let answer = tokio::time::timeout(Duration::from_millis(200), stub.send(&call)).await;
    assert!(answer.is_err(), "no answer yet");
}

#[tokio::test]
async fn a_taken_port_is_said_as_ollama_says_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let taken = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("binds");
    let address = taken.local_addr().expect("bound");
    let options = Options {
        listen: address,
        models: folder.path().to_owned(),
        preset: Vec::new(),
        faults: Faults::instant(),
    };
    let error = Server::bind(options, Log::new(|_, _| {}))
        .await
        .err()
        .expect("fails");
    let expected = format!("listen tcp {address}: bind: address already in use");
    assert_eq!((error.to_string(), error.kind.code()), (expected, 1));
}
