//! The supervisor: `ollamactl serve`. It takes the lock of its address, starts the backend or takes
//! over what runs there, keeps the relay, starts a crashed backend again, and ends what it started.

use std::fs::File;
use std::time::Duration;

use tokio::process::Child;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::record::{Origin, Record, RelayState, slot};
use super::{Launch, adopt, child, log, pulls, relay};
use crate::daemon::{Lock, Reporter, Shutdown};
use crate::error::{Error, Kind, Result};
use crate::event::Events;
use crate::ollama::{Client, Probe, is_backend};
use crate::paths::Paths;
use crate::process::{self, Identity};

/// How long the port's owner may take to answer before it counts as unresponsive.
const FIRST_LOOK: Duration = Duration::from_secs(2);
/// Crashes within this time count towards giving up.
const CRASH_WINDOW: Duration = Duration::from_mins(1);
/// So many crashes within the window, and the supervisor gives up.
const MOST_CRASHES: usize = 5;
/// How often the log's size is looked at.
const TEND_LOG: Duration = Duration::from_secs(30);
/// Lines of the log that an error shows.
const EVIDENCE: usize = 20;

/// The process that answers, as the supervisor holds it.
enum Held {
    /// Our own child, which we also reap.
    Child(Child, Identity),
    /// Ours, but started by a supervisor that was killed.
    TakenOver(Identity),
    /// Somebody else's.
    Adopted(String),
}

/// Runs until the backend ends for good or a shutdown is requested. `report` hears as soon as the
/// backend is ready, or why it is not.
pub async fn supervise(
    launch: &Launch,
    paths: &Paths,
    shutdown: &Shutdown,
    report: &mut Reporter,
    events: &Events,
) -> Result<()> {
    let outcome = run(launch, paths, shutdown, report, events).await;
    if let Err(error) = &outcome {
        report.failed(error);
    }
    outcome
}

async fn run(
    launch: &Launch,
    paths: &Paths,
    shutdown: &Shutdown,
    report: &mut Reporter,
    events: &Events,
) -> Result<()> {
    let host = launch.host();
    let slot = slot(paths, &host);
    let Some(lock) = slot.try_lock()? else {
        return Err(already_supervised(launch));
    };
    let log_file = slot.open_log()?;
    let earlier: Option<Record> = slot.read().unwrap_or_default();
    let client = Client::new(&host)?;
    let relay_stop = CancellationToken::new();
    // The engine is asked while the backend starts.
    let relay = relay::start(launch, &relay_stop);
    let started = begin(launch, &lock, &log_file, earlier, &client, shutdown).await;
    let outcome = match started {
        Ok(held) => {
            let keeper = Keeper {
                launch,
                lock: &lock,
                log_file: &log_file,
                client: &client,
                paths,
                events,
            };
            keeper
                .keep(held, shutdown, report, relay.state.clone())
                .await
        }
        Err(error) => Err(error),
    };
    relay_stop.cancel();
    relay.ended().await;
    outcome
}

/// Finds out what is at the address, and starts, takes over or adopts.
async fn begin(
    launch: &Launch,
    lock: &Lock,
    log_file: &File,
    earlier: Option<Record>,
    client: &Client,
    shutdown: &Shutdown,
) -> Result<Held> {
    let owner = || adopt::owner_of(&launch.host());
    let recorded = earlier
        .as_ref()
        .and_then(Record::process)
        .filter(|process| process.is_alive())
        .cloned();
    let mut probe = client.probe(FIRST_LOOK).await;
    let marked = || {
        let process = Identity::of(owner()?.pid)?;
        child::bears_mark(&process, launch).then_some(process)
    };
    let ours = match probe {
        Probe::Absent => recorded,
        _ => recorded.or_else(marked),
    };
    if probe == Probe::Silent && ours.is_none() {
        probe = wait_for_starting(launch, client).await;
    }
    match probe {
        Probe::Ollama => Ok(match ours {
            Some(process) => Held::TakenOver(process),
            None => Held::Adopted(adopt::owner_text(owner().as_ref())),
        }),
        Probe::Stranger(what) => Err(adopt::stranger(&launch.host(), owner().as_ref(), &what)),
        Probe::Silent if ours.is_none() => {
            Err(adopt::unresponsive(&launch.host(), owner().as_ref()))
        }
        Probe::Silent | Probe::Absent => {
            // Half-started, or hanging: nobody but us may use it, so it is ended first. One that is
            // dead may have left runners.
            let last = ours.or_else(|| earlier.as_ref().and_then(Record::process).cloned());
            if let Some(process) = last {
                child::end(&process, launch.stop_timeout).await?;
            }
            start(launch, lock, log_file, client, shutdown).await
        }
    }
}

