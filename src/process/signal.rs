//! Signals, sent only to a process that was proven to be the one that is meant.

use std::time::Duration;

use super::Identity;
#[cfg(target_os = "linux")]
use crate::error::Context;
use crate::error::{Error, Kind, Result};

/// The signals that ollamactl sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Please end (SIGTERM). A process that was suspended goes on with it (SIGCONT), since it would not
    /// take it before.
    Terminate,
    /// End now (SIGKILL).
    Kill,
}

/// Sends a signal; a process that is gone already is no error.
///
/// On Linux the process is held through a pidfd that is opened before its identity is checked, so
/// that the pid cannot come to mean somebody else in between.
#[cfg(target_os = "linux")]
pub fn signal(identity: &Identity, signal: Signal) -> Result<()> {
    use rustix::process::{PidfdFlags, Signal as Sig, pidfd_open, pidfd_send_signal};
    let Some(pid) = raw_pid(identity) else {
        return Ok(());
    };
    let handle = match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(handle) => handle,
        Err(rustix::io::Errno::SRCH) => return Ok(()),
        Err(error) => return Err(error).or_failed(|| format!("cannot open pid {}", identity.pid)),
    };
    if !identity.is_alive() {
        return Ok(());
    }
    let numbers: &[Sig] = match signal {
        Signal::Terminate => &[Sig::TERM, Sig::CONT],
        Signal::Kill => &[Sig::KILL],
    };
    let mut numbers = numbers.iter();
    match numbers.try_for_each(|number| pidfd_send_signal(&handle, *number)) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(rustix::io::Errno::PERM) => Err(not_permitted(identity)),
        Err(error) => Err(error).or_failed(|| format!("cannot signal pid {}", identity.pid)),
    }
}

/// Sends a signal; a process that is gone already is no error.
#[cfg(not(target_os = "linux"))]
pub fn signal(identity: &Identity, signal: Signal) -> Result<()> {
    if !identity.is_alive() {
        return Ok(());
    }
    let little = sysinfo::ProcessRefreshKind::nothing();
    let sent = super::scan::with_process(identity.pid, little, |process| match signal {
        Signal::Terminate => {
            let asked = process.kill_with(sysinfo::Signal::Term);
            process.kill_with(sysinfo::Signal::Continue);
            asked.unwrap_or_else(|| process.kill())
        }
        Signal::Kill => process.kill(),
    });
    match sent {
        Some(false) if identity.is_alive() => Err(not_permitted(identity)),
        _ => Ok(()),
    }
}

fn not_permitted(identity: &Identity) -> Error {
    Error::failed(format!(
        "may not signal pid {}: it belongs to another user",
        identity.pid
    ))
    .hint(super::commands::kill(identity.pid, None))
}

/// Waits until the process is gone, at most this long; says whether it is.
#[cfg(target_os = "linux")]
#[allow(
    deprecated,
    reason = "its safe replacement does not exist; an `OwnedFd` keeps the descriptor open, which is all that it asks"
)]
pub async fn wait_gone(identity: &Identity, at_most: Duration) -> bool {
    use rustix::process::{PidfdFlags, pidfd_open};
    if !identity.is_alive() {
        return true;
    }
    let handle = raw_pid(identity).and_then(|pid| pidfd_open(pid, PidfdFlags::NONBLOCK).ok());
    let ended = async {
        match handle.map(tokio::io::unix::AsyncFd::new) {
            // A pidfd becomes readable when its process ends.
            Some(Ok(handle)) => drop(handle.readable().await),
            _ => poll_gone(identity).await,
        }
    };
    tokio::time::timeout(at_most, ended).await.is_ok() || !identity.is_alive()
}

/// Waits until the process is gone, at most this long; says whether it is.
#[cfg(not(target_os = "linux"))]
pub async fn wait_gone(identity: &Identity, at_most: Duration) -> bool {
    tokio::time::timeout(at_most, poll_gone(identity))
        .await
        .is_ok()
}

/// Looks often at first, and less and less often at what lives long.
async fn poll_gone(identity: &Identity) {
    const SELDOM: Duration = Duration::from_secs(1);
    let mut pause = Duration::from_millis(5);
    while identity.is_alive() {
        tokio::time::sleep(pause).await;
        pause = SELDOM.min(pause.mul_f32(1.2));
    }
}

/// Asks the process to end, and makes it end when the grace has passed. Says whether force was needed.
pub async fn stop(identity: &Identity, grace: Duration) -> Result<bool> {
    signal(identity, Signal::Terminate)?;
    if wait_gone(identity, grace).await {
        return Ok(false);
    }
    signal(identity, Signal::Kill)?;
    if wait_gone(identity, Duration::from_secs(5)).await {
        return Ok(true);
    }
    Err(Error::new(
        Kind::Failed,
        format!(
            "pid {} did not end, not even when killed: it hangs in the kernel",
            identity.pid
        ),
    )
    .hint(format!(
        "look at its state: ps -o pid,stat,wchan,args {}",
        identity.pid
    )))
}

#[cfg(target_os = "linux")]
fn raw_pid(identity: &Identity) -> Option<rustix::process::Pid> {
    rustix::process::Pid::from_raw(i32::try_from(identity.pid).ok()?)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[tokio::test]
    async fn a_bystander_with_the_recorded_pid_is_never_signalled() {
        let mut bystander = Command::new("cat")
            .stdin(Stdio::piped())
            .spawn()
            .expect("spawned");
        let mut recorded = Identity::of(bystander.id()).expect("alive");
        recorded.start_time -= 1;
        signal(&recorded, Signal::Kill).expect("nothing to do");
        assert!(bystander.try_wait().expect("waited").is_none());
        bystander.kill().expect("killed");
        bystander.wait().expect("reaped");
    }

    #[tokio::test]
    async fn a_process_that_is_suspended_is_asked_and_not_forced() {
        let mut suspended = Command::new("cat")
            .stdin(Stdio::piped())
            .spawn()
            .expect("spawned");
        let identity = Identity::of(suspended.id()).expect("alive");
        let pid = raw_pid(&identity).expect("a pid");
        rustix::process::kill_process(pid, rustix::process::Signal::STOP).expect("suspended");
        signal(&identity, Signal::Terminate).expect("sent");
        let ended = suspended.wait().expect("reaped");
        let by = std::os::unix::process::ExitStatusExt::signal(&ended);
        assert_eq!(by, Some(rustix::process::Signal::TERM.as_raw()));
    }

    #[tokio::test]
    async fn a_process_that_ignores_the_request_is_forced() {
        let mut stubborn = Command::new("sh")
            .args(["-c", "trap '' TERM; echo ready; read x"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("spawned");
        let mut line = [0; 6];
        std::io::Read::read_exact(stubborn.stdout.as_mut().expect("piped"), &mut line)
            .expect("ready");
        let identity = Identity::of(stubborn.id()).expect("alive");
        let forced = stop(&identity, Duration::from_millis(20))
            .await
            .expect("stopped");
        assert!(forced);
        stubborn.wait().expect("reaped");
    }
}
