//! The gateway: a container of the compose service, or the embedded one.

use super::{ANSWER, Failure, Part, Question, crashing};
use crate::gateway::{Gateway, Located, locate};

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
    if matches!(located.state.as_str(), "running" | "restarting")
        && let Some(failure) = crashing(Part::Gateway, &located.restarts, "ollamactl logs gateway")
    {
        return Err(failure);
    }
    if located.state != "running" {
        return Err(not_running(&located));
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