/// Somebody else's Ollama that was started a moment ago takes connections, but answers only after device
/// discovery, so it is given the time that a start may take.
async fn wait_for_starting(launch: &Launch, client: &Client) -> Probe {
    let deadline = Instant::now() + launch.ready_timeout;
    let starting = || {
        adopt::owner_of(&launch.host())
            .is_some_and(|owner| is_backend(&owner) && !process::is_suspended(owner.pid))
    };
    let mut probe = Probe::Silent;
    while probe == Probe::Silent && Instant::now() < deadline && starting() {
        probe = client.probe(FIRST_LOOK).await;
    }
    probe
}

/// Starts the backend and waits until it answers. On failure nothing of it is left.
async fn start(
    launch: &Launch,
    lock: &Lock,
    log_file: &File,
    client: &Client,
    shutdown: &Shutdown,
) -> Result<Held> {
    let log_path = lock.slot().log_file();
    let offset = log_file.metadata().map_or(0, |meta| meta.len());
    let mut child = child::spawn(launch, log_file)?;
    let evidence = |error: Error| explain(error, log::tail(&log_path, offset, EVIDENCE), launch);
    let identity = child::identity(&mut child, launch)
        .await
        .map_err(evidence)?;
    let record = Record {
        supervisor: Identity::of_self(),
        origin: Origin::Started {
            process: identity.clone(),
        },
        launch: launch.clone(),
        version: None,
        relay: RelayState::Off,
        restarts: 0,
        log: log_path.clone(),
    };
    let ready = match lock.record(std::process::id(), &record) {
        Ok(()) => tokio::select! {
            ready = child::wait_ready(&mut child, launch, client) => ready,
            () = shutdown.requested.cancelled() => Err(interrupted()),
        },
        Err(error) => Err(error),
    };
    match ready {
        Ok(()) => Ok(Held::Child(child, identity)),
        Err(error) => {
            let _ = child::end(&identity, launch.stop_timeout).await;
            let _ = child.wait().await;
            Err(match error.kind {
                Kind::Interrupted => error,
                _ => evidence(error),
            })
        }
    }
}

/// Adds the log's last lines, and what the best known of them mean.
fn explain(error: Error, lines: Vec<String>, launch: &Launch) -> Error {
    let said = lines.join("\n");
    let error = error.details(lines);
    if said.contains("address already in use") {
        let mut error = error.hint(format!("see who holds {}: ollamactl status", launch.bind));
        error.kind = Kind::Conflict;
        return error;
    }
    if said.contains("permission denied") {
        return error
            .hint("check the model store's owner and mode, or name another: --models-dir DIR");
    }
    error.hint("read the whole log: ollamactl logs backend")
}

fn already_supervised(launch: &Launch) -> Error {
    Error::new(
        Kind::Conflict,
        format!("another supervisor of ours has the backend {}", launch.bind),
    )
    .hint("see it: ollamactl status")
    .hint("stop it first: ollamactl kill")
}

fn interrupted() -> Error {
    Error::new(
        Kind::Interrupted,
        "interrupted before the backend was ready; it was stopped",
    )
}

/// Keeps a backend that answers.
struct Keeper<'a> {
    launch: &'a Launch,
    lock: &'a Lock,
    log_file: &'a File,
    client: &'a Client,
    paths: &'a Paths,
    events: &'a Events,
}

