//! Making sure that a background process runs. Of any number of calls at the same time one starts it, and
//! the others wait for that one.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep};

use super::{Slot, Started, spawn};
use crate::error::{Error, Kind, Result};
use crate::event::Step;

/// How often a start that waits for another one looks.
const LOOK: Duration = Duration::from_millis(20);

/// A background process that is wanted.
#[derive(Debug)]
pub struct Wanted<'a, H> {
    /// Its files.
    pub slot: &'a Slot,
    /// What it is, for people: `the backend 127.0.0.1:11434`.
    pub noun: &'a str,
    /// The arguments with which this program runs it.
    pub args: &'a [String],
    /// How it is to run: [`super::read_instructions`].
    pub how: &'a H,
    /// How long another call's start may take.
    pub patience: Duration,
    /// What to do when it takes longer.
    pub hints: &'a [&'a str],
}

impl<H: Serialize> Wanted<'_, H> {
    /// Gives the record of the process that runs, and whether this call started it. `running` looks for one
    /// that is ready, and fails where there is no use in waiting.
    pub async fn ensure<R: DeserializeOwned>(
        &self,
        step: &Step,
        mut running: impl AsyncFnMut() -> Result<Option<R>>,
    ) -> Result<(R, bool)> {
        let deadline = Instant::now() + self.patience;
        while Instant::now() < deadline {
            if let Some(record) = running().await? {
                return Ok((record, false));
            }
            if self.slot.is_locked()? {
                step.progress("another ollamactl is starting it");
                sleep(LOOK).await;
                continue;
            }
            step.progress(format!("starting {}", self.noun));
            let log = self.slot.open_log()?;
            match spawn(self.args, self.how, log).await? {
                Started::Ready(record) => return Ok((record, true)),
                // Somebody else was faster.
                Started::Failed(_) if self.slot.is_locked()? => {}
                Started::Failed(error) => return Err(error),
                Started::Vanished => return Err(self.vanished()),
            }
        }
        let message = format!(
            "another ollamactl has been starting {} for too long",
            self.noun
        );
        let error = Error::new(Kind::Timeout, message);
        Err(self
            .hints
            .iter()
            .fold(error, |error, hint| error.hint(*hint)))
    }

    fn vanished(&self) -> Error {
        let log = self.slot.log_file();
        Error::failed(format!(
            "the process that starts {} ended before it could say why",
            self.noun
        ))
        .hint(format!("read its log: {}", log.display()))
    }
}
