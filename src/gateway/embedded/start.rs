//! Starting and stopping a background gateway, from a command.

use std::net::SocketAddr;
use std::time::Duration;

use super::supervise::longest_end;
use super::{Instructions, Record, answers, for_client, noun, observe, serve, slot};
use crate::daemon::{Slot, Wanted, grace};
use crate::error::{Error, Kind, Result};
use crate::event::Step;
use crate::paths::Paths;
use crate::process::{self, Identity};

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
        noun: &noun(listen),
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
            return Ok(Some(record).filter(|record| record.worker.is_some()));
        }
        keeps_its_key(how, &record)?;
        step.progress(if record.folder == how.folder {
            "its settings changed; restarting it".to_owned()
        } else {
            let folder = record.folder.display();
            format!("it was started for {folder}; restarting it with the settings of this project")
        });
        stop(paths, listen, None).await?;
        Ok(None)
    };
    wanted.ensure(step, running).await
}

/// Fails where the one that runs asks for a key and a new one would let everybody in: a shell in which the key is
/// not set must not open it.
fn keeps_its_key(how: &Instructions, running: &Record) -> Result<()> {
    if running.launch.keys.is_empty() || !how.launch.keys.is_empty() {
        return Ok(());
    }
    let text = format!(
        "the {} asks for a key, and none is set here: started anew, it would let everybody in",
        noun(how.launch.listen)
    );
    Err(Error::new(Kind::Conflict, text)
        .hint("set the key that it was started with: OLLAMACTL_GATEWAY_KEY, or OLLAMACTL_GATEWAY_KEY_FILE or gateway.key_file")
        .hint("or have it without one: ollamactl gateway down, then this command again"))
}

/// Fails where a restart would let everybody in: see [`start`].
pub fn check_restart(how: &Instructions, paths: &Paths) -> Result<()> {
    how.check()?;
    match observe(paths, how.launch.listen)? {
        Some(running) => keeps_its_key(how, &running),
        None => Ok(()),
    }
}

/// Fails where it must not start, or somebody else holds the address, so that this is known before anything
/// is started.
pub async fn check_free(how: &Instructions, paths: &Paths) -> Result<()> {
    check_restart(how, paths)?;
    let launch = &how.launch;
    let taken = answers(for_client(launch.listen)).await;
    // Asked after: ours has its lock before it listens.
    if taken && !slot(paths, launch.listen).is_locked()? && orphan(paths, launch.listen)?.is_none()
    {
        let error = std::io::Error::from(std::io::ErrorKind::AddrInUse);
        return Err(serve::cannot_listen(launch.listen, error));
    }
    Ok(())
}

/// Ends it, or says that it did not run. Answers that are under way may take `drain`, by default what its
/// start said.
pub async fn stop(paths: &Paths, listen: SocketAddr, drain: Option<Duration>) -> Result<bool> {
    let slot = slot(paths, listen);
    slot.until_recorded(&noun(listen)).await?;
    let running = observe(paths, listen)?;
    if let Some(record) = &running {
        let drain = tell(&slot, record, drain);
        process::stop(&record.process, longest_end(drain)).await?;
    }
    let orphaned = end_orphan(paths, listen).await?;
    slot.clear_if_free()?;
    Ok(running.is_some() || orphaned)
}

/// Tells the supervisor how long the drain may take; gives the time that it will be.
fn tell(slot: &Slot, record: &Record, drain: Option<Duration>) -> Duration {
    let usual = record.launch.limits.drain_timeout;
    match drain {
        Some(time) if time != usual && grace::tell(slot, &record.process, time).is_ok() => time,
        _ => usual,
    }
}

/// A worker whose supervisor was killed ends by itself, after its drain; what is left of the drain is not
/// waited for. Says whether there was one.
async fn end_orphan(paths: &Paths, listen: SocketAddr) -> Result<bool> {
    let Some(worker) = orphan(paths, listen)? else {
        return Ok(false);
    };
    process::stop(&worker, Duration::ZERO).await?;
    Ok(true)
}

fn orphan(paths: &Paths, listen: SocketAddr) -> Result<Option<Identity>> {
    let record: Option<Record> = slot(paths, listen).read()?;
    let worker = record
        .filter(|record| !record.process.is_alive())
        .and_then(|record| record.worker);
    Ok(worker.filter(Identity::is_alive))
}
