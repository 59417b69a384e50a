//! Blobs uploaded, and models created from them and from each other, in the order of the recordings.

use hyper::Method;
use ollamactl::stub::Faults;
use sha2::{Digest, Sha256};

use crate::http::{Call, Stub, text};
use crate::seen::{Seen, VERSIONS, settings};

/// A file of the recorded model's size, with nothing in it.
fn weights() -> String {
    " ".repeat(470_848)
}

fn digest(content: &str) -> String {
    let digits = Sha256::digest(content);
    let digits: Vec<_> = digits.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{}", digits.concat())
}

fn calls() -> Vec<(&'static str, Call)> {
    let own = digest(&weights());
    let blob =
        |method, digest: &str, body: &str| Call::new(method, format!("/api/blobs/{digest}"), body);
    let create = |body: String| Call::post("/api/create", body);
    let other = format!("sha256:{}", "ab".repeat(32));
    let missing = format!("sha256:{}", "cd".repeat(32));
    vec![
        ("blob-head-missing", blob(Method::HEAD, &own, "")),
        ("blob-upload", blob(Method::POST, &own, &weights())),
        ("blob-head-present", blob(Method::HEAD, &own, "")),
        ("blob-upload-again", blob(Method::POST, &own, &weights())),
        (
            "blob-upload-wrong-digest",
            blob(Method::POST, &other, &weights()),
        ),
        (
            "blob-bad-digest",
            blob(Method::POST, "nonsense", &weights()),
        ),
        (
            "create-from-blob",
            create(format!(
                r#"{{"model": "made", "files": {{"tiny.gguf": "{own}"}}, "template": "{{{{ .Prompt }}}}",
                "parameters": {{"num_predict": 8}}, "system": "Be brief."}}"#
            )),
        ),
        (
            "show-created",
            Call::post("/api/show", r#"{"model": "made"}"#),
        ),
        (
            "create-from-model",
            create(r#"{"model": "made2", "from": "made", "system": "Be long."}"#.into()),
        ),
        (
            "create-stream-false",
            create(r#"{"model": "made3", "from": "made", "stream": false}"#.into()),
        ),
        ("create-nothing", create(r#"{"model": "made4"}"#.into())),
        (
            "create-missing-from",
            create(r#"{"model": "made4", "from": "nosuchmodel"}"#.into()),
        ),
        (
            "create-missing-blob",
            create(format!(
                r#"{{"model": "made4", "files": {{"x.gguf": "{missing}"}}}}"#
            )),
        ),
        (
            "create-quantize",
            create(r#"{"model": "madeq", "from": "made", "quantize": "q4_K_M"}"#.into()),
        ),
        ("create-tags", Call::get("/api/tags")),
    ]
}

/// The listing's order within one second is arbitrary.
fn sorted(mut seen: Seen) -> Seen {
    for line in &mut seen.body {
        let (made, derived) = ("parent_model:\"\"", "parent_model:\"made:latest\"");
        let counts = [made, derived].map(|parent| line.matches(parent).count());
        if line.starts_with("{models:") {
            *line = format!("{counts:?}");
        }
    }
    seen
}

#[tokio::test]
async fn models_are_made_of_blobs_and_of_models() {
    for (version, folder) in VERSIONS {
        let store = tempfile::tempdir().expect("a folder");
        let faults = Faults::instant();
        let stub = Stub::with(store.path(), &[], faults, settings(version)).await;
        for (name, call) in calls() {
            let answer = Seen::answered_in(stub.send(&call).await, store.path()).await;
            let recorded = Seen::recorded_by(folder, &format!("manage/{name}")).expect(name);
            assert_eq!(sorted(answer), sorted(recorded), "{folder}/{name}");
        }
        let left = std::fs::read_dir(store.path().join("blobs")).expect("is there");
        let names = left.flatten().map(|file| file.file_name());
        let names: Vec<_> = names.filter_map(|name| name.into_string().ok()).collect();
        assert!(names.iter().all(|name| name.len() == 71), "{names:?}");
    }
}

#[tokio::test]
async fn a_created_model_obeys_its_parameters() {
    let store = tempfile::tempdir().expect("a folder");
    let stub = Stub::start(store.path(), &["tiny"], Faults::instant()).await;
    let create = r#"{"model": "mine", "from": "tiny", "parameters": {"num_predict": 3}}"#;
    stub.post("/api/create", create).await;
    let asked = r#"{"model": "mine", "prompt": "Why?", "stream": false}"#;
    let answer = stub.post("/api/generate", asked).await;
    assert!(answer.contains("\"eval_count\":3,"), "{answer}");
    assert!(answer.contains("\"done_reason\":\"length\""), "{answer}");
}

#[tokio::test]
async fn a_push_names_each_blob_and_needs_a_namespace() {
    let store = tempfile::tempdir().expect("a folder");
    let stub = Stub::start(store.path(), &["tiny", "me/tiny"], Faults::instant()).await;
    let push = async |model: &str| {
        let call = Call::post("/api/push", format!("{{\"model\": \"{model}\"}}"));
        text(stub.send(&call).await).await
    };
    let lines = push("me/tiny").await;
    assert_eq!(lines.matches("\"status\":\"pushing ").count(), 6, "{lines}");
    assert!(lines.ends_with("{\"status\":\"success\"}\n"), "{lines}");
    assert!(
        push("tiny")
            .await
            .contains("you are not authorized to push")
    );
    assert!(push("nope").await.contains("{\"error\":"));
}
