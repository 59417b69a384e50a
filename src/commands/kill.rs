//! `kill`: every backend of this machine.

use serde::Serialize;

use super::context::Context;
use crate::backend::{self, Doomed, Killed};
use crate::cli::KillArgs;
use crate::config::duration;
use crate::error::{Error, Result};
use crate::process::commands;
use crate::units::counted;

pub(super) async fn run(context: &Context, args: &KillArgs) -> anyhow::Result<()> {
    let grace = duration("--timeout", &args.timeout)?;
    if args.dry.dry_run {
        return Ok(show(context, &backend::plan_kill(&context.paths))?);
    }
    let killed = backend::kill(&context.paths, grace).await?;
    report(context, &killed)?;
    if killed.left.is_empty() {
        return Ok(());
    }
    Err(Error::failed("not every backend could be ended")
        .details(killed.left)
        .hint(format!(
            "end what is another user's: {}ollamactl kill",
            commands::sudo()
        ))
        .into())
}

/// What would be ended, one process a line.
fn show(context: &Context, plan: &[Doomed]) -> Result<()> {
    if context.ui.is_json() {
        return context
            .ui
            .print_json(&serde_json::json!({ "event": "plan", "steps": plan }));
    }
    if plan.is_empty() {
        context.ui.say("no backend is running");
    }
    plan.iter()
        .try_for_each(|doomed| context.ui.print(&doomed.to_string()))
}

#[derive(Serialize)]
struct Ended<'a> {
    pid: u32,
    process: &'a str,
    forced: bool,
    respawned_by: Option<&'a str>,
}

fn report(context: &Context, killed: &Killed) -> Result<()> {
    if context.ui.is_json() {
        let ended: Vec<Ended> = killed
            .backends
            .iter()
            .map(|ended| Ended {
                pid: ended.pid,
                process: &ended.process,
                forced: ended.forced,
                respawned_by: ended.respawned_by.as_deref(),
            })
            .collect();
        return context.ui.print_json(&serde_json::json!({
            "ended": ended, "runners": killed.runners, "left": killed.left,
        }));
    }
    if killed.backends.is_empty() && killed.runners == 0 && killed.left.is_empty() {
        context.ui.say("no backend is running");
    }
    for ended in &killed.backends {
        let forced = if ended.forced { " by force" } else { "" };
        context.ui.say(&format!("ended{forced}: {}", ended.process));
        if let Some(command) = &ended.respawned_by {
            context.ui.say(&format!(
                "  it will be started again; to keep it down: {command}"
            ));
        }
    }
    if killed.runners > 0 {
        context.ui.say(&format!(
            "ended {} that a dead backend had left",
            counted(killed.runners, "runner")
        ));
    }
    Ok(())
}
