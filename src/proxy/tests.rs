//! The proxy between real sockets: a scripted upstream behind it, raw clients before it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{Policy, Surface, serve};

const LOOPBACK: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);

/// One end of a connection, read up to expected text. Every wait has a limit, so a failure ends.
struct Peer {
    stream: TcpStream,
    seen: String,
}

impl Peer {
    async fn connect(address: SocketAddr) -> Self {
        Self::new(TcpStream::connect(address).await.expect("connects"))
    }

    fn new(stream: TcpStream) -> Self {
        let seen = String::new();
        Self { stream, seen }
    }

    async fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.expect("sends");
    }

    /// Reads until `mark` and returns everything up to and with it.
    async fn read_to(&mut self, mark: &str) -> String {
        loop {
            if let Some(at) = self.seen.find(mark) {
                let rest = self.seen.split_off(at + mark.len());
                return std::mem::replace(&mut self.seen, rest);
            }
            assert!(
                self.read_some().await,
                "closed before {mark:?}: {:?}",
                self.seen
            );
        }
    }

    /// Reads to the end of the connection.
    async fn read_to_close(&mut self) -> String {
        while self.read_some().await {}
        std::mem::take(&mut self.seen)
    }

    async fn read_some(&mut self) -> bool {
        let mut bytes = [0; 4096];
        let read = tokio::time::timeout(Duration::from_secs(10), self.stream.read(&mut bytes));
        let count = read.await.expect("something comes in time").unwrap_or(0);
        self.seen
            .push_str(&String::from_utf8_lossy(&bytes[..count]));
        count > 0
    }
}

/// A proxy on a free port and the listener of its upstream.
struct Setup {
    proxy: SocketAddr,
    upstream: TcpListener,
    served: tokio::task::JoinHandle<()>,
    shutdown: DropGuard,
}

impl Setup {
    async fn relay() -> Self {
        Self::with(|policy| policy.surface = Surface::Relay { admin: false }).await
    }

    async fn with(change: impl FnOnce(&mut Policy)) -> Self {
        let upstream = TcpListener::bind(LOOPBACK).await.expect("binds");
        let mut policy = Policy::gateway(upstream.local_addr().expect("bound"));
        change(&mut policy);
        let listener = TcpListener::bind(LOOPBACK).await.expect("binds");
        let proxy = listener.local_addr().expect("bound");
        let token = CancellationToken::new();
        let task = serve(listener, Arc::new(policy), token.clone());
        let served = tokio::spawn(async { task.await.expect("serves") });
        let shutdown = token.drop_guard();
        Self {
            proxy,
            upstream,
            served,
            shutdown,
        }
    }

    async fn client(&self) -> Peer {
        Peer::connect(self.proxy).await
    }

    async fn accept(&self) -> Peer {
        let accepted = tokio::time::timeout(Duration::from_secs(10), self.upstream.accept());
        Peer::new(
            accepted
                .await
                .expect("connects in time")
                .expect("accepts")
                .0,
        )
    }
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
}

