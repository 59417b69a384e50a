//! Whose the process on the backend's port is.

use std::net::SocketAddr;

use crate::error::{Error, Kind};
use crate::ollama::OllamaHost;
use crate::process::{self, Info, Owner};

/// Who keeps a backend running, for people.
pub(super) fn owner_text(owner: Option<&Info>) -> String {
    let Some(process) = owner else {
        return "a process of another user".to_owned();
    };
    let keeper = match &process.owner {
        Owner::System(unit) => format!("systemd unit {unit}"),
        Owner::User(unit) => format!("systemd user unit {unit}"),
        Owner::Container(engine) => format!("a container ({engine})"),
        Owner::Session if desktop_app(process) => "the Ollama desktop app".to_owned(),
        Owner::Session => return process.describe(),
    };
    format!("{keeper}, {}", process.describe())
}

/// The command that stops a backend for good, where ending its process would only make its keeper
/// start it again.
pub(super) fn respawned_by(process: &Info) -> Option<String> {
    match &process.owner {
        Owner::System(unit) => Some(format!("sudo systemctl stop {unit}")),
        Owner::User(unit) => Some(format!("systemctl --user stop {unit}")),
        Owner::Container(_) => Some("docker stop CONTAINER".to_owned()),
        Owner::Session => desktop_app(process).then(|| "quit the Ollama desktop app".to_owned()),
    }
}

/// The desktop app is called `Ollama` or `ollama app`, and is the parent of its server.
fn desktop_app(process: &Info) -> bool {
    process::info(process.parent)
        .is_some_and(|parent| matches!(parent.program(), "Ollama" | "ollama app"))
}

/// The process that listens at this address.
pub(super) fn owner_of(host: &OllamaHost) -> Option<Info> {
    let address: SocketAddr = host.for_client().socket_addr()?;
    process::port_owner(address)
}

/// The port is held by something that is not Ollama.
pub(super) fn stranger(host: &OllamaHost, owner: Option<&Info>, what: &str) -> Error {
    Error::new(
        Kind::Conflict,
        format!(
            "{host} is held by {}, which is not Ollama: {what}",
            owner_text(owner)
        ),
    )
    .hint(match owner {
        Some(process) => format!("stop it: kill {}", process.pid),
        None => format!("see who it is: sudo ss -ltnp 'sport = :{}'", host.port),
    })
    .hint("or run the backend elsewhere: OLLAMA_HOST=127.0.0.1:11500")
}

/// The port is held by something that takes connections and answers nothing.
pub(super) fn unresponsive(host: &OllamaHost, owner: Option<&Info>) -> Error {
    Error::new(
        Kind::Unknown,
        format!(
            "{host} is held by {}, which takes connections but does not answer",
            owner_text(owner)
        ),
    )
    .hint("it may still be starting, or was suspended; wait, or end it: ollamactl kill")
}
