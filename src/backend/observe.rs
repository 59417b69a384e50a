//! What there is at the backend's address, and whose it is.

use std::net::SocketAddr;
use std::time::Duration;

use super::owner::Owner;
use super::record::{Record, RelayState, slot};
use crate::config::Config;
use crate::daemon::Restarts;
use crate::error::{Error, Result};
use crate::ollama::{Client, OllamaHost, Probe, Unresolved};
use crate::paths::Paths;
use crate::process::{self, Info, listeners, port_owner, port_user, users};

/// How long one look may take.
const LOOK: Duration = Duration::from_secs(2);

/// How the backend stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// A supervisor of ours runs it.
    Supervised,
    /// Ours, but its supervisor was killed; the next start takes it over.
    Unsupervised,
    /// Somebody else's Ollama, used as it is.
    Adopted,
    /// On another machine.
    Remote,
    /// A supervisor of ours lives, but its backend does not answer (yet).
    Starting,
    /// Something takes connections and does not answer.
    Unresponsive,
    /// Something that is not Ollama holds the port.
    Stranger,
    /// Nothing is there.
    Stopped,
    /// Its name has no address.
    Unresolved,
}

/// What was seen.
#[derive(Debug, Clone)]
pub struct Observed {
    /// Where it was looked for.
    pub host: OllamaHost,
    /// How it stands.
    pub standing: Standing,
    /// Who owns the port.
    pub owner: Owner,
    /// Ollama's version, where it answers.
    pub version: Option<String>,
    /// It listens where other machines may reach it.
    pub exposed: bool,
    /// What a supervisor of ours wrote down, if it or its backend still lives.
    pub record: Option<Record>,
    /// The relay of that record, or of one whose supervisor was killed while somebody else's Ollama goes on.
    pub relay: RelayState,
    /// How often it crashed and was started again, or was not any more.
    pub restarts: Restarts,
    /// Why its name has no address.
    pub unresolved: Option<Unresolved>,
}

impl Observed {
    /// Whether an Ollama answers.
    pub fn answers(&self) -> bool {
        self.version.is_some()
    }

    /// Whether it is one that we start, and not somebody else's.
    pub fn is_ours(&self) -> bool {
        self.record.as_ref().is_some_and(Record::is_ours)
    }

    /// Whether what answers is the stand-in.
    pub fn is_stub(&self) -> bool {
        self.version
            .as_deref()
            .is_some_and(|version| version.contains("stub"))
    }
}

/// Looks at the configured address.
pub async fn observe(config: &Config, paths: &Paths) -> Result<Observed> {
    let record = living_record(paths, &config.client_host())?;
    observe_with(config, paths, record).await
}

/// The same where a record that cannot be read is no reason not to look; what is wrong with it is told
/// beside what was seen.
pub async fn observe_anyway(config: &Config, paths: &Paths) -> Result<(Observed, Option<Error>)> {
    match living_record(paths, &config.client_host()) {
        Ok(record) => Ok((observe_with(config, paths, record).await?, None)),
        Err(fault) => {
            let seen = observe_with(config, paths, None).await?;
            // The record tells our relay from a listener that is open to all.
            let seen = Observed {
                exposed: false,
                ..seen
            };
            Ok((seen, Some(fault)))
        }
    }
}

async fn observe_with(config: &Config, paths: &Paths, record: Option<Record>) -> Result<Observed> {
    let host = config.client_host();
    host.looked_up().await;
    let client = Client::new(&host)?;
    let probe = client.probe(LOOK).await;
    let version = match probe {
        Probe::Ollama => Some(
            client
                .version()
                .await
                .unwrap_or_else(|_| "unknown".to_owned()),
        ),
        _ => None,
    };
    let standing = standing(&probe, record.as_ref(), &host);
    let owner = match (&standing, &record) {
        (Standing::Stopped | Standing::Remote | Standing::Unresolved, _) => Owner::Nobody,
        (Standing::Unsupervised, Some(_)) => Owner::Orphaned,
        // The port of one that starts may not be bound yet.
        (Standing::Supervised | Standing::Starting, Some(record)) => Owner::Ours {
            supervisor: record.supervisor.pid,
        },
        _ => Owner::at(&host),
    };
    let relay = match &record {
        Some(record) => record.relay.clone(),
        None if version.is_some() && relay_lost(paths, &host) => RelayState::Gone,
        None => RelayState::Off,
    };
    let restarts = match &record {
        Some(record) => record.restarts.clone(),
        None if standing == Standing::Stopped => given_up(paths, &host).unwrap_or_default(),
        None => Restarts::default(),
    };
    Ok(Observed {
        restarts,
        relay,
        exposed: version.is_some() && is_exposed(&host),
        host,
        standing,
        owner,
        version,
        record,
        unresolved: match probe {
            Probe::Unresolved(unresolved) => Some(unresolved),
            _ => None,
        },
    })
}

