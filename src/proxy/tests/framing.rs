//! What says in two ways where a message ends is refused or made one: raw requests, and what the backend
//! gets to see of them.

use super::*;

#[tokio::test]
async fn the_host_becomes_the_backends_and_hop_by_hop_headers_go() {
    let setup = Setup::relay().await;
    let mut client = setup.client().await;
    client
        .send(
            "GET /api/ps?x=1 HTTP/1.1\r\nHost: host.docker.internal:11434\r\nOrigin: http://a.test\r\n\
             Connection: close, X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\nX-Kept: 1\r\n\r\n",
        )
        .await;
    let mut upstream = setup.accept().await;
    let head = upstream.read_to("\r\n\r\n").await.to_lowercase();
    assert!(head.starts_with("get /api/ps?x=1 http/1.1\r\n"), "{head}");
    let host = setup.upstream().local_addr().expect("bound");
    assert!(head.contains(&format!("host: {host}\r\n")), "{head}");
    assert!(head.contains("x-kept: 1\r\n"), "{head}");
    assert!(head.contains("origin: http://a.test\r\n"), "{head}");
    for gone in ["x-hop", "te:", "connection:"] {
        assert!(!head.contains(gone), "{gone} in {head}");
    }
    upstream
        .send(
            "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=9\r\nX-Answer: 1\r\nContent-Length: 0\r\n\r\n",
        )
        .await;
    let answer = client.read_to_close().await.to_lowercase();
    assert!(answer.contains("x-answer: 1\r\n"), "{answer}");
    assert!(!answer.contains("keep-alive: timeout"), "{answer}");
}

/// Who sends two framings may mean another end of the message than we: only one travels on, and nothing
/// that follows on the connection is read.
#[tokio::test]
async fn of_two_framings_one_travels_on_and_nothing_after_it() {
    let setup = Setup::relay().await;
    let smuggled = "GET /api/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for framing in [
        "Content-Length: 13\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 13",
        "Content-Length: 99999\r\nTransfer-Encoding: chunked",
        "Content-Length: 5\r\nTransfer-Encoding: CHUNKED",
    ] {
        let mut client = setup.client().await;
        let body = "3\r\none\r\n0\r\n\r\n";
        client
            .send(&format!(
                "POST /api/show HTTP/1.1\r\nHost: localhost\r\n{framing}\r\n\r\n{body}{smuggled}"
            ))
            .await;
        let mut upstream = setup.accept().await;
        let head = upstream.read_to("\r\n\r\n").await.to_lowercase();
        let one_framing = head.contains("content-length: 3\r\n")
            != head.contains("transfer-encoding: chunked\r\n");
        assert!(one_framing && head.contains("post /api/show"), "{head}");
        upstream.read_to("one").await;
        upstream.send(&ok("{}")).await;
        let answers = client.read_to_close().await.to_lowercase();
        assert_eq!(answers.matches("http/1.1 ").count(), 1, "{answers}");
        assert!(answers.contains("connection: close\r\n"), "{answers}");
        assert!(!upstream.read_to_close_or_idle().await.contains("smuggled"));
    }
}

/// Every way known to us of framing a request so that two programs may part it differently.
const AMBIGUOUS: [&str; 26] = [
    "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    "Content-Length: 3, 3\r\n\r\nxxx",
    "Content-Length: 3, 4\r\n\r\nxxx",
    "Content-Length: +3\r\n\r\nxxx",
    "Content-Length: -3\r\n\r\nxxx",
    "Content-Length: 0x3\r\n\r\nxxx",
    "Content-Length: 3 4\r\n\r\nxxx",
    "Content-Length: 99999999999999999999999\r\n\r\nxxx",
    "Content-Length:\r\n\r\nxxx",
    "Content-Length : 3\r\n\r\nxxx",
    "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    " Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: gzip\r\n\r\n",
    "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "Transfer\u{0}-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: chun\u{0}ked\r\n\r\n0\r\n\r\n",
    "X-Folded: a\r\n b: c\r\n\r\n",
    "X-Folded: a\r\n\tTransfer-Encoding: chunked\r\n\r\n",
    "X-Bare: a\rTransfer-Encoding: chunked\r\n\r\n",
    "no colon\r\n\r\n",
    ": no name\r\n\r\n",
    "X\u{7f}Y: delete\r\n\r\n",
    "X[Y]: brackets\r\n\r\n",
];

#[tokio::test]
async fn ambiguous_heads_are_a_400_and_reach_nobody() {
    let setup = Setup::relay().await;
    for rest in AMBIGUOUS {
        let mut client = setup.client().await;
        client
            .send(&format!(
                "POST /api/show HTTP/1.1\r\nHost: localhost\r\n{rest}GET /api/smuggled HTTP/1.1\r\n\r\n"
            ))
            .await;
        let answers = client.read_to_close().await;
        assert!(
            answers.starts_with("HTTP/1.1 400 Bad Request\r\n"),
            "{rest:?}: {answers}"
        );
        assert_eq!(
            answers.matches("HTTP/1.1 ").count(),
            1,
            "{rest:?}: {answers}"
        );
        setup.assert_nobody_connected().await;
    }
}

