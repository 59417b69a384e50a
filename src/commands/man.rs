//! `man`: pages from the same definitions as `--help`.

use std::path::Path;

use anyhow::Context as _;
use clap::CommandFactory;

use super::context::Context;
use crate::cli::{Cli, ManArgs};

pub(super) fn run(context: &Context, args: &ManArgs) -> anyhow::Result<()> {
    let mut command = Cli::command();
    command.build();
    match &args.folder {
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(command).render(&mut page)?;
            Ok(context.ui.print(&String::from_utf8(page)?)?)
        }
        Some(folder) => write_all(&command, "", folder),
    }
}

/// One page for the command and one for each below it: `ollamactl-gateway-up.1`.
fn write_all(command: &clap::Command, above: &str, folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let name = format!("{above}{}", command.get_name());
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone().name(name.clone())).render(&mut page)?;
    let path = folder.join(format!("{name}.1"));
    std::fs::write(&path, page).with_context(|| format!("cannot write {}", path.display()))?;
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        if below.get_name() != "help" {
            write_all(below, &format!("{name}-"), folder)?;
        }
    }
    Ok(())
}
