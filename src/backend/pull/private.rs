//! A backend for one command: on a free loopback port, with the same model store, ended after.

use std::path::Path;
use std::time::Duration;

use tokio::process::Child;
use tokio_util::sync::CancellationToken;

use super::super::supervisor::child;
use super::super::{Launch, log};
use super::pulls::Registered;
use crate::daemon::Slot;
use crate::error::{Context, Error, Kind, Result};
use crate::event::Events;
use crate::ollama::{Client, OllamaHost};
use crate::paths::Paths;
use crate::process::{self, Identity, Signal};

/// So many ports are tried before it is given up.
const PORTS: u32 = 5;

/// A private backend. End it with [`Private::end`].
pub(super) struct Private {
    /// Talks to it.
    pub client: Client,
    child: Child,
    identity: Identity,
    launch: Launch,
    /// Known to the next command, which ends it where this one is killed.
    _registered: Option<Registered>,
}

impl Private {
    /// Starts one and waits until it answers.
    pub async fn start(
        launch: &Launch,
        store: Option<&Path>,
        paths: &Paths,
        events: &Events,
    ) -> Result<Self> {
        let mut ports = PORTS;
        loop {
            match Self::start_on(free_port()?, launch, store, paths, events).await {
                // Somebody took it in the moment before the backend did.
                Err(error) if error.kind == Kind::Conflict && ports > 1 => ports -= 1,
                outcome => return outcome,
            }
        }
    }

    async fn start_on(
        port: u16,
        launch: &Launch,
        store: Option<&Path>,
        paths: &Paths,
        events: &Events,
    ) -> Result<Self> {
        // Ollama prunes partial downloads at its start, and this one is started to go on with them.
        let mut environment = launch.environment.clone();
        environment.insert("OLLAMA_NOPRUNE".to_owned(), "1".to_owned());
        let launch = Launch {
            relay: false,
            environment,
            ..launch.at(&OllamaHost::loopback(port))
        };
        let slot = Slot::new(paths, "private-backend");
        let log_file = slot.open_log()?;
        let offset = log_file.metadata().map_or(0, |meta| meta.len());
        let client = Client::new(&launch.host())?;
        let evidence = |error| log::with_evidence(error, &slot.log_file(), offset);
        let registered = Registered::with_own(paths, &launch.host(), store).await;
        let mut registered = registered.map_err(|error| unknown(&error, events)).ok();
        let mut process = child::spawn(&launch, &log_file)?;
        let identity = child::identity(&mut process, &launch)
            .await
            .map_err(evidence)?;
        if let Some(Err(error)) = registered.as_mut().map(|pull| pull.has(&identity)) {
            unknown(&error, events);
        }
        // From here on it ends when this is dropped, so also when the start is given up.
        let mut private = Self {
            client,
            child: process,
            identity,
            launch,
            _registered: registered,
        };
        let Self {
            client,
            child,
            launch,
            ..
        } = &mut private;
        match child::wait_ready(child, launch, client).await {
            Ok(()) => Ok(private),
            Err(error) => {
                private.end(&CancellationToken::new()).await?;
                Err(evidence(error))
            }
        }
    }

    /// Ends it, with what it started; by force when its time is over, or at once when that is asked for.
    pub async fn end(mut self, at_once: &CancellationToken) -> Result<()> {
        tokio::select! {
            ended = child::end(&self.identity, self.launch.stop_timeout) => ended?,
            () = at_once.cancelled() => child::end(&self.identity, Duration::ZERO).await?,
        };
        let _ = self.child.wait().await;
        Ok(())
    }
}

impl Drop for Private {
    /// A pull that is interrupted drops it. Asked to end, Ollama saves how far its downloads came.
    fn drop(&mut self) {
        let _ = process::signal(&self.identity, Signal::Terminate);
    }
}

fn unknown(error: &Error, events: &Events) {
    events.warn(format!(
        "if this pull is killed, its backend stays: {}",
        error.in_a_line()
    ));
}

/// A port that nobody has at this moment. Ollama takes port 0 too, but then only its log tells which
/// port it got.
fn free_port() -> Result<u16> {
    let listener =
        std::net::TcpListener::bind("127.0.0.1:0").or_failed(|| "no loopback port is free")?;
    let address = listener
        .local_addr()
        .or_failed(|| "no loopback port is free")?;
    Ok(address.port())
}
