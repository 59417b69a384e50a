//! Pooled connections to the backend behind a proxy.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::http::uri::PathAndQuery;
use hyper::{Request, Response, StatusCode};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::super::headers::STUB_HEADER;
use super::super::upload::Upload;
use super::Upstream;
use super::explain::Whose;
use crate::ollama;

/// A connect to the backend that takes longer than this has failed.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Unused connections to the backend are closed after this time.
const POOL_IDLE: Duration = Duration::from_mins(1);
/// Unused connections that are kept.
const POOL_SIZE: usize = 64;
/// An answer that the proxy reads itself is no longer than this: a list of thousands of models.
const OWN_ANSWER: usize = 4 * 1024 * 1024;
/// A connection's buffers grow up to this, each way. Tokens need less, and large bodies are no faster with
/// more.
pub const BUFFER: usize = 256 * 1024;

/// Connections to one backend.
#[derive(Debug)]
pub struct Pool {
    upstream: Upstream,
    /// Whose backend it is.
    pub whose: Whose,
    /// Whether what answered last is the stub, which says so itself.
    stub: AtomicBool,
    // Boxed: hyper makes room for 32 requests with each connection.
    client: Client<HttpsConnector<HttpConnector>, Box<Upload>>,
}

impl Pool {
    /// Connections to this backend, which may be the stub.
    pub fn new(upstream: Upstream, stub: bool) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(ollama::tls(upstream.is_https()))
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .pool_max_idle_per_host(POOL_SIZE)
            .http1_max_buf_size(BUFFER)
            .build(connector);
        Self {
            whose: Whose::of(&upstream, stub),
            stub: stub.into(),
            upstream,
            client,
        }
    }

    pub fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    /// Sends a request. Dropping the future, or the answer's body, closes it at the backend.
    pub async fn send(&self, request: Request<Upload>) -> Result<Response<Incoming>, ClientError> {
        let answer = self.client.request(request.map(Box::new)).await?;
        let stub = answer.headers().contains_key(STUB_HEADER);
        self.stub.store(stub, Ordering::Relaxed);
        Ok(answer)
    }

    /// Whether the stub stands behind it.
    pub fn is_stub(&self) -> bool {
        self.stub.load(Ordering::Relaxed)
    }

    /// Status and body of a plain GET within `at_most`, or why there is none.
    pub async fn get(
        &self,
        path: &'static str,
        at_most: Duration,
    ) -> Result<(StatusCode, Bytes), String> {
        let request = Request::get(self.upstream.uri(PathAndQuery::from_static(path)))
            .body(Upload::empty())
            .expect("a request made of valid parts");
        let exchange = async {
            let answer = self.send(request).await;
            let answer = answer.map_err(|error| self.explain(&error))?;
            let status = answer.status();
            let body = Limited::new(answer.into_body(), OWN_ANSWER).collect().await;
            let body = body.map_err(|error| format!("{} broke off: {error}", self.upstream))?;
            Ok((status, body.to_bytes()))
        };
        match tokio::time::timeout(at_most, exchange).await {
            Ok(outcome) => outcome,
            Err(_) => Err(format!(
                "the backend at {} did not answer within {} s",
                self.upstream,
                at_most.as_secs()
            )),
        }
    }

    /// Why a request got no answer, and what to do about it.
    pub fn explain(&self, error: &ClientError) -> String {
        self.whose.explain(&self.upstream, error)
    }
}
