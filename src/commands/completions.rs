//! `completions SHELL`.

use super::context::Context;
use crate::cli::{self, CompletionsArgs};

pub(super) fn run(context: &Context, args: &CompletionsArgs) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut cli::definition(), "ollamactl", &mut script);
    Ok(context.ui.print(&String::from_utf8(script)?)?)
}
