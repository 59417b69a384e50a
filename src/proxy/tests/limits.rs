//! Sizes, times and counts.

use super::*;

#[tokio::test]
async fn a_head_that_does_not_come_is_a_408() {
    let setup = Setup::with(|policy| policy.limits.header_timeout = Duration::from_secs(1)).await;
    let mut client = setup.client().await;
    client.send("GET /api/tags HTTP/1.1\r\nHost: lo").await;
    let answer = client.read_to_close().await;
    assert!(
        answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_head_that_is_too_large_is_a_431() {
    let setup = Setup::relay().await;
    let pad = "x".repeat(40 * 1024);
    let mut client = setup.client().await;
    client
        .send(&format!(
            "GET /api/tags HTTP/1.1\r\nHost: localhost\r\nX-Pad: {pad}\r\n\r\n"
        ))
        .await;
    let (status, head) = client.read_head().await;
    assert_eq!(status, 431, "{head}");
    let many = "X-Many: 1\r\n".repeat(200);
    let mut client = setup.client().await;
    client
        .send(&format!(
            "GET /api/tags HTTP/1.1\r\nHost: localhost\r\n{many}\r\n"
        ))
        .await;
    assert_eq!(client.read_head().await.0, 431);
    setup.assert_nobody_connected().await;
}

#[tokio::test]
async fn a_body_that_is_too_large_is_a_413_before_and_while_it_comes() {
    let setup = Setup::with(|policy| policy.limits.body_bytes = 1000).await;
    let mut client = setup.client().await;
    client
        .send("POST /api/pull HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1001\r\n\r\n")
        .await;
    let (status, head) = client.read_head().await;
    assert_eq!(status, 413, "{head}");
    assert!(client.read_to_close().await.contains("gateway.max_body"));
    setup.assert_nobody_connected().await;

    let chunk = format!("200\r\n{}\r\n", "x".repeat(512));
    let mut client = setup.client().await;
    client
        .send(&format!(
            "POST /api/pull HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}"
        ))
        .await;
    let mut upstream = setup.accept().await;
    upstream.read_to("\r\n\r\n").await;
    client.send(&chunk).await;
    assert_eq!(client.read_head().await.0, 413);
    // The backend does not take the part for the whole.
    assert!(!upstream.read_to_close().await.contains("\r\n0\r\n\r\n"));
}

#[tokio::test]
async fn a_client_reads_its_413_though_it_sends_on() {
    let setup = Setup::with(|policy| policy.limits.body_bytes = 1000).await;
    let mut client = setup.client().await;
    let body = "x".repeat(300_000);
    client.send(&post("/api/pull", &body)).await;
    assert_eq!(client.read_head().await.0, 413);
}

#[tokio::test]
async fn blobs_may_be_of_any_size() {
    let setup = Setup::with(|policy| policy.limits.body_bytes = 10).await;
    let mut client = setup.client().await;
    client
        .send(&post("/api/blobs/sha256:00", &"x".repeat(100)))
        .await;
    let mut upstream = setup.accept().await;
    upstream.read_to(&"x".repeat(100)).await;
}

#[tokio::test]
async fn an_upload_that_stalls_is_a_408() {
    let setup =
        Setup::with(|policy| policy.limits.client_timeout = Duration::from_millis(300)).await;
    // Once while it streams, once while it is read for its model.
    for path in ["/api/pull", "/api/chat"] {
        let mut client = setup.client().await;
        client
            .send(&format!(
                "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhal"
            ))
            .await;
        let (status, head) = client.read_head().await;
        assert_eq!(status, 408, "{path}: {head}");
    }
}

#[tokio::test]
async fn an_upload_that_comes_drop_by_drop_is_a_408() {
    let setup =
        Setup::with(|policy| policy.limits.client_timeout = Duration::from_millis(300)).await;
    let mut client = setup.client().await;
    client
        .send("POST /api/pull HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n")
        .await;
    until("a 408", async || {
        // Each drop comes in time. Once it is refused, there is nobody to send it to.
        let _ = client.stream.write_all(b"x").await;
        let pause = Duration::from_millis(20);
        match tokio::time::timeout(pause, client.read_some()).await {
            Ok(_) => client.seen.starts_with("HTTP/1.1 408 "),
            Err(_) => false,
        }
    })
    .await;
}

#[tokio::test]
async fn a_backend_that_does_not_answer_is_a_504() {
    let setup = Setup::with(|policy| policy.limits.idle_timeout = Duration::from_secs(1)).await;
    let (mut client, mut upstream) = setup.pass(&get("/v1/models")).await;
    let (status, head) = client.read_head().await;
    assert_eq!(status, 504, "{head}");
    let body: serde_json::Value =
        serde_json::from_str(&client.read_to_close().await).expect("JSON");
    assert!(body["error"]["message"].is_string(), "{body}");
    assert_eq!(upstream.read_to_close().await, "");
}

#[tokio::test]
async fn a_backend_that_falls_silent_is_cut() {
    let setup = Setup::with(|policy| policy.limits.idle_timeout = Duration::from_secs(1)).await;
    let (mut client, mut upstream) = setup.pass(&get("/api/tags")).await;
    upstream
        .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")
        .await;
    client.read_to("x").await;
    assert!(!client.read_to_close().await.contains("0\r\n\r\n"));
    assert_eq!(upstream.read_to_close().await, "");
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_cut() {
    let setup =
        Setup::with(|policy| policy.limits.client_timeout = Duration::from_millis(300)).await;
    let (_client, mut upstream) = setup.pass(&get("/api/tags")).await;
    upstream
        .send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        .await;
    let block = vec![b'x'; 64 * 1024];
    let written = async { while upstream.stream.write_all(&block).await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(20), written)
        .await
        .expect("the backend is let go, since the client reads nothing");
}

/// A proxy with one turn and one place in the queue, and a request that has the turn.
async fn busy(patience: Duration) -> (Setup, Peer, Peer) {
    let setup = Setup::with(|policy| {
        policy.limits.requests = 1;
        policy.limits.queue = 1;
        policy.limits.queue_timeout = patience;
    })
    .await;
    let (client, upstream) = setup.pass(&get("/api/tags")).await;
    (setup, client, upstream)
}

#[tokio::test]
async fn one_waits_for_its_turn_and_the_next_is_a_429() {
    let (setup, mut first, mut upstream) = busy(Duration::from_mins(1)).await;
    let mut second = setup.client().await;
    second.send(&get("/api/ps")).await;
    until("a second request in the queue", async || {
        let mut probe = setup.client().await;
        probe.send(&get("/metrics")).await;
        probe.read_to_close().await.contains("requests_queued 1\n")
    })
    .await;
    let mut third = setup.client().await;
    third.send(&get("/api/version")).await;
    let (status, head) = third.read_head().await;
    assert_eq!(status, 429, "{head}");
    assert!(head.contains("retry-after: 1\r\n"), "{head}");
    // The turn ends with the last byte of the answer.
    upstream
        .send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nlo")
        .await;
    first.read_to("lo").await;
    upstream.send("ng").await;
    first.read_to("ng").await;
    let mut upstream = setup.accept().await;
    let head = upstream.read_to("\r\n\r\n").await;
    assert!(head.starts_with("GET /api/ps "), "{head}");
    upstream.send(&ok("\"second\"")).await;
    second.read_to("second").await;
}

#[tokio::test]
async fn who_leaves_the_queue_or_the_backend_gives_the_place_back() {
    let (setup, first, mut upstream) = busy(Duration::from_mins(1)).await;
    let mut second = setup.client().await;
    second.send(&get("/api/ps")).await;
    let queued = async |count: usize| {
        until("the queue", async || {
            let mut probe = setup.client().await;
            probe.send(&get("/metrics")).await;
            let text = probe.read_to_close().await;
            text.contains(&format!("requests_queued {count}\n"))
        })
        .await;
    };
    queued(1).await;
    drop(second);
    queued(0).await;
    drop(first);
    assert_eq!(upstream.read_to_close().await, "");
    let mut third = setup.client().await;
    third.send(&get("/api/version")).await;
    let mut upstream = setup.accept().await;
    let head = upstream.read_to("\r\n\r\n").await;
    assert!(head.starts_with("GET /api/version "), "{head}");
}

#[tokio::test]
async fn who_waits_too_long_is_a_429() {
    let (setup, _first, _upstream) = busy(Duration::from_millis(200)).await;
    let mut second = setup.client().await;
    second.send(&get("/api/ps")).await;
    let (status, head) = second.read_head().await;
    assert!(status == 429 && head.contains("retry-after"), "{head}");
}

/// A connection from this address of the loopback network.
async fn from(address: &str, to: SocketAddr) -> Peer {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket
        .bind(SocketAddr::new(address.parse().expect("an address"), 0))
        .expect("binds");
    Peer::new(socket.connect(to).await.expect("connects"))
}

#[tokio::test]
async fn one_address_does_not_shut_the_others_out() {
    let setup = Setup::with(|policy| policy.limits.connections = 18).await;
    let request = "GET /api/nothing/ HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut crowd = Vec::new();
    let refused = loop {
        let mut one = from("127.0.0.2", setup.proxy).await;
        one.send(request).await;
        match one.read_head().await {
            (404, _) => crowd.push(one),
            refused => break refused,
        }
    };
    assert_eq!(refused.0, 429, "{}", refused.1);
    assert!(refused.1.contains("retry-after: 1\r\n"), "{}", refused.1);
    assert_eq!(crowd.len(), 16);
    let mut other = from("127.0.0.3", setup.proxy).await;
    other.send(request).await;
    assert_eq!(other.read_head().await.0, 404);
}

#[tokio::test]
async fn one_connection_too_many_is_told_so() {
    let setup = Setup::with(|policy| policy.limits.connections = 1).await;
    let mut first = setup.client().await;
    let request = "GET /api/nothing/ HTTP/1.1\r\nHost: localhost\r\n\r\n";
    first.send(request).await;
    assert_eq!(first.read_head().await.0, 404);
    let mut second = setup.client().await;
    second.send(&get("/healthz")).await;
    let (status, head) = second.read_head().await;
    assert!(status == 429 && head.contains("retry-after"), "{head}");
    drop(first);
    until("room for another", async || {
        let mut third = setup.client().await;
        third.send(&get("/api/nothing/")).await;
        third.read_head().await.0 == 404
    })
    .await;
}
