//! Whether the stack works: small checks, side by side, each with the reason when it fails.

mod inference;
mod readiness;

use std::time::Duration;

use readiness::{Readiness, readiness};
use serde::Serialize;

use crate::backend::{self, RelayState};
use crate::config::Config;
use crate::daemon::Restarts;
use crate::error::{Kind, Result};
use crate::gateway::{Gateway, Located, locate};
use crate::ollama::{Client, OllamaHost, Probe};
use crate::paths::Paths;

/// How long one answer may take that costs nothing.
const ANSWER: Duration = Duration::from_secs(5);

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
    /// Waiting does not mend it.
    #[serde(skip)]
    pub lasting: bool,
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
            lasting: false,
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
    let client = Client::new(&question.config.client_host())?;
    let (backend, gateway) = tokio::join!(backend_and_model(question, &client), async {
        match question.gateway {
            Some(gateway) => Some(check_gateway(question, gateway).await),
            None => None,
        }
    });
    let mut failures = backend?;
    if failures.is_empty() && (question.backend || matches!(gateway, Some(Err(_)))) {
        failures.extend(relay_gone(question, client.host()));
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
            inference::inference(question, &client, located, &readiness, within).await
        }
        Level::Live | Level::Ready => Health::default(),
    };
    health.note = health.note.or(readiness.note);
    Ok(health)
}

async fn backend_and_model(question: &Question<'_>, client: &Client) -> Result<Vec<Failure>> {
    if !question.backend && !question.model {
        return Ok(Vec::new());
    }
    if let Some(failure) = check_backend(question, client).await {
        return Ok(vec![failure]);
    }
    let wanted = question.model && question.level >= Level::Ready;
    Ok(if wanted {
        check_model(question, client).await
    } else {
        None
    }
    .into_iter()
    .collect())
}

async fn check_backend(question: &Question<'_>, client: &Client) -> Option<Failure> {
    let host = client.host();
    let probe = client.probe(ANSWER).await;
    let absent = host.is_local() && probe == Probe::Absent;
    let (reason, hint) = match probe {
        Probe::Ollama => return crashing_backend(question, host),
        Probe::Absent if ended_by_itself(question, host) => {
            return Some(Failure::new(
                Part::Backend,
                format!(
                    "nothing listens on {host}: the backend ended by itself, and is being started again"
                ),
                "ollamactl logs backend",
            ));
        }
        Probe::Unresolved(unresolved) => {
            let hint = unresolved.hint();
            return Some(Failure::new(Part::Backend, unresolved.to_string(), hint));
        }
        Probe::Absent => (
            format!("nothing listens on {host}"),
            "ollamactl serve --background",
        ),
        Probe::Silent => (
            format!("{host} takes connections but does not answer"),
            "ollamactl restart",
        ),
        Probe::Stranger(what) => (format!("{host} is not Ollama: {what}"), "ollamactl doctor"),
    };
    // What runs elsewhere is not started from here.
    let hint = if host.is_local() {
        hint
    } else {
        "start it there, or unset OLLAMA_HOST to run one here"
    };
    Some(Failure {
        absent,
        ..Failure::new(Part::Backend, reason, hint)
    })
}

/// A backend that answers between two crashes.
fn crashing_backend(question: &Question<'_>, host: &OllamaHost) -> Option<Failure> {
    let record = backend::recorded(question.paths, host).filter(|_| host.is_local())?;
    crashing(Part::Backend, &record.restarts, "ollamactl logs backend")
}

/// What ends again and again does not work, though it runs at this moment.
fn crashing(part: Part, restarts: &Restarts, hint: &str) -> Option<Failure> {
    let restarts = restarts.describe().filter(|_| restarts.is_loop())?;
    let reason = format!("it ends by itself again and again ({restarts})");
    Some(Failure::new(part, reason, hint))
}

/// The relay that the gateway's container needs went with its supervisor.
fn relay_gone(question: &Question<'_>, host: &OllamaHost) -> Option<Failure> {
    let Gateway::Compose(compose) = question.gateway? else {
        return None;
    };
    let service = compose.project.service(&compose.service).ok()?;
    let gone = match backend::recorded(question.paths, host) {
        Some(record) => record.relay == RelayState::Gone,
        None => backend::relay_lost(question.paths, host),
    };
    (gone && service.network_mode != "host").then(|| {
        Failure::new(
            Part::Backend,
            "its supervisor was killed, and with it went the relay by which containers reach it",
            "ollamactl serve --background",
        )
    })
}

/// Whether a supervisor of ours is about to start a backend again that was ready before.
fn ended_by_itself(question: &Question<'_>, host: &OllamaHost) -> bool {
    let Some(record) = backend::recorded(question.paths, host) else {
        return false;
    };
    record.supervisor.is_alive() && record.is_ours() && record.version.is_some()
}

