//! What is so already, and what is so twice.

use ollamactl::engine::models::NetworkCreateRequest;
use ollamactl::error::Kind;

use crate::lab::{Lab, SERVICE, whole};

/// The gateway as an image that is there.
const COMPOSE: &str = "services: {ollama-functions: {build: .}}";

#[tokio::test]
async fn what_is_so_already_is_a_success() {
    let Some(lab) = Lab::new(COMPOSE).await else {
        return;
    };
    lab.up().await.expect("comes up");
    let container = lab.inspect(SERVICE).await.expect("there");
    let text = |key: &str| container[key].as_str().expect("text").to_owned();
    let (id, name) = (text("Id"), text("Name"));
    let engine = &lab.engine;
    engine.start_container(&id, &name).await.expect("it runs");
    for _ in 0..2 {
        engine.stop_container(&id, Some(0)).await.expect("stopped");
    }
    for _ in 0..2 {
        engine.remove_container(&id, true).await.expect("gone");
    }
    engine.stop_container(&id, None).await.expect("gone");
}

#[tokio::test]
async fn two_networks_of_one_name_are_told_apart_by_their_ids() {
    let Some(lab) = Lab::new(COMPOSE).await else {
        return;
    };
    let name = format!("{}_default", lab.name);
    let label = |key: &str, value: &str| (format!("com.docker.compose.{key}"), value.to_owned());
    let labels = [label("project", &lab.name), label("network", "default")];
    let create = || {
        lab.engine.create_network(NetworkCreateRequest {
            name: name.clone(),
            labels: Some(labels.clone().into()),
            ..NetworkCreateRequest::default()
        })
    };
    let first = create().await.expect("created");
    let second = match create().await {
        Ok(second) => second,
        // Engines of today refuse the second one; then there is one, and it serves.
        Err(refused) => {
            assert_eq!(refused.kind, Kind::Conflict, "{refused}");
            lab.up().await.expect("comes up");
            return;
        }
    };
    let error = lab.up().await.expect_err("there are two");
    assert_eq!(error.kind, Kind::Conflict);
    assert!(error.message.contains(&format!("2 networks named {name}")));
    for id in [first, second] {
        assert!(whole(&error).contains(&id), "{}", whole(&error));
    }
    assert!(lab.inspect(SERVICE).await.is_none(), "nothing is half-made");
}
