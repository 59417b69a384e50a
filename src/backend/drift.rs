//! Settings that a backend that runs already does not follow: it keeps those that it was started with.

use super::{Launch, Record};
use crate::config::Mode;

/// Variables that name what clients use, and that a backend does not heed.
const OF_CLIENTS: [&str; 2] = ["OLLAMA_MODEL", "OLLAMA_GATEWAY_URL"];

/// The settings in which what is wanted differs from what runs. Of somebody else's backend only the relay
/// is ours to set.
pub fn drift(wanted: &Launch, record: &Record) -> Vec<String> {
    let running = &record.launch;
    let ours = record.is_ours();
    let same_mode = running.mode == wanted.mode;
    let bound = (&running.bind, running.relay) != (&wanted.bind, wanted.relay);
    let settings = [
        (ours && bound, "backend.bind"),
        (
            ours && same_mode && wanted.mode == Mode::Ollama && running.program != wanted.program,
            "backend.program",
        ),
        (
            ours && same_mode && running.models != wanted.models,
            "backend.models",
        ),
        (
            ours && running.stop_timeout != wanted.stop_timeout,
            "backend.stop_timeout",
        ),
        (running.relay_admin != wanted.relay_admin, "relay.admin"),
        (running.relay_allow != wanted.relay_allow, "relay.allow"),
    ];
    let settings = settings.into_iter().filter(|(differs, _)| *differs);
    // A variable that is not set here may be another shell's; one that is set is wanted.
    let variables = wanted.environment.iter().filter(|(name, value)| {
        ours && !OF_CLIENTS.contains(&name.as_str())
            && running.environment.get(*name) != Some(value)
    });
    settings
        .map(|(_, name)| name.to_owned())
        .chain(variables.map(|(name, _)| name.clone()))
        .collect()
}
