//! `restart`: the backend, the way it was started.

use super::context::Context;
use crate::backend::{self, Launch, Owner, Standing};
use crate::cli::RestartArgs;
use crate::config::Flags;
use crate::error::{Error, Kind};
use crate::process::{self, commands};

pub(super) async fn run(context: &Context, args: &RestartArgs) -> anyhow::Result<()> {
    let mut flags = Flags::default();
    args.backend.add_to(&mut flags);
    let config = context.config(&flags)?;
    let observed = backend::observe(&config, &context.paths).await?;
    let wanted = Launch::from_config(&config, &context.paths)?;
    let launch = match (&observed.record, observed.standing) {
        (_, Standing::Adopted) => return Err(not_ours(&observed.owner).into()),
        (Some(record), _) => wanted.on_top_of(&record.launch, &config),
        (None, _) => wanted,
    };
    // A program that is missing is known before anything is stopped.
    launch.find_program()?;
    let events = context.events();
    let (noun, bind) = (launch.noun(), &launch.bind);
    let step = events.step(
        "backend",
        match observed.standing {
            Standing::Stopped => format!("nothing runs on {bind}; starting {noun}"),
            _ => format!("restarting {noun} on {bind}"),
        },
    );
    let again = async {
        backend::stop(&context.paths, &launch.host(), None).await?;
        backend::start(&launch, &context.paths, &step).await
    };
    let running = step.watch(again).await?;
    if let Some(warning) = backend::exposure(&launch).filter(|_| running.fresh) {
        events.warn(warning);
    }
    step.done(running.record.describe());
    Ok(())
}

fn not_ours(owner: &Owner) -> Error {
    if let Some(supervisor) = supervisor(owner) {
        let command = commands::as_started(supervisor.pid) + "ollamactl restart";
        return Error::new(
            Kind::Conflict,
            format!(
                "this backend was started by {}, of whose records this state folder has none",
                supervisor.describe()
            ),
        )
        .hint(format!("restart it from where it was started: {command}"));
    }
    let error = Error::new(
        Kind::Conflict,
        format!("this Ollama is not ollamactl's to restart: it is owned by {owner}"),
    );
    if let Some(command) = owner.restart_command() {
        return error.hint(format!("restart it where it belongs: {command}"));
    }
    let end = owner.end_command();
    let end = end.as_deref().unwrap_or("ollamactl kill");
    error.hint(format!(
        "end it, and start one of ollamactl's: {end}; ollamactl serve --background"
    ))
}

/// A supervisor of ollamactl's above it, which another state folder knows.
fn supervisor(owner: &Owner) -> Option<process::Info> {
    let backend = process::info(owner.process()?.pid)?;
    let parent = process::info(backend.parent)?;
    let supervises = parent.is_ollamactl() && parent.subcommand() == Some("supervise");
    supervises.then_some(parent)
}
