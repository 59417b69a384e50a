//! Both ends of a proxy, as raw sockets.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::proxy::{Gateway, Policy, Surface, serve};

pub const LOOPBACK: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);

/// One end of a connection, read up to expected text. Every wait has a limit, so a failure ends.
pub struct Peer {
    pub stream: TcpStream,
    pub seen: String,
}

impl Peer {
    pub async fn connect(address: SocketAddr) -> Self {
        Self::new(TcpStream::connect(address).await.expect("connects"))
    }

    pub fn new(stream: TcpStream) -> Self {
        let seen = String::new();
        Self { stream, seen }
    }

    pub async fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.expect("sends");
    }

    /// Reads until `mark` and returns everything up to and with it.
    pub async fn read_to(&mut self, mark: &str) -> String {
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

    /// The status of the next answer, and everything up to the end of its head.
    pub async fn read_head(&mut self) -> (u16, String) {
        let head = self.read_to("\r\n\r\n").await;
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        (status.expect("a status"), head.to_lowercase())
    }

    /// So many bytes of a body.
    pub async fn read_bytes(&mut self, count: usize) -> String {
        while self.seen.len() < count {
            assert!(self.read_some().await, "closed after {:?}", self.seen);
        }
        let rest = self.seen.split_off(count);
        std::mem::replace(&mut self.seen, rest)
    }

    /// A request with a body of known length, or `None` when there is no other.
    pub async fn read_request(&mut self) -> Option<String> {
        while !self.seen.contains("\r\n\r\n") {
            if !self.read_some().await {
                return None;
            }
        }
        let head = self.read_to("\r\n\r\n").await;
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        Some(head + &self.read_bytes(length.unwrap_or(0)).await)
    }

    /// Everything that comes until the connection ends, or nothing comes any more.
    pub async fn read_to_close_or_idle(&mut self) -> String {
        let idle = Duration::from_millis(100);
        while let Ok(true) = tokio::time::timeout(idle, self.read_some()).await {}
        std::mem::take(&mut self.seen)
    }

    /// Reads to the end of the connection.
    pub async fn read_to_close(&mut self) -> String {
        while self.read_some().await {}
        std::mem::take(&mut self.seen)
    }

    pub async fn read_some(&mut self) -> bool {
        let mut bytes = [0; 4096];
        let read = tokio::time::timeout(Duration::from_secs(10), self.stream.read(&mut bytes));
        let count = read.await.expect("something comes in time").unwrap_or(0);
        self.seen
            .push_str(&String::from_utf8_lossy(&bytes[..count]));
        count > 0
    }
}

/// A proxy on a free port and the listener of its upstream.
pub struct Setup {
    pub proxy: SocketAddr,
    pub upstream: Option<TcpListener>,
    pub served: tokio::task::JoinHandle<()>,
    pub shutdown: DropGuard,
}

impl Setup {
    pub async fn relay() -> Self {
        Self::with(|policy| policy.surface = Surface::Relay { admin: false }).await
    }

    pub async fn with(change: impl FnOnce(&mut Policy)) -> Self {
        let upstream = TcpListener::bind(LOOPBACK).await.expect("binds");
        let address = upstream.local_addr().expect("bound");
        let mut policy = Policy::gateway(address, Gateway::default());
        change(&mut policy);
        let listener = TcpListener::bind(LOOPBACK).await.expect("binds");
        let proxy = listener.local_addr().expect("bound");
        let token = CancellationToken::new();
        let time = policy.limits.drain_timeout;
        let drain = async move { tokio::time::sleep(time).await };
        let task = serve(listener, Arc::new(policy), token.clone(), drain);
        let served = tokio::spawn(async { task.await.expect("serves") });
        let shutdown = token.drop_guard();
        Self {
            proxy,
            upstream: Some(upstream),
            served,
            shutdown,
        }
    }

    pub async fn client(&self) -> Peer {
        Peer::connect(self.proxy).await
    }

    /// Sends a request that travels on: its client, and the upstream after it has read the head.
    pub async fn pass(&self, request: &str) -> (Peer, Peer) {
        let mut client = self.client().await;
        client.send(request).await;
        let mut upstream = self.accept().await;
        upstream.read_to("\r\n\r\n").await;
        (client, upstream)
    }

    pub fn upstream(&self) -> &TcpListener {
        self.upstream.as_ref().expect("not taken")
    }

    pub fn take_upstream(&mut self) -> TcpListener {
        self.upstream.take().expect("not taken")
    }

    /// Fails when a request has travelled on. A connection that carries none would be no harm.
    pub async fn assert_nobody_connected(&self) {
        let soon = Duration::from_millis(20);
        while let Ok(Ok((stream, _))) = tokio::time::timeout(soon, self.upstream().accept()).await {
            let mut peer = Peer::new(stream);
            let seen = peer.read_to_close_or_idle().await;
            assert!(!seen.contains("smuggled"), "{seen}");
            assert!(!seen.contains("0\r\n\r\n"), "a whole request: {seen}");
        }
    }

    pub async fn accept(&self) -> Peer {
        let accepted = tokio::time::timeout(Duration::from_secs(10), self.upstream().accept());
        Peer::new(
            accepted
                .await
                .expect("connects in time")
                .expect("accepts")
                .0,
        )
    }
}

/// An answer of the backend with this JSON.
pub fn ok(json: &str) -> String {
    let length = json.len();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{json}"
    )
}

/// A request with this JSON.
pub fn post(path: &str, json: &str) -> String {
    let length = json.len();
    format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{json}")
}

/// Waits until it is so; fails after a time in which any of it must have happened.
pub async fn until(what: &str, mut look: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while !look().await {
        assert!(
            tokio::time::Instant::now() < deadline,
            "waited in vain for: {what}"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
}
