//! Commands that a service wants to be run in its containers, and that fail.

use ollamactl::gateway::DownOptions;

use crate::lab::{Lab, SERVICE, whole};

/// A gateway with such a hook, which ends with exit code 3.
fn failing(key: &str) -> String {
    let command = "[/guest, --ignored, --nocapture, --exact, guest_fails]";
    format!("services: {{ollama-functions: {{build: ., {key}: [{{command: {command}}}]}}}}")
}

async fn status(lab: &Lab) -> serde_json::Value {
    let container = lab.inspect(SERVICE).await.expect("there");
    container["State"]["Status"].clone()
}

#[tokio::test]
async fn a_post_start_that_fails_is_named_and_the_container_runs_on() {
    let Some(lab) = Lab::new(&failing("post_start")).await else {
        return;
    };
    let error = lab.up().await.expect_err("its hook fails");
    let says = "services.ollama-functions.post_start[0] ended with exit code 3";
    assert!(error.message.starts_with(says), "{error}");
    assert!(whole(&error).contains("docker exec"), "{}", whole(&error));
    assert_eq!(status(&lab).await, "running");
    // It was started, so it is not run again.
    assert!(!lab.up().await.expect("nothing to do").changed);
}

#[tokio::test]
async fn a_pre_stop_that_fails_keeps_the_container_running() {
    let Some(lab) = Lab::new(&failing("pre_stop")).await else {
        return;
    };
    lab.up().await.expect("comes up");
    let at_once = DownOptions {
        stop_timeout: Some(0),
        ..DownOptions::default()
    };
    let error = lab.stop(&at_once).await;
    let error = error.expect_err("its hook fails");
    assert!(error.message.contains("pre_stop[0]"), "{error}");
    let down = lab.down().await;
    assert!(down.expect_err("the same").message.contains("pre_stop[0]"));
    assert_eq!(status(&lab).await, "running");
    // What ended by itself needs no preparation.
    let id = lab.inspect(SERVICE).await.expect("there")["Id"].clone();
    let id = id.as_str().expect("an ID");
    lab.engine
        .stop_container(id, Some(0))
        .await
        .expect("stopped");
    lab.down().await.expect("goes away");
}
