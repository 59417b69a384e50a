//! `gateway …`: the compose service, or the embedded gateway.

mod config;
mod down;
mod process;
mod up;

use super::context::Context;
use crate::cli::settings::StackArgs;
use crate::cli::{GatewayBuildArgs, GatewayCommand, GatewayRunArgs};
use crate::config::{Config, Flags};
use crate::daemon::Shutdown;
use crate::engine::Engine;
use crate::error::{Error, Kind, Result};
use crate::event::Step;
use crate::gateway::{self, Gateway, Plan, Rebuild, UpOptions, embedded};

pub(super) async fn run(context: &Context, command: &GatewayCommand) -> anyhow::Result<()> {
    Ok(match command {
        GatewayCommand::Up(args) => up::up(context, args).await,
        GatewayCommand::Down(args) => down::down(context, args).await,
        GatewayCommand::Stop(args) => down::stop(context, args).await,
        GatewayCommand::Restart(args) => up::restart(context, args).await,
        GatewayCommand::Build(args) => build(context, args).await,
        GatewayCommand::Config(args) => config::run(context, args),
        GatewayCommand::Run(args) => run_embedded(context, args).await,
        GatewayCommand::Ip => ip(context).await,
    }?)
}

fn choose(context: &Context, args: &StackArgs) -> Result<(Config, Gateway)> {
    let config = context.config(&args.flags())?;
    let gateway = gateway::choose(&config, &context.folder)?;
    context.warn_of_project(&config, &gateway);
    Ok((config, gateway))
}

fn step(context: &Context, gateway: &Gateway) -> Step {
    let what = match gateway {
        Gateway::Compose(compose) => format!("service {}", compose.service),
        Gateway::Embedded(how) => format!("embedded gateway on {}", how.launch.listen),
    };
    context.events().step("gateway", what)
}

/// The steps of a dry run, one a line.
fn show_plan(context: &Context, plan: &Plan, step: Step) -> Result<()> {
    show_steps(context, &plan.lines(), step)
}

fn show_steps(context: &Context, steps: &[String], step: Step) -> Result<()> {
    if context.ui.is_json() {
        context
            .ui
            .print_json(&serde_json::json!({ "event": "plan", "steps": steps }))?;
    } else {
        for line in steps {
            context.ui.print(line)?;
        }
    }
    step.unchanged(if steps.is_empty() {
        "nothing is to be done"
    } else {
        "nothing was done: --dry-run"
    });
    Ok(())
}

async fn build(context: &Context, args: &GatewayBuildArgs) -> Result<()> {
    let (_, gateway) = choose(context, &args.stack)?;
    let step = step(context, &gateway);
    match &gateway {
        Gateway::Embedded(_) => {
            step.unchanged("the embedded gateway is part of ollamactl; there is nothing to build");
            Ok(())
        }
        Gateway::Compose(compose) => {
            let engine = Engine::open_from_environment().inspect_err(|error| step.blame(error))?;
            let options = UpOptions {
                release: compose.release.clone(),
                ..UpOptions::default()
            };
            let rebuild = Rebuild {
                no_cache: args.no_cache,
                pull: args.pull,
                args: args.build_args.clone(),
            };
            let target = compose.target();
            let build = gateway::build(&engine, &target, &options, &rebuild, &step);
            let id = step.watch(build).await?;
            step.done(format!("built image {id}"));
            Ok(())
        }
    }
}

/// In the foreground, until Ctrl-C.
pub(super) async fn run_embedded(context: &Context, args: &GatewayRunArgs) -> Result<()> {
    let mut flags = Flags {
        listen: args.listen.clone(),
        key_file: args.key_file.clone(),
        ..Flags::default()
    };
    args.model.add_to(&mut flags);
    args.backend.add_to(&mut flags);
    let config = context.config(&flags)?;
    let how = if args.no_auth {
        embedded::Instructions::unguarded(&config)?
    } else {
        embedded::Instructions::from_config(&config)?
    };
    how.check()?;
    let shutdown = Shutdown::on_signals()?;
    context.ui.say(&format!(
        "gateway on http://{}, in front of {}; Ctrl-C ends it",
        how.launch.listen, how.launch.upstream
    ));
    embedded::run_here(&how, &shutdown).await?;
    if shutdown.was_interrupted() {
        return Err(Error::new(Kind::Interrupted, "the gateway was stopped"));
    }
    Ok(())
}

/// What `host-gateway` stands for on this engine.
async fn ip(context: &Context) -> Result<()> {
    let engine = Engine::from_environment().await?;
    match engine.info().host_gateway {
        Some(address) if context.ui.is_json() => context
            .ui
            .print_json(&serde_json::json!({ "host_gateway": address })),
        Some(address) => context.ui.print(&address.to_string()),
        None => Err(Error::failed(format!(
            "the engine {} has no address of this machine on its default bridge",
            engine.endpoint()
        ))
        .hint(
            "Docker Desktop and rootless engines provide host.docker.internal themselves, and Podman \
             host.containers.internal",
        )),
    }
}
