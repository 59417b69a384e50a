//! A request's body on its way to the backend: counted, limited, and not waited for without end.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

/// Bytes that win a client back a second of patience: less than any network carries, and enough that nobody
/// holds a place for hours by sending drop by drop.
const BYTES_A_SECOND: u64 = 500;

/// What the client did wrong with its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[repr(u8)]
pub(super) enum Fault {
    /// It is larger than the limit.
    #[error("the request's body is larger than this proxy lets through")]
    TooLarge = 1,
    /// The rest of it does not come.
    #[error("the rest of the request's body did not come in time")]
    Stalled = 2,
    /// Its framing is wrong, or it broke off.
    #[error("the request's body is malformed or broke off")]
    Broken = 3,
}

impl Fault {
    pub fn status(self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Stalled => StatusCode::REQUEST_TIMEOUT,
            Self::Broken => StatusCode::BAD_REQUEST,
        }
    }
}

/// What is known of an upload while the backend's client has its body.
#[derive(Debug, Default)]
pub(super) struct Progress {
    received: AtomicU64,
    fault: AtomicU8,
}

impl Progress {
    /// Bytes that the client has sent.
    pub fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// What the client did wrong, once it did.
    pub fn fault(&self) -> Option<Fault> {
        [Fault::TooLarge, Fault::Stalled, Fault::Broken]
            .into_iter()
            .find(|fault| *fault as u8 == self.fault.load(Ordering::Relaxed))
    }

    fn fail(&self, fault: Fault) -> Fault {
        self.fault.store(fault as u8, Ordering::Relaxed);
        fault
    }
}

/// The body: what was read ahead of it, then the rest.
#[derive(Debug)]
pub(super) struct Upload {
    ahead: Bytes,
    rest: Option<Incoming>,
    limit: u64,
    patience: Duration,
    /// How long it may still be waited for: what waiting took, less what data won back.
    left: Duration,
    waiting: Option<Waiting>,
    progress: Arc<Progress>,
}

/// The client is waited for.
#[derive(Debug)]
struct Waiting {
    since: Instant,
    timer: Pin<Box<Sleep>>,
}

impl Upload {
    /// No body.
    pub fn empty() -> Self {
        Self {
            ahead: Bytes::new(),
            rest: None,
            limit: 0,
            patience: Duration::MAX,
            left: Duration::MAX,
            waiting: None,
            progress: Arc::default(),
        }
    }

    /// A client's body of at most `limit` bytes. Its client may let us wait for `patience`, and wins time
    /// back by sending; time in which nobody asks for the body does not count.
    pub fn new(body: Incoming, limit: u64, patience: Duration) -> Self {
        Self {
            rest: Some(body),
            limit,
            patience,
            left: patience,
            ..Self::empty()
        }
    }

    /// What can be asked while the body is under way.
    pub fn progress(&self) -> Arc<Progress> {
        self.progress.clone()
    }

    /// Reads it to the end, if it ends within `most` bytes: then it is whole, and what came is all.
    pub async fn read_ahead(&mut self, most: usize) -> Result<Option<Bytes>, Fault> {
        if self.size_hint().lower() > most as u64 {
            return Ok(None);
        }
        let mut read = BytesMut::new();
        while self.rest.is_some() {
            match self.frame().await {
                Some(Ok(frame)) => {
                    if let Some(data) = frame.data_ref() {
                        read.extend_from_slice(data);
                    }
                }
                Some(Err(fault)) => return Err(fault),
                None => self.rest = None,
            }
            if read.len() > most {
                break;
            }
        }
        self.ahead = read.freeze();
        Ok(self.rest.is_none().then(|| self.ahead.clone()))
    }

    /// Puts this in the place of a body that was read to its end.
    pub fn replace(&mut self, body: Bytes) {
        self.ahead = body;
    }

    fn poll_rest(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Fault>>> {
        let Some(rest) = &mut self.rest else {
            return Poll::Ready(None);
        };
        let Poll::Ready(frame) = Pin::new(rest).poll_frame(context) else {
            return self
                .poll_patience(context)
                .map(|()| Some(Err(self.progress.fail(Fault::Stalled))));
        };
        if let Some(waiting) = self.waiting.take() {
            self.left = self.left.saturating_sub(waiting.since.elapsed());
        }
        Poll::Ready(match frame {
            None => None,
            Some(Err(_)) => Some(Err(self.progress.fail(Fault::Broken))),
            // Trailers belong to this hop.
            Some(Ok(frame)) => Some(self.count(frame.into_data().unwrap_or_default())),
        })
    }

    /// Ready when the client has been waited for long enough.
    fn poll_patience(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let waiting = self.waiting.get_or_insert_with(|| {
            let since = Instant::now();
            let timer = Box::pin(sleep_until(since + self.left));
            Waiting { since, timer }
        });
        waiting.timer.as_mut().poll(context)
    }

    fn count(&mut self, data: Bytes) -> Result<Bytes, Fault> {
        let length = data.len() as u64;
        self.progress.received.fetch_add(length, Ordering::Relaxed);
        let won = Duration::from_millis(length.saturating_mul(1000) / BYTES_A_SECOND);
        self.left = self.left.saturating_add(won).min(self.patience);
        if length > self.limit {
            return Err(self.progress.fail(Fault::TooLarge));
        }
        self.limit -= length;
        Ok(data)
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = Fault;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Fault>>> {
        let upload = self.get_mut();
        if !upload.ahead.is_empty() {
            let ahead = std::mem::take(&mut upload.ahead);
            return Poll::Ready(Some(Ok(Frame::data(ahead))));
        }
        upload
            .poll_rest(context)
            .map(|data| data.map(|data| data.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.ahead.is_empty() && self.rest.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let ahead = self.ahead.len() as u64;
        let rest = self
            .rest
            .as_ref()
            .map_or_else(|| SizeHint::with_exact(0), Body::size_hint);
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower() + ahead);
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper + ahead);
        }
        hint
    }
}
