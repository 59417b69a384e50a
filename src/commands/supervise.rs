//! What a background process of ours runs: see [`crate::daemon`].

use std::ffi::OsString;

use super::context::Context;
use crate::backend::{self, Launch};
use crate::daemon::{self, Reporter, Shutdown};
use crate::gateway::embedded::{self, Instructions};

/// Which background process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The backend's supervisor.
    Backend,
    /// The embedded gateway's supervisor.
    Gateway,
    /// The process of it that serves.
    GatewayWorker,
}

impl Part {
    /// Whether the program was started as one: `ollamactl supervise backend 127.0.0.1:11434`. The
    /// address is for whoever reads a process list.
    pub fn called(args: &[OsString]) -> Option<Self> {
        let words: Vec<&str> = args
            .iter()
            .skip(1)
            .filter_map(|word| word.to_str())
            .collect();
        match words[..] {
            ["supervise", "backend", _] => Some(Self::Backend),
            ["supervise", "gateway", _] => Some(Self::Gateway),
            ["supervise", "gateway-worker", _] => Some(Self::GatewayWorker),
            _ => None,
        }
    }
}

pub(super) async fn run(context: &Context, part: Part) -> anyhow::Result<()> {
    let shutdown = Shutdown::on_signals()?;
    let mut report = Reporter::new();
    match part {
        Part::Backend => {
            let launch: Launch = daemon::read_instructions()?;
            let events = context.events();
            backend::supervise(&launch, &context.paths, &shutdown, &mut report, &events).await?;
        }
        Part::Gateway => {
            let how: Instructions = daemon::read_instructions()?;
            let events = context.events();
            embedded::supervise(&how, &context.paths, &shutdown, &mut report, &events).await?;
        }
        Part::GatewayWorker => {
            let how: Instructions = daemon::read_instructions()?;
            embedded::work(&how, &context.paths, &shutdown, &mut report).await?;
        }
    }
    Ok(())
}
