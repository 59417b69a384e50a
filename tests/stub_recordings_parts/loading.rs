//! Models loaded, kept and unloaded.

use std::time::Duration;

use hyper::Method;
use ollamactl::stub::{Faults, Settings};

use crate::http::{Call, Stub, text};
use crate::seen::{Seen, check, check_after};

#[tokio::test]
async fn load_and_unload() {
    let generate = |body| Call::post("/api/generate", body);
    let load = r#"{"model": "tiny"}"#;
    check("http/load", &["tiny"], generate(load)).await;
    check_after(
        "http/ps-loaded",
        &["tiny"],
        &[generate(load)],
        Call::get("/api/ps"),
    )
    .await;
    let unload = r#"{"model": "tiny", "keep_alive": 0}"#;
    check("http/unload-not-loaded", &["tiny"], generate(unload)).await;
    check_after(
        "http/unload",
        &["tiny"],
        &[generate(load)],
        generate(unload),
    )
    .await;
    let gone = r#"{"model": "nope", "keep_alive": 0}"#;
    check("http/unload-missing", &["tiny"], generate(gone)).await;
    let soon = r#"{"model": "tiny", "keep_alive": "soon"}"#;
    check("http/bad-keep-alive", &["tiny"], generate(soon)).await;
    let half = r#"{"model": "tiny", "keep_alive": "30s"}"#;
    check("http/load-30s", &["tiny"], generate(half)).await;
    let ever = generate(r#"{"model": "tiny", "keep_alive": -1}"#);
    check("http/load-forever", &["tiny"], ever.clone()).await;
    let ps = Call::get("/api/ps");
    check_after("http/ps-loaded-forever", &["tiny"], &[ever], ps).await;
    let unload = r#"{"model": "tiny3", "messages": [], "keep_alive": 0}"#;
    let before = [generate(r#"{"model": "tiny3"}"#)];
    let unload = Call::post("/api/chat", unload);
    check_after("http/unload-chat", &["tiny3"], &before, unload).await;
    let before = [
        Call::post(
            "/api/copy",
            r#"{"source": "tiny", "destination": "loaded"}"#,
        ),
        generate(r#"{"model": "loaded"}"#),
        Call::new(Method::DELETE, "/api/delete", r#"{"model": "loaded"}"#),
    ];
    let ps = Call::get("/api/ps");
    check_after("manage/delete-loaded-ps", &["tiny"], &before, ps).await;
    let chat = Call::post("/api/chat", r#"{"model": "tiny", "messages": []}"#);
    check("infer/chat-load", &["tiny"], chat).await;
}

#[tokio::test]
async fn a_loaded_model_goes_when_its_time_has_come() {
    let folder = tempfile::tempdir().expect("a folder");
    let stub = Stub::start(folder.path(), &["tiny", "tiny2"], Faults::instant()).await;
    let ever = r#"{"model": "tiny", "keep_alive": -1}"#;
    stub.post("/api/generate", ever).await;
    stub.post(
        "/api/generate",
        r#"{"model": "tiny2", "keep_alive": "1ms"}"#,
    )
    .await;
    let left = async {
        loop {
            let ps = text(stub.send(&Call::get("/api/ps")).await).await;
            if !ps.contains("tiny2:latest") {
                return ps;
            }
        }
    };
    let left = tokio::time::timeout(Duration::from_secs(20), left).await;
    let left = left.expect("the short one goes");
    // 292 years from now, as in the recording.
    assert!(left.contains("\"expires_at\":\"23"), "{left}");
}

#[tokio::test]
async fn models_with_the_same_weights_share_an_entry_that_outlives_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let stub = Stub::start(folder.path(), &["tiny"], Faults::instant()).await;
    let copy = r#"{"source": "tiny", "destination": "mine"}"#;
    stub.post("/api/copy", copy).await;
    stub.post("/api/generate", r#"{"model": "tiny"}"#).await;
    stub.post("/api/generate", r#"{"model": "mine"}"#).await;
    let delete = Call::new(Method::DELETE, "/api/delete", r#"{"model": "tiny"}"#);
    assert_eq!(stub.send(&delete).await.status(), 200);
    let ps = text(stub.send(&Call::get("/api/ps")).await).await;
    assert_eq!(ps.matches("\"name\":").count(), 1, "{ps}");
    assert!(ps.contains("\"name\":\"tiny:latest\""), "{ps}");
}

#[tokio::test]
async fn a_client_that_leaves_while_its_model_loads_aborts_the_load() {
    let folder = tempfile::tempdir().expect("a folder");
    let slow = Faults {
        load: Duration::from_hours(1),
        ..Faults::instant()
    };
    let stub = Stub::start(folder.path(), &["tiny"], slow).await;
    let call = Call::post("/api/generate", r#"{"model": "tiny"}"#);
    let limit = Duration::from_millis(100);
    let answer = tokio::time::timeout(limit, stub.send(&call)).await;
    assert!(answer.is_err(), "loads for ever");
    stub.logged("aborting load").await;
    stub.logged("msg=\"Load failed\"").await;
    stub.logged("| 499 |").await;
    let ps = text(stub.send(&Call::get("/api/ps")).await).await;
    assert_eq!(ps, "{\"models\":[]}");
}

#[tokio::test]
async fn a_load_has_a_limit_and_so_has_the_queue_for_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let slow = Faults {
        load: Duration::from_hours(1),
        ..Faults::instant()
    };
    let settings = Settings {
        max_queue: 0,
        load_timeout: Duration::from_millis(300),
        ..Settings::default()
    };
    let stub = Stub::with(folder.path(), &["tiny"], slow, settings).await;
    let call = Call::post("/api/generate", r#"{"model": "tiny"}"#);
    let (first, second) = tokio::join!(stub.send(&call), stub.send(&call));
    let mut answers = [Seen::answered(first).await, Seen::answered(second).await];
    answers.sort_by_key(|answer| answer.status);
    let expected = ["process/load-timeout", "infer/busy-3"].map(Seen::recorded);
    assert_eq!(answers, expected);
}

#[tokio::test]
async fn the_queue_can_be_full_by_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let busy = Faults {
        busy: true,
        ..Faults::instant()
    };
    let stub = Stub::start(folder.path(), &["tiny"], busy).await;
    let call = Call::post("/api/generate", r#"{"model": "tiny"}"#);
    let answer = Seen::answered(stub.send(&call).await).await;
    assert_eq!(answer, Seen::recorded("infer/busy-3"));
}
