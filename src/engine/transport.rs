//! The way to an engine: requests of one API version, over a connection that [`super::dial`] makes.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use bollard::errors::Error as Fault;
use bollard::{API_DEFAULT_VERSION, BollardRequest, Docker};
use bytes::Bytes;
use futures_util::Stream;
use futures_util::future::BoxFuture;
use http_body_util::{Either, Full, StreamBody};
use hyper::body::Frame;
use hyper::header::{CONNECTION, UPGRADE};
use hyper::upgrade::Upgraded;
use hyper::{Uri, http};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::dial::{Dialler, Stream as Dialled};
use crate::error::{Error, Result};

use super::Endpoint;

/// bollard's own limit is the same for every call; ours are the ones that count.
const BOLLARD_TIMEOUT_SECONDS: u64 = 24 * 60 * 60;
/// How long a connection that was expensive to make is kept for the next call.
const IDLE: Duration = Duration::from_secs(30);

/// bollard's request body, which has no public name.
type Body = Either<
    Full<Bytes>,
    StreamBody<Pin<Box<dyn Stream<Item = std::io::Result<Frame<Bytes>>> + Send>>>,
>;

/// Requests to one engine.
#[derive(Clone)]
pub(super) struct Transport {
    client: Client<Connector, Body>,
    dialler: Arc<Dialler>,
    /// The API version of all requests, once it is agreed upon. bollard's requests name none, and then
    /// an engine takes them for its own newest, which may be newer than what we know.
    version: Arc<OnceLock<String>>,
}

impl Transport {
    pub(super) fn new(endpoint: &Endpoint) -> Result<Self> {
        let dialler = Arc::new(Dialler::new(endpoint)?);
        let mut builder = Client::builder(TokioExecutor::new());
        if dialler.is_cheap() {
            builder.pool_max_idle_per_host(0);
        } else {
            builder.pool_timer(hyper_util::rt::TokioTimer::new());
            builder.pool_idle_timeout(IDLE);
        }
        Ok(Self {
            client: builder.build(Connector(dialler.clone())),
            dialler,
            version: Arc::default(),
        })
    }

    /// A client of the engine whose requests go this way.
    pub(super) fn docker(&self) -> std::result::Result<Docker, Fault> {
        let way = self.clone();
        let send = move |request: BollardRequest| {
            let (client, request) = (way.client.clone(), way.versioned(request));
            async move { client.request(request).await.map_err(Fault::from) }
        };
        let address = format!("http://{}", self.dialler.host());
        let timeout = BOLLARD_TIMEOUT_SECONDS;
        Docker::connect_with_custom_transport(send, Some(address), timeout, API_DEFAULT_VERSION)
    }

    /// All later requests are of this API version.
    pub(super) fn pin(&self, version: &str) {
        let _ = self.version.set(version.to_owned());
    }

    /// The error with what the program that carries the connection says of it.
    pub(super) async fn explain(&self, endpoint: &Endpoint, error: Error) -> Error {
        self.dialler.explain(endpoint, error).await
    }

    /// A connection on which the engine speaks HTTP/2 in place of its API.
    pub(super) async fn upgraded(&self, path: &str) -> std::result::Result<Upgraded, Fault> {
        let request = http::Request::post(format!("http://{}{path}", self.dialler.host()))
            .header(CONNECTION, "Upgrade")
            .header(UPGRADE, "h2c")
            .body(Either::Left(Full::default()))?;
        let response = self.client.request(self.versioned(request)).await?;
        Ok(hyper::upgrade::on(response).await?)
    }

    fn versioned(&self, mut request: BollardRequest) -> BollardRequest {
        if let Some(version) = self.version.get() {
            let path = request.uri().path_and_query();
            let path = path.map_or("/", http::uri::PathAndQuery::as_str);
            let mut parts = request.uri().clone().into_parts();
            parts.path_and_query = format!("/v{version}{path}").parse().ok();
            if let Ok(uri) = Uri::from_parts(parts) {
                *request.uri_mut() = uri;
            }
        }
        request
    }
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Transport")
    }
}

#[derive(Clone)]
struct Connector(Arc<Dialler>);

impl tower::Service<Uri> for Connector {
    type Response = TokioIo<Carrier>;
    type Error = std::io::Error;
    type Future = BoxFuture<'static, std::io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let dialler = self.0.clone();
        Box::pin(async move { Ok(TokioIo::new(Carrier(dialler.dial().await?))) })
    }
}

/// A connection as hyper's client wants it.
struct Carrier(Dialled);

impl Connection for Carrier {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Carrier {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        self.0.as_mut().poll_read(context, buffer)
    }
}

impl AsyncWrite for Carrier {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        self.0.as_mut().poll_write(context, bytes)
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        self.0.as_mut().poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        self.0.as_mut().poll_shutdown(context)
    }
}
