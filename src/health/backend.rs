//! The backend, its relay and the required model.

use super::{ANSWER, Failure, Level, Part, Question, crashing, ended};
use crate::backend::{self, RelayState};
use crate::error::Result;
use crate::gateway::Gateway;
use crate::ollama::{Client, OllamaHost, Probe};

const LOGS: &str = "ollamactl logs backend";

/// What fails of the two that are asked about; without a backend nothing is known of the model.
pub(super) async fn backend_and_model(
    question: &Question<'_>,
    host: &OllamaHost,
) -> Result<Option<Failure>> {
    if !question.backend && !question.model {
        return Ok(None);
    }
    host.looked_up().await;
    let client = Client::new(host)?;
    if let Some(failure) = check_backend(question, &client).await {
        // What cannot be read keeps `up` from starting one too.
        backend::readable(question.paths, host)?;
        return Ok(Some(failure));
    }
    Ok(if question.model && question.level >= Level::Ready {
        check_model(question, &client).await
    } else {
        None
    })
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
                LOGS,
            ));
        }
        Probe::Unresolved(unresolved) => {
            let hint = unresolved.hint();
            return Some(Failure::new(Part::Backend, unresolved.to_string(), hint));
        }
        Probe::Absent => {
            if let Some(restarts) = backend::given_up(question.paths, host) {
                let reason = format!("nothing listens on {host}: {}", ended(&restarts));
                return Some(Failure::new(Part::Backend, reason, LOGS));
            }
            (
                format!("nothing listens on {host}"),
                "ollamactl serve --background",
            )
        }
        Probe::Silent if host.is_local() && !is_ours(question, host) => {
            let error = backend::unresponsive(host);
            let hint = error.hints.first().cloned().unwrap_or_default();
            return Some(Failure::new(Part::Backend, error.message, hint));
        }
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

fn is_ours(question: &Question<'_>, host: &OllamaHost) -> bool {
    let record = backend::recorded(question.paths, host);
    record.is_some_and(|record| record.is_ours())
}

/// A backend that answers between two crashes.
fn crashing_backend(question: &Question<'_>, host: &OllamaHost) -> Option<Failure> {
    let record = backend::recorded(question.paths, host).filter(|_| host.is_local())?;
    crashing(Part::Backend, &record.restarts, LOGS)
}

/// The relay that the gateway's container needs went with its supervisor.
pub(super) fn relay_gone(question: &Question<'_>, host: &OllamaHost) -> Option<Failure> {
    let Gateway::Compose(compose) = question.gateway? else {
        return None;
    };
    let service = compose.project.service(&compose.service).ok()?;
    let relay = backend::recorded(question.paths, host).map(|record| record.relay);
    let (why, hint) = match relay {
        Some(RelayState::Suspended { supervisor }) => {
            ("is suspended, and with it", backend::wake(supervisor))
        }
        Some(RelayState::Gone) => killed(),
        None if backend::relay_lost(question.paths, host) => killed(),
        _ => return None,
    };
    (service.network_mode != "host").then(|| {
        let reason = format!("its supervisor {why} the relay by which containers reach it");
        Failure::new(Part::Backend, reason, hint)
    })
}

/// What happened to the supervisor and to its relay, and the next command.
fn killed() -> (&'static str, String) {
    (
        "was killed, and with it went",
        "ollamactl serve --background".to_owned(),
    )
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
                "{} ({}) is not in the model store",
                model.with_tag(),
                question.config.model.source
            ),
            hint,
        )),
        Err(error) => Some(Failure::new(
            Part::Model,
            error.to_string(),
            error.hints.first().map_or(LOGS, String::as_str),
        )),
    }
}
