//! The relay's policy.

use super::*;
use tokio::sync::watch;

#[tokio::test]
async fn administration_is_refused_by_the_relay() {
    let setup = Setup::relay().await;
    let mut client = setup.client().await;
    client
        .send("POST /api/pull HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        .await;
    let answer = client.read_to_close().await;
    assert!(answer.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{answer}");
    assert!(answer.contains("relay.admin"), "{answer}");
}

#[tokio::test]
async fn a_public_host_name_is_refused() {
    let setup = Setup::relay().await;
    let mut client = setup.client().await;
    client
        .send("GET /api/tags HTTP/1.1\r\nHost: evil.example.com\r\nConnection: close\r\n\r\n")
        .await;
    let answer = client.read_to_close().await;
    assert!(answer.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{answer}");
}

#[tokio::test]
async fn a_peer_outside_the_subnets_is_closed_without_an_answer() {
    let (current, subnets) = watch::channel(vec!["10.9.0.0/16".parse().expect("a subnet")]);
    let setup = Setup::with(|policy| {
        *policy = Policy::relay(policy.upstream.clone(), subnets);
    })
    .await;
    let mut client = setup.client().await;
    assert_eq!(client.read_to_close().await, "");

    current
        .send(vec!["127.0.0.0/8".parse().expect("a subnet")])
        .expect("the relay listens");
    let mut client = setup.client().await;
    client.send(&get("/api/push")).await;
    assert!(client.read_to_close().await.starts_with("HTTP/1.1 403"));
}
