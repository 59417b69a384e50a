//! What a 401 means: who asks for a key, and whether one was sent.

use super::{ANSWER, Failure, LASTING, Part};
use crate::config::Config;
use crate::gateway::{Gateway, Key, key};
use crate::ollama::{ASKS_FOR_CREDENTIALS, Client, Refusal, host};
use crate::proxy::REALM;

/// Where a key may be set.
const SET: &str = "set OLLAMACTL_GATEWAY_KEY, or name a file of keys: OLLAMACTL_GATEWAY_KEY_FILE=PATH, or gateway.key_file in ollamactl.yaml";

/// Where the key comes from that a gateway of ours at this URL lets in, or why it does not let us in; `None`
/// where it asks for no key, or does not answer.
pub async fn entry(
    config: &Config,
    gateway: &Gateway,
    url: &str,
) -> Option<Result<String, Failure>> {
    let client = Client::new(&host::parse(url)).ok()?;
    // Asks for a key, and nothing of the backend.
    let metrics = format!("{url}/metrics");
    let mut refusal = client.refusal(&metrics, None, ANSWER).await.ok()??;
    if !refusal.challenge.contains(REALM) {
        return None;
    }
    let key = key(config, gateway);
    if let Ok(Key { secret, source }) = &key {
        match client
            .refusal(&metrics, Some(secret.reveal()), ANSWER)
            .await
            .ok()?
        {
            Some(refused) => refusal = refused,
            None => return Some(Ok(source.clone())),
        }
    }
    Some(Err(by_gateway(config, gateway, true, &key, &refusal)))
}

/// The gateway did not let in who asked with this key, or without one for this reason.
pub(super) fn by_gateway(
    config: &Config,
    gateway: &Gateway,
    ours: bool,
    key: &Result<Key, String>,
    refusal: &Refusal,
) -> Failure {
    let known = ours && refusal.challenge.contains(REALM);
    if ours && !known {
        let backend = config.client_host().url();
        return failure(
            format!(
                "{refusal}; it is the backend behind the gateway, {backend}, that asks for this"
            ),
            of_backend(refusal),
        );
    }
    // What ours says of it is for whoever calls it by hand.
    let said = if known {
        format!("{}: ", refusal.answer)
    } else {
        format!("{refusal}; ")
    };
    match key {
        Ok(Key { source, .. }) => failure(
            format!("{said}the key of {source} was refused"),
            match gateway {
                Gateway::Embedded(_) => {
                    "name the key that it was started with (OLLAMACTL_GATEWAY_KEY, or OLLAMACTL_GATEWAY_KEY_FILE or gateway.key_file), or give it this one: ollamactl gateway up"
                }
                Gateway::Compose(_) if ours => {
                    "where it was made with another key, give it this one: ollamactl gateway up --force-recreate"
                }
                Gateway::Compose(_) => "set OLLAMACTL_GATEWAY_KEY to a key that the service takes",
            },
        ),
        Err(why) => failure(format!("{said}no key was sent: {why}"), SET),
    }
}

/// The backend itself asks for credentials.
pub(super) fn by_backend(refusal: &Refusal) -> Failure {
    failure(refusal.to_string(), of_backend(refusal))
}

/// What to do about a 401 of the backend. Ollama itself answers so for a model of the cloud, without a challenge
/// (<https://github.com/ollama/ollama/issues/13776>); anything else stands before it.
fn of_backend(refusal: &Refusal) -> &'static str {
    if refusal.challenge.is_empty() && refusal.text == "unauthorized" {
        "a model of Ollama's cloud needs an account: ollama signin, as the user that the backend runs as"
    } else {
        ASKS_FOR_CREDENTIALS
    }
}

fn failure(reason: String, hint: &str) -> Failure {
    Failure {
        // Waiting brings no key.
        patience: LASTING,
        ..Failure::new(Part::Inference, reason, hint)
    }
}
