//! The hidden command that a background process runs: see [`crate::daemon`].

use super::context::Context;
use crate::backend::{self, Launch};
use crate::cli::{SuperviseArgs, SupervisePart};
use crate::daemon::{self, Reporter, Shutdown};
use crate::gateway::embedded;

pub(super) async fn run(context: &Context, args: &SuperviseArgs) -> anyhow::Result<()> {
    let shutdown = Shutdown::on_signals()?;
    let mut report = Reporter::new();
    let events = context.events();
    match args.part {
        SupervisePart::Backend => {
            let launch: Launch = daemon::read_instructions()?;
            backend::supervise(&launch, &context.paths, &shutdown, &mut report, &events).await?;
        }
        SupervisePart::Gateway => {
            let launch: embedded::Launch = daemon::read_instructions()?;
            embedded::run(&launch, &context.paths, &shutdown, &mut report).await?;
        }
    }
    Ok(())
}
