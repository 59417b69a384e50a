//! `logs`: the backend's log file, the journal of a systemd backend, or the gateway's log.

use std::fs::File;
use std::path::PathBuf;
use std::process::ExitStatus;

use chrono::Utc;

use super::context::Context;
use crate::backend::{self, LogPlace, Origin, Owner};
use crate::cli::{LogsArgs, LogsPart};
use crate::config::{Config, Flags};
use crate::engine::{Engine, LogQuery};
use crate::error::{Context as _, Error, Kind, Result};
use crate::gateway::{self, ComposeGateway, Gateway, Sources, embedded};
use crate::logs::{Follower, Since, clean, last_lines, lines_since, since};
use crate::ui::{Paint, Prefixes};

pub(super) async fn run(context: &Context, args: &LogsArgs) -> anyhow::Result<()> {
    let mut flags = Flags {
        files: args.file.clone(),
        ..Flags::default()
    };
    args.project.add_to(&mut flags);
    args.backend.add_to(&mut flags);
    let config = context.config(&flags)?;
    let wanted = Wanted::new(args)?;
    match args.part {
        LogsPart::Backend => {
            refuse_for_files(args)?;
            Ok(backend_log(context, &config, &wanted).await?)
        }
        LogsPart::Gateway => Ok(gateway_log(context, &config, &wanted, args).await?),
    }
}

/// What an engine keeps beside the lines of a container, and a file does not.
fn refuse_for_files(args: &LogsArgs) -> Result<()> {
    if args.services.is_empty() && args.until.is_none() && !args.timestamps {
        return Ok(());
    }
    let what = "services, --until and --timestamps are for the logs of containers";
    Err(Error::usage(what)
        .hint("ollamactl logs gateway SERVICE…, where a compose file has the gateway"))
}

/// Which lines.
pub(super) struct Wanted {
    /// How many from the end; `None` means all.
    pub lines: Option<usize>,
    pub follow: bool,
    pub since: Option<Since>,
}

impl Wanted {
    fn new(args: &LogsArgs) -> Result<Self> {
        let lines = match args.lines.as_str() {
            "all" => None,
            number => Some(number.parse().map_err(|_| {
                Error::usage(format!("--lines: {number:?} is neither a number nor `all`"))
            })?),
        };
        Ok(Self {
            lines,
            follow: args.follow,
            since: args
                .since
                .as_deref()
                .map(|text| since(text, Utc::now()))
                .transpose()?,
        })
    }
}

async fn gateway_log(
    context: &Context,
    config: &Config,
    wanted: &Wanted,
    args: &LogsArgs,
) -> Result<()> {
    match gateway::choose(config, &context.folder)? {
        Gateway::Compose(compose) => container_logs(context, &compose, wanted, args).await,
        Gateway::Embedded(how) => {
            refuse_for_files(args)?;
            let path = embedded::slot(&context.paths, how.launch.listen).log_file();
            if !path.exists() {
                return Err(Error::new(
                    Kind::Unhealthy,
                    format!("there is no log at {}", path.display()),
                )
                .hint("no embedded gateway was started yet: ollamactl gateway up"));
            }
            file(context, path, wanted).await
        }
    }
}

/// What the containers print: one service's as it is, several told apart as compose does.
async fn container_logs(
    context: &Context,
    compose: &ComposeGateway,
    wanted: &Wanted,
    args: &LogsArgs,
) -> Result<()> {
    let until = args.until.as_deref();
    let query = LogQuery {
        tail: wanted.lines,
        follow: wanted.follow,
        since: wanted.since,
        until: until.map(|text| since(text, Utc::now())).transpose()?,
        timestamps: args.timestamps,
    };
    let engine = Engine::open_from_environment()?;
    let sources = Sources::find(&engine, &compose.target(), &args.services).await?;
    let names = sources.names(&compose.project);
    let prefixes = (names.len() > 1).then(|| {
        let paint = context.ui.paint();
        Prefixes::new(
            &names,
            if args.no_color {
                Paint::new(false)
            } else {
                paint
            },
        )
    });
    let show = |said: gateway::Said| {
        let prefix = prefixes.as_ref().map(|all| all.of(&said.source));
        show_line(context, &prefix.unwrap_or_default(), &said.line.text)?;
        Ok(!context.ui.reader_left())
    };
    let warn = |warning| context.events().warn(warning);
    gateway::logs(&engine, &compose.project, &sources, query, show, warn).await
}

