//! The signals of a server process, caught from here on. SIGHUP is not: it kills.

use super::log::{Log, Stream};
use crate::error::{Context, Result};

/// Exit code of a Go program that gets SIGQUIT, or panics.
const GO_DUMP: u8 = 2;

/// The signals that end a server.
pub(super) struct Signals {
    ignore: bool,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    quit: tokio::signal::unix::Signal,
}

impl Signals {
    /// Catches SIGTERM and SIGINT, which do nothing with `ignore`, and SIGQUIT.
    #[cfg(unix)]
    pub(super) fn install(ignore: bool) -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let catch = |kind| signal(kind).or_failed(|| "cannot catch signals");
        Ok(Self {
            ignore,
            terminate: catch(SignalKind::terminate())?,
            interrupt: catch(SignalKind::interrupt())?,
            quit: catch(SignalKind::quit())?,
        })
    }

    /// Waits until the server is to end. SIGQUIT ends the process there and then.
    #[cfg(unix)]
    pub(super) async fn wait(mut self, log: &Log) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => {}
                _ = self.interrupt.recv() => {}
                _ = self.quit.recv() => die(log, "SIGQUIT: quit", GO_DUMP),
            }
            if !self.ignore {
                return;
            }
        }
    }

    /// Catches Ctrl-C.
    #[cfg(not(unix))]
    #[allow(clippy::unnecessary_wraps, reason = "as on Unix")]
    pub(super) fn install(ignore: bool) -> Result<Self> {
        Ok(Self { ignore })
    }

    /// Waits until the server is to end.
    #[cfg(not(unix))]
    pub(super) async fn wait(self, _: &Log) {
        loop {
            let _ = tokio::signal::ctrl_c().await;
            if !self.ignore {
                return;
            }
        }
    }
}

/// Ends the process as a Go program ends that has no chance to clean up: a dump on stderr, and what it
/// started stays behind.
pub(super) fn die(log: &Log, why: &str, code: u8) -> ! {
    log.plain(Stream::Stderr, why);
    log.plain(Stream::Stderr, "\ngoroutine 1 [running]:\nollamactl.stub()");
    std::process::exit(code.into())
}
