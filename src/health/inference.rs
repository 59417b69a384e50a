//! Whether the model answers: one token, asked for through the gateway.

use std::time::Duration;

use super::{Failure, Health, Part, Question, Readiness, refused};
use crate::error::{Error, Kind, Result};
use crate::gateway::{Key, Located, key};
use crate::ollama::{Client, Token, host};
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
    if let (Some(located), Some(gateway)) = (located, question.gateway) {
        let key = key(question.config, gateway);
        let why = match located.url {
            Some(url) => {
                match through(question, &url, key.as_ref().ok(), readiness, within).await {
                    Ok(Token::Came(url)) => return answered(url, None),
                    Ok(Token::NotOffered) => {
                        format!("{url} offers neither /api/generate nor /v1/chat/completions")
                    }
                    Ok(Token::Refused(refusal)) => {
                        return failed(refused::by_gateway(
                            question.config,
                            gateway,
                            readiness.ours,
                            &key,
                            &refusal,
                        ));
                    }
                    Err(error) => return unanswered(&error, within, "ollamactl logs gateway"),
                }
            }
            None => format!("{} publishes no port", located.name),
        };
        note = Some(format!(
            "the token did not come through the gateway ({why}), but from the backend itself, {own}"
        ));
    }
    match client.one_token_from(&own, None, Some(model), within).await {
        Ok(Token::Came(url)) => answered(url, note),
        Ok(Token::NotOffered) => mute(
            &format!("{own} does not offer /api/generate"),
            "ollamactl doctor",
        ),
        Ok(Token::Refused(refusal)) => failed(refused::by_backend(&refusal)),
        Err(error) => unanswered(&error, within, "ollamactl logs backend"),
    }
}

/// Asks as callers do. A gateway of ours is asked without a model, so that what it writes in is tried
/// too; where that is another one, the required one is asked for besides.
async fn through(
    question: &Question<'_>,
    url: &str,
    key: Option<&Key>,
    readiness: &Readiness,
    within: Duration,
) -> Result<Token> {
    // One of its own: a proxy that the backend is reached by is not for the gateway.
    let client = Client::new(&host::parse(url))?;
    let key = key.map(|key| key.secret.reveal());
    let model = &question.config.model.value;
    if readiness.ours {
        let token = client.one_token_from(url, key, None, within).await?;
        if !matches!(token, Token::Came(_)) || readiness.other.is_none() {
            return Ok(token);
        }
    }
    client.one_token_from(url, key, Some(model), within).await
}

/// No token came: for want of time, or for a reason that stands in this log.
fn unanswered(error: &Error, within: Duration, log: &str) -> Health {
    let said = error.to_string();
    if error.kind == Kind::Timeout {
        return mute(
            &format!("{said} (no token within {})", seconds(within)),
            "ollamactl health --level infer --infer-timeout 15m, since a model that is not loaded yet is loaded first",
        );
    }
    mute(&said, mend(&said).unwrap_or(log))
}

/// What helps where Ollama says why it did not answer; for the rest there is its log.
fn mend(said: &str) -> Option<&'static str> {
    const MENDS: [(&str, &str); 5] = [
        ("more system memory", FITS_NOT),
        ("out of memory", FITS_NOT),
        ("signal: killed", FITS_NOT),
        (
            "timed out waiting for",
            "give it longer to load, in the backend's environment: OLLAMA_LOAD_TIMEOUT=15m",
        ),
        (
            "server busy",
            "its queue is full: ask again when others have their answers, or let more wait, in the backend's environment: OLLAMA_MAX_QUEUE=1024",
        ),
    ];
    let mut mends = MENDS.iter();
    mends.find_map(|(words, mend)| said.contains(words).then_some(*mend))
}

const FITS_NOT: &str = "free memory, or choose a smaller model: OLLAMA_MODEL=NAME ollamactl up";

fn answered(asked: String, note: Option<String>) -> Health {
    Health {
        asked: Some(asked),
        note,
        ..Health::default()
    }
}

/// The model did not answer.
fn mute(reason: &str, hint: &str) -> Health {
    failed(Failure::new(Part::Inference, reason, hint))
}

fn failed(failure: Failure) -> Health {
    Health {
        failures: vec![failure],
        ..Health::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ollama_says_of_itself_has_a_next_step() {
        let says = |text: &str| mend(&format!("http://x/api/generate answered 500: {text}"));
        let memory = "model requires more system memory (5.6 GiB) than is available (3.9 GiB)";
        assert_eq!(says(memory), Some(FITS_NOT));
        let killed = "llama runner process has terminated: signal: killed";
        assert_eq!(says(killed), Some(FITS_NOT));
        let slow = says("timed out waiting for llama-server to start - ");
        assert!(slow.is_some_and(|mend| mend.contains("OLLAMA_LOAD_TIMEOUT")));
        assert_eq!(
            says("llama runner process has terminated: exit status 2"),
            None
        );
    }
}
