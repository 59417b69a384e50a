//! `health`: `{"status":"ok"}` and 0, or what fails and why, and 3.

use tokio::time::{Instant, sleep};

use super::context::Context;
use super::up::duration;
use crate::cli::{HealthArgs, HealthLevel, HealthPart};
use crate::error::{Error, Kind, Result};
use crate::gateway;
use crate::health::{self, Failure, Level, Part, Question};

/// Pause between two looks under `--wait`.
const LOOK: std::time::Duration = std::time::Duration::from_millis(200);

pub(super) async fn run(context: &Context, args: &HealthArgs) -> anyhow::Result<()> {
    let config = context.config(&args.stack.flags())?;
    let wait = args
        .wait
        .as_deref()
        .map(|text| duration("--wait", text))
        .transpose()?;
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
            HealthLevel::Infer => Level::Infer,
        },
    };
    let deadline = wait.map(|wait| Instant::now() + wait);
    let mut failures = health::check(&question).await?;
    while !failures.is_empty() && deadline.is_some_and(|deadline| Instant::now() < deadline) {
        sleep(LOOK).await;
        failures = health::check(&question).await?;
    }
    Ok(answer(context, &failures)?)
}

/// What standard output says when something fails.
#[derive(serde::Serialize)]
struct Unhealthy<'a> {
    status: &'static str,
    failing: &'a [Part],
}

fn answer(context: &Context, failures: &[Failure]) -> Result<()> {
    if failures.is_empty() {
        return context.ui.print(r#"{"status":"ok"}"#);
    }
    let failing: Vec<Part> = failures.iter().map(|failure| failure.part).collect();
    context.ui.print_json(&Unhealthy {
        status: "unhealthy",
        failing: &failing,
    })?;
    let (first, others) = failures.split_first().expect("there are failures");
    let error = others.iter().fold(
        Error::new(Kind::Unhealthy, reason(first)).hint(first.hint.clone()),
        |error, failure| error.details([reason(failure)]).hint(failure.hint.clone()),
    );
    Err(error)
}

fn reason(failure: &Failure) -> String {
    let part = match failure.part {
        Part::Backend => "backend",
        Part::Model => "model",
        Part::Gateway => "gateway",
        Part::Inference => "inference",
    };
    format!("{part}: {}", failure.reason)
}
