//! `completions SHELL`.

use clap::CommandFactory;

use super::context::Context;
use crate::cli::{Cli, CompletionsArgs};

pub(super) fn run(context: &Context, args: &CompletionsArgs) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "ollamactl", &mut script);
    Ok(context.ui.print(&String::from_utf8(script)?)?)
}
