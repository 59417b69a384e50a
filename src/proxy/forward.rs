//! One request: judged, rewritten, sent to the backend, its answer streamed back.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hyper::body::{Body, Incoming};
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::http::request::Parts;
use hyper::http::uri::PathAndQuery;
use hyper::{Method, Request, Response, StatusCode, Version};
use hyper_util::client::legacy::Error as ClientError;
use tokio::time::sleep;

use super::admission::{Admission, Turn};
use super::answer::{self, Answer, refusal};
use super::auth;
use super::exchange::{Exchange, Ledger, REQUEST_ID};
use super::headers::{self, STUB_HEADER};
use super::health::{self, Vitals};
use super::naming::{self, Naming};
use super::noted::End;
use super::noted::metrics::Gauges;
use super::noted::usage::Tail;
use super::policy::{Endpoint, Gateway, Policy, Verdict};
use super::upload::{Fault, Progress, Upload};
use super::upstream::pool::Pool;
use crate::ollama::ModelName;

/// After how many seconds a client that found everything busy may ask again.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// Ollama streams these to its disk, so they may be of any size.
const BLOBS: &str = "/api/blobs/";

/// Sends requests to the backend of one policy.
#[derive(Debug)]
pub(super) struct Forwarder {
    policy: Arc<Policy>,
    pool: Pool,
    admission: Admission,
    vitals: Vitals,
    ledger: Arc<Ledger>,
    /// Connections that are open.
    pub connections: AtomicUsize,
}

/// What a connection knows of its client.
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub peer: SocketAddr,
    /// Why nothing passes, where there are too many connections already.
    pub refused: Option<&'static str>,
}

/// A request for the backend, and what goes with it.
struct Passage {
    parts: Parts,
    upload: Upload,
}

type Refused = Response<Answer>;

impl Forwarder {
    pub(super) fn new(policy: Arc<Policy>) -> Self {
        Self {
            pool: Pool::new(policy.upstream.clone(), policy.stub),
            admission: Admission::new(&policy.limits, policy.as_gateway().is_none()),
            vitals: Vitals::default(),
            ledger: Arc::new(Ledger {
                log: policy.log.clone(),
                ..Ledger::default()
            }),
            connections: AtomicUsize::new(0),
            policy,
        }
    }

    /// Answers one request. Dropping the future, or the answer's body, closes the request upstream.
    pub(super) async fn answer(
        &self,
        client: Client,
        request: Request<Incoming>,
    ) -> Result<Response<Answer>, Infallible> {
        let (parts, body) = request.into_parts();
        let mut exchange = Exchange::begin(
            self.ledger.clone(),
            client.peer,
            &parts.method,
            parts.uri.path(),
            &parts.headers,
        );
        // hyper hides a length that stood beside the chunks. Who sent both may mean another end of
        // the message than we, so nothing that follows on this connection is read.
        let ends_connection = parts.headers.contains_key(header::TRANSFER_ENCODING);
        let limits = &self.policy.limits;
        let most = if parts.uri.path().starts_with(BLOBS) {
            u64::MAX
        } else {
            limits.body_bytes
        };
        let upload = Upload::new(body, most, limits.client_timeout);
        exchange.uploads(upload.progress());
        // Boxed, since each step of the way would have room for it.
        let passage = Box::new(Passage { parts, upload });
        let mut response = match self.decide(&client, passage, most, &mut exchange).await {
            Ok(response) | Err(response) => response,
        };
        self.label(&mut response, &exchange, ends_connection);
        exchange.answered(response.status());
        response.body_mut().noted_in(exchange);
        Ok(response)
    }