#[tokio::test]
async fn request_lines_that_are_none_are_a_400() {
    let setup = Setup::relay().await;
    for line in [
        "nonsense",
        "GET /api/tags",
        "GET  /api/tags HTTP/1.1",
        "GET /api/tags HTTP/1.1 x",
        "GET /api/ta gs HTTP/1.1",
        "GET /api/tags HTTP/2.0",
        "GET /api/tags HTTP/0.9",
        "G\u{0}T /api/tags HTTP/1.1",
        "GET /api\u{0}tags HTTP/1.1",
    ] {
        let mut client = setup.client().await;
        client
            .send(&format!("{line}\r\nHost: localhost\r\n\r\n"))
            .await;
        let (status, head) = client.read_head().await;
        assert_eq!(status, 400, "{line:?}: {head}");
    }
    setup.assert_nobody_connected().await;
}

/// A body whose chunks are wrong is found out after its head has travelled on: the backend gets no end of
/// it, and nothing that follows.
#[tokio::test]
async fn malformed_chunks_end_the_request_and_the_connection() {
    let setup = Setup::relay().await;
    for chunks in [
        "x\r\none\r\n0\r\n\r\n",
        "-3\r\none\r\n0\r\n\r\n",
        "3\r\noneX\r\n0\r\n\r\n",
        "3\none\n0\n\n",
        "0x3\r\none\r\n0\r\n\r\n",
        "10000000000000000\r\none\r\n0\r\n\r\n",
        "3 x\r\none\r\n0\r\n\r\n",
        "3\r\none\r\n0\r\nTrailer : x\r\n\r\n",
    ] {
        let mut client = setup.client().await;
        client
            .send(&format!(
                "POST /api/show HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n\
                 {chunks}GET /api/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
            ))
            .await;
        let answers = client.read_to_close().await;
        assert!(
            answers.is_empty() || answers.starts_with("HTTP/1.1 400 "),
            "{chunks:?}: {answers}"
        );
        assert!(
            answers.matches("HTTP/1.1 ").count() < 2,
            "{chunks:?}: {answers}"
        );
    }
    setup.assert_nobody_connected().await;
}

#[tokio::test]
async fn headers_that_connection_names_do_not_travel_on() {
    let setup = Setup::relay().await;
    let mut client = setup.client().await;
    client
        .send(
            "POST /api/ps HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\nX-A: 1\r\nX-B: 1\r\n\
             Connection: Authorization\r\nConnection: x-a, Content-Length,,\r\n\
             Upgrade: h2c\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\nContent-Length: 3\r\n\r\none",
        )
        .await;
    let mut upstream = setup.accept().await;
    let head = upstream.read_to("\r\n\r\n").await.to_lowercase();
    for gone in [
        "authorization",
        "x-a:",
        "upgrade",
        "keep-alive",
        "connection",
    ] {
        assert!(!head.contains(gone), "{gone} in {head}");
    }
    assert!(head.contains("x-b: 1\r\n"), "{head}");
    // The body has its own length, whatever was said of the client's.
    assert!(head.contains("content-length: 3\r\n"), "{head}");
    upstream.read_to("one").await;
}

#[tokio::test]
async fn a_target_with_a_host_is_judged_by_it_and_sent_on_without() {
    let setup = Setup::relay().await;
    let mut client = setup.client().await;
    client
        .send("GET http://evil.example.com/api/tags HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await;
    assert_eq!(client.read_head().await.0, 403);
    let mut client = setup.client().await;
    client
        .send("GET http://localhost:1/api/tags?a HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await;
    let mut upstream = setup.accept().await;
    let head = upstream.read_to("\r\n\r\n").await;
    assert!(head.starts_with("GET /api/tags?a HTTP/1.1\r\n"), "{head}");
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let setup = Setup::relay().await;
    let mut client = setup.client().await;
    let one = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    client
        .send(&(one("/api/tags") + &one("/api/push") + &one("/api/ps")))
        .await;
    let mut upstream = setup.accept().await;
    let head = upstream.read_to("\r\n\r\n").await;
    assert!(head.starts_with("GET /api/tags "), "{head}");
    upstream.send(&ok("\"first\"")).await;
    client.read_to("first").await;
    assert_eq!(client.read_head().await.0, 403);
    let head = upstream.read_to("\r\n\r\n").await;
    assert!(head.starts_with("GET /api/ps "), "{head}");
    upstream.send(&ok("\"third\"")).await;
    client.read_to("third").await;
}
