//! What is said where the backend's port is held by something that cannot be adopted.

use super::Owner;
use super::owner::holder;
use crate::error::{Error, Kind};
use crate::ollama::OllamaHost;
use crate::process::{self, commands};

/// The port is held by something that is not Ollama.
pub(super) fn stranger(host: &OllamaHost, what: &str) -> Error {
    let owner = Owner::at(host);
    Error::new(
        Kind::Conflict,
        format!("{host} is held by {owner}, which is not Ollama: {what}"),
    )
    .hint(match owner.end_command() {
        Some(command) => format!("stop it: {command}"),
        None => format!("see who it is: {}", commands::who_listens(host.port)),
    })
    .hint("or run the backend elsewhere: OLLAMA_HOST=127.0.0.1:11500")
}

/// The stub is wanted where an Ollama answers: what is asked of the one is not to be done to the other.
pub(super) fn no_stub(host: &OllamaHost) -> Error {
    let owner = Owner::at(host);
    Error::new(
        Kind::Conflict,
        format!("the stub was asked for, and {host} is held by a real Ollama: {owner}"),
    )
    .hint("run the stub elsewhere: OLLAMA_HOST=127.0.0.1:11500 ollamactl up --backend stub")
    .hint("or use that Ollama: ollamactl up --backend ollama")
}

/// The port is held by something that takes connections and answers nothing.
pub fn unresponsive(host: &OllamaHost) -> Error {
    let owner = Owner::at(host);
    let error = Error::new(
        Kind::Unknown,
        format!("{host} is held by {owner}, which takes connections but does not answer"),
    );
    let process = host.is_local().then(|| holder(host)).flatten();
    if let Some(process) = process.filter(|process| process::is_suspended(process.pid)) {
        let wake = commands::wake(process.pid, process.uid);
        return error.hint(format!("it is suspended; to have it go on: {wake}"));
    }
    match owner.restart_command() {
        Some(command) => error.hint(format!(
            "it may still be starting; wait, or restart it where it belongs: {command}"
        )),
        None => error.hint(format!(
            "it may still be starting; wait, or end it: {}",
            owner.end_command().as_deref().unwrap_or("ollamactl kill")
        )),
    }
}