    fn label(&self, response: &mut Response<Answer>, exchange: &Exchange, ends_connection: bool) {
        let headers = response.headers_mut();
        headers.insert(REQUEST_ID, exchange.id.clone());
        if ends_connection {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if self.pool.is_stub() {
            headers.insert(STUB_HEADER, HeaderValue::from_static("stub"));
        }
    }

    async fn decide(
        &self,
        client: &Client,
        passage: Box<Passage>,
        most: u64,
        exchange: &mut Exchange,
    ) -> Result<Response<Answer>, Refused> {
        let Parts {
            method,
            uri,
            headers,
            ..
        } = &passage.parts;
        let path = uri.path();
        if let Some(why) = client.refused {
            exchange.only_counted = true;
            return Err(busy(path, why));
        }
        if self.policy.guards_host() && !headers::is_for_us(uri, headers) {
            return Err(refusal(
                path,
                StatusCode::FORBIDDEN,
                "this Host header is refused: call by address, by a bare name, \
                 or by a name that ends in .localhost, .local or .internal",
            ));
        }
        let verdict = self.policy.judge(client.peer.ip(), method, path);
        let needs_key = matches!(verdict, Verdict::Pass | Verdict::Own(Endpoint::Metrics));
        if needs_key && !self.has_key(&passage.parts) {
            return Err(unauthorized(path, &passage.parts.headers));
        }
        match verdict {
            Verdict::Forbidden(text) => Err(refusal(path, StatusCode::FORBIDDEN, &text)),
            Verdict::Missing(text) => Err(refusal(path, StatusCode::NOT_FOUND, &text)),
            Verdict::Own(endpoint) => {
                exchange.quiet = true;
                Box::pin(self.own(endpoint, &passage.parts)).await
            }
            Verdict::Pass if passage.upload.size_hint().lower() > most => {
                Err(self.at_fault(path, Fault::TooLarge))
            }
            Verdict::Pass => {
                let turn = match self.admission.turn(client.peer.ip()).await {
                    Ok(turn) => turn,
                    Err(why) => return Err(busy(path, &why)),
                };
                self.pass(passage, turn, exchange).await
            }
        }
    }

    fn has_key(&self, parts: &Parts) -> bool {
        self.policy
            .as_gateway()
            .is_none_or(|gateway| gateway.keys.admit(&parts.headers))
    }

    async fn own(&self, endpoint: Endpoint, parts: &Parts) -> Result<Response<Answer>, Refused> {
        if !matches!(parts.method, Method::GET | Method::HEAD) {
            let mut refused = refusal(
                parts.uri.path(),
                StatusCode::METHOD_NOT_ALLOWED,
                "this is to be read: GET or HEAD",
            );
            let allow = HeaderValue::from_static("GET, HEAD");
            refused.headers_mut().insert(header::ALLOW, allow);
            return Err(refused);
        }
        let required = self
            .policy
            .as_gateway()
            .and_then(|gateway| gateway.model.as_ref());
        let load = (self.admission.in_flight(), self.admission.queued());
        Ok(match endpoint {
            Endpoint::Live => health::live(&self.pool, &self.vitals).await,
            Endpoint::Ready => health::ready(&self.pool, &self.vitals, required).await,
            Endpoint::Report => health::report(&self.pool, &self.vitals, required, load).await,
            Endpoint::Metrics => {
                let gauges = Gauges {
                    in_flight: load.0,
                    queued: load.1,
                    connections: self.connections.load(Ordering::Relaxed),
                };
                let text = self.ledger.metrics.render(gauges);
                answer::text(text, "text/plain; version=0.0.4; charset=utf-8")
            }
        })
    }

    async fn pass(
        &self,
        mut passage: Box<Passage>,
        turn: Turn,
        exchange: &mut Exchange,
    ) -> Result<Response<Answer>, Refused> {
        let path = passage.parts.uri.path().to_owned();
        if let Some(gateway) = self.policy.as_gateway()
            && passage.parts.method == Method::POST
            && naming::is_about_a_model(&path)
        {
            exchange.tail = Some(Tail::default());
            let named = name_model(gateway, &mut passage.upload, exchange).await;
            named.map_err(|fault| self.at_fault(&path, fault))?;
        }
        let progress = passage.upload.progress();
        let request = Box::new(self.rewrite(passage, exchange));
        let response = match self.await_head(request, &progress).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(self.failed(&path, progress.fault(), &error)),
            Err(Silent) => return Err(self.silent(&path)),
        };
        let idle = self.policy.limits.idle_timeout;
        let mut response = response.map(|body| Answer::stream(body, turn, idle));
        headers::rewrite_answer(response.headers_mut());
        if let Some(gateway) = self.policy.as_gateway()
            && !gateway.origins.is_empty()
        {
            headers::drop_cors(response.headers_mut());
        }
        Ok(response)
    }

