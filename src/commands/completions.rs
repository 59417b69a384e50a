//! `completions SHELL`.

use super::context::Context;
use crate::cli::{CompletionsArgs, completion_script};

pub(super) fn run(context: &Context, args: &CompletionsArgs) -> anyhow::Result<()> {
    let script = completion_script(args.shell);
    Ok(context.ui.print(&String::from_utf8(script)?)?)
}
