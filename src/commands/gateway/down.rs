//! `gateway down` and `gateway stop`.

use std::net::SocketAddr;

use super::{choose, show_plan, show_steps};
use crate::cli::settings::StackArgs;
use crate::cli::{DownArgs, GatewayStopArgs, StopArgs};
use crate::commands::context::Context;
use crate::config::Config;
use crate::engine::Engine;
use crate::error::Result;
use crate::event::Step;
use crate::gateway::{self, ComposeGateway, Down, DownOptions, Gateway, Ledger, embedded};

/// The compose service that is to be stopped and the engine that runs it; where the gateway is the
/// embedded one, that is stopped, and nothing is left to do.
async fn compose_service(
    context: &Context,
    stack: &StackArgs,
    how: &StopArgs,
) -> Result<Option<(ComposeGateway, Engine, Step)>> {
    let (config, gateway) = choose(context, stack)?;
    let Gateway::Compose(compose) = gateway else {
        stop_embedded(context, &config, how).await?;
        return Ok(None);
    };
    let step = context
        .events()
        .step("gateway", format!("service {}", compose.service));
    let engine = Engine::open_from_environment().inspect_err(|error| step.blame(error))?;
    Ok(Some((*compose, engine, step)))
}

fn options(
    context: &Context,
    how: &StopArgs,
    compose: &ComposeGateway,
    engine: &Engine,
) -> Result<DownOptions> {
    let (paths, project) = (&context.paths, &compose.project.name);
    Ok(DownOptions {
        stop_timeout: how.timeout()?,
        ledger: Some(Ledger::new(paths, engine.endpoint(), project)),
        ..DownOptions::default()
    })
}

pub(super) async fn down(context: &Context, args: &DownArgs) -> Result<()> {
    let Some((compose, engine, step)) = compose_service(context, &args.stack, &args.stop).await?
    else {
        return Ok(());
    };
    let options = DownOptions {
        volumes: args.volumes,
        remove_orphans: args.remove_orphans,
        ..options(context, &args.stop, &compose, &engine)?
    };
    if args.stop.dry.dry_run {
        let plan = gateway::plan_down(&engine, &compose.target(), &options).await?;
        return show_plan(context, &plan, step);
    }
    let down = step
        .watch(gateway::down(&engine, &compose.target(), &options, &step))
        .await?;
    finish(context, &compose, &down, step)
}

fn finish(context: &Context, compose: &ComposeGateway, down: &Down, step: Step) -> Result<()> {
    let removed = down.removed();
    if removed.is_empty() {
        step.unchanged(format!("service {} has no container", compose.service));
    } else {
        step.done(format!("removed {}", removed.join(", ")));
    }
    for kept in &down.kept {
        context
            .ui
            .say(&format!("{kept} stays: containers still use it"));
    }
    if !down.orphans.is_empty() && !compose.project.ignores_orphans() {
        context.events().warn(format!(
            "found orphan containers ([{}]) for this project; --remove-orphans removes them",
            down.orphans.join(" ")
        ));
    }
    if context.ui.is_json() {
        context.ui.print_json(
            &serde_json::json!({ "event": "gateway", "removed": removed, "kept": down.kept }),
        )?;
    }
    Ok(())
}

pub(super) async fn stop(context: &Context, args: &GatewayStopArgs) -> Result<()> {
    let Some((compose, engine, step)) = compose_service(context, &args.stack, &args.stop).await?
    else {
        return Ok(());
    };
    let options = options(context, &args.stop, &compose, &engine)?;
    if args.stop.dry.dry_run {
        let plan = gateway::plan_stop(&engine, &compose.target()).await?;
        return show_plan(context, &plan, step);
    }
    if step
        .watch(gateway::stop(&engine, &compose.target(), &options, &step))
        .await?
    {
        step.done(format!("service {} stopped", compose.service));
    } else {
        step.unchanged(format!("service {} was not running", compose.service));
    }
    Ok(())
}

async fn stop_embedded(context: &Context, config: &Config, how: &StopArgs) -> Result<()> {
    let found = embedded::of_project(config, &context.paths).await?;
    if how.dry.dry_run {
        return plan_stop_embedded(context, &found.meant);
    }
    let drain = embedded::drain(config, how.timeout()?);
    for listen in found.meant {
        let what = format!("embedded gateway on {listen}");
        let step = context.events().step("gateway", &what);
        let stopped = embedded::stop(&context.paths, listen, drain);
        if step.watch(stopped).await? {
            step.done(format!("{what} stopped"));
        } else {
            step.unchanged(format!("no {what} was running"));
        }
    }
    for other in found.others {
        let left = other.left_by("ollamactl gateway down");
        context.ui.say(&format!("left as it is: {left}"));
    }
    Ok(())
}

fn plan_stop_embedded(context: &Context, meant: &[SocketAddr]) -> Result<()> {
    let mut lines = Vec::new();
    for listen in meant {
        if embedded::observe(&context.paths, *listen)?.is_some() {
            lines.push(format!("stop embedded gateway on {listen}: asked to"));
        }
    }
    let step = context.events().step("gateway", "embedded gateway");
    show_steps(context, &lines, step)
}
