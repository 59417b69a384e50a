//! `gateway up|down|stop|restart|build|run`.

use std::net::SocketAddr;

use super::context::Context;
use crate::cli::settings::StackArgs;
use crate::cli::{GatewayCommand, GatewayRunArgs, GatewayStopArgs, GatewayUpArgs};
use crate::config::{Config, Flags};
use crate::daemon::Shutdown;
use crate::engine::Engine;
use crate::error::{Error, Kind, Result};
use crate::event::Step;
use crate::gateway::{self, Build, Gateway, Ledger, Up, UpOptions, embedded};

pub(super) async fn run(context: &Context, command: &GatewayCommand) -> anyhow::Result<()> {
    Ok(match command {
        GatewayCommand::Up(args) => up(context, args).await,
        GatewayCommand::Down(args) => down(context, args).await,
        GatewayCommand::Stop(args) => stop(context, args).await,
        GatewayCommand::Restart(args) => restart(context, args).await,
        GatewayCommand::Build(args) => build(context, args).await,
        GatewayCommand::Run(args) => run_embedded(context, args).await,
        GatewayCommand::Ip => ip(context).await,
    }?)
}

fn choose(context: &Context, args: &StackArgs) -> Result<(Config, Gateway)> {
    let config = context.config(&args.flags())?;
    let gateway = gateway::choose(&config, &context.folder)?;
    context.warn_of_project(&gateway);
    Ok((config, gateway))
}

fn step(context: &Context, gateway: &Gateway) -> Step {
    let what = match gateway {
        Gateway::Compose(compose) => format!("service {}", compose.service),
        Gateway::Embedded(listen) => format!("embedded gateway on {listen}"),
    };
    context.events().step("gateway", what)
}

async fn up(context: &Context, args: &GatewayUpArgs) -> Result<()> {
    let (config, gateway) = choose(context, &args.stack)?;
    let step = step(context, &gateway);
    match &gateway {
        Gateway::Embedded(_) => embedded_up(context, &config, step).await,
        Gateway::Compose(compose) => {
            let options = UpOptions {
                build: if args.build {
                    Build::Target
                } else {
                    Build::Missing
                },
                force_recreate: args.force_recreate,
                no_deps: args.no_deps,
                ledger: Some(Ledger::new(&context.paths, &compose.project.name)),
                ..UpOptions::default()
            };
            let engine = Engine::from_environment().await?;
            let up = gateway::up(
                &engine,
                &compose.target(),
                &options,
                &step,
                &context.events(),
            )
            .await?;
            finish(context, &up, step)
        }
    }
}

async fn embedded_up(context: &Context, config: &Config, step: Step) -> Result<()> {
    let how = embedded::Instructions::from_config(config)?;
    let (record, fresh) = embedded::start(&how, &context.paths, &step).await?;
    let text = record.describe();
    if fresh {
        step.done(text);
    } else {
        step.unchanged(text);
    }
    if context.ui.is_json() {
        context.ui.print_json(&serde_json::json!({
            "event": "gateway", "started": fresh, "listen": record.launch.listen, "pid": record.process.pid,
        }))?;
    }
    Ok(())
}

fn finish(context: &Context, up: &Up, step: Step) -> Result<()> {
    let text = up.state.describe();
    if up.steps.is_empty() {
        step.unchanged(text);
    } else {
        step.done(text);
    }
    if context.ui.is_json() {
        context.ui.print_json(
            &serde_json::json!({ "event": "gateway", "steps": up.steps, "state": up.state }),
        )?;
    }
    Ok(())
}

async fn down(context: &Context, args: &StackArgs) -> Result<()> {
    let (_, gateway) = choose(context, args)?;
    let step = step(context, &gateway);
    match &gateway {
        Gateway::Embedded(listen) => stop_embedded(context, *listen, step).await,
        Gateway::Compose(compose) => {
            let engine = Engine::from_environment().await?;
            let down = gateway::down(&engine, &compose.target(), None).await?;
            Ledger::new(&context.paths, &compose.project.name)
                .forget(&[&down.containers[..], &down.networks[..]].concat())?;
            if down.containers.is_empty() && down.networks.is_empty() {
                step.unchanged(format!("service {} has no container", compose.service));
            } else {
                step.done(format!(
                    "removed {}",
                    [down.containers, down.networks].concat().join(", ")
                ));
            }
            for network in down.kept {
                context
                    .ui
                    .say(&format!("network {network} stays: containers still use it"));
            }
            Ok(())
        }
    }
}

async fn stop_embedded(context: &Context, listen: SocketAddr, step: Step) -> Result<()> {
    if embedded::stop(&context.paths, listen).await? {
        step.done(format!("embedded gateway on {listen} stopped"));
    } else {
        step.unchanged(format!("no embedded gateway was running on {listen}"));
    }
    Ok(())
}

async fn stop(context: &Context, args: &GatewayStopArgs) -> Result<()> {
    let (_, gateway) = choose(context, &args.stack)?;
    let step = step(context, &gateway);
    match &gateway {
        Gateway::Embedded(listen) => stop_embedded(context, *listen, step).await,
        Gateway::Compose(compose) => {
            let engine = Engine::from_environment().await?;
            if gateway::stop(&engine, &compose.target(), args.timeout).await? {
                step.done(format!("service {} stopped", compose.service));
            } else {
                step.unchanged(format!("service {} was not running", compose.service));
            }
            Ok(())
        }
    }
}

async fn restart(context: &Context, args: &StackArgs) -> Result<()> {
    let (config, gateway) = choose(context, args)?;
    let step = step(context, &gateway);
    match &gateway {
        Gateway::Embedded(listen) => {
            // What cannot be started again is not stopped.
            embedded::Instructions::from_config(&config)?;
            embedded::stop(&context.paths, *listen).await?;
            embedded_up(context, &config, step).await
        }
        Gateway::Compose(compose) => {
            let engine = Engine::from_environment().await?;
            let options = UpOptions {
                ledger: Some(Ledger::new(&context.paths, &compose.project.name)),
                ..UpOptions::default()
            };
            let up = gateway::restart(
                &engine,
                &compose.target(),
                &options,
                &step,
                &context.events(),
            )
            .await?;
            finish(context, &up, step)
        }
    }
}

async fn build(context: &Context, args: &StackArgs) -> Result<()> {
    let (_, gateway) = choose(context, args)?;
    let step = step(context, &gateway);
    match &gateway {
        Gateway::Embedded(_) => {
            step.unchanged("the embedded gateway is part of ollamactl; there is nothing to build");
            Ok(())
        }
        Gateway::Compose(compose) => {
            let engine = Engine::from_environment().await?;
            let id = gateway::build(&engine, &compose.target(), false, &step).await?;
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
        .hint("Docker Desktop and rootless engines provide host.docker.internal themselves")),
    }
}
