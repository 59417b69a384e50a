//! One file per verb: it takes the arguments, calls the domain, and prints. Commands never call commands.

mod completions;
mod config;
mod context;
mod doctor;
mod down;
mod gateway;
mod health;
mod init;
mod kill;
mod logs;
mod man;
mod probe;
mod pull_model;
mod restart;
mod serve;
mod status;
mod stub;
mod supervise;
mod up;
mod variables;
mod version;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use crate::cli::{Cli, ColorWhen, Command, GatewayCommand, GatewayCommandArgs, Said};
use crate::daemon::{self, Shutdown};
use crate::error::{Error, Kind};
use crate::stub as stub_program;
use crate::ui::{Look, Ui};
use context::Context;

/// Runs the program with these arguments and returns its exit code. Under the name `ollama` it is the
/// stub, so that it can stand in for Ollama on `PATH`.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    // First of all: a runner's arguments are not for anybody else.
    if let Some(ended) = stub_program::run_runner_if_asked(&args) {
        return ended;
    }
    if is_named_ollama(&args) {
        let args = args
            .iter()
            .map(|argument| argument.to_string_lossy().into_owned());
        return stub_program::cli::main(args, |name| std::env::var(name).ok());
    }
    // These two are no commands for people, so they are none of the command line's.
    if let Some((url, model)) = crate::doctor::probe::called(&args) {
        return probe::run(&url, &model);
    }
    if let Some(part) = supervise::Part::called(&args) {
        daemon::detach();
        return run_in(
            &Ui::new(Look::default()),
            Said::default(),
            async |context| supervise::run(context, part).await,
        );
    }
    let said = Said::of(&args);
    match Cli::of(args) {
        Ok(cli) => run_in(&Ui::new(look(&cli)), said, async |context| {
            run_command(cli.command, context).await
        }),
        Err(error) => {
            // Where the terminal went away there is nobody to tell.
            let _ = error.print();
            ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(Kind::Usage.code()))
        }
    }
}

/// Runs to the end in a runtime of its own, and turns an error into text and exit code.
fn run_in(ui: &Ui, said: Said, work: impl AsyncFnOnce(&Context) -> anyhow::Result<()>) -> ExitCode {
    let hints = said.clone();
    let outcome = (|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let context = Context::new(ui.clone(), said)?;
        let outcome = runtime.block_on(work(&context));
        // A blocking task (a slow name look-up) must not hold up the end.
        runtime.shutdown_background();
        outcome
    })();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if let Some(crashed) = error.downcast_ref::<stub_program::Crashed>() {
                return ExitCode::from(crashed.code);
            }
            let mut error = ours(error);
            for hint in &mut error.hints {
                *hint = hints.complete(hint);
            }
            ui.fail(&error);
            ExitCode::from(error.kind.code())
        }
    }
}

fn is_named_ollama(args: &[OsString]) -> bool {
    let program = args.first().map(Path::new).and_then(Path::file_stem);
    program.is_some_and(|name| name == "ollama")
}

fn look(cli: &Cli) -> Look {
    Look {
        json: cli.output.json,
        quiet: cli.output.quiet,
        verbose: cli.output.verbose,
        color: match cli.output.color {
            ColorWhen::Auto => None,
            ColorWhen::Always => Some(true),
            ColorWhen::Never => Some(false),
        },
    }
}

/// What is not an error of ours failed without a better name.
fn ours(error: anyhow::Error) -> Error {
    match error.downcast::<Error>() {
        Ok(error) => error,
        Err(other) => {
            let message = other.to_string();
            Error::failed(message).caused_by(other)
        }
    }
}

/// `--json` is not passed over where nothing is said in JSON.
fn refuse_json(command: &Command) -> Result<(), Error> {
    let (what, hint) = match command {
        Command::Completions(_) => ("completions prints a script", None),
        Command::Man(_) => ("man writes pages", None),
        Command::Stub(_) => ("stub prints what Ollama prints", None),
        Command::Gateway(GatewayCommandArgs {
            command: GatewayCommand::Run(_),
        }) => (
            "gateway run prints its log",
            Some(
                "a log in JSON: OLLAMACTL_GATEWAY_ACCESS_LOG=json, or gateway.access_log in ollamactl.yaml",
            ),
        ),
        _ => return Ok(()),
    };
    let error = Error::usage(format!("{what}; there is no JSON of it"));
    Err(match hint {
        Some(hint) => error.hint(hint),
        None => error.hint("leave --json out"),
    })
}

async fn run_command(command: Command, context: &Context) -> anyhow::Result<()> {
    if context.ui.is_json() {
        refuse_json(&command)?;
    }
    if !matches!(command, Command::Completions(_) | Command::Man(_)) {
        for warning in variables::unknown(context.environment.keys()) {
            context.ui.warn(&warning);
        }
    }
    match command {
        // These end what they run before they end themselves.
        Command::Serve(args) if !args.background => serve::foreground(context, &args).await,
        Command::Gateway(GatewayCommandArgs {
            command: GatewayCommand::Run(args),
        }) => Ok(gateway::run_embedded(context, &args).await?),
        Command::Stub(args) => stub::run(context, &args).await,
        Command::Doctor(args) => doctor::run(context, &args).await,
        Command::PullModel(args) => pull_model::run(context, &args).await,
        // These wait for nothing.
        Command::Config(args) => config::run(context, &args),
        Command::Completions(args) => completions::run(context, &args),
        Command::Man(args) => man::run(context, &args),
        Command::Version => version::run(context),
        Command::Up(args) => {
            let progress = up::Progress::default();
            let ran = interruptible(up::run(context, &args, &progress), || progress.hints());
            ran.await
        }
        Command::Init(args) => interruptible(async { init::run(context, &args) }, no_hint).await,
        Command::Kill(args) => interruptible(kill::run(context, &args), no_hint).await,
        Command::Restart(args) => interruptible(restart::run(context, &args), no_hint).await,
        Command::Logs(args) => interruptible(logs::run(context, &args), no_hint).await,
        Command::Down(args) => interruptible(down::run(context, &args), no_hint).await,
        Command::Status(args) => interruptible(status::run(context, &args), no_hint).await,
        Command::Health(args) => interruptible(health::run(context, &args), no_hint).await,
        Command::Serve(args) => interruptible(serve::background(context, &args), no_hint).await,
        Command::Gateway(args) => {
            interruptible(gateway::run(context, &args.command), no_hint).await
        }
    }
}

fn no_hint() -> Vec<&'static str> {
    Vec::new()
}

/// Work that may be dropped at any point: dropping closes its requests, and what it started for itself
/// ends with it.
async fn interruptible(
    work: impl Future<Output = anyhow::Result<()>>,
    hints: impl FnOnce() -> Vec<&'static str>,
) -> anyhow::Result<()> {
    let shutdown = Shutdown::on_signals()?;
    tokio::select! {
        outcome = work => outcome,
        () = shutdown.requested.cancelled() => Err(interrupted(&hints()).into()),
    }
}

fn interrupted(hints: &[&str]) -> Error {
    let error = Error::interrupted();
    hints.iter().fold(error, |error, hint| error.hint(*hint))
}
