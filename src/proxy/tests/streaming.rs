//! Both ways, piece by piece, until somebody leaves.

use super::*;

#[tokio::test]
async fn an_answer_streams_chunk_by_chunk() {
    let setup = Setup::relay().await;
    let (mut client, mut upstream) = setup.pass(&get("/api/tags")).await;
    upstream.send("HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n").await;
    upstream.send("6\r\n{\"a\"}\n\r\n").await;
    // The second chunk is sent only when the first has arrived.
    client.read_to("{\"a\"}\n").await;
    upstream.send("6\r\n{\"b\"}\n\r\n0\r\n\r\n").await;
    client.read_to("{\"b\"}\n").await;
    client.read_to("0\r\n\r\n").await;
}

#[tokio::test]
async fn an_upload_streams_chunk_by_chunk() {
    let setup = Setup::relay().await;
    let mut client = setup.client().await;
    client
        .send("POST /api/chat HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        .await;
    let mut upstream = setup.accept().await;
    upstream.read_to("one").await;
    client.send("3\r\ntwo\r\n0\r\n\r\n").await;
    upstream.read_to("two").await;
    upstream.read_to("0\r\n\r\n").await;
    upstream
        .send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        .await;
    client.read_to("\r\n\r\nok").await;
}

#[tokio::test]
async fn a_client_that_leaves_closes_the_request_upstream() {
    let setup = Setup::relay().await;
    // Once while the answer streams, once before there is an answer.
    for answer in [
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n",
        "",
    ] {
        let (mut client, mut upstream) = setup.pass(&get("/api/tags")).await;
        upstream.send(answer).await;
        if !answer.is_empty() {
            client.read_to("x").await;
        }
        drop(client);
        assert_eq!(upstream.read_to_close().await, "");
    }
}

#[tokio::test]
async fn an_answer_that_is_cut_upstream_is_cut_for_the_client() {
    let setup = Setup::relay().await;
    let (mut client, mut upstream) = setup.pass(&get("/api/tags")).await;
    upstream
        .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")
        .await;
    client.read_to("x").await;
    drop(upstream);
    let rest = client.read_to_close().await;
    assert!(!rest.contains("0\r\n\r\n"), "no proper end: {rest:?}");
}

#[tokio::test]
async fn connections_to_the_backend_are_used_again() {
    let setup = Setup::relay().await;
    let mut client = setup.client().await;
    let request = "GET /api/tags HTTP/1.1\r\nHost: localhost\r\n\r\n";
    client.send(request).await;
    let mut upstream = setup.accept().await;
    for _ in 0..2 {
        upstream.read_to("\r\n\r\n").await;
        upstream
            .send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            .await;
        client.read_to("\r\n\r\nok").await;
        client.send(request).await;
    }
}

/// While the client takes nothing, no more is taken from the backend than the buffers hold.
#[tokio::test]
async fn a_slow_client_slows_the_backend() {
    let setup = Setup::relay().await;
    let (mut client, mut upstream) = setup.pass(&get("/api/tags")).await;
    upstream
        .send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        .await;
    let block = vec![b'x'; 64 * 1024];
    let mut sent = 0;
    while let Ok(count) =
        tokio::time::timeout(Duration::from_millis(500), upstream.stream.write(&block)).await
    {
        sent += count.expect("sends");
        assert!(sent < 64 << 20, "everything is taken in");
    }
    assert!(sent > 0);
    client.read_to("\r\n\r\n").await;
    // As soon as the client reads on, so does the proxy.
    let mut taken = vec![0; 1 << 20];
    for _ in 0..=sent / taken.len() {
        let count = client.stream.read(&mut taken).await.expect("reads");
        assert!(count > 0);
    }
    client.stream.read_exact(&mut taken).await.expect("reads");
    upstream.stream.write_all(&block).await.expect("sends");
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_of_an_upload_ends_it() {
    let setup = Setup::relay().await;
    let mut client = setup.client().await;
    client
        .send("POST /api/ps HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\npart")
        .await;
    let mut upstream = setup.accept().await;
    upstream.read_to("part").await;
    drop(client);
    assert_eq!(upstream.read_to_close().await, "");
}

#[tokio::test]
async fn a_continue_is_sent_when_the_body_is_wanted() {
    let setup = Setup::relay().await;
    let mut client = setup.client().await;
    client
        .send("POST /api/ps HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
        .await;
    client.read_to("HTTP/1.1 100 Continue\r\n\r\n").await;
    client.send("one").await;
    let mut upstream = setup.accept().await;
    let head = upstream.read_to("\r\n\r\n").await.to_lowercase();
    assert!(!head.contains("expect"), "{head}");
    upstream.read_to("one").await;
}

#[tokio::test]
async fn an_early_answer_does_not_wait_for_the_body() {
    let setup = Setup::relay().await;
    let mut client = setup.client().await;
    client
        .send("POST /api/ps HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\npart")
        .await;
    let mut upstream = setup.accept().await;
    upstream.read_to("part").await;
    upstream
        .send("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno")
        .await;
    client.read_to("no").await;
}
