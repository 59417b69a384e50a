//! Starting and stopping a background gateway, from a command.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use super::supervise::longest_end;
use super::{Instructions, Record, for_client, observe, serve, slot};
use crate::daemon::{self, Started};
use crate::error::{Error, Kind, Result};
use crate::event::Step;
use crate::paths::Paths;
use crate::process;

/// How long another start may take.
const OTHER_START: Duration = Duration::from_secs(10);

/// Makes sure that it runs; says whether it was started now.
pub async fn start(how: &Instructions, paths: &Paths, step: &Step) -> Result<(Record, bool)> {
    let listen = how.launch.listen;
    let slot = slot(paths, listen);
    let deadline = Instant::now() + OTHER_START;
    while Instant::now() < deadline {
        if let Some(record) = observe(paths, listen)? {
            if record.launch == how.launch {
                return Ok((record, false));
            }
            step.progress("its settings changed; restarting it");
            stop(paths, listen).await?;
        }
        if slot.is_locked()? {
            sleep(Duration::from_millis(20)).await;
            continue;
        }
        end_orphan(paths, listen).await?;
        step.progress(format!("starting the embedded gateway on {listen}"));
        let args = ["supervise", "gateway", &listen.to_string()].map(str::to_owned);
        match daemon::spawn(&args, how, slot.open_log()?).await? {
            Started::Ready(record) => return Ok((record, true)),
            Started::Failed(_) if slot.is_locked()? => {}
            Started::Failed(error) => return Err(error),
            Started::Vanished => {
                return Err(
                    Error::failed("the embedded gateway ended before it could say why")
                        .hint(format!("read its log: {}", slot.log_file().display())),
                );
            }
        }
    }
    Err(Error::new(
        Kind::Timeout,
        format!("another ollamactl has been starting the gateway {listen} for too long"),
    ))
}

/// Fails where somebody else holds the address, so that this is known before anything is started.
pub async fn check_free(listen: SocketAddr, paths: &Paths) -> Result<()> {
    let taken = TcpStream::connect(for_client(listen)).await.is_ok();
    // Asked after: ours has its lock before it listens.
    if taken && !slot(paths, listen).is_locked()? && orphan(paths, listen)?.is_none() {
        let error = std::io::Error::from(std::io::ErrorKind::AddrInUse);
        return Err(serve::cannot_listen(listen, error));
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
    let slot = slot(paths, listen);
    if slot.record_file().exists() || slot.pidfile().exists() {
        drop(slot.try_lock()?);
    }
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
