//! Whether a model answers: one token, asked for as callers do.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::WWW_AUTHENTICATE;

use super::body;
use super::client::{Client, answered, error_text, unreachable};
use super::name::ModelName;
use crate::error::{Error, Kind, Result};

/// What came of asking for a token.
#[derive(Debug)]
pub enum Token {
    /// It came, from this URL.
    Came(String),
    /// Neither interface is offered.
    NotOffered,
    /// Who asked is not let in: 401.
    Refused(Refusal),
}

/// A 401. A server may pass on one of the server behind it; the challenge tells whose it is.
#[derive(Debug)]
pub struct Refusal {
    /// For people: who answered what.
    pub answer: String,
    /// What the answer says besides; may be empty.
    pub text: String,
    /// `WWW-Authenticate`; empty where there is none.
    pub challenge: String,
}

impl Refusal {
    fn new(url: &str, body: &str, challenge: String) -> Self {
        Self {
            answer: answered(url, StatusCode::UNAUTHORIZED, ""),
            text: error_text(body),
            challenge,
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.answer)?;
        match self.text.as_str() {
            "" => Ok(()),
            text => write!(f, ": {text}"),
        }
    }
}

/// What came of one request.
enum Answer {
    Token,
    NoSuchPath,
    Refused(Refusal),
}

impl Client {
    /// Asks for one token at this base address, within `at_most`, as a client of Ollama's or of `OpenAI`'s
    /// interface would, with this key; without a model it is for the gateway there to choose one.
    pub async fn one_token_from(
        &self,
        base: &str,
        key: Option<&str>,
        model: Option<&ModelName>,
        at_most: Duration,
    ) -> Result<Token> {
        let questions = [
            (
                "/api/generate",
                serde_json::json!({
                    "prompt": "Hi", "stream": false, "options": { "num_predict": 1 },
                }),
            ),
            (
                "/v1/chat/completions",
                serde_json::json!({
                    "messages": [{ "role": "user", "content": "Hi" }], "max_tokens": 1,
                }),
            ),
        ];
        for (path, mut body) in questions {
            if let Some(model) = model {
                body["model"] = model.as_str().into();
            }
            let url = format!("{base}{path}");
            let request = self.http.post(&url).json(&body).timeout(at_most);
            let request = match key {
                Some(key) => request.bearer_auth(key),
                None => request,
            };
            match one_token(request, &url, model).await? {
                Answer::Token => return Ok(Token::Came(url)),
                Answer::Refused(refusal) => return Ok(Token::Refused(refusal)),
                Answer::NoSuchPath => {}
            }
        }
        Ok(Token::NotOffered)
    }

    /// The 401 with which this URL answers a GET with this key; `None` for any other answer.
    pub async fn refusal(
        &self,
        url: &str,
        key: Option<&str>,
        at_most: Duration,
    ) -> reqwest::Result<Option<Refusal>> {
        let request = self.http.get(url).timeout(at_most);
        let request = match key {
            Some(key) => request.bearer_auth(key),
            None => request,
        };
        let response = request.send().await?;
        let refused = response.status() == StatusCode::UNAUTHORIZED;
        let challenge = challenge(&response);
        let text = body::text(response).await?;
        Ok(refused.then(|| Refusal::new(url, &text, challenge)))
    }
}

/// Sends a question for a token.
async fn one_token(
    request: reqwest::RequestBuilder,
    url: &str,
    model: Option<&ModelName>,
) -> Result<Answer> {
    let response = request
        .send()
        .await
        .map_err(|error| unreachable(url, &error))?;
    let status = response.status();
    let challenge = challenge(&response);
    let text = body::text(response)
        .await
        .map_err(|error| unreachable(url, &error))?;
    // A model that is missing is a 404 too, but says so in JSON.
    let missing = match model {
        Some(model) => text.contains(&format!("model '{model}' not found")),
        None => text.contains("model '"),
    };
    let no_such_path = matches!(status.as_u16(), 404 | 405 | 501)
        && !missing
        && !text.contains("not found, try pulling");
    if no_such_path {
        return Ok(Answer::NoSuchPath);
    }
    match status {
        StatusCode::UNAUTHORIZED => Ok(Answer::Refused(Refusal::new(url, &text, challenge))),
        _ if status.is_success() => Ok(Answer::Token),
        _ => Err(Error::new(Kind::Unhealthy, answered(url, status, &text))),
    }
}

fn challenge(response: &reqwest::Response) -> String {
    let challenge = response.headers().get(WWW_AUTHENTICATE);
    let challenge = challenge.and_then(|value| value.to_str().ok());
    challenge.unwrap_or_default().to_owned()
}
