//! `up`'s last step: waiting until nothing of the stack fails any more. What cannot mend by waiting is
//! not waited for.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use super::front::Front;
use super::gone::Gone;
use super::request::UpRequest;
use crate::backend::Record;
use crate::engine::Engine;
use crate::error::{Error, Kind, Result};
use crate::event::Events;
use crate::gateway::{self, ComposeGateway, GatewayState};
use crate::health::{self, Failure, Level, Question, Waiting};
use crate::units::seconds;

/// Pauses between two looks at the stack's health.
const LOOK: Duration = Duration::from_millis(100);

/// A gateway that the engine had to restart so often while it was waited for will not become healthy.
const MOST_CRASHES: i64 = 3;

/// A container that was unhealthy before may be judged by what was so before. One check of its own may
/// have been under way; the one after that sees what is now.
const FRESH_CHECKS: usize = 2;

/// Looks again and again until nothing fails, or until waiting is of no use any more.
pub(super) async fn until_healthy(
    request: &UpRequest<'_>,
    front: &Front<'_>,
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
    let mut wait = Waiting::new(events);
    let mut checks = Checks::default();
    let mut gone = Gone::default();
    // Why it was not healthy at the last look, and since when.
    let mut unchanged = (String::new(), Instant::now());
    loop {
        let late = || too_slow(request.wait_timeout, &failures);
        let looked = match timeout_at(deadline, health::check(&question)).await {
            Ok(looked) => looked,
            Err(_) => Err(late()),
        };
        failures = looked.inspect_err(|error| wait.blame(error))?;
        let Some(first) = failures.first() else {
            wait.over();
            return Ok(());
        };
        if unchanged.0 != first.reason {
            unchanged = (first.reason.clone(), Instant::now());
        }
        let lasts = |failure: &&Failure| {
            let patience = failure.patience;
            patience.is_some_and(|patience| unchanged.1.elapsed() >= patience)
        };
        if let Some(lasting) = failures.iter().find(lasts) {
            let error = Error::new(Kind::Unhealthy, &lasting.reason);
            let error = error.hint(&lasting.hint).hint("ollamactl doctor");
            wait.blame(&error);
            return Err(error);
        }
        wait.tell(first);
        let hopeless = async {
            gone.backend(request, record, &failures)?;
            match front {
                Front::Compose(compose, engine) => {
                    let state = gateway::status(engine, &compose.target()).await?;
                    fail_if_ended(engine, compose, &state, &mut checks).await?;
                    gone.container(request.paths, engine, compose, &state)
                }
                Front::Embedded(how) => gone.process(request.paths, how.launch.listen, &failures),
            }
        };
        if let Ok(hopeless) = timeout_at(deadline, hopeless).await {
            hopeless.inspect_err(|error| wait.blame(error))?;
        }
        sleep(LOOK).await;
    }
}

/// What a container's own checks said since it is waited for.
#[derive(Default)]
struct Checks {
    /// It was unhealthy at the first look.
    was_unhealthy: Option<bool>,
    /// How often the engine had restarted it at the first look.
    restarts: Option<i64>,
    /// When its checks began, as the engine tells it; the first of them was there before.
    seen: Vec<Option<String>>,
}

impl Checks {
    /// Whether it ended too often since it is waited for.
    fn crashes(&mut self, state: &GatewayState) -> bool {
        let first = *self.restarts.get_or_insert(state.restarts);
        // The engine counts anew from a start that was asked for.
        let since = if state.restarts < first { 0 } else { first };
        state.restarts - since >= MOST_CRASHES
    }

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
    state: &GatewayState,
    checks: &mut Checks,
) -> Result<()> {
    let target = compose.target();
    if checks.crashes(state) || state.state.is_over() {
        return Err(gateway::until_exit(engine, &target, state).await);
    }
    if state.is_running() && checks.condemn(state) {
        let error = gateway::unhealthy(engine, &target, state).await;
        // Which looks from inside the container's network.
        return Err(error.hint("ollamactl doctor"));
    }
    Ok(())
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
