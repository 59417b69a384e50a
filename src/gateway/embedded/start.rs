//! Starting and stopping a background gateway, from a command.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;

use super::supervise::longest_end;
use super::{Instructions, Record, for_client, observe, serve, slot};
use crate::daemon::Wanted;
use crate::error::Result;
use crate::event::Step;
use crate::paths::Paths;
use crate::process;

/// How long another start may take.
const OTHER_START: Duration = Duration::from_secs(10);

/// The steps that [`start`] would take now, one line each.
pub fn plan_up(how: &Instructions, paths: &Paths) -> Result<Vec<String>> {
    how.check()?;
    let launch = &how.launch;
    let what = format!("embedded gateway on {}", launch.listen);
    Ok(match observe(paths, launch.listen)? {
        None => vec![format!("start {what}: it does not run")],
        Some(record) if record.launch == *launch => Vec::new(),
        Some(_) => vec![format!("restart {what}: its settings changed")],
    })
}

/// Makes sure that it runs; says whether it was started now.
pub async fn start(how: &Instructions, paths: &Paths, step: &Step) -> Result<(Record, bool)> {
    how.check()?;
    let listen = how.launch.listen;
    let wanted = Wanted {
        slot: &slot(paths, listen),
        noun: &format!("the embedded gateway on {listen}"),
        args: &["supervise", "gateway", &listen.to_string()].map(str::to_owned),
        how,
        patience: OTHER_START,
        hints: &["see what it does: ollamactl logs gateway"],
    };
    let running = async || {
        let Some(record) = observe(paths, listen)? else {
            end_orphan(paths, listen).await?;
            return Ok(None);
        };
        if record.launch == how.launch {
            return Ok(Some(record));
        }
        step.progress("its settings changed; restarting it");
        stop(paths, listen).await?;
        Ok(None)
    };
    wanted.ensure(step, running).await
}

/// Fails where it must not start, or somebody else holds the address, so that this is known before anything
/// is started.
pub async fn check_free(how: &Instructions, paths: &Paths) -> Result<()> {
    how.check()?;
    let launch = &how.launch;
    let taken = TcpStream::connect(for_client(launch.listen)).await.is_ok();
    // Asked after: ours has its lock before it listens.
    if taken && !slot(paths, launch.listen).is_locked()? && orphan(paths, launch.listen)?.is_none()
    {
        let error = std::io::Error::from(std::io::ErrorKind::AddrInUse);
        return Err(serve::cannot_listen(launch.listen, error));
    }
    Ok(())
}

/// Ends it; says whether it ran.
pub async fn stop(paths: &Paths, listen: SocketAddr) -> Result<bool> {
    let running = observe(paths, listen)?;
    if let Some(record) = &running {
        process::stop(&record.process, longest_end(record)).await?;
    }
    end_orphan(paths, listen).await?;
    slot(paths, listen).clear_if_free()?;
    Ok(running.is_some())
}

/// A worker whose supervisor was killed ends by itself, after its drain; what is left of the drain is not
/// waited for.
async fn end_orphan(paths: &Paths, listen: SocketAddr) -> Result<()> {
    if let Some(record) = orphan(paths, listen)? {
        process::stop(&record.worker, Duration::ZERO).await?;
    }
    Ok(())
}

fn orphan(paths: &Paths, listen: SocketAddr) -> Result<Option<Record>> {
    let record: Option<Record> = slot(paths, listen).read()?;
    Ok(record.filter(|record| !record.process.is_alive() && record.worker.is_alive()))
}
