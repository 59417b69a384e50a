//! The embedded gateway: our own proxy with a health endpoint, for repositories without a compose
//! service. A background process of ours, by the supervisor's rules: lock, identity, log.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::net::{TcpListener, TcpStream};

use crate::config::{Config, Mode};
use crate::daemon::{LOCK_PATIENCE, Reporter, Shutdown, Slot, Wanted};
use crate::error::{Error, Kind, Result};
use crate::event::Step;
use crate::paths::Paths;
use crate::process::{self, Identity};
use crate::proxy::{self, Policy};

/// How long another start may take.
const OTHER_START: Duration = Duration::from_secs(10);

/// How the embedded gateway runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Launch {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The backend that it passes on to.
    pub upstream: SocketAddr,
    /// The backend is the stand-in.
    pub stub: bool,
}

/// A running embedded gateway, as its record file holds it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    /// Its process.
    pub process: Identity,
    /// How it runs.
    pub launch: Launch,
}

impl Record {
    /// `embedded gateway on 127.0.0.1:9104 (pid 12)`.
    pub fn describe(&self) -> String {
        let stub = if self.launch.stub {
            ", in front of the stub"
        } else {
            ""
        };
        format!(
            "embedded gateway on {} (pid {}){stub}",
            self.launch.listen, self.process.pid
        )
    }
}

impl Launch {
    /// The embedded gateway that the configuration asks for. Off loopback it is refused, since it asks
    /// nobody who they are.
    pub fn from_config(config: &Config) -> Result<Self> {
        let listen = &config.gateway.listen;
        if !listen.value.ip().is_loopback() {
            return Err(Error::usage(format!(
                "the embedded gateway has no authentication, so it listens on loopback only, not on {} ({})",
                listen.value, listen.source
            ))
            .hint("use 127.0.0.1, or put a server that authenticates in front of it")
            .hint("inside a container: ollamactl gateway run --no-auth"));
        }
        Self::unguarded(config)
    }

    /// The same on any address: for whoever answers for who reaches it.
    pub fn unguarded(config: &Config) -> Result<Self> {
        let host = config.client_host();
        if host.https {
            return Err(Error::usage(format!(
                "the embedded gateway does not speak TLS to its backend, so it cannot stand in front of {}",
                host.url()
            ))
            .hint("use a backend on this machine, or a gateway of your own"));
        }
        let upstream = host.socket_addr().ok_or_else(|| {
            Error::usage(format!(
                "the backend {host} ({}) does not resolve",
                config.backend.host.source
            ))
        })?;
        Ok(Self {
            listen: config.gateway.listen.value,
            upstream,
            stub: config.backend.mode.value == Mode::Stub,
        })
    }
}

/// The files of the embedded gateway at this address.
pub fn slot(paths: &Paths, listen: SocketAddr) -> Slot {
    Slot::new(paths, &format!("gateway-{listen}"))
}

/// The embedded gateway of ours that lives at this address.
pub fn observe(paths: &Paths, listen: SocketAddr) -> Result<Option<Record>> {
    let record: Option<Record> = slot(paths, listen).read()?;
    Ok(record.filter(|record| record.process.is_alive()))
}

/// Runs it in this process, until a shutdown is requested, without leaving a trace: in a container
/// there may be nowhere to leave one.
pub async fn run_here(launch: &Launch, shutdown: &Shutdown) -> Result<()> {
    let listener = bind(launch.listen).await?;
    serve(listener, launch, shutdown).await
}

/// Runs it as a background process, until a shutdown is requested.
pub async fn run(
    launch: &Launch,
    paths: &Paths,
    shutdown: &Shutdown,
    report: &mut Reporter,
) -> Result<()> {
    let outcome = supervised(launch, paths, shutdown, report).await;
    if let Err(error) = &outcome {
        report.failed(error);
    }
    outcome
}

