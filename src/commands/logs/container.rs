//! What the containers of services print.

use super::Wanted;
use super::show::{Told, without_end};
use crate::cli::LogsArgs;
use crate::commands::context::Context;
use crate::engine::{Engine, LogQuery};
use crate::error::Result;
use crate::gateway::{self, ComposeGateway, Said, Sources};
use crate::logs::clean;
use crate::ui::{Paint, Prefixes};

/// One service's output as it is, several told apart as compose does.
pub(super) async fn show(
    context: &Context,
    compose: &ComposeGateway,
    wanted: &Wanted,
    args: &LogsArgs,
) -> Result<()> {
    let query = LogQuery {
        tail: wanted.selection.lines,
        follow: wanted.follow,
        since: wanted.selection.since,
        until: wanted.selection.until,
        timestamps: args.timestamps || context.ui.is_json(),
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
    let show = |said: Said| {
        if context.ui.is_json() {
            context.ui.print_json(&json(&said))?;
        } else {
            let prefix = prefixes.as_ref().map(|all| all.of(&said.source));
            show_line(context, &prefix.unwrap_or_default(), &said.line.text)?;
        }
        Ok(!context.ui.reader_left())
    };
    let warn = |warning| context.events().warn(warning);
    gateway::logs(&engine, &compose.project, &sources, query, show, warn).await
}

/// Of a line that begins with its time.
fn json(said: &Said) -> Told<'_> {
    let (time, text) = said
        .line
        .text
        .split_once(' ')
        .unwrap_or((&said.line.text, ""));
    Told {
        time: Some(time.to_owned()),
        source: &said.source,
        stream: Some(if said.line.stderr { "stderr" } else { "stdout" }),
        line: without_end(text),
    }
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
