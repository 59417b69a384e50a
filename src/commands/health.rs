//! `health`: `{"status":"ok"}` and 0, or what fails and why, and 3.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use super::context::Context;
use crate::backend;
use crate::cli::{HealthArgs, HealthLevel, HealthPart};
use crate::config::{Mode, duration};
use crate::error::{Error, Kind, Result};
use crate::event::Events;
use crate::gateway;
use crate::health::{self, Failure, Health, Level, Part, Question, Waiting};
use crate::units::seconds;

/// Pause between two looks under `--wait`.
const LOOK: Duration = Duration::from_millis(200);

pub(super) async fn run(context: &Context, args: &HealthArgs) -> anyhow::Result<()> {
    let config = context.config(&args.stack.flags())?;
    let wait = args
        .wait
        .as_deref()
        .map(|text| duration("--wait", text))
        .transpose()?;
    let within = duration("--infer-timeout", &args.infer_timeout)?;
    let asks = |part: HealthPart| args.part == HealthPart::All || args.part == part;
    let infers = args.level == HealthLevel::Infer;
    let gateway = if asks(HealthPart::Gateway) {
        Some(gateway::choose(&config, &context.folder)?)
    } else {
        None
    };
    let question = Question {
        config: &config,
        paths: &context.paths,
        gateway: gateway.as_ref(),
        backend: asks(HealthPart::Backend) || (infers && asks(HealthPart::Model)),
        model: asks(HealthPart::Model),
        level: match args.level {
            HealthLevel::Live => Level::Live,
            HealthLevel::Ready => Level::Ready,
            HealthLevel::Infer => Level::Infer { within },
        },
    };
    let health = match wait {
        None => health::examine(&question).await?,
        Some(wait) => patiently(context, &question, wait).await?,
    };
    let running = backend::recorded(&context.paths, &config.client_host());
    let stub = running.is_some_and(|record| record.launch.mode == Mode::Stub);
    Ok(answer(context, &health, stub)?)
}

/// Looks again and again until nothing fails or the time is over, and says what is waited for.
async fn patiently(context: &Context, question: &Question<'_>, wait: Duration) -> Result<Health> {
    // Standard output holds one document, so what is waited for is for people alone.
    let events = if context.ui.is_json() {
        Events::none()
    } else {
        context.events()
    };
    let deadline = Instant::now() + wait;
    let mut health = Health::default();
    let mut waiting = Waiting::new(&events);
    while let Ok(now) = timeout_at(deadline, health::examine(question)).await {
        health = now?;
        let Some(first) = health.failures.first() else {
            waiting.over();
            return Ok(health);
        };
        waiting.tell(first);
        sleep(LOOK).await;
    }
    if health.failures.is_empty() {
        let reason = format!("no answer within {}", seconds(wait));
        let unknown = |part| Failure::new(part, reason.clone(), "ollamactl status");
        health.failures = asked(question).into_iter().map(unknown).collect();
    }
    let late = format!("not healthy within {}", seconds(wait));
    waiting.failed(&Error::new(Kind::Unhealthy, late));
    Ok(health)
}

/// The parts of which nothing is known while no look has ended.
fn asked(question: &Question<'_>) -> Vec<Part> {
    if question.level > Level::Ready {
        return vec![Part::Inference];
    }
    let parts = [
        (question.backend, Part::Backend),
        (question.model, Part::Model),
        (question.gateway.is_some(), Part::Gateway),
    ];
    let asked = parts.into_iter().filter(|(asked, _)| *asked);
    asked.map(|(_, part)| part).collect()
}

/// What standard output says when nothing fails.
#[derive(serde::Serialize)]
struct Healthy<'a> {
    status: &'static str,
    /// The backend is the stand-in.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stub: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
}

/// What standard output says when something fails; why, only where a program asked for JSON.
#[derive(serde::Serialize)]
struct Unhealthy<'a> {
    status: &'static str,
    failing: &'a [Part],
    #[serde(skip_serializing_if = "Option::is_none")]
    reasons: Option<&'a [Failure]>,
}

fn answer(context: &Context, health: &Health, stub: bool) -> Result<()> {
    let failures = health.failures.as_slice();
    if stub {
        context.ui.say("the backend is the stub (not Ollama)");
    }
    if let Some(note) = &health.note {
        context.ui.say(note);
    }
    let Some((first, others)) = failures.split_first() else {
        return context.ui.print_verdict(&Healthy {
            status: "ok",
            stub,
            asked: health.asked.as_deref(),
            note: health.note.as_deref(),
        });
    };
    let failing: Vec<Part> = failures.iter().map(|failure| failure.part).collect();
    context.ui.print_verdict(&Unhealthy {
        status: "unhealthy",
        failing: &failing,
        reasons: context.ui.is_json().then_some(failures),
    })?;
    let mut error = Error::new(kind(failures), reason(first)).details(&first.evidence);
    for failure in others {
        error = error.details([reason(failure)]).details(&failure.evidence);
    }
    error.hints = hints(failures);
    Err(error)
}

/// The next commands, each once. What is not there, `up` brings all at once.
fn hints(failures: &[Failure]) -> Vec<String> {
    let absent = failures.iter().filter(|failure| failure.absent).count();
    let mut hints: Vec<String> = Vec::new();
    for failure in failures {
        let hint = if failure.absent && absent > 1 {
            "ollamactl up"
        } else {
            &failure.hint
        };
        if !hints.iter().any(|known| known == hint) {
            hints.push(hint.to_owned());
        }
    }
    hints
}

/// Unhealthy, unless all that failed is of one other kind.
fn kind(failures: &[Failure]) -> Kind {
    let first = failures
        .first()
        .map_or(Kind::Unhealthy, |failure| failure.kind);
    if failures.iter().all(|failure| failure.kind == first) {
        first
    } else {
        Kind::Unhealthy
    }
}

fn reason(failure: &Failure) -> String {
    format!("{}: {}", failure.part, failure.reason)
}