/// Whether anything but loopback is listened on, other than by a supervisor of ours: that is the relay,
/// which may listen before the record says so.
fn is_exposed(host: &OllamaHost) -> bool {
    host.is_local()
        && listeners(host.port)
            .iter()
            .any(|listener| !listener.address.ip().is_loopback() && !is_relay(listener.address))
}

/// Whether a supervisor of ours listens there: no backend, and no stub, is called so. Of another user's
/// processes it is not known which sockets they hold, only whose a socket is; but a relay never takes every
/// address, as an open backend does.
fn is_relay(address: SocketAddr) -> bool {
    if let Some(owner) = port_owner(address) {
        return has_relay(&owner, None);
    }
    let user = port_user(address).filter(|user| users::own() != Some(*user));
    user.is_some()
        && !address.ip().is_unspecified()
        && process::scan()
            .iter()
            .any(|process| process.uid == user && has_relay(process, Some(address.port())))
}

/// Whether this is a supervisor, of a backend with this port where one is named.
fn has_relay(process: &Info, port: Option<u16>) -> bool {
    let words: Vec<&str> = process.args.iter().skip(1).map(String::as_str).collect();
    match words[..] {
        ["supervise", "backend", bound] => {
            port.is_none_or(|port| bound.ends_with(&format!(":{port}")))
        }
        _ => process.is_ollamactl() && process.subcommand() == Some("serve"),
    }
}

/// The record of the slot, unless everything in it is dead.
pub(super) fn living_record(paths: &Paths, host: &OllamaHost) -> Result<Option<Record>> {
    let record: Option<Record> = slot(paths, host).read()?;
    Ok(record.map(Record::resolved).filter(Record::is_alive))
}

/// Whether a relay of ours to somebody else's Ollama went with its supervisor, which was killed.
pub fn relay_lost(paths: &Paths, host: &OllamaHost) -> bool {
    let record: Option<Record> = slot(paths, host).read().unwrap_or_default();
    let record = record.map(Record::resolved);
    record.is_some_and(|record| !record.is_ours() && record.relay == RelayState::Gone)
}

/// Fails where there is a record that cannot be read.
pub fn readable(paths: &Paths, host: &OllamaHost) -> Result<()> {
    living_record(paths, host).map(drop)
}

/// What is known of the backend at this address without asking it; nothing where the record cannot be read.
pub fn recorded(paths: &Paths, host: &OllamaHost) -> Option<Record> {
    living_record(paths, host).unwrap_or_default()
}

/// How the backend at this address ended again and again, until its supervisor gave up.
pub fn given_up(paths: &Paths, host: &OllamaHost) -> Option<Restarts> {
    slot(paths, host).given_up()
}

fn standing(probe: &Probe, record: Option<&Record>, host: &OllamaHost) -> Standing {
    let supervised = record.is_some_and(|record| record.supervisor.is_alive());
    let ours = record.is_some_and(Record::is_ours);
    match probe {
        Probe::Ollama if !host.is_local() => Standing::Remote,
        Probe::Ollama if ours && supervised => Standing::Supervised,
        Probe::Ollama if ours => Standing::Unsupervised,
        Probe::Ollama => Standing::Adopted,
        // One that was ready once and answers no more was suspended, or hangs.
        Probe::Silent if record.is_some_and(|record| record.version.is_some()) => {
            Standing::Unresponsive
        }
        Probe::Silent | Probe::Absent if supervised && ours => Standing::Starting,
        Probe::Silent => Standing::Unresponsive,
        Probe::Stranger(_) => Standing::Stranger,
        Probe::Unresolved(_) => Standing::Unresolved,
        Probe::Absent => Standing::Stopped,
    }
}
