//! What stands before every request: discovery, the checks of Host and Origin, the access line.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Poll};

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::body::{Frame, SizeHint};
use tokio::time::Instant;

use super::Stub;
use super::log;

/// Status of an access line when the client left before there was an answer.
const CLIENT_CLOSED: u16 = 499;

const ALLOWED_HEADERS: &str = "Authorization,Content-Type,User-Agent,Accept,X-Requested-With,\
    Openai-Beta,X-Stainless-Arch,X-Stainless-Async,X-Stainless-Custom-Poll-Interval,\
    X-Stainless-Helper-Method,X-Stainless-Lang,X-Stainless-Os,X-Stainless-Package-Version,\
    X-Stainless-Poll-Helper,X-Stainless-Retry-Count,X-Stainless-Runtime,\
    X-Stainless-Runtime-Version,X-Stainless-Timeout";
const ALLOWED_METHODS: &str = "GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS";

/// Request headers that a preflight's answer depends on; others depend on the first alone.
const PREFLIGHT_VARY: [&str; 3] = [
    "Origin",
    "Access-Control-Request-Method",
    "Access-Control-Request-Headers",
];

/// The client's address, as a request's extension.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) IpAddr);

/// Lets a request through to its handler, or answers in its place.
pub(super) async fn check(State(stub): State<Arc<Stub>>, request: Request, next: Next) -> Response {
    tokio::time::sleep_until(stub.ready).await;
    let mut access = Access::begin(stub.clone(), &request);
    let response = if host_is_local(&stub, request.headers()) {
        check_origin(&stub.settings.origins, request, next).await
    } else {
        StatusCode::FORBIDDEN.into_response()
    };
    access.status = response.status().as_u16();
    response.map(|body| {
        Body::new(Logged {
            body,
            _access: access,
        })
    })
}

/// Ollama's guard of the Host header, which exists only on a loopback listener.
fn host_is_local(stub: &Stub, headers: &HeaderMap) -> bool {
    if !stub.address.ip().is_loopback() {
        return true;
    }
    let Some(host) = headers.get(header::HOST) else {
        return true;
    };
    let host = host.to_str().unwrap_or("?").to_ascii_lowercase();
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => host.split(':').next().unwrap_or(&host),
    };
    if let Ok(address) = name.parse::<IpAddr>() {
        return match address {
            IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_unspecified(),
            IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unspecified(),
        };
    }
    name.is_empty()
        || name == "localhost"
        || [".localhost", ".local", ".internal"]
            .iter()
            .any(|end| name.ends_with(end))
        || sysinfo::System::host_name().is_ok_and(|own| own.eq_ignore_ascii_case(name))
}

async fn check_origin(more: &[String], request: Request, next: Next) -> Response {
    let Some(origin) = request.headers().get(header::ORIGIN).cloned() else {
        return next.run(request).await;
    };
    if is_same(&origin, request.headers().get(header::HOST)) {
        return next.run(request).await;
    }
    if !origin.to_str().is_ok_and(|origin| is_allowed(origin, more)) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let asks_first = request.method() == Method::OPTIONS;
    let (mut response, depends_on) = if asks_first {
        (preflight(), &PREFLIGHT_VARY[..])
    } else {
        (next.run(request).await, &PREFLIGHT_VARY[..1])
    };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    for name in depends_on {
        headers.append(header::VARY, HeaderValue::from_static(name));
    }
    response
}

fn is_same(origin: &HeaderValue, host: Option<&HeaderValue>) -> bool {
    let (Ok(origin), Some(Ok(host))) = (origin.to_str(), host.map(HeaderValue::to_str)) else {
        return false;
    };
    origin
        .split_once("://")
        .is_some_and(|(_, rest)| rest == host)
}

/// Whether an origin is among the built-in ones or those of `OLLAMA_ORIGINS`.
fn is_allowed(origin: &str, more: &[String]) -> bool {
    is_built_in(origin) || more.iter().any(|pattern| matches_pattern(origin, pattern))
}

fn is_built_in(origin: &str) -> bool {
    let Some((scheme, rest)) = origin.split_once("://") else {
        return false;
    };
    match scheme {
        "http" | "https" => {
            let host = rest.split(':').next().unwrap_or(rest);
            matches!(host, "localhost" | "127.0.0.1" | "0.0.0.0")
        }
        "app" | "file" | "tauri" | "vscode-webview" | "vscode-file" => true,
        _ => false,
    }
}

/// Whether a text is a pattern's, in which one `*` stands for anything.
fn matches_pattern(text: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        None => text == pattern,
        Some((before, after)) => text
            .strip_prefix(before)
            .is_some_and(|rest| rest.ends_with(after)),
    }
}

fn preflight() -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS),
        (header::ACCESS_CONTROL_ALLOW_METHODS, ALLOWED_METHODS),
        (header::ACCESS_CONTROL_MAX_AGE, "43200"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// An access line that is yet to be written: when the answer has ended, or its client has gone.
struct Access {
    stub: Arc<Stub>,
    begun: Instant,
    peer: IpAddr,
    request: log::Request,
    status: u16,
}

impl Access {
    fn begin(stub: Arc<Stub>, request: &Request) -> Self {
        let peer = request.extensions().get::<Peer>();
        Self {
            stub,
            begun: Instant::now(),
            peer: peer.map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0),
            request: log::Request {
                method: request.method().to_string(),
                path: request.uri().path().to_owned(),
            },
            status: CLIENT_CLOSED,
        }
    }
}

impl Drop for Access {
    fn drop(&mut self) {
        let took = self.begun.elapsed();
        self.stub
            .log
            .access(self.status, took, self.peer, &self.request);
    }
}

/// A body whose end writes the access line.
struct Logged {
    body: Body,
    _access: Access,
}

impl hyper::body::Body for Logged {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut task::Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
