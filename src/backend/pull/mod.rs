//! `pull-model`: through the backend that runs, or through a private one; several models side by side.

pub(super) mod precheck;
mod private;
pub(super) mod puller;
pub(super) mod pulls;
pub(super) mod store;

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use futures_util::{FutureExt, StreamExt, stream};

use super::{Launch, Observed, observe};
use crate::config::{Config, Mode};
use crate::daemon::Shutdown;
use crate::error::{Error, Kind, Result};
use crate::event::Events;
use crate::ollama::{Client, empty_part_files, settle};
use crate::paths::{self, Paths};
use private::Private;
use puller::{PullOutcome, PullRequest, Puller};
use pulls::Registered;

/// So many models are pulled at the same time. Ollama loads each in several parts already, so more would
/// only share the same line.
const SIDE_BY_SIDE: usize = 3;

/// Pulls the models; one that fails does not keep the others from being pulled. When a shutdown is
/// requested, the pulls are cancelled first, and then whatever was started for them is ended; what was
/// loaded stays.
pub async fn pull(
    request: &PullRequest,
    config: &Config,
    paths: &Paths,
    shutdown: &Shutdown,
    events: &Events,
) -> Result<Vec<PullOutcome>> {
    let observed = observe(config, paths).await?;
    let session = Session {
        request,
        config,
        shutdown,
        events,
    };
    if observed.answers() {
        return session.through(&observed, paths).await;
    }
    observed.host.resolved()?;
    if !observed.host.is_local() {
        return Err(Error::new(
            Kind::Unhealthy,
            format!(
                "no Ollama answers at {} ({})",
                observed.host, config.backend.host.source
            ),
        )
        .hint("start it there, or unset OLLAMA_HOST to use one on this machine"));
    }
    session.through_private(paths).await
}

/// The error of a pull that was interrupted.
fn interrupted() -> Error {
    Error::interrupted()
        .hint("what was loaded of the model is kept; run the same command again and it resumes")
}

struct Session<'a> {
    request: &'a PullRequest,
    config: &'a Config,
    shutdown: &'a Shutdown,
    events: &'a Events,
}

impl Session<'_> {
    /// Through the backend that runs.
    async fn through(&self, observed: &Observed, paths: &Paths) -> Result<Vec<PullOutcome>> {
        let client = Client::new(&observed.host)?;
        let store = store::of(observed).await;
        // Known to whoever stops the backend, which must not be stopped in the middle of a pull.
        let registered = if self.has_all(&client).await? {
            None
        } else {
            let store = store.as_deref().ok();
            Some(Registered::new(paths, &observed.host, store).await)
        };
        if let Some(Err(error)) = &registered {
            self.events.warn(format!(
                "a stop of the backend will not wait for this pull: {}",
                error.in_a_line()
            ));
        }
        let real = !observed.is_stub();
        self.all(&client, store, real, false).await
    }

    /// Nothing will be pulled: only what is missing was asked for, and nothing is.
    async fn has_all(&self, client: &Client) -> Result<bool> {
        if !self.request.if_missing {
            return Ok(false);
        }
        let there = client.models().await?;
        let mut wanted = self.request.models.iter();
        Ok(wanted.all(|model| there.iter().any(|found| model.means(&found.name))))
    }

    /// Through a backend that is started for it and ended after it.
    async fn through_private(&self, paths: &Paths) -> Result<Vec<PullOutcome>> {
        let launch = Launch::from_config(self.config, paths)?;
        self.events.detail(format!(
            "no backend runs; starting {} for this pull",
            launch.noun()
        ));
        let store = store::of_launch(&launch);
        let starting = Private::start(&launch, store.as_deref(), paths, self.events);
        let private = tokio::select! {
            started = starting => started?,
            () = self.shutdown.requested.cancelled() => return Err(interrupted()),
        };
        let real = launch.mode == Mode::Ollama
            && !private
                .client
                .version()
                .await
                .is_ok_and(|version| version.contains("stub"));
        let known = store
            .clone()
            .ok_or_else(|| "no home folder is known".to_owned());
        let outcomes = self.all(&private.client, known, real, true).await;
        let ended = self.end(private, store.as_deref(), outcomes.is_err()).await;
        let outcomes = outcomes?;
        ended.map(|()| outcomes)
    }

    /// Its downloads are cancelled by now. Where that was in the middle of one, what they write to be
    /// resumed is waited for, since an Ollama that ends meanwhile leaves it empty.
    async fn end(&self, private: Private, store: Option<&Path>, broken_off: bool) -> Result<()> {
        let at_once = &self.shutdown.forced;
        if let Some(store) = store.filter(|_| broken_off) {
            tokio::select! {
                () = settle(store) => {}
                () = at_once.cancelled() => {}
            }
        }
        private.end(at_once).await?;
        for file in store
            .filter(|_| broken_off)
            .map(empty_part_files)
            .unwrap_or_default()
        {
            paths::remove_if_there(&file)?;
            self.events.warn(format!(
                "removed {}, which was left empty and would keep the pull from being resumed",
                file.display()
            ));
        }
        Ok(())
    }

    async fn all(
        &self,
        client: &Client,
        store: Result<PathBuf, String>,
        real: bool,
        private: bool,
    ) -> Result<Vec<PullOutcome>> {
        let puller = Puller {
            client,
            request: self.request,
            settings: &self.config.pull,
            store,
            private,
            real,
            events: self.events,
            running: RefCell::default(),
        };
        let several = self.request.models.len() > 1;
        let pulls = stream::iter(&self.request.models)
            .enumerate()
            .map(|(number, model)| {
                // One line and one set of bars for each.
                let step = if several { model.as_str() } else { "model" };
                puller
                    .pull(model, step)
                    .map(move |outcome| (number, outcome))
            })
            .buffer_unordered(SIDE_BY_SIDE)
            .collect::<Vec<_>>();
        let mut outcomes = tokio::select! {
            outcomes = pulls => outcomes,
            () = self.shutdown.requested.cancelled() => return Err(interrupted()),
        };
        outcomes.sort_by_key(|(number, _)| *number);
        Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
    }
}