/// Only what a container printed is cleaned on a terminal, not the colours of its name.
fn show_line(context: &Context, prefix: &str, text: &str) -> Result<()> {
    let line = if context.ui.is_terminal() {
        clean(text.as_bytes())
    } else {
        text.into()
    };
    context.ui.print_raw(format!("{prefix}{line}\n").as_bytes())
}

async fn backend_log(context: &Context, config: &Config, wanted: &Wanted) -> Result<()> {
    let host = config.client_host();
    let path = backend::slot(&context.paths, &host).log_file();
    let owner = match backend::recorded(&context.paths, &host) {
        Some(record) if record.is_ours() && path.exists() => {
            return file(context, path, wanted).await;
        }
        Some(backend::Record {
            origin: Origin::Adopted { owner },
            ..
        }) => owner,
        _ => backend::observe(config, &context.paths).await?.owner,
    };
    match owner.log() {
        LogPlace::Journal(words) => return journal(&words, wanted).await,
        LogPlace::File(path) => return file(context, path, wanted).await,
        LogPlace::Command(command) => return Err(elsewhere(&owner, &command)),
        LogPlace::Unknown => {}
    }
    if path.exists() {
        if owner.process().is_some() {
            context.events().warn(format!(
                "this is the log of an earlier backend; the one that runs is owned by {owner}"
            ));
        }
        return file(context, path, wanted).await;
    }
    if let Some(path) = backend::app_log().filter(|_| owner == Owner::Nobody) {
        return file(context, path, wanted).await;
    }
    let error = Error::new(
        Kind::Unhealthy,
        format!("there is no log at {}", path.display()),
    );
    Err(if owner == Owner::Nobody {
        error.hint("no backend was started yet: ollamactl serve --background")
    } else {
        error.hint(format!(
            "the backend is owned by {owner}; its log is where it was started"
        ))
    })
}

fn elsewhere(owner: &Owner, command: &str) -> Error {
    Error::new(
        Kind::Unhealthy,
        format!("the backend is owned by {owner}, which keeps its log"),
    )
    .hint(format!("read it there: {command}"))
}

async fn file(context: &Context, path: PathBuf, wanted: &Wanted) -> Result<()> {
    let mut open = File::open(&path).or_failed(|| format!("cannot open {}", path.display()))?;
    let count = if wanted.since.is_some() {
        None
    } else {
        wanted.lines
    };
    let (bytes, end) = last_lines(&mut open, count)?;
    let shown = match wanted.since {
        Some(since) => last_of(lines_since(&bytes, since), wanted.lines),
        None => &bytes[..],
    };
    show(context, shown)?;
    if !wanted.follow {
        return Ok(());
    }
    let mut follower = Follower::new(&path, end);
    while !context.ui.reader_left() {
        show(context, &follower.next().await)?;
    }
    Ok(())
}

/// The last lines of a text; `None` means all.
fn last_of(text: &[u8], count: Option<usize>) -> &[u8] {
    let Some(count) = count else { return text };
    let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let skipped: usize = lines[..lines.len().saturating_sub(count)]
        .iter()
        .map(|line| line.len())
        .sum();
    &text[skipped..]
}

/// Raw in a pipe, cleaned on a terminal.
fn show(context: &Context, bytes: &[u8]) -> Result<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    if context.ui.is_terminal() {
        context.ui.print_raw(clean(bytes).as_bytes())
    } else {
        context.ui.print_raw(bytes)
    }
}

/// A systemd unit's output is in the journal; these arguments find it there.
async fn journal(words: &[String], wanted: &Wanted) -> Result<()> {
    let mut command = tokio::process::Command::new("journalctl");
    command.args(words).arg("--no-pager");
    if let Some(lines) = wanted.lines {
        command.arg("--lines").arg(lines.to_string());
    }
    if let Some(since) = wanted.since {
        command
            .arg("--since")
            .arg(since.format("%Y-%m-%d %H:%M:%S UTC").to_string());
    }
    if wanted.follow {
        command.arg("--follow");
    }
    let status = command
        .kill_on_drop(true)
        .status()
        .await
        .or_failed(|| "cannot run journalctl")?;
    if status.success() || its_reader_left(status) {
        return Ok(());
    }
    Err(Error::failed(format!("journalctl ended with {status}"))
        .hint("reading another user's journal needs the group systemd-journal, or sudo"))
}

/// A reader that went away (`| head`) is no error of journalctl's either.
#[cfg(unix)]
fn its_reader_left(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    status.signal() == Some(rustix::process::Signal::PIPE.as_raw())
}

#[cfg(not(unix))]
fn its_reader_left(_status: ExitStatus) -> bool {
    false
}
