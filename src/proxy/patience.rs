//! A client's connection that is not waited for without end: one who takes nothing of its answer, or
//! takes it drop by drop beyond its request's time, is cut. Bodies have their own limits, but nobody
//! asks a body while the client does not take what came before.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// When the request that a connection serves must have ended; shared by the connection and its
/// requests.
#[derive(Debug, Clone, Default)]
pub(super) struct Deadline(Arc<AtomicU64>);

impl Deadline {
    /// Another request begins.
    pub fn set(&self, at: Instant) {
        let millis = at.saturating_duration_since(origin()).as_millis();
        self.0
            .store(u64::try_from(millis).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn get(&self) -> Option<Instant> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            millis => origin().checked_add(Duration::from_millis(millis)),
        }
    }
}

fn origin() -> Instant {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    *ORIGIN.get_or_init(|| {
        Instant::now()
            .checked_sub(Duration::from_secs(1))
            .unwrap_or_else(Instant::now)
    })
}

/// A connection whose writes have a limit of time.
#[derive(Debug)]
pub(super) struct Patient<T> {
    io: T,
    patience: Duration,
    deadline: Deadline,
    timer: Option<Pin<Box<Sleep>>>,
}

impl<T> Patient<T> {
    pub fn new(io: T, patience: Duration, deadline: Deadline) -> Self {
        Self {
            io,
            patience,
            deadline,
            timer: None,
        }
    }

    pub fn into_inner(self) -> T {
        self.io
    }

    /// What a write gave; where it gave nothing, the time runs.
    fn timed<R>(
        &mut self,
        wrote: Poll<io::Result<R>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<R>> {
        if wrote.is_ready() {
            self.timer = None;
            return wrote;
        }
        let (patience, deadline) = (self.patience, &self.deadline);
        let timer = self.timer.get_or_insert_with(|| {
            let end = Instant::now() + patience;
            let end = deadline.get().map_or(end, |deadline| deadline.min(end));
            Box::pin(tokio::time::sleep_until(end))
        });
        timer
            .as_mut()
            .poll(context)
            .map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Patient<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Patient<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.io).poll_write(context, data);
        self.timed(wrote, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.io).poll_write_vectored(context, data);
        self.timed(wrote, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}
