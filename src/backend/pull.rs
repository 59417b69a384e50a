//! `pull-model`: through the backend that runs, or through a private one.

use std::time::Duration;

use tokio::time::sleep;

use super::Launch;
use super::private::Private;
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::event::Step;
use crate::ollama::{Client, ModelName, Probe, PullFailure, PullUpdate};
use crate::paths::Paths;
use crate::units::bytes;

/// Nothing moved for so long: the pull is cancelled and started again where it stopped. Longer than
/// the 30 s after which Ollama itself fetches a silent part anew.
const STALL: Duration = Duration::from_secs(75);
/// Tries in all, with growing pauses between.
const TRIES: u32 = 5;

/// What is to be pulled.
#[derive(Debug, Clone)]
pub struct PullRequest {
    /// The model.
    pub model: ModelName,
    /// A model that the store has is left as it is, without asking the registry.
    pub if_missing: bool,
}

/// What a pull did.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Pulled {
    /// The model.
    pub model: ModelName,
    /// Its digest now.
    pub digest: String,
    /// Its size on disk in bytes.
    pub size: u64,
    /// It was there, and nothing changed.
    pub unchanged: bool,
    /// How often it was tried.
    pub tries: u32,
}

impl Pulled {
    /// `tiny, 4.7 GB, up to date`.
    pub fn describe(&self) -> String {
        let what = match self {
            Self { tries: 0, .. } => "there already",
            Self {
                unchanged: true, ..
            } => "up to date",
            _ => "pulled",
        };
        let tries = match self.tries {
            0 | 1 => String::new(),
            tries => format!(" in {tries} tries"),
        };
        format!("{}, {}, {what}{tries}", self.model, bytes(self.size))
    }
}

/// Pulls one model. Dropping the future cancels it; what was loaded stays.
pub async fn pull(
    request: &PullRequest,
    config: &Config,
    paths: &Paths,
    step: &Step,
) -> Result<Pulled> {
    let client = Client::new(&config.client_host())?;
    match client.probe(Duration::from_secs(2)).await {
        Probe::Ollama => through(&client, request, step).await,
        _ if !config.client_host().is_local() => Err(Error::new(
            Kind::Unhealthy,
            format!(
                "no Ollama answers at {} ({})",
                client.host(),
                config.backend.host.source
            ),
        )
        .hint("start it there, or unset OLLAMA_HOST to use one on this machine")),
        _ => {
            let launch = Launch::from_config(config, paths)?;
            step.progress(format!(
                "no backend runs; starting {} for this pull",
                launch.noun()
            ));
            let private = Private::start(&launch, paths).await?;
            let pulled = through(&private.client, request, step).await;
            private.end().await?;
            pulled
        }
    }
}

async fn through(client: &Client, request: &PullRequest, step: &Step) -> Result<Pulled> {
    let before = client.model(&request.model).await?;
    if let (Some(model), true) = (&before, request.if_missing) {
        return Ok(Pulled {
            model: request.model.clone(),
            digest: model.digest.clone(),
            size: model.size,
            unchanged: true,
            tries: 0,
        });
    }
    let tries = with_retries(client, &request.model, step).await?;
    let after = client.model(&request.model).await?.ok_or_else(|| {
        Error::failed(format!(
            "the pull of {} said success, but the backend does not list it",
            request.model
        ))
        .hint("see what the backend logged: ollamactl logs backend")
    })?;
    Ok(Pulled {
        model: request.model.clone(),
        unchanged: before.is_some_and(|model| model.digest == after.digest),
        digest: after.digest,
        size: after.size,
        tries,
    })
}

/// A pull that broke off is tried again, and goes on where it stopped; one that was refused is not.
async fn with_retries(client: &Client, model: &ModelName, step: &Step) -> Result<u32> {
    let mut tries = 1;
    loop {
        let report = |update| match update {
            PullUpdate::Stage(text) => step.progress(text),
            PullUpdate::Layer {
                digest,
                total,
                completed,
            } => step.transfer(short(&digest), completed, total),
        };
        match client.pull(model, STALL, report).await {
            Ok(()) => return Ok(tries),
            Err(PullFailure {
                error,
                resumable: true,
            }) if tries < TRIES => {
                let pause = Duration::from_secs(1 << (tries - 1));
                step.progress(format!("{error}; trying again in {} s", pause.as_secs()));
                sleep(pause).await;
                tries += 1;
            }
            Err(failure) => return Err(tried(failure.error, tries)),
        }
    }
}

fn tried(mut error: Error, tries: u32) -> Error {
    if tries > 1 {
        error.message = format!("{} ({tries} tries)", error.message);
    }
    error
}

/// The 12 digits by which Ollama itself names a layer.
fn short(digest: &str) -> &str {
    let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
    hex.get(..12).unwrap_or(hex)
}