#[tokio::test]
async fn an_answer_streams_chunk_by_chunk() {
    let setup = Setup::relay().await;
    let mut client = setup.client().await;
    client.send(&get("/api/tags")).await;
    let mut upstream = setup.accept().await;
    upstream.read_to("\r\n\r\n").await;
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
    let host = setup.upstream.local_addr().expect("bound");
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

#[tokio::test]
async fn of_two_framings_only_one_travels_on() {
    let setup = Setup::relay().await;
    for framing in [
        "Content-Length: 30\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 30",
    ] {
        let mut client = setup.client().await;
        let body = "3\r\none\r\n0\r\n\r\n";
        client
            .send(&format!(
                "POST /api/chat HTTP/1.1\r\nHost: localhost\r\n{framing}\r\n\r\n{body}"
            ))
            .await;
        let mut upstream = setup.accept().await;
        let head = upstream.read_to("\r\n\r\n").await.to_lowercase();
        assert!(head.contains("transfer-encoding: chunked\r\n"), "{head}");
        assert!(!head.contains("content-length"), "{head}");
        upstream.read_to(body).await;
    }
}

#[tokio::test]
async fn malformed_requests_are_a_400() {
    let setup = Setup::relay().await;
    for head in [
        "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nX-Folded: a\r\n b\r\n\r\n",
        "nonsense\r\n\r\n",
    ] {
        let mut client = setup.client().await;
        client.send(head).await;
        let answer = client.read_to_close().await;
        assert!(
            answer.starts_with("HTTP/1.1 400 Bad Request\r\n"),
            "{head:?}: {answer}"
        );
    }
}

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
async fn a_backend_that_is_down_is_a_502_and_unhealthy() {
    let setup = Setup::with(|policy| policy.stub = true).await;
    let (proxy, address) = (setup.proxy, setup.upstream.local_addr().expect("bound"));
    drop(setup.upstream);
    let mut client = Peer::connect(proxy).await;
    client.send(&get("/api/tags")).await;
    let answer = client.read_to_close().await;
    assert!(
        answer.starts_with("HTTP/1.1 502 Bad Gateway\r\n"),
        "{answer}"
    );
    assert!(answer.contains(&address.to_string()), "{answer}");
    assert!(answer.contains("`ollamactl serve`"), "{answer}");
    assert!(answer.contains("x-ollamactl-backend: stub\r\n"), "{answer}");

    let mut client = Peer::connect(proxy).await;
    client.send(&get("/healthz")).await;
    let answer = client.read_to_close().await;
    assert!(
        answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"),
        "{answer}"
    );
    assert!(
        answer.ends_with(r#"{"status":"unhealthy","failing":["backend"]}"#),
        "{answer}"
    );
}

#[tokio::test]
async fn the_gateway_is_healthy_when_the_backend_answers() {
    let setup = Setup::with(|_| {}).await;
    let mut client = setup.client().await;
    client.send(&get("/healthz")).await;
    let mut upstream = setup.accept().await;
    let head = upstream.read_to("\r\n\r\n").await;
    assert!(head.starts_with("GET / HTTP/1.1\r\n"), "{head}");
    upstream
        .send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        .await;
    let answer = client.read_to_close().await;
    assert!(answer.ends_with("\r\n\r\n{\"status\":\"ok\"}"), "{answer}");
}

#[tokio::test]
async fn a_peer_outside_the_subnets_is_closed_without_an_answer() {
    let (current, subnets) = watch::channel(vec!["10.9.0.0/16".parse().expect("a subnet")]);
    let setup = Setup::with(|policy| {
        *policy = Policy::relay(policy.upstream, subnets);
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

#[tokio::test]
async fn a_client_that_leaves_closes_the_request_upstream() {
    let setup = Setup::relay().await;
    // Once while the answer streams, once before there is an answer.
    for answer in [
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n",
        "",
    ] {
        let mut client = setup.client().await;
        client.send(&get("/api/tags")).await;
        let mut upstream = setup.accept().await;
        upstream.read_to("\r\n\r\n").await;
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
    let mut client = setup.client().await;
    client.send(&get("/api/tags")).await;
    let mut upstream = setup.accept().await;
    upstream.read_to("\r\n\r\n").await;
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

#[tokio::test]
async fn a_head_that_does_not_come_is_a_408() {
    let setup = Setup::with(|policy| policy.header_timeout = Duration::from_millis(300)).await;
    let mut client = setup.client().await;
    client.send("GET /api/tags HTTP/1.1\r\nHost: lo").await;
    let answer = client.read_to_close().await;
    assert!(
        answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"),
        "{answer}"
    );
}

#[tokio::test]
async fn shutdown_lets_a_running_answer_end() {
    let setup = Setup::relay().await;
    let mut client = setup.client().await;
    client.send(&get("/api/tags")).await;
    let mut upstream = setup.accept().await;
    upstream.read_to("\r\n\r\n").await;
    setup.shutdown.disarm().cancel();
    upstream
        .send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate")
        .await;
    client.read_to("late").await;
    setup.served.await.expect("ends");
}

#[tokio::test]
async fn what_outlives_the_drain_is_cut() {
    let setup = Setup::with(|policy| policy.drain = Duration::from_millis(50)).await;
    let mut client = setup.client().await;
    client.send(&get("/api/tags")).await;
    let mut upstream = setup.accept().await;
    upstream.read_to("\r\n\r\n").await;
    setup.shutdown.disarm().cancel();
    setup.served.await.expect("ends");
    assert_eq!(client.read_to_close().await, "");
}
