//! A client of Ollama's HTTP API.

use std::time::Duration;

use reqwest::StatusCode;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::resolve::{self, Resolver, Unresolved};
use super::{ModelName, OllamaHost, body};
use crate::error::{Context, Error, Kind, Result};
use crate::wire;

/// How long an answer may take that costs Ollama nothing.
const QUICK: Duration = Duration::from_secs(5);
/// How long a connection alone may take, where nothing was answered.
const CONNECT: Duration = Duration::from_secs(1);

/// What to do where something before the backend wants to know who asks.
pub const ASKS_FOR_CREDENTIALS: &str =
    "ollamactl has no credentials for a backend: name one in OLLAMA_HOST that asks for none";

/// Talks to one Ollama.
#[derive(Debug, Clone)]
pub struct Client {
    pub(super) http: reqwest::Client,
    host: OllamaHost,
}

/// What is found where an Ollama should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// Ollama, and it answers HTTP.
    Ollama,
    /// Something that answers, but not as Ollama does.
    Stranger(String),
    /// Connections are taken, but nothing is answered in time: Ollama before it is ready, or a process
    /// that was stopped.
    Silent,
    /// Nothing listens.
    Absent,
    /// Its name has no address.
    Unresolved(Unresolved),
}

/// A model in the store.
#[derive(Debug, Clone, Deserialize, serde::Serialize)]
pub struct Model {
    /// Full name with tag.
    pub name: String,
    /// Bytes on disk.
    pub size: u64,
    /// Bare hexadecimal sha256 of the local manifest file.
    pub digest: String,
}

/// A model in memory.
#[derive(Debug, Clone, Deserialize, serde::Serialize)]
pub struct LoadedModel {
    /// Full name with tag.
    pub name: String,
    /// Bytes in memory.
    pub size: u64,
    /// Bytes of those in video memory.
    #[serde(default)]
    pub size_vram: u64,
}

/// A list of models, as Ollama answers with it. Go writes `null` for one that was never made.
#[derive(Deserialize)]
struct List<T> {
    models: Option<Vec<T>>,
}

/// The names in an answer to `GET /api/tags`.
pub fn listed(answer: &[u8]) -> serde_json::Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Named {
        name: String,
    }
    let list: List<Named> = serde_json::from_slice(answer)?;
    let models = list.models.unwrap_or_default();
    Ok(models.into_iter().map(|model| model.name).collect())
}

impl Client {
    /// A client of the Ollama at this address. Nothing is sent yet.
    pub fn new(host: &OllamaHost) -> Result<Self> {
        let host = host.for_client();
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls(host.https))
            .connect_timeout(QUICK)
            .dns_resolver(std::sync::Arc::new(Resolver))
            .redirect(reqwest::redirect::Policy::none());
        if host.is_local() {
            // Proxies are for the outside; a proxied loopback address is the proxy's own.
            builder = builder.no_proxy();
        }
        let http = builder.build().or_failed(|| "cannot set up HTTP")?;
        Ok(Self { http, host })
    }

    /// The address that this client talks to.
    pub fn host(&self) -> &OllamaHost {
        &self.host
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.host.url())
    }

    /// Looks who answers `GET /`, within `at_most`.
    pub async fn probe(&self, at_most: Duration) -> Probe {
        match self.look(at_most).await {
            // One that is just ending breaks off as a stranger does, but not twice.
            Err(_broken_off) => match self.look(at_most).await {
                Ok(probe) => probe,
                Err(error) => Probe::Stranger(wire::cause(&error)),
            },
            Ok(probe) => probe,
        }
    }

    /// Fails where whoever is there breaks off.
    async fn look(&self, at_most: Duration) -> Result<Probe, reqwest::Error> {
        let request = self.http.get(self.url("/")).timeout(at_most).send();
        let response = match request.await {
            Ok(response) => response,
            Err(error) if let Some(unresolved) = resolve::cause(&error) => {
                return Ok(Probe::Unresolved(unresolved));
            }
            // What makes no URL is no name either, and nobody was asked.
            Err(error)
                if error.is_builder()
                    && let Err(unresolved) = self.host.resolved() =>
            {
                return Ok(Probe::Unresolved(unresolved));
            }
            Err(error) if error.is_timeout() && self.listens().await => {
                return Ok(Probe::Silent);
            }
            // A connection that is not made in time is a connection that is not made.
            Err(error) if error.is_timeout() || error.is_connect() => return Ok(Probe::Absent),
            Err(error) => return Err(error),
        };
        let status = response.status();
        Ok(match body::text(response).await?.trim() {
            "Ollama is running" => Probe::Ollama,
            _ if status == StatusCode::UNAUTHORIZED => Probe::Stranger(format!(
                "answers GET / with {status}: it asks for credentials, and ollamactl has none for a backend"
            )),
            _ => Probe::Stranger(format!("answers GET / with {status}")),
        })
    }

    /// Whether something listens that did not answer in time: the connection itself may have failed. On
    /// this machine a port where nothing listens is refused at once, and one whose queue is full is not.
    async fn listens(&self) -> bool {
        if self.host.is_local() {
            return true;
        }
        let Some(address) = self.host.socket_addr() else {
            return false;
        };
        let connecting = tokio::net::TcpStream::connect(address);
        matches!(tokio::time::timeout(CONNECT, connecting).await, Ok(Ok(_)))
    }

    /// `GET /api/version`.
    pub async fn version(&self) -> Result<String> {
        #[derive(Deserialize)]
        struct Version {
            version: String,
        }
        Ok(self.get::<Version>("/api/version").await?.version)
    }

    /// `GET /api/tags`: the models in the store.
    pub async fn models(&self) -> Result<Vec<Model>> {
        let list = self.get::<List<Model>>("/api/tags").await?;
        Ok(list.models.unwrap_or_default())
    }

    /// The model of this name, if the store has it.
    pub async fn model(&self, name: &ModelName) -> Result<Option<Model>> {
        Ok(self
            .models()
            .await?
            .into_iter()
            .find(|model| name.means(&model.name)))
    }

    /// `GET /api/ps`: the models in memory.
    pub async fn loaded(&self) -> Result<Vec<LoadedModel>> {
        let list = self.get::<List<LoadedModel>>("/api/ps").await?;
        Ok(list.models.unwrap_or_default())
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let url = self.url(path);
        let response = self.http.get(&url).timeout(QUICK).send().await;
        let response = response.map_err(|error| unreachable(&url, &error))?;
        let status = response.status();
        let text = body::text(response)
            .await
            .map_err(|error| unreachable(&url, &error))?;
        if !status.is_success() {
            let error = Error::failed(answered(&url, status, &text));
            return Err(match status {
                StatusCode::UNAUTHORIZED => error.hint(ASKS_FOR_CREDENTIALS),
                _ => error,
            });
        }
        serde_json::from_str(&text).or_failed(|| format!("{url} did not answer as Ollama does"))
    }
}

