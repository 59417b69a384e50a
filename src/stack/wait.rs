//! `up`'s last step: waiting until nothing of the stack fails any more. What cannot mend by waiting is
//! not waited for.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::{Instant, sleep, timeout_at};

use super::meanwhile::RESTARTING;
use super::request::UpRequest;
use crate::backend::{self, Origin, Owner, Record};
use crate::engine::Engine;
use crate::error::{Error, Kind, Result};
use crate::event::{Events, Step};
use crate::gateway::{self, ComposeGateway, Gateway, GatewayState, embedded};
use crate::health::{self, Failure, Level, Part, Question};
use crate::paths::Paths;
use crate::units::seconds;

/// Pauses between two looks at the stack's health.
const LOOK: Duration = Duration::from_millis(100);

/// A gateway that the engine had to restart so often will not become healthy.
const MOST_CRASHES: i64 = 3;

/// A container that was unhealthy before may be judged by what was so before. One check of its own may
/// have been under way; the one after that sees what is now.
const FRESH_CHECKS: usize = 2;

/// Looks again and again until nothing fails, or until waiting is of no use any more.
pub(super) async fn until_healthy(
    request: &UpRequest<'_>,
    record: Option<&Record>,
    deadline: Instant,
    events: &Events,
) -> Result<()> {
    let question = Question {
        config: request.config,
        paths: request.paths,
        gateway: Some(request.gateway),
        backend: true,
        model: true,
        level: Level::Ready,
    };
    let mut failures = Vec::new();
    let mut step: Option<Step> = None;
    let mut checks = Checks::default();
    let mut gone = (Gone::default(), Gone::default());
    // Connected to once, when it is first needed.
    let engine = OnceCell::new();
    loop {
        let late = || too_slow(request.wait_timeout, &failures);
        let looked = match timeout_at(deadline, health::check(&question)).await {
            Ok(looked) => looked,
            Err(_) => Err(late()),
        };
        failures = looked.inspect_err(|error| blame(step.as_ref(), error))?;
        let Some(first) = failures.first() else {
            if let Some(step) = step {
                step.done("healthy");
            }
            return Ok(());
        };
        if let Some(lasting) = failures.iter().find(|failure| failure.lasting) {
            let error = Error::new(Kind::Unhealthy, &lasting.reason);
            let error = error.hint(&lasting.hint).hint("ollamactl doctor");
            blame(step.as_ref(), &error);
            return Err(error);
        }
        let waiting = format!("waiting for the {}: {}", first.part, first.reason);
        match &step {
            Some(step) => step.progress(waiting),
            None => step = Some(events.step("health", waiting)),
        }
        let hopeless = async {
            fail_if_gone(request, record, &failures, &mut gone.0)?;
            match request.gateway {
                Gateway::Compose(compose) => {
                    let engine = engine.get_or_try_init(Engine::from_environment).await?;
                    fail_if_ended(engine, compose, &mut checks).await
                }
                Gateway::Embedded(how) => {
                    let listen = how.launch.listen;
                    fail_if_gateway_gone(request.paths, listen, &failures, &mut gone.1)
                }
            }
        };
        let hopeless = hopeless.await;
        hopeless.inspect_err(|error| blame(step.as_ref(), error))?;
        sleep(LOOK).await;
    }
}

fn blame(step: Option<&Step>, error: &Error) {
    if let Some(step) = step {
        step.blame(error);
    }
}

/// What a container's own checks said since it is waited for.
#[derive(Default)]
struct Checks {
    /// It was unhealthy at the first look.
    was_unhealthy: Option<bool>,
    /// When its checks began, as the engine tells it; the first of them was there before.
    seen: Vec<Option<String>>,
}

impl Checks {
    /// Whether this is a verdict on what is now.
    fn condemn(&mut self, state: &GatewayState) -> bool {
        let unhealthy = state.health.as_deref() == Some("unhealthy");
        let was = *self.was_unhealthy.get_or_insert(unhealthy);
        if self.seen.last() != Some(&state.last_check) {
            self.seen.push(state.last_check.clone());
        }
        unhealthy && (!was || self.seen.len() > FRESH_CHECKS)
    }
}

/// A gateway that ended, or whose own checks failed so often that the engine gave it up, will not become
/// healthy by waiting.
async fn fail_if_ended(
    engine: &Engine,
    compose: &ComposeGateway,
    checks: &mut Checks,
) -> Result<()> {
    let target = compose.target();
    let state = gateway::status(engine, &target).await?;
    let crashes = state.restarts >= MOST_CRASHES;
    if crashes || matches!(state.state.as_str(), "exited" | "dead") {
        return Err(gateway::until_exit(engine, &target, &state).await);
    }
    if state.is_running() && checks.condemn(&state) {
        return Err(gateway::unhealthy(engine, &target, &state).await);
    }
    Ok(())
}

/// Since when something is not there. Somebody may be about to start it again.
#[derive(Default)]
struct Gone(Option<Instant>);

impl Gone {
    /// Whether it is gone for good, if it is gone now.
    fn for_good(&mut self, now: bool) -> bool {
        if !now {
            self.0 = None;
            return false;
        }
        self.0.get_or_insert_with(Instant::now).elapsed() >= RESTARTING
    }
}

/// A backend that has nobody who would start it again will not answer by waiting.
fn fail_if_gone(
    request: &UpRequest<'_>,
    record: Option<&Record>,
    failures: &[Failure],
    gone: &mut Gone,
) -> Result<()> {
    let host = request.config.client_host();
    let now = fails(failures, Part::Backend)
        && record.is_some_and(dies_for_good)
        && !backend::slot(request.paths, &host).is_locked()?
        && backend::recorded(request.paths, &host).is_none();
    if !gone.for_good(now) {
        return Ok(());
    }
    Err(Error::failed(format!(
        "the backend on {host} ended, and nothing starts it again"
    ))
    .hint("see why: ollamactl logs backend"))
}

/// The same for an embedded gateway.
fn fail_if_gateway_gone(
    paths: &Paths,
    listen: SocketAddr,
    failures: &[Failure],
    gone: &mut Gone,
) -> Result<()> {
    // Where the backend is gone too, that is what is said.
    let now = fails(failures, Part::Gateway)
        && !fails(failures, Part::Backend)
        && !embedded::slot(paths, listen).is_locked()?
        && embedded::observe(paths, listen)?.is_none();
    if !gone.for_good(now) {
        return Ok(());
    }
    Err(Error::failed(format!(
        "the embedded gateway on {listen} ended, and nothing starts it again"
    ))
    .hint("see why: ollamactl logs gateway"))
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

/// What is not healthy, and what shows why, before more time is offered.
pub(super) fn too_slow(timeout: Duration, failures: &[Failure]) -> Error {
    let mut parts: Vec<String> = failures.iter().map(|one| one.part.to_string()).collect();
    parts.dedup();
    let which = match parts.as_slice() {
        [] => String::new(),
        parts => format!(": {}", parts.join(", ")),
    };
    let mut error = Error::new(
        Kind::Timeout,
        format!(
            "the stack was not healthy within {}{which}",
            seconds(timeout)
        ),
    );
    for failure in failures {
        error = error
            .details([format!("{}: {}", failure.part, failure.reason)])
            .details(&failure.evidence);
        if !error.hints.contains(&failure.hint) {
            error = error.hint(failure.hint.clone());
        }
    }
    if failures.is_empty() {
        error = error.hint("see how far it got: ollamactl status");
    }
    error.hint("give it more time: --wait-timeout 1h")
}
