//! Parts of the stack that are gone for good while `up` waits for them: what nobody starts again does not
//! become healthy by waiting.

use std::net::SocketAddr;

use tokio::time::Instant;

use super::meanwhile::{RESTARTING, stopped, was_stopped};
use super::request::UpRequest;
use crate::backend::{self, Origin, Owner, Record};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::gateway::{ComposeGateway, GatewayState, Ledger, State, embedded};
use crate::health::{Failure, Part};
use crate::paths::Paths;

/// Since when each part is not there.
#[derive(Default)]
pub(super) struct Gone {
    backend: Since,
    gateway: Since,
}

impl Gone {
    /// Fails where the backend has nobody who would start it again.
    pub fn backend(
        &mut self,
        request: &UpRequest<'_>,
        record: Option<&Record>,
        failures: &[Failure],
    ) -> Result<()> {
        let host = request.config.client_host();
        let now = fails(failures, Part::Backend)
            && record.is_some_and(dies_for_good)
            && !backend::slot(request.paths, &host).is_locked()?
            && backend::recorded(request.paths, &host).is_none();
        self.backend.check(now, || {
            if was_stopped(request) {
                return stopped(request);
            }
            Error::failed(format!(
                "the backend on {host} ended, and nothing starts it again"
            ))
            .hint("see why: ollamactl logs backend")
        })
    }

    /// The same for an embedded gateway. Where the backend is gone too, that is what is said.
    pub fn process(
        &mut self,
        paths: &Paths,
        listen: SocketAddr,
        failures: &[Failure],
    ) -> Result<()> {
        let now = fails(failures, Part::Gateway)
            && !fails(failures, Part::Backend)
            && !embedded::slot(paths, listen).is_locked()?
            && embedded::observe(paths, listen)?.is_none();
        self.gateway.check(now, || {
            Error::failed(format!(
                "the embedded gateway on {listen} ended, and nothing starts it again"
            ))
            .hint("see why: ollamactl logs gateway")
        })
    }

    /// The same for a container that somebody removed, or made anew and did not start.
    pub fn container(
        &mut self,
        paths: &Paths,
        engine: &Engine,
        compose: &ComposeGateway,
        state: &GatewayState,
    ) -> Result<()> {
        let ledger = Ledger::new(paths, engine.endpoint(), &compose.project.name);
        let now = matches!(state.state, State::Absent | State::Created) && !ledger.is_locked()?;
        self.gateway.check(now, || {
            let service = &compose.service;
            Error::failed(format!(
                "the container of service {service} was taken away, and nothing starts it again"
            ))
            .hint("have it again: ollamactl up")
        })
    }
}

/// Since when something is not there. Somebody may be about to start it again.
#[derive(Default)]
struct Since(Option<Instant>);

impl Since {
    /// Fails where it is gone `now`, and has been for so long that nobody starts it again.
    fn check(&mut self, now: bool, error: impl FnOnce() -> Error) -> Result<()> {
        if !now {
            self.0 = None;
            return Ok(());
        }
        if self.0.get_or_insert_with(Instant::now).elapsed() < RESTARTING {
            return Ok(());
        }
        Err(error())
    }
}

fn fails(failures: &[Failure], part: Part) -> bool {
    failures.iter().any(|failure| failure.part == part)
}

/// Nobody but its supervisor would start it again.
fn dies_for_good(record: &Record) -> bool {
    match &record.origin {
        Origin::Starting | Origin::Started { .. } => true,
        Origin::Adopted { owner } => matches!(owner, Owner::Session { .. }),
    }
}