impl Keeper<'_> {
    async fn keep(
        &self,
        mut held: Held,
        shutdown: &Shutdown,
        report: &mut Reporter,
        mut relay: watch::Receiver<RelayState>,
    ) -> Result<()> {
        let mut crashes: Vec<Instant> = Vec::new();
        let (version, relay_state) =
            tokio::join!(self.client.version(), relay::settled(&mut relay));
        let mut record = self.describe(&held, version.ok(), crashes.len());
        record.relay = relay_state;
        if matches!(held, Held::Adopted(_)) && !matches!(record.relay, RelayState::Listening { .. })
        {
            report.ready(&record);
            return Ok(());
        }
        self.lock.record(std::process::id(), &record)?;
        report.ready(&record);
        self.events.note(format!(
            "{} is ready on {}",
            self.launch.noun(),
            self.launch.bind
        ));
        let mut tend = tokio::time::interval(TEND_LOG);
        loop {
            tokio::select! {
                () = shutdown.requested.cancelled() => return self.end(held, shutdown).await,
                _ = tend.tick() => log::rotate(self.log_file, &self.lock.slot().log_file()),
                Ok(()) = relay.changed() => {
                    record.relay = relay.borrow_and_update().clone();
                    self.events.note(format!("relay: {}", relay::describe(&record.relay)));
                    self.lock.record(std::process::id(), &record)?;
                }
                how = gone(&mut held) => {
                    if matches!(held, Held::Adopted(_)) {
                        continue;
                    }
                    // A killed backend leaves its runners, and the next one does not know them.
                    if let Some(process) = record.process() {
                        child::end(process, Duration::ZERO).await?;
                    }
                    held = self.revive(&mut crashes, how, shutdown).await?;
                    record = Record { relay: record.relay, ..self.describe(&held, record.version, crashes.len()) };
                    self.lock.record(std::process::id(), &record)?;
                }
            }
        }
    }

    fn describe(&self, held: &Held, version: Option<String>, restarts: usize) -> Record {
        Record {
            supervisor: Identity::of_self(),
            origin: match held {
                Held::Child(_, process) | Held::TakenOver(process) => Origin::Started {
                    process: process.clone(),
                },
                Held::Adopted(owner) => Origin::Adopted {
                    owner: owner.clone(),
                },
            },
            launch: self.launch.clone(),
            version,
            relay: RelayState::Off,
            restarts: u32::try_from(restarts).unwrap_or(u32::MAX),
            log: self.lock.slot().log_file(),
        }
    }

    /// Starts it again after a crash, and after that start crashed too, until it crashed too often.
    async fn revive(
        &self,
        crashes: &mut Vec<Instant>,
        mut how: String,
        shutdown: &Shutdown,
    ) -> Result<Held> {
        loop {
            self.events
                .warn(format!("the backend ended by itself ({how})"));
            crashes.retain(|when| when.elapsed() < CRASH_WINDOW);
            crashes.push(Instant::now());
            if crashes.len() >= MOST_CRASHES {
                return Err(self.crash_loop(&how));
            }
            match self.start_again(crashes.len(), shutdown).await {
                Err(error) if error.kind == Kind::Failed => how = error.message,
                started => return started,
            }
        }
    }

    async fn start_again(&self, crashes: usize, shutdown: &Shutdown) -> Result<Held> {
        let pause =
            Duration::from_millis(250) * 2u32.saturating_pow(u32::try_from(crashes).unwrap_or(8));
        self.events
            .note(format!("starting it again in {} ms", pause.as_millis()));
        tokio::select! {
            () = sleep(pause) => {}
            () = shutdown.requested.cancelled() => return Err(interrupted()),
        }
        start(self.launch, self.lock, self.log_file, self.client, shutdown).await
    }

    fn crash_loop(&self, how: &str) -> Error {
        Error::failed(format!(
            "the backend on {} ended {MOST_CRASHES} times within a minute (last: {how}); given up",
            self.launch.bind
        ))
        .hint("see why: ollamactl logs backend")
    }

    /// Ends what we started; what was adopted goes on.
    async fn end(&self, held: Held, shutdown: &Shutdown) -> Result<()> {
        let (Held::Child(_, identity) | Held::TakenOver(identity)) = &held else {
            return Ok(());
        };
        let identity = identity.clone();
        let ending = async {
            pulls::cancel(self.paths, &self.launch.host()).await;
            child::end(&identity, self.launch.stop_timeout).await
        };
        let forced = tokio::select! {
            forced = ending => forced?,
            () = shutdown.forced.cancelled() => child::end(&identity, Duration::ZERO).await?,
        };
        if let Held::Child(mut child, _) = held {
            let _ = child.wait().await;
        }
        if forced {
            self.events
                .warn("the backend did not end when asked, and was killed");
        }
        Ok(())
    }
}

/// Waits until the held backend is gone, and says how it went.
async fn gone(held: &mut Held) -> String {
    match held {
        Held::Child(child, _) => child
            .wait()
            .await
            .map_or_else(|error| error.to_string(), child::describe),
        Held::TakenOver(identity) => {
            while !process::wait_gone(identity, Duration::from_hours(1)).await {}
            "its exit code is not known".to_owned()
        }
        Held::Adopted(_) => std::future::pending().await,
    }
}
