//! `up`: everything, until it is healthy.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::context::Context;
use crate::cli::UpArgs;
use crate::config::duration;
use crate::engine::endpoint;
use crate::event::{Event, Events, Outcome};
use crate::gateway::{self, Gateway, Ledger};
use crate::paths::Paths;
use crate::stack::{self, UpReport, UpRequest};
use crate::units::seconds;

/// What an interruption leaves: it depends on how far the steps are.
#[derive(Clone, Default)]
pub(super) struct Progress {
    pulling: Arc<AtomicBool>,
    started: Arc<AtomicBool>,
    /// The compose project, and where it is written down what was made of it.
    project: Arc<OnceLock<(Paths, String)>>,
}

impl Progress {
    /// These events, listened to.
    fn watch(&self, events: Events) -> Events {
        let this = self.clone();
        Events::new(move |event| {
            match &event {
                Event::StepStarted { step, .. } if step == "model" => {
                    this.pulling.store(true, Ordering::Relaxed);
                }
                // What is interrupted fails too, before anybody asks.
                Event::StepFinished { step, outcome, .. }
                    if step == "model" && *outcome != Outcome::Failed =>
                {
                    this.pulling.store(false, Ordering::Relaxed);
                }
                Event::StepFinished { step, outcome, .. }
                    if matches!(step.as_str(), "backend" | "gateway")
                        && *outcome == Outcome::Done =>
                {
                    this.started.store(true, Ordering::Relaxed);
                }
                _ => {}
            }
            events.emit(event);
        })
    }

    /// What to know after an interruption.
    pub fn hints(&self) -> Vec<&'static str> {
        let pulling = self.pulling.load(Ordering::Relaxed).then_some(
            "what was loaded of the model is kept; run the same command again and it resumes",
        );
        let started = (self.started.load(Ordering::Relaxed) || self.has_containers())
            .then_some("what was started goes on; to end it: ollamactl down");
        pulling.into_iter().chain(started).collect()
    }

    /// Containers were made of the project, by this command or an earlier one.
    fn has_containers(&self) -> bool {
        let (Some((paths, project)), Ok(endpoint)) =
            (self.project.get(), endpoint::from_environment())
        else {
            return false;
        };
        let made = Ledger::new(paths, &endpoint, project).read();
        made.is_ok_and(|made| !made.containers.is_empty())
    }
}

pub(super) async fn run(
    context: &Context,
    args: &UpArgs,
    progress: &Progress,
) -> anyhow::Result<()> {
    let config = context.config(&args.stack.flags())?;
    let wait_timeout = duration("--wait-timeout", &args.wait_timeout)?;
    let gateway = gateway::choose(&config, &context.folder)?;
    context.warn_of_project(&config, &gateway);
    context.tell_of_passed_over(&config, &gateway);
    let request = UpRequest {
        config: &config,
        paths: &context.paths,
        gateway: &gateway,
        build: args.build,
        wait_timeout,
    };
    if args.dry.dry_run {
        return show_steps(context, &stack::plan_up(&request).await?);
    }
    if let Gateway::Compose(compose) = &gateway {
        let _ = progress
            .project
            .set((context.paths.clone(), compose.project.name.clone()));
    }
    let report = stack::up(&request, &progress.watch(context.events())).await?;
    let (status, _) = stack::status(&config, &context.paths, Ok(&gateway)).await?;
    if context.ui.is_json() {
        let result = serde_json::json!({ "event": "up", "report": report, "status": status });
        return Ok(context.ui.print_json(&result)?);
    }
    context.ui.say("");
    context.ui.say(&super::status::table(
        &status,
        context.ui.paint_for_progress(),
    ));
    context.ui.say("");
    context.ui.say(&timing(&report));
    Ok(())
}

/// The steps of a dry run, one a line.
pub(super) fn show_steps(context: &Context, steps: &[String]) -> anyhow::Result<()> {
    if context.ui.is_json() {
        let plan = serde_json::json!({ "event": "plan", "steps": steps });
        return Ok(context.ui.print_json(&plan)?);
    }
    if steps.is_empty() {
        context.ui.say("nothing is to be done");
    }
    for line in steps {
        context.ui.print(line)?;
    }
    Ok(())
}

/// `healthy after 2.4 s (side by side: model 2.1 s, backend 87 ms, …)`.
fn timing(report: &UpReport) -> String {
    let parts: Vec<String> = report
        .took
        .iter()
        .map(|(name, took)| format!("{name} {}", seconds(Duration::from_secs_f64(*took))))
        .collect();
    let all = seconds(Duration::from_secs_f64(report.seconds));
    format!("healthy after {all} (side by side: {})", parts.join(", "))
}
