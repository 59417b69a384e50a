//! `logs`: the backend's log file, the journal of a systemd backend, or the gateway's log.

mod container;
mod file;
mod journal;
mod show;

use chrono::Utc;

use super::context::Context;
use crate::backend::{self, LogPlace, Origin, Owner};
use crate::cli::{LogsArgs, LogsPart};
use crate::config::{Config, Flags};
use crate::error::{Error, Kind, Result};
use crate::gateway::{self, Gateway, embedded};
use crate::logs::{Selection, moment};

/// Whose lines those of a file are, with `--json`.
const BACKEND: &str = "backend";
const GATEWAY: &str = "gateway";

pub(super) async fn run(context: &Context, args: &LogsArgs) -> anyhow::Result<()> {
    let mut flags = Flags {
        files: args.file.clone(),
        ..Flags::default()
    };
    args.gateway.add_to(&mut flags);
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
    let ends = args.follow && args.until.is_some();
    if args.services.is_empty() && !args.timestamps && !ends {
        return Ok(());
    }
    let what = "services, --timestamps, and --until with --follow are for the logs of containers";
    Err(Error::usage(what)
        .hint("ollamactl logs gateway SERVICE…, where a compose file has the gateway"))
}

/// Which lines.
struct Wanted {
    selection: Selection,
    follow: bool,
}

impl Wanted {
    fn new(args: &LogsArgs) -> Result<Self> {
        let lines = match args.lines.as_str() {
            "all" => None,
            number => Some(number.parse().map_err(|_| {
                Error::usage(format!("--lines: {number:?} is neither a number nor `all`"))
            })?),
        };
        let now = Utc::now();
        let read = |flag, text: &Option<String>| {
            text.as_deref()
                .map(|text| moment(flag, text, now))
                .transpose()
        };
        Ok(Self {
            selection: Selection {
                lines,
                since: read("--since", &args.since)?,
                until: read("--until", &args.until)?,
            },
            follow: args.follow,
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
        Gateway::Compose(compose) => container::show(context, &compose, wanted, args).await,
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
            file::show(context, &path, GATEWAY, wanted).await
        }
    }
}

async fn backend_log(context: &Context, config: &Config, wanted: &Wanted) -> Result<()> {
    let host = config.client_host();
    let path = backend::slot(&context.paths, &host).log_file();
    let owner = match backend::recorded(&context.paths, &host) {
        Some(record) if record.is_ours() && path.exists() => {
            return file::show(context, &path, BACKEND, wanted).await;
        }
        Some(backend::Record {
            origin: Origin::Adopted { owner },
            ..
        }) => owner,
        _ => backend::observe(config, &context.paths).await?.owner,
    };
    match owner.log() {
        LogPlace::Journal(words) => return journal::show(context, &words, wanted).await,
        LogPlace::File(path) => return file::show(context, &path, BACKEND, wanted).await,
        LogPlace::Command(command) => return Err(elsewhere(&owner, &command)),
        LogPlace::Unknown => {}
    }
    if path.exists() {
        if owner.process().is_some() {
            context.events().warn(format!(
                "this is the log of an earlier backend; the one that runs is owned by {owner}"
            ));
        }
        return file::show(context, &path, BACKEND, wanted).await;
    }
    if let Some(path) = backend::app_log().filter(|_| owner == Owner::Nobody) {
        return file::show(context, &path, BACKEND, wanted).await;
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