    fn rewrite(&self, passage: Box<Passage>, exchange: &Exchange) -> Request<Upload> {
        let Passage { mut parts, upload } = *passage;
        let root = || PathAndQuery::from_static("/");
        let path = parts.uri.path_and_query().cloned().unwrap_or_else(root);
        parts.uri = self.pool.upstream().uri(path);
        parts.version = Version::HTTP_11;
        let headers = &mut parts.headers;
        headers::rewrite_request(headers, self.pool.upstream().host_header());
        headers.insert(REQUEST_ID, exchange.id.clone());
        if self.policy.as_gateway().is_none() {
            headers::drop_origin_of(headers);
        }
        if let Some(gateway) = self.policy.as_gateway() {
            if !gateway.keys.is_empty() {
                auth::strip(headers);
            }
            // Allowed here, it must not be refused there.
            if let Some(origin) = headers.get(header::ORIGIN)
                && gateway.allows(origin)
            {
                headers.remove(header::ORIGIN);
            }
        }
        Request::from_parts(parts, upload)
    }

    /// Waits for the head of the backend's answer. The time runs from the last byte of the upload.
    async fn await_head(
        &self,
        request: Box<Request<Upload>>,
        progress: &Progress,
    ) -> Result<Result<Response<Incoming>, ClientError>, Silent> {
        let mut answer = pin!(self.pool.send(*request));
        let mut received = progress.received();
        loop {
            tokio::select! {
                answer = &mut answer => return Ok(answer),
                () = sleep(self.policy.limits.idle_timeout) => {}
            }
            let before = std::mem::replace(&mut received, progress.received());
            if before == received {
                return Err(Silent);
            }
        }
    }

    /// What to answer when the backend's client failed: often because the client's body did.
    fn failed(&self, path: &str, fault: Option<Fault>, error: &ClientError) -> Refused {
        match fault {
            Some(fault) => self.at_fault(path, fault),
            None => refusal(path, StatusCode::BAD_GATEWAY, &self.pool.explain(error)),
        }
    }

    fn at_fault(&self, path: &str, fault: Fault) -> Refused {
        let text = match fault {
            Fault::TooLarge => format!(
                "{fault}: the limit is {} bytes (gateway.max_body)",
                self.policy.limits.body_bytes
            ),
            Fault::Stalled | Fault::Broken => fault.to_string(),
        };
        let mut refused = refusal(path, fault.status(), &text);
        // The rest of the body is not read, so no other request can follow.
        let close = HeaderValue::from_static("close");
        refused.headers_mut().insert(header::CONNECTION, close);
        refused
    }

    fn silent(&self, path: &str) -> Refused {
        let text = format!(
            "the backend at {} did not begin its answer in time; {}",
            self.pool.upstream(),
            self.pool.whose.log()
        );
        refusal(path, StatusCode::GATEWAY_TIMEOUT, &text)
    }

    /// Notes a request that was refused before it could be read.
    pub(super) fn note_unread(&self, peer: SocketAddr, status: StatusCode) {
        let headers = header::HeaderMap::new();
        let mut exchange =
            Exchange::begin(self.ledger.clone(), peer, &Method::default(), "-", &headers);
        exchange.answered(status);
        exchange.end = End::Whole;
    }
}

/// So many bytes of a model's name are noted.
const LONGEST_MODEL: usize = 256;

/// Learns which model a request is about, and writes the required one in where it names none.
async fn name_model(
    gateway: &Gateway,
    upload: &mut Upload,
    exchange: &mut Exchange,
) -> Result<(), Fault> {
    let Some(body) = upload.read_ahead(naming::MOST_BYTES).await? else {
        return Ok(());
    };
    let required = gateway.model.as_ref().map(ModelName::as_str);
    match naming::name(&body, required) {
        Naming::Named(mut model) => {
            // No model is called so; a client must not fill the log.
            model.truncate(model.floor_char_boundary(LONGEST_MODEL));
            exchange.model = Some(model);
        }
        Naming::Filled(body) => {
            exchange.model = required.map(str::to_owned);
            upload.replace(body);
        }
        Naming::Unclear => {}
    }
    Ok(())
}

/// The backend has not answered in time.
struct Silent;

fn busy(path: &str, why: &str) -> Refused {
    let mut refused = refusal(path, StatusCode::TOO_MANY_REQUESTS, &format!("busy: {why}"));
    refused
        .headers_mut()
        .insert(header::RETRY_AFTER, RETRY_AFTER);
    refused
}

fn unauthorized(path: &str, asked: &HeaderMap) -> Refused {
    let mut refused = refusal(path, StatusCode::UNAUTHORIZED, auth::reason(asked));
    if let Ok(challenge) = HeaderValue::try_from(auth::challenge(asked)) {
        let headers = refused.headers_mut();
        headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
    refused
}
