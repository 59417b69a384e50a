//! How a supervisor keeps a backend that answers: it starts one that crashed again, follows the relay,
//! tends the log, and ends what it started.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use super::super::record::{Record, RelayState};
use super::super::{log, relay};
use super::begin::FIRST_LOOK;
use super::{Held, Supervision, child};
use crate::daemon::{Crashes, Kept, Reporter, Restarts, describe_end};
use crate::error::{Error, Kind, Result};
use crate::ollama::Probe;
use crate::process;

/// How often the log's size is looked at.
const TEND_LOG: Duration = Duration::from_secs(30);
/// How often an adopted backend is looked at: it is no child of ours, whose end we would be told of.
const LOOK_AT_ADOPTED: Duration = Duration::from_secs(3);

impl Supervision<'_> {
    /// Keeps the backend until it ends for good or a shutdown is requested.
    pub async fn keep(
        &self,
        mut held: Held,
        report: &mut Reporter,
        mut relay: watch::Receiver<RelayState>,
    ) -> Result<()> {
        let adopted = matches!(held, Held::Adopted(_));
        let Some(mut record) = self.announce(&mut held, report, &mut relay).await? else {
            return Ok(());
        };
        let mut crashes = Crashes::default();
        let mut tend = tokio::time::interval(TEND_LOG);
        loop {
            tokio::select! {
                () = self.shutdown.requested.cancelled() => return self.end(held).await,
                _ = tend.tick() => log::rotate(self.log_file, &self.lock.slot().log_file()),
                Ok(()) = relay.changed() => {
                    record.relay = relay.borrow_and_update().clone();
                    self.events.note(format!("relay: {}", relay::describe(&record.relay)));
                    self.update(&record);
                }
                how = self.gone(&mut held) => {
                    if adopted {
                        self.events.note("the Ollama that was adopted has ended; so does its relay");
                        return Ok(());
                    }
                    // A killed backend leaves its runners, and the next one does not know them.
                    if let Some(process) = record.process() {
                        child::end(process, Duration::ZERO).await?;
                    }
                    held = self.revive(&mut crashes, how, &mut record).await?;
                    record.origin = held.origin();
                    self.update(&record);
                }
            }
        }
    }

    /// Says that the backend is ready, as soon as it is written down; nothing is waited for between the two.
    /// `None` where there is nothing to supervise: somebody else's backend, without a relay.
    async fn announce(
        &self,
        held: &mut Held,
        report: &mut Reporter,
        relay: &mut watch::Receiver<RelayState>,
    ) -> Result<Option<Record>> {
        let adopted = matches!(held, Held::Adopted(_));
        // A backend of ours is ready without its relay: an engine that hangs holds up nobody but containers.
        let settled = async {
            if adopted {
                relay::settled(relay).await
            } else {
                relay.borrow_and_update().clone()
            }
        };
        let known = async { tokio::join!(self.client.version(), settled) };
        let (version, settled) = tokio::select! {
            known = known => known,
            // What is asked to end does not wait for an engine first.
            () = self.shutdown.requested.cancelled(), if adopted => {
                return Err(Error::new(
                    Kind::Interrupted,
                    "interrupted; the Ollama that runs there goes on",
                ));
            }
        };
        let record = Record {
            origin: held.origin(),
            version: Some(version.unwrap_or_else(|_| "unknown".to_owned())),
            relay: settled,
            ..self.blank_record()
        };
        if adopted && !matches!(record.relay, RelayState::Listening { .. }) {
            let what = record.describe();
            self.events
                .note(format!("{what}; there is nothing to supervise"));
            report.ready(&record);
            return Ok(None);
        }
        let written = match held {
            Held::Child(..) => self.lock.update(&record),
            _ => self.lock.record(std::process::id(), &record),
        };
        if let Err(error) = written {
            // What nothing is known of could not be stopped later.
            self.end_held(held).await?;
            return Err(error);
        }
        report.ready(&record);
        self.events.note(record.describe());
        if let RelayState::Listening { unmatched, .. } = &record.relay
            && !unmatched.is_empty()
        {
            self.events.warn(record.relay.reason());
        }
        self.lock.sync();
        Ok(Some(record))
    }

    /// A record that cannot be brought up to date (the disk is full) does not stop the backend.
    fn update(&self, record: &Record) {
        if let Err(error) = self.lock.update(record) {
            self.events.warn(error.in_a_line());
        }
    }

    /// Waits until the held backend is gone, and says how it went.
    async fn gone(&self, held: &mut Held) -> String {
        match held {
            Held::Child(child, _) => child
                .wait()
                .await
                .map_or_else(|error| error.to_string(), describe_end),
            Held::TakenOver(identity) => {
                while !process::wait_gone(identity, Duration::from_hours(1)).await {}
                "its exit code is not known".to_owned()
            }
            Held::Adopted(owner) => {
                while self.client.probe(FIRST_LOOK).await != Probe::Absent {
                    sleep(LOOK_AT_ADOPTED).await;
                }
                owner.to_string()
            }
        }
    }

    /// Starts it again after a crash.
    async fn revive(
        &self,
        crashes: &mut Crashes,
        how: String,
        record: &mut Record,
    ) -> Result<Held> {
        let kept = Kept {
            noun: &format!("the backend on {}", self.launch.bind),
            log: "backend",
            lock: self.lock,
            shutdown: self.shutdown,
            events: self.events,
        };
        let before = record.clone();
        let again = async |restarts: &Restarts| {
            let restarts = restarts.clone();
            let record = Record {
                restarts,
                ..before.clone()
            };
            self.start(&record).await
        };
        crashes
            .revive(&kept, how, &mut record.restarts, again)
            .await
    }

    async fn end(&self, mut held: Held) -> Result<()> {
        if self.end_held(&mut held).await? {
            self.events
                .warn("the backend did not end when asked, and was killed");
        }
        Ok(())
    }

    /// Ends what we started, and reaps it; what was adopted goes on. Says whether force was needed.
    async fn end_held(&self, held: &mut Held) -> Result<bool> {
        let (Held::Child(_, identity) | Held::TakenOver(identity)) = &*held else {
            return Ok(false);
        };
        let forced = self.end_process(&identity.clone()).await?;
        if let Held::Child(child, _) = held {
            let _ = child.wait().await;
        }
        Ok(forced)
    }
}
