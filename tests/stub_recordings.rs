//! The stub against recordings of the real Ollama: status, headers that clients look at, and the body's
//! shape, with its keys in order and its fixed texts.

#[path = "stub_recordings_parts/create.rs"]
mod create;
#[path = "stub_support/http.rs"]
mod http;
#[path = "stub_recordings_parts/loading.rs"]
mod loading;
#[path = "stub_support/seen.rs"]
mod seen;
#[path = "stub_recordings_parts/tools.rs"]
mod tools;

use std::net::Ipv4Addr;
use std::time::Duration;

use http::{Call, Stub, text};
use http_body_util::BodyExt;
use hyper::Method;
use ollamactl::stub::{Faults, Log, Options, Server, Settings};
use seen::{Seen, VERSIONS, check, check_after, settings};

const TINY: &str = r#"{"model": "tiny"}"#;

#[tokio::test]
async fn listing() {
    check("http/root-get", &[], Call::get("/")).await;
    check("http/root-head", &[], Call::new(Method::HEAD, "/", "")).await;
    check("http/version-get", &[], Call::get("/api/version")).await;
    let head = |path| Call::new(Method::HEAD, path, "");
    check("http/version-head", &[], head("/api/version")).await;
    check("http/tags-head", &[], head("/api/tags")).await;
    check("http/tags-0", &[], Call::get("/api/tags")).await;
    check("http/tags-1", &["tiny"], Call::get("/api/tags")).await;
    let garbage = Call::get("/api/tags");
    check("infer/tags-garbage", &["tiny", "garbage"], garbage).await;
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
    check("http/show-bad-name", &[], show(r#"{"model": "bad name!"}"#)).await;
    check("http/show-get", &[], Call::get("/api/show")).await;
    check("http/show-wrong-type", &[], show(r#"{"model":5}"#)).await;
    check("http/show-found", &["tiny"], show(TINY)).await;
    let verbose = r#"{"model": "tiny", "verbose": true}"#;
    check("http/show-found-verbose", &["tiny"], show(verbose)).await;
    let garbage = show(r#"{"model": "garbage"}"#);
    check("infer/show-garbage-model", &["garbage"], garbage).await;
    let corrupt = show(r#"{"model": "corrupt"}"#);
    check("infer/show-corrupt-model", &["corrupt"], corrupt).await;
}

#[tokio::test]
async fn the_lines_of_parameters_come_in_any_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let stub = Stub::start(folder.path(), &["tiny"], Faults::instant()).await;
    let parameters = async || {
        let shown: serde_json::Value =
            serde_json::from_str(&stub.post("/api/show", TINY).await).expect("JSON");
        shown["parameters"].as_str().expect("text").to_owned()
    };
    let first = parameters().await;
    assert_eq!(first.lines().count(), 3, "{first}");
    assert_ne!(first, parameters().await);
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
    let delete = Call::post("/api/delete", r#"{"model": "x"}"#);
    check("http/method-not-allowed-post-delete", &[], delete).await;
    let options = Call::new(Method::OPTIONS, "/api/chat", "");
    check("http/options-no-origin", &[], options).await;
    check("http/not-found-root", &[], Call::get("/nope")).await;
    let profile = Call::get("/debug/pprof/cmdline");
    check("http/debug-pprof", &[], profile).await;
    check("http/me", &[], Call::post("/api/me", "{}")).await;
    check("http/status", &[], Call::get("/api/status")).await;
    let recommended = Call::get("/api/experimental/model-recommendations");
    check("http/recommendations", &[], recommended).await;
}

#[tokio::test]
async fn hosts() {
    for (recording, host) in [
        ("http/host-rejected", "evil.example.com"),
        ("http/host-container-name", "ollama:11434"),
        ("http/host-docker-internal", "host.docker.internal:11434"),
        ("http/host-dot-local", "box.local"),
        ("http/host-private-ip", "10.1.2.3:11434"),
        ("http/host-localhost", "localhost"),
        ("http/host-empty", ""),
    ] {
        let call = Call::get("/api/version").with("host", host);
        check(recording, &[], call).await;
    }
    let own = std::fs::read_to_string("/proc/sys/kernel/hostname").expect("a name");
    let own = Call::get("/api/version").with("host", format!("{}:11434", own.trim()));
    check("http/host-machine-name", &[], own).await;
    // The guard exists on a loopback address only.
    let folder = tempfile::tempdir().expect("a folder");
    let any = (Ipv4Addr::UNSPECIFIED, 0).into();
    let (faults, settings) = (Faults::instant(), Settings::default());
    let stub = Stub::on(any, folder.path(), &[], faults, settings).await;
    let call = Call::get("/api/version").with("host", "evil.example.com");
    let answer = Seen::answered(stub.send(&call).await).await;
    assert_eq!(answer, Seen::recorded("http/host-foreign-on-any-address"));
    assert!(
        stub.logged("msg=\"Listening on ")
            .await
            .contains("Listening on [::]:")
    );
}

#[tokio::test]
async fn origins() {
    let version = || Call::get("/api/version");
    let evil = "https://evil.example.com";
    let own = "http://localhost:3000";
    check("http/origin-rejected", &[], version().with("origin", evil)).await;
    check("http/origin-allowed", &[], version().with("origin", own)).await;
    let preflight = |origin| {
        let call = Call::new(Method::OPTIONS, "/api/chat", "").with("origin", origin);
        call.with("access-control-request-method", "POST")
    };
    let asked = preflight(own).with("access-control-request-headers", "content-type");
    check("http/cors-preflight-ok", &[], asked).await;
    check("http/cors-preflight-rejected", &[], preflight(evil)).await;

    let settings = Settings {
        origins: vec!["https://*.example.com".to_owned()],
        ..Settings::default()
    };
    let folder = tempfile::tempdir().expect("a folder");
    let stub = Stub::with(folder.path(), &[], Faults::instant(), settings).await;
    let call = version().with("origin", "https://app.example.com");
    let answer = Seen::answered(stub.send(&call).await).await;
    assert_eq!(answer, Seen::recorded("http/origin-configured"));
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
        "infer/generate-no-model",
        &[],
        generate(r#"{"prompt": "x"}"#),
    )
    .await;
    check(
        "infer/generate-missing",
        &[],
        generate(r#"{"model": "nope", "prompt": "x"}"#),
    )
    .await;
    let bad = r#"{"model": "tiny", "prompt": "x", "options": {"num_ctx": "many"}}"#;
    check("infer/generate-bad-option", &["tiny"], generate(bad)).await;

    let odd = r#"{"model": "tiny", "prompt": "x", "format": "yaml"}"#;
    check("infer/generate-bad-format", &["tiny"], generate(odd)).await;
    let raw = r#"{"model": "tiny", "prompt": "x", "raw": true, "stream": false, "options": {"num_predict": 12}}"#;
    check("infer/generate-raw-mode", &["tiny"], generate(raw)).await;
    let unknown = r#"{"model": "tiny", "prompt": "x", "stream": false, "options": {"no_such": 1, "num_predict": 12}}"#;
    check(
        "infer/generate-unknown-option",
        &["tiny"],
        generate(unknown),
    )
    .await;
    let once = r#"{"model": "tiny", "prompt": "x", "keep_alive": 0, "stream": false, "options": {"num_predict": 12}}"#;
    check("infer/generate-keep-alive-0", &["tiny"], generate(once)).await;
    let missing = r#"{"model": "nope", "prompt": "x", "stream": false}"#;
    check(
        "infer/generate-missing-stream-false",
        &[],
        generate(missing),
    )
    .await;
    for model in ["garbage", "corrupt"] {
        let recording = format!("infer/generate-{model}-model");
        let asked = format!(r#"{{"model": "{model}", "prompt": "x"}}"#);
        check(&recording, &[model], Call::post("/api/generate", asked)).await;
    }

    let chat = |body| Call::post("/api/chat", body);
    let role = r#"{"model": "tiny", "messages": [{"role": "robot", "content": "x"}], "stream": false, "options": {"num_predict": 12}}"#;
    check("infer/chat-bad-role", &["tiny"], chat(role)).await;
    let missing = r#"{"model": "nope", "messages": [{"role": "user", "content": "Why?"}]}"#;
    check("infer/chat-missing", &[], chat(missing)).await;
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
        "infer/embed-two",
        &["tiny"],
        embed(r#"{"model": "tiny", "input": ["hello", "world"]}"#),
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
    let openai = |body| Call::post("/v1/embeddings", body);
    let hello = r#"{"model": "tiny", "input": "hello"}"#;
    check("infer/v1-embeddings", &["tiny"], openai(hello)).await;
    let missing = r#"{"model": "nope", "input": "hello"}"#;
    check("infer/v1-embeddings-missing", &[], openai(missing)).await;
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
    check("infer/v1-chat-bad-json", &[], chat(r#"{"model":"#)).await;
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
    let missing =
        r#"{"model": "nope", "messages": [{"role": "user", "content": "Why?"}], "stream": true}"#;
    check("infer/v1-chat-missing-stream", &[], chat(missing)).await;
    let text = |body| Call::post("/v1/completions", body);
    let stream = r#"{"model": "tiny", "prompt": "hi", "max_tokens": 8, "stream": true}"#;
    // The older version's tokens ran out, the newer one's did not.
    for (recording, body) in [
        ("infer/v1-completions-stream", stream),
        (
            "infer/v1-completions",
            r#"{"model": "tiny", "prompt": "hi", "max_tokens": 8}"#,
        ),
    ] {
        check_reason(recording, "finish_reason", text(body)).await;
    }
    let asked =
        r#"{"model": "tiny", "max_tokens": 8, "messages": [{"role": "user", "content": "Why?"}]}"#;
    let messages = Call::post("/v1/messages", asked);
    check_reason("infer/v1-messages", "stop_reason", messages).await;
    let asked = r#"{"model": "tiny", "input": "hi", "max_output_tokens": 8}"#;
    let responses = Call::post("/v1/responses", asked);
    check("infer/v1-responses", &["tiny"], responses).await;
    check(
        "infer/v1-models",
        &["big", "corrupt", "tiny3", "tiny"],
        Call::get("/v1/models"),
    )
    .await;
}

/// As [`check`], except for why the answer ended, which was the recorded model's affair.
async fn check_reason(recording: &str, key: &str, call: Call) {
    let without = |mut seen: Seen| {
        for line in &mut seen.body {
            let (before, after) = line
                .split_once(&format!("{key}:\""))
                .unwrap_or((line, "\""));
            let (_, after) = after.split_once('"').expect("a text");
            *line = format!("{before}{after}");
        }
        seen
    };
    for (version, folder) in VERSIONS {
        let store = tempfile::tempdir().expect("a folder");
        let faults = Faults::instant();
        let stub = Stub::with(store.path(), &["tiny"], faults, settings(version)).await;
        let answer = Seen::answered(stub.send(&call).await).await;
        let recorded = Seen::recorded_by(folder, recording).expect(recording);
        assert_eq!(without(answer), without(recorded), "{folder}/{recording}");
    }
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
    let bad = copy(r#"{"source": "tiny", "destination": "bad name!"}"#);
    check("manage/copy-bad-name", &["tiny"], bad).await;
    check("manage/copy-no-body", &["tiny"], copy("")).await;
    let again = copy(r#"{"source": "tiny", "destination": "mine"}"#);
    let before = [again.clone()];
    check_after("manage/copy-onto-existing", &["tiny"], &before, again).await;
    check_after(
        "manage/copy-tags",
        &["tiny"],
        &before,
        Call::get("/api/tags"),
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
    check(
        "manage/delete-bad-name",
        &[],
        delete(r#"{"model": "bad name!"}"#),
    )
    .await;
    check("manage/delete-no-body", &[], delete("")).await;
    let named = delete(r#"{"name": "nope"}"#);
    check("manage/delete-name-field", &[], named).await;
    let loaded = [Call::post("/api/generate", r#"{"model": "tiny"}"#)];
    let gone = delete(r#"{"model": "tiny"}"#);
    check_after("manage/delete-loaded", &["tiny"], &loaded, gone.clone()).await;
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
        settings: Settings::default(),
    };
    let error = Server::bind(options, Log::new(|_, _| {}))
        .await
        .err()
        .expect("fails");
    let expected = format!("listen tcp {address}: bind: address already in use");
    assert_eq!((error.to_string(), error.kind.code()), (expected, 1));
}
