//! `gateway up` and `gateway restart`.

use super::{choose, process, show_plan, step};
use crate::cli::{GatewayRestartArgs, GatewayUpArgs, PullPolicy};
use crate::commands::context::Context;
use crate::config::duration;
use crate::engine::Engine;
use crate::error::Result;
use crate::event::Step;
use crate::gateway::{self, Build, ComposeGateway, Gateway, Ledger, Pull, Up, UpOptions};

pub(super) async fn up(context: &Context, args: &GatewayUpArgs) -> Result<()> {
    let options = options(args)?;
    let (config, gateway) = choose(context, &args.stack)?;
    let step = step(context, &gateway);
    let compose = match &gateway {
        Gateway::Embedded(how) => {
            let asked = process::Asked {
                options: &options,
                stopping: &args.stop,
            };
            return process::up(context, (&config, &gateway), how, &asked, step).await;
        }
        Gateway::Compose(compose) => compose,
    };
    let prepared = prepared(context, compose, options);
    let (engine, options) = prepared.inspect_err(|error| step.blame(error))?;
    let target = compose.target();
    if args.stop.dry.dry_run {
        let plan = step
            .watch(gateway::plan_up(&engine, &target, &options))
            .await?;
        return show_plan(context, &plan, step);
    }
    let events = context.events();
    let up = gateway::up(&engine, &target, &options, &step, &events);
    let up = step.watch(up).await?;
    finish(context, &up, step)
}

/// What the flags ask for.
fn options(args: &GatewayUpArgs) -> Result<UpOptions> {
    Ok(UpOptions {
        build: if args.build {
            Build::All
        } else {
            Build::Missing
        },
        pull: args.pull.map(|policy| match policy {
            PullPolicy::Always => Pull::Always,
            PullPolicy::Missing => Pull::Missing,
            PullPolicy::Never => Pull::Never,
        }),
        force_recreate: args.force_recreate,
        no_deps: args.no_deps,
        no_start: args.no_start,
        wait: args.wait,
        wait_timeout: duration("--wait-timeout", &args.wait_timeout)?,
        remove_orphans: args.remove_orphans,
        stop_timeout: args.stop.timeout()?,
        ..UpOptions::default()
    })
}

/// The engine, and the options with what belongs to the project on it.
fn prepared(
    context: &Context,
    compose: &ComposeGateway,
    mut options: UpOptions,
) -> Result<(Engine, UpOptions)> {
    let engine = Engine::open_from_environment()?;
    let project = &compose.project.name;
    options.release.clone_from(&compose.release);
    options.cache = Some(context.paths.cache.clone());
    options.ledger = Some(Ledger::new(&context.paths, engine.endpoint(), project));
    Ok((engine, options))
}

pub(super) async fn restart(context: &Context, args: &GatewayRestartArgs) -> Result<()> {
    let (config, gateway) = choose(context, &args.stack)?;
    let step = step(context, &gateway);
    let compose = match &gateway {
        Gateway::Embedded(how) => {
            return process::restart(context, how, &config, &args.stop, step).await;
        }
        Gateway::Compose(compose) => compose,
    };
    let options = UpOptions {
        no_deps: args.no_deps,
        stop_timeout: args.stop.timeout()?,
        ..UpOptions::default()
    };
    let prepared = prepared(context, compose, options);
    let (engine, options) = prepared.inspect_err(|error| step.blame(error))?;
    let target = compose.target();
    if args.stop.dry.dry_run {
        let plan = step
            .watch(gateway::plan_restart(&engine, &target, &options))
            .await?;
        return show_plan(context, &plan, step);
    }
    let events = context.events();
    let up = gateway::restart(&engine, &target, &options, &step, &events);
    let up = step.watch(up).await?;
    finish(context, &up, step)
}

fn finish(context: &Context, up: &Up, step: Step) -> Result<()> {
    let gateway = up.state.describe();
    step.ended(
        up.changed,
        match &up.replaced {
            Some(cause) => format!("{gateway}, replaced: {cause}"),
            None => gateway,
        },
    );
    if context.ui.is_json() {
        context.ui.print_json(
            &serde_json::json!({ "event": "gateway", "steps": up.steps, "state": up.state }),
        )?;
    }
    Ok(())
}
