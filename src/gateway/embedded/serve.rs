//! The process that serves: in the foreground, or under its supervisor.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};

use super::{Instructions, slot};
use crate::backend::RotatingLog;
use crate::config::Secret;
use crate::daemon::{Reporter, Shutdown};
use crate::error::{Context, Error, Kind, Result};
use crate::paths::Paths;
use crate::process::{self, Identity, commands, users};
use crate::proxy::{self, Gateway, Keys, Policy, RequestLog};

/// How long an address may still be held by a worker that was told to end.
const HANDOVER: Duration = Duration::from_secs(1);

/// Runs it in this process, until a shutdown is requested, without leaving a trace: in a container
/// there may be nowhere to leave one. Requests are logged on standard error.
pub async fn run_here(how: &Instructions, shutdown: &Shutdown) -> Result<()> {
    let listener = bind(how.launch.listen).await?;
    let drain = sleep_once_polled(|| how.launch.limits.drain_timeout);
    serve(listener, how, std::io::stderr(), shutdown, drain).await
}

/// The worker of a background gateway: serves until a shutdown is requested or its supervisor is gone.
pub async fn work(
    how: &Instructions,
    paths: &Paths,
    shutdown: &Shutdown,
    report: &mut Reporter,
) -> Result<()> {
    let outcome = async {
        end_with_supervisor(how.supervisor(), shutdown)?;
        let slot = slot(paths, how.launch.listen);
        let log = RotatingLog::new(slot.open_log()?, slot.log_file());
        let listener = rebind(how.launch.listen).await?;
        report.ready(&Identity::of_self());
        let drain = sleep_once_polled(|| how.drain(&slot));
        serve(listener, how, log, shutdown, drain).await
    }
    .await;
    if let Err(error) = &outcome {
        report.failed(error);
    }
    outcome
}

/// A worker without a supervisor could be neither seen nor stopped. The kernel tells it at once on Linux,
/// unless the supervisor was gone before it was asked to; so the supervisor itself is watched as well.
#[cfg_attr(not(target_os = "linux"), expect(clippy::unnecessary_wraps))]
fn end_with_supervisor(supervisor: Option<&Identity>, shutdown: &Shutdown) -> Result<()> {
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM))
        .or_failed(|| "cannot follow the supervisor")?;
    if let Some(supervisor) = supervisor.cloned() {
        let requested = shutdown.requested.clone();
        tokio::spawn(async move {
            process::wait_gone(&supervisor, Duration::MAX).await;
            requested.cancel();
        });
    }
    Ok(())
}

async fn serve(
    listener: TcpListener,
    how: &Instructions,
    log: impl Write + Send + 'static,
    shutdown: &Shutdown,
    drain: impl Future<Output = ()>,
) -> Result<()> {
    allow_descriptors();
    let log = how
        .launch
        .log
        .map(|format| RequestLog::new(format, log))
        .transpose()
        .or_failed(|| "cannot start the request log")?;
    let policy = policy(how, log.clone())?;
    let requested = shutdown.requested.clone();
    let served = proxy::serve(listener, Arc::new(policy), requested, drain).await;
    if let Some(log) = log {
        log.close();
    }
    served
}

/// Sleeps for a time that is asked for only when the sleep begins.
async fn sleep_once_polled(time: impl FnOnce() -> Duration) {
    sleep(time()).await;
}

fn policy(how: &Instructions, log: Option<RequestLog>) -> Result<Policy> {
    let launch = &how.launch;
    let origins = launch.origins.iter().map(|origin| origin.parse());
    let gateway = Gateway {
        keys: Keys::new(&how.keys as &[Secret]),
        model: Some(launch.model()?),
        origins: origins
            .collect::<Result<_, _>>()
            .or_failed(|| "an origin is no header value")?,
    };
    Ok(Policy {
        stub: launch.stub,
        limits: launch.limits.clone(),
        log,
        ..Policy::gateway(launch.upstream()?, gateway)
    })
}

/// A client's connection takes two descriptors with the backend's, and many systems give a process a
/// thousand unless it asks for more.
fn allow_descriptors() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let maximum = getrlimit(Resource::Nofile).maximum;
        let wanted = Rlimit {
            current: maximum,
            maximum,
        };
        // With fewer it works too, up to a full house.
        let _ = setrlimit(Resource::Nofile, wanted);
    }
}

async fn rebind(listen: SocketAddr) -> Result<TcpListener> {
    let deadline = Instant::now() + HANDOVER;
    loop {
        match bind(listen).await {
            Err(error) if error.kind == Kind::Conflict && Instant::now() < deadline => {
                sleep(Duration::from_millis(20)).await;
            }
            outcome => return outcome,
        }
    }
}

pub(super) async fn bind(listen: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(listen)
        .await
        .map_err(|error| cannot_listen(listen, error))
}

/// Whether this is a `gateway run`, which leaves no record and is ended where it was started.
pub fn is_foreground(process: &process::Info) -> bool {
    let mut words = process.args.windows(2);
    process.is_ollamactl() && words.any(|words| words == ["gateway", "run"])
}

pub(super) fn cannot_listen(listen: SocketAddr, error: std::io::Error) -> Error {
    if error.kind() != std::io::ErrorKind::AddrInUse {
        return Error::failed(format!("cannot listen on {listen}")).caused_by(error);
    }
    let owner = process::port_owner(listen);
    let name = owner
        .as_ref()
        .map_or("another program".to_owned(), process::Info::describe);
    let error = Error::new(Kind::Conflict, format!("{listen} is held by {name}"));
    let theirs = |owner: &process::Info| owner.uid.filter(|uid| Some(*uid) != users::own());
    match owner.as_ref().map(|owner| (owner, theirs(owner))) {
        Some((owner, None)) if owner.is_ollamactl() && !is_foreground(owner) => {
            let command = commands::as_started(owner.pid) + "ollamactl gateway down";
            error.hint(format!("stop it: {command}"))
        }
        // What is known of it is in that user's home.
        Some((owner, Some(uid))) if owner.is_ollamactl() && !is_foreground(owner) => {
            let user = users::name(uid).unwrap_or_else(|| format!("'#{uid}'"));
            error.hint(format!("stop it: sudo -iu {user} ollamactl gateway down"))
        }
        Some((owner, _)) => {
            let end = commands::kill(owner.pid, owner.uid);
            error.hint(format!("stop it: {end}"))
        }
        None => {
            let look = commands::who_listens(listen.port());
            error.hint(format!("see who it is: {look}"))
        }
    }
    .hint("or let the gateway listen elsewhere: --listen 127.0.0.1:9105")
}
