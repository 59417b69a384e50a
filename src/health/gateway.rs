//! The gateway: a container of the compose service, or the embedded one.

use std::time::Duration;

use serde_json::Value;

use super::{ANSWER, Failure, LASTING, Part, Question, crashing, ended};
use crate::gateway::{Gateway, Located, State, locate};

const LOGS: &str = "ollamactl logs gateway";
/// How long a program that serves may take until it serves all of its paths.
const ROUTES: Duration = Duration::from_secs(15);
/// Asks the backend from where the gateway is.
const WAY: &str = "ollamactl doctor";

/// The gateway that runs and is healthy, or why there is none.
pub(super) async fn check_gateway(
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
    // In a loop it is now this, now that.
    if located.state.is_up()
        && let Some(failure) = crashing(Part::Gateway, &located.restarts, LOGS)
    {
        return Err(failure);
    }
    if located.state != State::Running {
        return Err(not_running(&located));
    }
    if let Some(health) = located.health.as_deref().filter(|word| *word != "healthy") {
        return Err(ill(&located, health));
    }
    let Some(url) = &located.url else {
        // Nothing is published, so its own health check is all there is to ask.
        return if located.lost_ports {
            Err(unreachable(&located))
        } else if located.out_of_reach && located.health.is_none() {
            Err(out_of_reach(&located))
        } else if located.health.is_some() {
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
        Err(ailing) if ailing.is_elsewhere => Err(elsewhere(question, &url).evidence(&ailing.body)),
        Err(ailing) => {
            let reason = format!("{url}: {}", ailing.reason);
            Err(Failure::new(Part::Gateway, reason, ailing.hint).evidence(&ailing.body))
        }
    }
}

/// A container that has left the network through which its ports are published, or was made without them.
fn unreachable(located: &Located) -> Failure {
    let reason = format!(
        "{} publishes no port, though its service does",
        located.name
    );
    Failure {
        patience: LASTING,
        ..Failure::new(Part::Gateway, reason, "ollamactl gateway up")
    }
}

/// A container whose ports only the engine's machine reaches.
fn out_of_reach(located: &Located) -> Failure {
    let reason = format!(
        "{} publishes its port on the loopback address of the engine's machine, which this is not",
        located.name
    );
    Failure {
        patience: LASTING,
        ..Failure::new(
            Part::Gateway,
            reason,
            "run ollamactl on that machine, or add a healthcheck to the service",
        )
    }
}

/// A gateway that is not there, was stopped, or ended by itself.
fn not_running(located: &Located) -> Failure {
    const UP: &str = "ollamactl gateway up";
    if located.restarts.given_up {
        return Failure::new(Part::Gateway, ended(&located.restarts), LOGS);
    }
    if located.name.is_empty() {
        return Failure::absent(Part::Gateway, "it does not run", UP);
    }
    let reason = format!("{} is {}", located.name, located.state);
    if located.state == State::Suspended {
        return Failure::new(
            Part::Gateway,
            reason,
            located.detail.as_deref().unwrap_or(UP),
        );
    }
    if located.state == State::Paused {
        let unpause = format!("docker unpause {}", located.name);
        return Failure::new(Part::Gateway, reason, unpause);
    }
    let Some(exit) = &located.ended else {
        return Failure::absent(Part::Gateway, reason, UP);
    };
    let reason = format!("{reason}; it ended with {exit}");
    // Between two restarts by the engine nobody asked it to end.
    if located.state == State::Exited && exit.as_asked() {
        return Failure::absent(Part::Gateway, reason, UP);
    }
    Failure::new(Part::Gateway, reason, LOGS)
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
            LOGS,
        ),
        None => (
            reason,
            "publish a port, or add a healthcheck to the service",
        ),
    };
    Failure {
        patience: LASTING,
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
            match detail {
                _ if health == "starting" => "ollamactl health --wait",
                Some(said) if misses_backend(said) => WAY,
                _ => LOGS,
            },
        )
        .evidence(&without_hint(detail.as_deref().unwrap_or_default())),
    }
}

/// What ollamactl said as a container's health check, without the advice that means nothing there.
fn without_hint(said: &str) -> String {
    let lines = said.lines();
    let lines = lines.filter(|line| line.trim().strip_prefix("hint: ") != Some(LOGS));
    lines.collect::<Vec<_>>().join("\n")
}

/// It serves, and has nothing at the path that is asked.
fn elsewhere(question: &Question<'_>, url: &str) -> Failure {
    let source = &question.config.gateway.health_path.source;
    let reason = format!(
        "{url}: HTTP 404: it serves, but nothing at that path (gateway.health_path: {source})"
    );
    Failure {
        patience: Some(ROUTES),
        ..Failure::new(
            Part::Gateway,
            reason,
            "name the path at which it says that it is well, such as `gateway: {health_path: /}` in ollamactl.yaml",
        )
    }
}

/// What a health endpoint answers that does not say that all is well.
struct Ailing {
    /// Nothing is at its path.
    is_elsewhere: bool,
    reason: String,
    /// What it answered, where that takes several lines.
    body: String,
    /// The next command.
    hint: &'static str,
}

/// A health endpoint works when it answers with 2xx and does not say otherwise in its JSON.
async fn ask(url: &str) -> std::result::Result<(), Ailing> {
    let ailing = |reason: String, body: &str, hint| {
        Err(Ailing {
            is_elsewhere: false,
            reason,
            body: body.to_owned(),
            hint,
        })
    };
    let (status, body) = match crate::ollama::fetch(url, ANSWER).await {
        Ok(answer) => answer,
        Err(none) if none.late => return ailing(none.reason, "", "ollamactl gateway restart"),
        Err(none) => return ailing(none.reason, "", LOGS),
    };
    let body = body.trim();
    let said = serde_json::from_str::<Value>(body).unwrap_or_default();
    let word = said["status"].as_str().unwrap_or("ok").to_lowercase();
    if status == 404 {
        return Err(Ailing {
            is_elsewhere: true,
            reason: format!("HTTP {status}"),
            // A line of a page or of JSON says no more than that.
            body: body.lines().nth(1).map_or("", |_| body).to_owned(),
            hint: LOGS,
        });
    }
    if !(200..300).contains(&status) {
        let hint = if misses_backend(body) { WAY } else { LOGS };
        return if body.contains('\n') {
            ailing(format!("HTTP {status}"), body, hint)
        } else {
            ailing(
                format!("HTTP {status} {body}").trim_end().to_owned(),
                "",
                hint,
            )
        };
    }
    if !["ok", "healthy", "up", "pass"].contains(&word.as_str()) {
        return ailing(format!("it says {word:?}"), "", LOGS);
    }
    Ok(())
}

/// Our own gateway says that what it lacks is the backend.
fn misses_backend(said: &str) -> bool {
    said.contains(r#""failing":["backend"]"#)
}
