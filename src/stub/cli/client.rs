//! Requests of the client commands to the server at `OLLAMA_HOST`.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Collected, Full};
use hyper::body::Incoming;
use hyper::{Method, Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::error::{Context, Error, Result};

/// A server that answers.
pub(super) struct Server {
    pub(super) address: SocketAddr,
}

impl Server {
    /// Sends a request with this body, none for `null`.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<Response<Incoming>> {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address))
            .header("host", self.address.to_string())
            .body(Full::new(Bytes::from(body)))
            .or_failed(|| format!("cannot ask for {path}"))?;
        let client = Client::builder(TokioExecutor::new()).build_http();
        let answer = client.request(request).await;
        answer.map_err(|error| Error::failed(format!("{error}")))
    }

    /// Sends a request and reads the answer, which may be empty. The error is the server's.
    pub(super) async fn ask(&self, method: Method, path: &str, body: &Value) -> Result<Value> {
        let answer = self.send(method, path, body).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await;
        let body = body.map(Collected::to_bytes).unwrap_or_default();
        let value: Value = serde_json::from_slice(&body).unwrap_or_default();
        if status.is_success() {
            return Ok(value);
        }
        Err(refused(&value, status.as_str()))
    }
}

/// The error of an answer.
pub(super) fn refused(answer: &Value, otherwise: &str) -> Error {
    Error::failed(answer["error"].as_str().unwrap_or(otherwise).to_owned())
}
