//! A stub in the test's own process, and requests to it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Method, Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use ollamactl::stub::{Faults, Log, Options, Server, Settings};

/// A stub on a free port, stopped when dropped.
pub struct Stub {
    pub address: SocketAddr,
    task: tokio::task::JoinHandle<()>,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Stub {
    pub async fn start(models: &Path, preset: &[&str], faults: Faults) -> Self {
        Self::with(models, preset, faults, Settings::default()).await
    }

    pub async fn with(models: &Path, preset: &[&str], faults: Faults, settings: Settings) -> Self {
        let listen = (Ipv4Addr::LOCALHOST, 0).into();
        Self::on(listen, models, preset, faults, settings).await
    }

    pub async fn on(
        listen: SocketAddr,
        models: &Path,
        preset: &[&str],
        faults: Faults,
        settings: Settings,
    ) -> Self {
        let options = Options {
            listen,
            models: models.to_owned(),
            preset: preset.iter().map(|name| (*name).to_owned()).collect(),
            faults,
            settings,
        };
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = lines.clone();
        let log = Log::new(move |_, line| sink.lock().expect("not poisoned").push(line.to_owned()));
        let server = Server::bind(options, log).await.expect("binds");
        let address = server.address();
        let task = tokio::spawn(server.serve());
        Self {
            address,
            task,
            lines,
        }
    }

    pub async fn send(&self, call: &Call) -> Response<Incoming> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.address.port()));
        let uri = format!("http://{address}{}", call.path);
        let mut request = Request::new(Full::<Bytes>::from(call.body.clone()));
        *request.method_mut() = call.method.clone();
        *request.uri_mut() = uri.parse().expect("a URI");
        for (name, value) in &call.headers {
            let name: HeaderName = name.parse().expect("a header");
            let value = HeaderValue::from_str(value).expect("a value");
            request.headers_mut().insert(name, value);
        }
        let client = Client::builder(TokioExecutor::new()).build_http();
        let answer = tokio::time::timeout(Duration::from_secs(20), client.request(request));
        answer.await.expect("answers in time").expect("answers")
    }

    #[allow(dead_code, reason = "not every test asks")]
    pub async fn post(&self, path: &str, body: &str) -> String {
        let answer = self.send(&Call::post(path, body)).await;
        text(answer).await
    }

    /// Waits until a line with this in it is in the log.
    #[allow(dead_code, reason = "not every test asks")]
    pub async fn logged(&self, part: &str) -> String {
        let found = async {
            loop {
                let lines = self.lines.lock().expect("not poisoned").clone();
                match lines.into_iter().find(|line| line.contains(part)) {
                    Some(line) => return line,
                    None => tokio::time::sleep(Duration::from_millis(5)).await,
                }
            }
        };
        let limit = Duration::from_secs(20);
        tokio::time::timeout(limit, found).await.expect("is logged")
    }
}

pub async fn text(answer: Response<Incoming>) -> String {
    let body = answer.into_body().collect().await.expect("a whole body");
    String::from_utf8(body.to_bytes().to_vec()).expect("text")
}

/// One request.
#[derive(Clone)]
pub struct Call {
    method: Method,
    path: String,
    body: String,
    headers: Vec<(&'static str, String)>,
}

impl Call {
    pub fn new(method: Method, path: impl Into<String>, body: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            body: body.into(),
            headers: Vec::new(),
        }
    }

    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path, "")
    }

    pub fn post(path: impl Into<String>, body: impl Into<String>) -> Self {
        Self::new(Method::POST, path, body)
    }

    #[allow(dead_code, reason = "not every test has headers")]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}