async fn check_model(question: &Question<'_>, client: &Client) -> Option<Failure> {
    let model = &question.config.model.value;
    let hint = format!("ollamactl pull-model {model}");
    match client.model(model).await {
        Ok(Some(_)) => None,
        Ok(None) => Some(Failure::absent(
            Part::Model,
            format!(
                "{model} ({}) is not in the model store",
                question.config.model.source
            ),
            hint,
        )),
        Err(error) => Some(Failure::new(
            Part::Model,
            error.to_string(),
            "ollamactl logs backend",
        )),
    }
}

async fn check_gateway(
    question: &Question<'_>,
    gateway: &Gateway,
) -> std::result::Result<Located, Failure> {
    let located = locate(gateway, question.paths)
        .await
        .map_err(|error| Failure {
            kind: error.kind,
            ..Failure::new(
                Part::Gateway,
                error.to_string(),
                error
                    .hints
                    .first()
                    .map_or("ollamactl doctor", String::as_str),
            )
        })?;
    if located.state != "running" {
        return Err(not_running(&located));
    }
    let crashing = crashing(Part::Gateway, &located.restarts, "ollamactl logs gateway");
    if let Some(failure) = crashing {
        return Err(failure);
    }
    if let Some(health) = located.health.as_deref().filter(|word| *word != "healthy") {
        return Err(ill(&located, health));
    }
    let Some(url) = &located.url else {
        // Nothing is published, so its own health check is all there is to ask.
        return if located.health.is_some() {
            Ok(located)
        } else if located.mute {
            Err(mute(&located))
        } else {
            Err(ill(&located, "starting"))
        };
    };
    let url = format!("{url}{}", question.config.gateway.health_path.value);
    match ask(&url).await {
        Ok(()) => Ok(located),
        Err((reason, body)) => Err(Failure::new(
            Part::Gateway,
            format!("{url}: {reason}"),
            "ollamactl logs gateway",
        )
        .evidence(&body)),
    }
}

/// A gateway that is not there, was stopped, or ended by itself.
fn not_running(located: &Located) -> Failure {
    const UP: &str = "ollamactl gateway up";
    if located.name.is_empty() {
        return Failure::absent(Part::Gateway, "it does not run", UP);
    }
    let reason = format!("{} is {}", located.name, located.state);
    let Some(exit) = &located.ended else {
        return Failure::absent(Part::Gateway, reason, UP);
    };
    let reason = format!("{reason}; it ended with {exit}");
    // Between two restarts by the engine nobody asked it to end.
    if located.state == "exited" && exit.as_asked() {
        return Failure::absent(Part::Gateway, reason, UP);
    }
    Failure::new(Part::Gateway, reason, "ollamactl logs gateway")
}

/// A container of which nothing can be known but that it runs, however long one waits.
fn mute(located: &Located) -> Failure {
    let name = &located.name;
    let reason = format!(
        "{name} runs, and that is all that can be known: it publishes no port and has no health check"
    );
    let (reason, hint) = match located.restarts.describe() {
        Some(ended) => (
            format!("{reason}; it ended by itself before ({ended})"),
            "ollamactl logs gateway",
        ),
        None => (
            reason,
            "publish a port, or add a healthcheck to the service",
        ),
    };
    Failure {
        lasting: true,
        ..Failure::new(Part::Gateway, reason, hint)
    }
}

/// A container whose own health check does not say that it is healthy.
fn ill(located: &Located, health: &str) -> Failure {
    let name = &located.name;
    match &located.detail {
        None if health == "starting" => Failure::new(
            Part::Gateway,
            format!("the first health check of {name} has not run yet"),
            "ollamactl health --wait",
        ),
        detail => Failure::new(
            Part::Gateway,
            format!("the health check of {name} says {health}"),
            if health == "starting" {
                "ollamactl health --wait"
            } else {
                "ollamactl logs gateway"
            },
        )
        .evidence(detail.as_deref().unwrap_or_default()),
    }
}

/// A health endpoint works when it answers with 2xx and does not say otherwise in its JSON. Else: why it
/// does not, and what it answered.
async fn ask(url: &str) -> std::result::Result<(), (String, String)> {
    let answer = crate::ollama::fetch(url, ANSWER).await;
    let (status, body) = answer.map_err(|error| (error.to_string(), String::new()))?;
    let said = serde_json::from_str::<serde_json::Value>(&body).ok();
    let word = said
        .as_ref()
        .and_then(|said| said.get("status"))
        .and_then(|word| word.as_str());
    let body = body.trim();
    match word {
        _ if !(200..300).contains(&status) && body.contains('\n') => {
            Err((format!("HTTP {status}"), body.to_owned()))
        }
        _ if !(200..300).contains(&status) => Err((
            format!("HTTP {status} {body}").trim_end().to_owned(),
            String::new(),
        )),
        Some(word) if !["ok", "healthy", "up", "pass"].contains(&word.to_lowercase().as_str()) => {
            Err((format!("it says {word:?}"), String::new()))
        }
        _ => Ok(()),
    }
}
