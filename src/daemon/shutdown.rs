//! How a long-running command of ours is asked to end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio_util::sync::CancellationToken;

use crate::error::{Context, Result};

/// Requests to end, from signals or from the program itself.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    /// Cancelled at the first request: end in good order.
    pub requested: CancellationToken,
    /// Cancelled at the second Ctrl-C: end at once.
    pub forced: CancellationToken,
    interrupted: Arc<AtomicBool>,
}

impl Shutdown {
    /// Listens for Ctrl-C, SIGTERM and SIGHUP from now on.
    pub fn on_signals() -> Result<Self> {
        let shutdown = Self::default();
        let mut signals = Signals::new().or_failed(|| "cannot listen for signals")?;
        let heard = shutdown.clone();
        tokio::spawn(async move {
            loop {
                let from_terminal = signals.next().await;
                if heard.requested.is_cancelled() && from_terminal {
                    heard.forced.cancel();
                }
                heard.interrupted.fetch_or(from_terminal, Ordering::Relaxed);
                heard.requested.cancel();
            }
        });
        Ok(shutdown)
    }

    /// Whether the request came from Ctrl-C.
    pub fn was_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for one; says whether it was Ctrl-C.
    async fn next(&mut self) -> bool {
        tokio::select! {
            _ = self.interrupt.recv() => true,
            _ = self.terminate.recv() => false,
            _ = self.hangup.recv() => false,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[allow(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    /// Waits for Ctrl-C.
    async fn next(&mut self) -> bool {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        true
    }
}
