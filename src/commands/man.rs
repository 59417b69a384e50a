//! `man`: pages from the same definitions as `--help`.

use super::context::Context;
use crate::cli::{self, ManArgs};
use anyhow::Context as _;

pub(super) fn run(context: &Context, args: &ManArgs) -> anyhow::Result<()> {
    let Some(folder) = &args.folder else {
        let mut page = Vec::new();
        clap_mangen::Man::new(cli::definition()).render(&mut page)?;
        return Ok(context.ui.print(&String::from_utf8(page)?)?);
    };
    std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(cli::definition(), folder))
        .with_context(|| format!("cannot write man pages to {}", folder.display()))
}
