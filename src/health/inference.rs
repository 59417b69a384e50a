//! Whether the model answers: one token, asked for through the gateway.

use std::time::Duration;

use super::{Failure, Health, Part, Question, Readiness};
use crate::config::Secret;
use crate::error::{Error, Kind, Result};
use crate::gateway::{Gateway, Located};
use crate::ollama::Client;
use crate::units::seconds;

/// One token through the gateway. A gateway with an interface of its own cannot be asked for one, so
/// the backend is asked instead, and this is said.
pub(super) async fn inference(
    question: &Question<'_>,
    client: &Client,
    located: Option<Located>,
    readiness: &Readiness,
    within: Duration,
) -> Health {
    let model = &question.config.model.value;
    let own = client.host().url();
    let mut note = None;
    if let Some(located) = located {
        let why = match located.url {
            Some(url) => match through(question, client, &url, readiness, within).await {
                Ok(Some(asked)) => return answered(asked, None),
                Ok(None) => format!("{url} offers neither /api/generate nor /v1/chat/completions"),
                Err(error) => return unanswered(&error, within, "ollamactl logs gateway"),
            },
            None => format!("{} publishes no port", located.name),
        };
        note = Some(format!(
            "the token did not come through the gateway ({why}), but from the backend itself, {own}"
        ));
    }
    match client.one_token_from(&own, None, Some(model), within).await {
        Ok(Some(asked)) => answered(asked, note),
        Ok(None) => mute(
            &format!("{own} does not offer /api/generate"),
            "ollamactl doctor",
        ),
        Err(error) => unanswered(&error, within, "ollamactl logs backend"),
    }
}

/// Asks as callers do. A gateway of ours is asked without a model, so that what it writes in is tried
/// too; where that is another one, the required one is asked for besides.
async fn through(
    question: &Question<'_>,
    client: &Client,
    url: &str,
    readiness: &Readiness,
    within: Duration,
) -> Result<Option<String>> {
    let (key, model) = (key(question), &question.config.model.value);
    if readiness.ours {
        let asked = client.one_token_from(url, key, None, within).await?;
        if asked.is_none() || readiness.other.is_none() {
            return Ok(asked);
        }
    }
    client.one_token_from(url, key, Some(model), within).await
}

/// No token came: for want of time, or for a reason that stands in this log.
fn unanswered(error: &Error, within: Duration, log: &str) -> Health {
    match error.kind {
        Kind::Timeout => mute(
            &format!("{error} (no token within {})", seconds(within)),
            "ollamactl health --level infer --infer-timeout 15m, since a model that is not loaded yet is loaded first",
        ),
        Kind::Usage => mute(
            &error.to_string(),
            "set OLLAMACTL_GATEWAY_KEY to the key that the gateway was started with",
        ),
        _ => mute(&error.to_string(), log),
    }
}

/// The key that the gateway asks for, where it is one of ours.
fn key<'a>(question: &Question<'a>) -> Option<&'a str> {
    match question.gateway? {
        Gateway::Embedded(how) => how.keys.first().map(Secret::reveal),
        Gateway::Compose(compose) => {
            let service = compose.project.service(&compose.service).ok()?;
            let key = service
                .environment
                .get("OLLAMACTL_GATEWAY_KEY")?
                .as_deref()?;
            (!key.is_empty()).then_some(key)
        }
    }
}

fn answered(asked: String, note: Option<String>) -> Health {
    Health {
        asked: Some(asked),
        note,
        ..Health::default()
    }
}

/// The model did not answer.
fn mute(reason: &str, hint: &str) -> Health {
    Health {
        failures: vec![Failure::new(Part::Inference, reason, hint)],
        ..Health::default()
    }
}
