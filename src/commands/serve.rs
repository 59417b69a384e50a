//! `serve`: the backend in the foreground, or in the background.

use super::context::Context;
use crate::backend::{self, Launch};
use crate::cli::ServeArgs;
use crate::config::Flags;
use crate::daemon::{Reporter, Shutdown};
use crate::error::{Error, Kind, Result};
use crate::logs::{Follower, clean};

/// Returns when the backend is ready.
pub(super) async fn background(context: &Context, args: &ServeArgs) -> anyhow::Result<()> {
    Ok(start(context, &launch(context, args)?).await?)
}

/// Returns when the backend has ended.
pub(super) async fn foreground(context: &Context, args: &ServeArgs) -> anyhow::Result<()> {
    let launch = launch(context, args)?;
    let shutdown = Shutdown::on_signals()?;
    if !backend::slot(&context.paths, &launch.host()).is_locked()? {
        return Ok(supervise(context, &launch, &shutdown).await?);
    }
    tokio::select! {
        running = already_running(context, &launch) => Ok(running?),
        () = shutdown.requested.cancelled() => Err(Error::interrupted().into()),
    }
}

fn launch(context: &Context, args: &ServeArgs) -> Result<Launch> {
    let mut flags = Flags::default();
    args.backend.add_to(&mut flags);
    Launch::from_config(&context.config(&flags)?, &context.paths)
}

async fn start(context: &Context, launch: &Launch) -> Result<()> {
    let running = backend::bring_up(launch, &context.paths, &context.events()).await?;
    if context.ui.is_json() {
        context.ui.print_json(&started(context, launch, &running))?;
    } else if running.fresh {
        let slot = backend::slot(&context.paths, &launch.host());
        context
            .ui
            .say(&format!("   pidfile  {}", slot.pidfile().display()));
        context
            .ui
            .say(&format!("   log      {}", slot.log_file().display()));
    }
    Ok(())
}

/// What scripts want to know; the record itself may hold secrets of the environment.
fn started(context: &Context, launch: &Launch, running: &backend::Running) -> serde_json::Value {
    let record = &running.record;
    serde_json::json!({
        "event": "backend",
        "started": running.fresh,
        "address": record.launch.bind,
        "version": record.version,
        "pid": record.process().map(|process| process.pid),
        "origin": if record.is_ours() { "started" } else { "adopted" },
        "relay": record.relay,
        "pidfile": backend::slot(&context.paths, &launch.host()).pidfile(),
        "log": record.log,
    })
}

/// Supervises in this very process, and shows the backend's log until Ctrl-C.
async fn supervise(context: &Context, launch: &Launch, shutdown: &Shutdown) -> Result<()> {
    let slot = backend::slot(&context.paths, &launch.host());
    let offset = slot.log_file().metadata().map_or(0, |meta| meta.len());
    let mut log = Follower::new(&slot.log_file(), offset);
    let events = context.events();
    let mut silent = Reporter::silent();
    let supervision = backend::supervise(launch, &context.paths, shutdown, &mut silent, &events);
    let showing = async {
        loop {
            let bytes = log.next().await;
            context.ui.explain(&clean(&bytes));
        }
    };
    if let Some(warning) = backend::exposure(launch) {
        events.warn(warning);
    }
    context.ui.say(&format!(
        "serving {} on {}; Ctrl-C ends it",
        launch.noun(),
        launch.bind
    ));
    let outcome = tokio::select! {
        outcome = supervision => outcome,
        () = showing => Ok(()),
    };
    match outcome {
        // Asked to end by SIGTERM before it was ready, it did what it was asked.
        Err(error) if error.kind == Kind::Interrupted && !shutdown.was_interrupted() => {
            return Ok(());
        }
        outcome => outcome?,
    }
    if shutdown.was_interrupted() {
        return Err(Error::new(Kind::Interrupted, "the backend was stopped"));
    }
    Ok(())
}

async fn already_running(context: &Context, launch: &Launch) -> Result<()> {
    let events = context.events();
    let step = events.step("backend", format!("looking at {}", launch.bind));
    let running = step
        .watch(backend::start(launch, &context.paths, &step))
        .await?;
    step.unchanged(format!("already running: {}", running.record.describe()));
    Ok(())
}
