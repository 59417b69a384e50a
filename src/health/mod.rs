//! Whether the stack works: small checks, side by side, each with the reason when it fails.

mod backend;
mod gateway;
mod inference;
mod readiness;
mod refused;
mod waiting;

use std::time::Duration;

use backend::{backend_and_model, relay_gone};
use gateway::check_gateway;
use readiness::{Readiness, readiness};
pub use refused::entry;
use serde::Serialize;
pub use waiting::Waiting;

use crate::config::Config;
use crate::daemon::Restarts;
use crate::error::{Kind, Result};
use crate::gateway::Gateway;
use crate::ollama::Client;
use crate::paths::Paths;

/// How long one answer may take that costs nothing.
const ANSWER: Duration = Duration::from_secs(5);

/// Waiting does not mend it.
const LASTING: Option<Duration> = Some(Duration::ZERO);

/// Lines of somebody else's text that are shown.
const EVIDENCE: usize = 20;

/// A part of the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The backend answers.
    Backend,
    /// The required model is in its store.
    Model,
    /// The gateway answers its health endpoint.
    Gateway,
    /// The model answers.
    Inference,
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Backend => "backend",
            Self::Model => "model",
            Self::Gateway => "gateway",
            Self::Inference => "inference",
        })
    }
}

/// How much is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub enum Level {
    /// Processes answer.
    Live,
    /// The model is there too.
    Ready,
    /// The model answers through the gateway.
    Infer {
        /// How long a token may take: a model that is not loaded yet is loaded first.
        within: Duration,
    },
}

/// A part that does not work.
#[derive(Debug, Clone, Serialize)]
pub struct Failure {
    /// Which part.
    pub part: Part,
    /// Why.
    pub reason: String,
    /// What shows it: what a health check printed, a server's answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
    /// The next command.
    pub hint: String,
    /// It is not there, rather than broken: `up` brings it.
    #[serde(skip)]
    pub absent: bool,
    /// How long waiting may mend it; `None` where that is not known.
    #[serde(skip)]
    pub patience: Option<Duration>,
    /// What kind of failure: an engine that cannot be asked is not a gateway that does not work.
    #[serde(skip)]
    pub kind: Kind,
}

impl Failure {
    /// An unhealthy part.
    pub fn new(part: Part, reason: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            part,
            reason: reason.into(),
            evidence: Vec::new(),
            hint: hint.into(),
            absent: false,
            patience: None,
            kind: Kind::Unhealthy,
        }
    }

    /// A part that is not there.
    pub fn absent(part: Part, reason: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            absent: true,
            ..Self::new(part, reason, hint)
        }
    }

    /// Adds what shows it, line by line.
    #[must_use]
    fn evidence(mut self, text: &str) -> Self {
        let lines = text.lines().map(str::trim_end);
        let lines = lines.filter(|line| !line.is_empty()).take(EVIDENCE);
        self.evidence.extend(lines.map(str::to_owned));
        self
    }
}

/// What is checked.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// State folders.
    pub paths: &'a Paths,
    /// The gateway; `None` where it is not asked for.
    pub gateway: Option<&'a Gateway>,
    /// Whether the backend is asked for.
    pub backend: bool,
    /// Whether the model is asked for.
    pub model: bool,
    /// How much is asked.
    pub level: Level,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Health {
    /// What does not work; nothing means healthy.
    pub failures: Vec<Failure>,
    /// Which URL gave the token, where one was asked for.
    pub asked: Option<String>,
    /// Worth knowing all the same.
    pub note: Option<String>,
}

/// Checks; no failures means healthy.
pub async fn check(question: &Question<'_>) -> Result<Vec<Failure>> {
    Ok(examine(question).await?.failures)
}

/// Checks, and tells what was asked.
pub async fn examine(question: &Question<'_>) -> Result<Health> {
    // A gateway alone is asked without a look at where the backend is.
    let host = question.config.client_host();
    let (backend, gateway) = tokio::join!(backend_and_model(question, &host), async {
        match question.gateway {
            Some(gateway) => Some(check_gateway(question, gateway).await),
            None => None,
        }
    });
    let mut failures = Vec::from_iter(backend?);
    if failures.is_empty() && (question.backend || matches!(gateway, Some(Err(_)))) {
        failures.extend(relay_gone(question, &host));
    }
    let located = match gateway {
        Some(Ok(located)) => Some(located),
        Some(Err(failure)) => {
            failures.push(failure);
            None
        }
        None => None,
    };
    if !failures.is_empty() || question.level < Level::Ready {
        return Ok(Health {
            failures,
            ..Health::default()
        });
    }
    let readiness = match &located {
        Some(located) => readiness(question, located).await,
        None => Readiness::default(),
    };
    if readiness.failure.is_some() {
        return Ok(Health {
            failures: readiness.failure.into_iter().collect(),
            ..Health::default()
        });
    }
    let mut health = match question.level {
        Level::Infer { within } => {
            host.looked_up().await;
            let client = Client::new(&host)?;
            inference::inference(question, &client, located, &readiness, within).await
        }
        Level::Live | Level::Ready => Health::default(),
    };
    health.note = health.note.or(readiness.note);
    Ok(health)
}

/// What ends again and again does not work, though it runs at this moment.
fn crashing(part: Part, restarts: &Restarts, hint: &str) -> Option<Failure> {
    let described = restarts.describe().filter(|_| restarts.is_loop())?;
    let reason = format!("it ends by itself again and again ({described})");
    Some(Failure::new(part, reason, hint))
}

/// What ended too often to be started again.
fn ended(restarts: &Restarts) -> String {
    let described = restarts.describe().unwrap_or_default();
    format!("it ended by itself again and again ({described})")
}