async fn supervised(
    launch: &Launch,
    paths: &Paths,
    shutdown: &Shutdown,
    report: &mut Reporter,
) -> Result<()> {
    let slot = slot(paths, launch.listen);
    // Somebody who only looks at the lock holds it for a moment.
    let lock = slot
        .lock_within(LOCK_PATIENCE)
        .await
        .map_err(|error| match error.kind {
            Kind::Timeout => Error::new(
                Kind::Conflict,
                format!("another embedded gateway of ours has {}", launch.listen),
            )
            .hint("stop it first: ollamactl gateway down"),
            _ => error,
        })?;
    let listener = bind(launch.listen).await?;
    let record = Record {
        process: Identity::of_self(),
        launch: launch.clone(),
    };
    lock.record(record.process.pid, &record)?;
    report.ready(&record);
    serve(listener, launch, shutdown).await
}

async fn serve(listener: TcpListener, launch: &Launch, shutdown: &Shutdown) -> Result<()> {
    let policy = Policy {
        stub: launch.stub,
        ..Policy::gateway(launch.upstream)
    };
    proxy::serve(listener, Arc::new(policy), shutdown.requested.clone()).await
}

async fn bind(listen: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(listen)
        .await
        .map_err(|error| cannot_listen(listen, error))
}

fn cannot_listen(listen: SocketAddr, error: std::io::Error) -> Error {
    if error.kind() != std::io::ErrorKind::AddrInUse {
        return Error::failed(format!("cannot listen on {listen}")).caused_by(error);
    }
    let owner = process::port_owner(listen);
    let name = owner
        .as_ref()
        .map_or("another program".to_owned(), process::Info::describe);
    let error = Error::new(Kind::Conflict, format!("{listen} is held by {name}"));
    match owner {
        Some(owner) if owner.program() == "ollamactl" => {
            error.hint("stop it: ollamactl gateway down")
        }
        Some(owner) => error.hint(format!("stop it: kill {}", owner.pid)),
        None => error.hint(format!(
            "see who it is: sudo ss -ltnp 'sport = :{}'",
            listen.port()
        )),
    }
    .hint("or let the gateway listen elsewhere: --listen 127.0.0.1:9105")
}

/// Makes sure that it runs; says whether it was started now.
pub async fn start(launch: &Launch, paths: &Paths, step: &Step) -> Result<(Record, bool)> {
    let wanted = Wanted {
        slot: &slot(paths, launch.listen),
        noun: &format!("the embedded gateway on {}", launch.listen),
        args: &["supervise", "gateway", &launch.listen.to_string()].map(str::to_owned),
        how: launch,
        patience: OTHER_START,
        hints: &["see what it does: ollamactl logs gateway"],
    };
    let running = async || {
        let Some(record) = observe(paths, launch.listen)? else {
            return Ok(None);
        };
        if record.launch == *launch {
            return Ok(Some(record));
        }
        step.progress("its backend changed; restarting it");
        stop(paths, launch.listen).await?;
        Ok(None)
    };
    wanted.ensure(step, running).await
}

/// Fails where somebody else holds the address, so that this is known before anything is started.
pub async fn check_free(launch: &Launch, paths: &Paths) -> Result<()> {
    let taken = TcpStream::connect(launch.listen).await.is_ok();
    // Asked after: ours has its lock before it listens.
    if taken && !slot(paths, launch.listen).is_locked()? {
        let error = std::io::Error::from(std::io::ErrorKind::AddrInUse);
        return Err(cannot_listen(launch.listen, error));
    }
    Ok(())
}

/// Ends it; says whether it ran.
pub async fn stop(paths: &Paths, listen: SocketAddr) -> Result<bool> {
    let running = observe(paths, listen)?;
    if let Some(record) = &running {
        process::stop(&record.process, Duration::from_secs(10)).await?;
    }
    slot(paths, listen).clear_if_free()?;
    Ok(running.is_some())
}
