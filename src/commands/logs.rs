//! `logs`: the backend's log file, the journal of a systemd backend, or the gateway's log.

use std::fs::File;
use std::path::PathBuf;
use std::pin::pin;

use chrono::Utc;
use futures_util::StreamExt;

use super::context::Context;
use crate::backend::{self, Standing};
use crate::cli::{LogsArgs, LogsPart};
use crate::config::{Config, Flags};
use crate::engine::{Engine, LogQuery};
use crate::error::{Context as _, Error, Kind, Result};
use crate::gateway::{self, Gateway, embedded};
use crate::logs::{Follower, Since, clean, last_lines, lines_since, since};

pub(super) async fn run(context: &Context, args: &LogsArgs) -> anyhow::Result<()> {
    let mut flags = Flags {
        files: args.file.clone(),
        service: args.service.clone(),
        project_name: args.project_name.clone(),
        ..Flags::default()
    };
    args.backend.add_to(&mut flags);
    let config = context.config(&flags)?;
    let wanted = Wanted::new(args)?;
    match args.part {
        LogsPart::Backend => Ok(backend_log(context, &config, &wanted).await?),
        LogsPart::Gateway => Ok(gateway_log(context, &config, &wanted, args.timestamps).await?),
    }
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
    timestamps: bool,
) -> Result<()> {
    match gateway::choose(config, &context.folder)? {
        Gateway::Compose(compose) => {
            let engine = Engine::from_environment().await?;
            let query = LogQuery {
                tail: wanted.lines,
                follow: wanted.follow,
                since: wanted.since,
                timestamps,
            };
            let mut lines = pin!(gateway::logs(&engine, &compose.target(), query).await?);
            while let Some(line) = lines.next().await {
                show(context, format!("{}\n", line?.text).as_bytes())?;
                if context.ui.reader_left() {
                    break;
                }
            }
            Ok(())
        }
        Gateway::Embedded(listen) => {
            let path = embedded::slot(&context.paths, listen).log_file();
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

async fn backend_log(context: &Context, config: &Config, wanted: &Wanted) -> Result<()> {
    let slot = backend::slot(&context.paths, &config.client_host());
    let path = slot.log_file();
    if path.exists() && slot.is_locked()? {
        return file(context, path, wanted).await;
    }
    let observed = backend::observe(config, &context.paths).await?;
    if observed.standing == Standing::Adopted && observed.owner.contains("systemd unit") {
        return journal(wanted).await;
    }
    let app =
        directories::BaseDirs::new().map(|dirs| dirs.home_dir().join(".ollama/logs/server.log"));
    if let Some(path) = app.filter(|path| path.exists()) {
        return file(context, path, wanted).await;
    }
    if path.exists() {
        if observed.standing == Standing::Adopted {
            context.events().warn(format!(
                "this is the log of an earlier backend; the one that runs is owned by {}",
                observed.owner
            ));
        }
        return file(context, path, wanted).await;
    }
    let error = Error::new(
        Kind::Unhealthy,
        format!("there is no log at {}", path.display()),
    );
    Err(if observed.standing == Standing::Adopted {
        error.hint(format!(
            "the backend is owned by {}; its log is where it was started",
            observed.owner
        ))
    } else {
        error.hint("no backend was started yet: ollamactl serve --background")
    })
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

/// A systemd unit's output is in the journal.
async fn journal(wanted: &Wanted) -> Result<()> {
    let mut command = tokio::process::Command::new("journalctl");
    command.args(["--unit", "ollama", "--no-pager"]);
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
    if status.success() {
        return Ok(());
    }
    Err(Error::failed(format!("journalctl ended with {status}"))
        .hint("reading another user's journal needs the group systemd-journal, or sudo"))
}