/// A request that got no answer.
pub(super) fn unreachable(url: &str, error: &reqwest::Error) -> Error {
    if let Some(unresolved) = resolve::cause(error) {
        return unresolved.into();
    }
    let kind = if error.is_timeout() {
        Kind::Timeout
    } else {
        Kind::Unhealthy
    };
    Error::new(
        kind,
        format!("no answer from {url}: {}", wire::cause(error)),
    )
    .hint("see what runs: ollamactl status")
}

/// An answer that is not the one that was asked for, with what it says.
pub(super) fn answered(url: &str, status: StatusCode, body: &str) -> String {
    match error_text(body) {
        text if text.is_empty() => format!("{url} answered {status}"),
        text => format!("{url} answered {status}: {text}"),
    }
}

/// The text of `{"error":"…"}`, in `OpenAI`'s form too, or the body itself, in one line and not a long one.
pub(super) fn error_text(body: &str) -> String {
    #[derive(Deserialize)]
    struct Body {
        error: Said,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Said {
        Text(String),
        Object { message: String },
    }
    let text = match serde_json::from_str::<Body>(body).map(|body| body.error) {
        Ok(Said::Text(text) | Said::Object { message: text }) => text,
        Err(_) => body.to_owned(),
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(300).collect()
}

/// Why a plain GET was not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct NoAnswer {
    /// The time was over, as against a connection that failed.
    pub late: bool,
    /// For people.
    pub reason: String,
}

/// Status and body of a plain GET, past any proxy, or why there is none.
pub async fn fetch(url: &str, at_most: Duration) -> std::result::Result<(u16, String), NoAnswer> {
    let no_answer = |error: reqwest::Error| NoAnswer {
        late: error.is_timeout(),
        reason: if error.is_timeout() {
            format!("no answer within {} s", at_most.as_secs())
        } else {
            wire::cause(&error)
        },
    };
    let http = reqwest::Client::builder()
        .tls_backend_preconfigured(tls(url.starts_with("https:")))
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(at_most)
        .build()
        .map_err(no_answer)?;
    let response = http.get(url).send().await.map_err(no_answer)?;
    let status = response.status().as_u16();
    Ok((status, body::text(response).await.map_err(no_answer)?))
}

/// Root certificates travel in the binary, and are only set up where TLS is spoken. Those of the file that
/// `SSL_CERT_FILE` names, as for OpenSSL, count too: a company's own.
#[allow(
    clippy::missing_panics_doc,
    reason = "the provider and its versions are compiled in"
)]
pub fn tls(needed: bool) -> rustls::ClientConfig {
    let mut roots = rustls::RootCertStore::empty();
    if needed {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        let file = std::env::var_os("SSL_CERT_FILE");
        if let Some(found) = file.and_then(|file| CertificateDer::pem_file_iter(file).ok()) {
            roots.add_parsable_certificates(found.flatten());
        }
    }
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring supports the default protocol versions")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn probe_of(breaks_off: usize) -> Probe {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a listener");
        let address = listener.local_addr().expect("bound");
        let server = async {
            for _ in 1..breaks_off {
                drop(listener.accept().await);
            }
            let last = listener.accept().await;
            drop(listener);
            drop(last);
        };
        let client = Client::new(&OllamaHost::loopback(address.port())).expect("a client");
        tokio::join!(client.probe(QUICK), server).0
    }

    #[test]
    fn a_list_that_was_never_made_is_empty() {
        assert_eq!(listed(br#"{"models":null}"#).ok(), Some(Vec::new()));
        let one = br#"{"models":[{"name":"tiny:latest","size":1,"remote_host":"x"}]}"#;
        assert_eq!(listed(one).ok(), Some(vec!["tiny:latest".to_owned()]));
        assert!(listed(b"<html>").is_err());
    }

    #[tokio::test]
    async fn what_ends_while_it_is_looked_at_is_not_there() {
        assert_eq!(probe_of(1).await, Probe::Absent);
        assert!(matches!(probe_of(2).await, Probe::Stranger(_)));
    }
}
