//! One request: judged, rewritten, sent to the backend, its answer streamed back.

use std::convert::Infallible;
use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{Either, Empty, Full};
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::{Request, Response, StatusCode, Uri, Version};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use serde_json::json;

use super::headers::{self, STUB_HEADER};
use super::policy::{Policy, Verdict};

/// A connect to the backend that takes longer than this has failed.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A backend that does not answer `GET /` within this time is unhealthy.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(2);
/// Unused connections to the backend are closed after this time.
const POOL_IDLE: Duration = Duration::from_mins(1);

type Body = Either<Incoming, Full<Bytes>>;

/// Sends requests to the backend of one policy, over pooled connections.
pub(super) struct Forwarder {
    policy: Arc<Policy>,
    client: Client<HttpConnector, Either<Incoming, Empty<Bytes>>>,
}

impl Forwarder {
    pub(super) fn new(policy: Arc<Policy>) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .build(connector);
        Self { policy, client }
    }

    /// Answers one request. Dropping the future, or the answer's body, closes the request upstream.
    pub(super) async fn answer(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Infallible> {
        let mut response = if headers::is_local_host(request.headers()) {
            match self.policy.judge(request.uri().path()) {
                Verdict::Pass => self.pass(request).await,
                Verdict::Health => self.health().await,
                Verdict::Forbidden(text) => refusal(StatusCode::FORBIDDEN, &text),
                Verdict::Missing(text) => refusal(StatusCode::NOT_FOUND, &text),
            }
        } else {
            refusal(
                StatusCode::FORBIDDEN,
                "this Host header is refused: call by address, by a bare name, \
                 or by a name that ends in .localhost, .local or .internal",
            )
        };
        if self.policy.stub {
            let headers = response.headers_mut();
            headers.insert(STUB_HEADER, HeaderValue::from_static("stub"));
        }
        Ok(response)
    }

    async fn pass(&self, mut request: Request<Incoming>) -> Response<Body> {
        *request.uri_mut() = self.uri(request.uri().path_and_query().map_or("/", |p| p.as_str()));
        *request.version_mut() = Version::HTTP_11;
        headers::rewrite_request(request.headers_mut(), self.policy.upstream);
        match self.client.request(request.map(Either::Left)).await {
            Ok(mut response) => {
                headers::drop_hop_by_hop(response.headers_mut());
                response.map(Either::Left)
            }
            Err(error) => refusal(StatusCode::BAD_GATEWAY, &self.explain(&error)),
        }
    }

    async fn health(&self) -> Response<Body> {
        let request = Request::get(self.uri("/")).body(Either::Right(Empty::new()));
        let request = request.expect("a request made of valid parts");
        let probe = tokio::time::timeout(HEALTH_TIMEOUT, self.client.request(request)).await;
        match probe {
            Ok(Ok(answer)) if answer.status().is_success() => {
                json_answer(StatusCode::OK, r#"{"status":"ok"}"#.to_owned())
            }
            _ => json_answer(
                StatusCode::SERVICE_UNAVAILABLE,
                r#"{"status":"unhealthy","failing":["backend"]}"#.to_owned(),
            ),
        }
    }

    fn uri(&self, path_and_query: &str) -> Uri {
        Uri::builder()
            .scheme("http")
            .authority(self.policy.upstream.to_string())
            .path_and_query(path_and_query)
            .build()
            .expect("an address and a parsed path make a URI")
    }

    fn explain(&self, error: &ClientError) -> String {
        let mut cause = error.to_string();
        let mut next = error.source();
        while let Some(source) = next {
            cause = source.to_string();
            next = source.source();
        }
        let upstream = self.policy.upstream;
        if error.is_connect() {
            format!("no backend answers at {upstream} ({cause}); start it with `ollamactl serve`")
        } else {
            format!(
                "the backend at {upstream} gave no answer ({cause}); \
                 see `ollamactl logs backend`, or start it again with `ollamactl serve`"
            )
        }
    }
}

fn refusal(status: StatusCode, text: &str) -> Response<Body> {
    json_answer(status, json!({"error": text}).to_string())
}

fn json_answer(status: StatusCode, json: String) -> Response<Body> {
    let mut response = Response::new(Either::Right(Full::from(json)));
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static("application/json; charset=utf-8");
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    response
}
