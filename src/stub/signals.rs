//! The signals of a server process, caught from here on. SIGHUP is not: it kills.

use crate::error::Result;

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// SIGTERM or SIGINT: end in good order.
    End,
    /// SIGQUIT, which only Unix knows: end there and then.
    #[cfg_attr(not(unix), expect(dead_code))]
    Quit,
}

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
        use crate::error::Context;
        use tokio::signal::unix::{SignalKind, signal};
        let catch = |kind| signal(kind).or_failed(|| "cannot catch signals");
        Ok(Self {
            ignore,
            terminate: catch(SignalKind::terminate())?,
            interrupt: catch(SignalKind::interrupt())?,
            quit: catch(SignalKind::quit())?,
        })
    }

    /// Waits until the server is to end.
    #[cfg(unix)]
    pub(super) async fn wait(mut self) -> Asked {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => {}
                _ = self.interrupt.recv() => {}
                _ = self.quit.recv() => return Asked::Quit,
            }
            if !self.ignore {
                return Asked::End;
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
    pub(super) async fn wait(self) -> Asked {
        loop {
            let _ = tokio::signal::ctrl_c().await;
            if !self.ignore {
                return Asked::End;
            }
        }
    }
}
