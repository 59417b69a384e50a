//! `gateway up` and `gateway restart` where the gateway is the embedded one: a process.

use std::time::Duration;

use super::show_steps;
use crate::cli::StopArgs;
use crate::commands::context::Context;
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::event::Step;
use crate::gateway::{Gateway, UpOptions, embedded};
use crate::health::{self, Failure, Level, Question, Waiting};
use crate::units::seconds;

/// Between two looks at a gateway that is to become healthy.
const LOOK: Duration = Duration::from_millis(200);

/// What the flags of `gateway up` ask for.
pub(super) struct Asked<'a> {
    pub options: &'a UpOptions,
    pub stopping: &'a StopArgs,
}

/// Starts it, unless it runs, and waits where that is asked for.
pub(super) async fn up(
    context: &Context,
    (config, gateway): (&Config, &Gateway),
    how: &embedded::Instructions,
    asked: &Asked<'_>,
    step: Step,
) -> Result<()> {
    let (options, stopping) = (asked.options, asked.stopping);
    fit(options).inspect_err(|error| step.blame(error))?;
    if options.force_recreate {
        restart(context, how, config, stopping, step).await?;
    } else {
        start(context, how, stopping.dry.dry_run, step).await?;
    }
    if options.wait && !stopping.dry.dry_run {
        until_healthy(context, config, gateway, options.wait_timeout).await?;
    }
    Ok(())
}

/// Refuses what is about containers alone and would change what is done.
fn fit(options: &UpOptions) -> Result<()> {
    if options.no_start {
        return Err(Error::usage(
            "--no-start is about containers, and the embedded gateway is a process",
        )
        .hint("leave it out, or name a compose file with -f"));
    }
    Ok(())
}

/// Ends it and starts it again.
pub(super) async fn restart(
    context: &Context,
    how: &embedded::Instructions,
    config: &Config,
    stopping: &StopArgs,
    step: Step,
) -> Result<()> {
    let listen = how.launch.listen;
    if stopping.dry.dry_run {
        let line = format!("restart embedded gateway on {listen}: asked to");
        return show_steps(context, &[line], step);
    }
    // What cannot be started again is not stopped.
    embedded::check_restart(how, &context.paths)?;
    let drain = embedded::drain(config, stopping.timeout()?);
    embedded::stop(&context.paths, listen, drain).await?;
    start(context, how, false, step).await
}

/// Looks at the gateway until nothing is wrong with it.
async fn until_healthy(
    context: &Context,
    config: &Config,
    gateway: &Gateway,
    limit: Duration,
) -> Result<()> {
    let question = Question {
        config,
        paths: &context.paths,
        gateway: Some(gateway),
        backend: false,
        model: false,
        level: Level::Ready,
    };
    let events = context.events();
    let mut waiting = Waiting::new(&events);
    let mut last = None;
    let look = async {
        while let Some(failure) = health::check(&question).await?.into_iter().next() {
            waiting.tell(&failure);
            last = Some(failure);
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    };
    let waited = match tokio::time::timeout(limit, look).await {
        Ok(waited) => waited,
        Err(_) => Err(late(limit, last)),
    };
    match &waited {
        Ok(()) => waiting.over(),
        Err(error) => waiting.failed(error),
    }
    waited
}

/// The error of a gateway that has not become healthy in time, with what was wrong last.
fn late(limit: Duration, last: Option<Failure>) -> Error {
    let error = Error::new(
        Kind::Timeout,
        format!("the gateway is not healthy after {}", seconds(limit)),
    );
    match last {
        Some(failure) => error.details([failure.reason]).hint(failure.hint),
        None => error.hint("ollamactl health gateway"),
    }
}

async fn start(
    context: &Context,
    how: &embedded::Instructions,
    dry_run: bool,
    step: Step,
) -> Result<()> {
    if dry_run {
        return show_steps(context, &embedded::plan_up(how, &context.paths)?, step);
    }
    let (record, fresh) = step
        .watch(embedded::start(how, &context.paths, &step))
        .await?;
    step.ended(fresh, record.describe());
    if context.ui.is_json() {
        context.ui.print_json(&serde_json::json!({
            "event": "gateway", "started": fresh, "listen": record.launch.listen, "pid": record.process.pid,
        }))?;
    }
    Ok(())
}
