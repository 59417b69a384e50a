//! The backend behind a proxy: its address, and pooled connections to it.

use std::fmt;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::HeaderValue;
use hyper::http::uri::{Authority, PathAndQuery, Scheme};
use hyper::{Request, Response, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::explain::Whose;
use super::upload::Upload;
use crate::ollama::{self, OllamaHost};

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
pub(super) const BUFFER: usize = 256 * 1024;

/// Where requests go: `http://127.0.0.1:11434`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    scheme: Scheme,
    authority: Authority,
}

impl From<SocketAddr> for Upstream {
    fn from(address: SocketAddr) -> Self {
        let authority = Authority::try_from(address.to_string());
        Self {
            scheme: Scheme::HTTP,
            authority: authority.expect("an address is an authority"),
        }
    }
}

impl Upstream {
    /// The backend as a client reaches it; `None` where its name cannot be one.
    pub fn of(host: &OllamaHost) -> Option<Self> {
        let host = host.for_client();
        let standard = host.https && host.port == 443 && !host.host.contains(':');
        let authority = if standard {
            host.host.clone()
        } else {
            host.authority()
        };
        Some(Self {
            scheme: if host.https {
                Scheme::HTTPS
            } else {
                Scheme::HTTP
            },
            authority: Authority::try_from(authority).ok()?,
        })
    }

    /// Its Host header, which also satisfies Ollama's guard.
    pub(super) fn host_header(&self) -> HeaderValue {
        HeaderValue::try_from(self.authority.as_str()).expect("an authority is a header value")
    }

    /// Whether it is an address of this machine. Names are not looked up: but for `localhost`, they are
    /// names of others.
    pub(super) fn is_local(&self) -> bool {
        let host = self.authority.host();
        match host.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(ip) => ip.is_loopback() || UdpSocket::bind((ip, 0)).is_ok(),
            Err(_) => host.eq_ignore_ascii_case("localhost"),
        }
    }

    pub(super) fn uri(&self, path: PathAndQuery) -> Uri {
        Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone())
            .path_and_query(path)
            .build()
            .expect("scheme, authority and path make a URI")
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority)
    }
}

/// Connections to one backend.
#[derive(Debug)]
pub(super) struct Pool {
    upstream: Upstream,
    /// Whose backend it is.
    pub whose: Whose,
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
            .with_tls_config(ollama::tls(upstream.scheme == Scheme::HTTPS))
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
            upstream,
            client,
        }
    }

    pub fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    /// Sends a request. Dropping the future, or the answer's body, closes it at the backend.
    pub async fn send(&self, request: Request<Upload>) -> Result<Response<Incoming>, ClientError> {
        self.client.request(request.map(Box::new)).await
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ollama::host;

    #[test]
    fn an_address_becomes_a_url() {
        for (text, url) in [
            ("127.0.0.1:11434", "http://127.0.0.1:11434"),
            (":11434", "http://127.0.0.1:11434"),
            ("[::1]:5", "http://[::1]:5"),
            ("https://ollama.example", "https://ollama.example"),
            (
                "https://ollama.example:8443/x",
                "https://ollama.example:8443",
            ),
        ] {
            let upstream = Upstream::of(&host::parse(text)).expect("an authority");
            assert_eq!(upstream.to_string(), url);
        }
        assert_eq!(Upstream::of(&host::parse("a b:1")), None);
    }
}
