//! The body of an answer: passed on as it comes, noted, and not waited for without end.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::header::{self, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::json;
use tokio::time::{Instant, Sleep, sleep_until};

use super::admission::Turn;
use super::exchange::Exchange;
use super::noted::End;

/// Why an answer broke off.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    /// The backend's connection failed.
    #[error(transparent)]
    Backend(#[from] hyper::Error),
    /// The backend was silent for too long.
    #[error("the backend fell silent")]
    TimedOut,
}

#[derive(Debug)]
enum Source {
    Own(Full<Bytes>),
    Backend(Box<Stream>),
}

/// What the backend sends.
#[derive(Debug)]
struct Stream {
    body: Incoming,
    idle: Duration,
    /// Since when it has sent nothing, though it was asked.
    silent: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
    /// Given back with the last byte.
    _turn: Turn,
}

/// An answer's body. Dropping it notes the exchange, and closes the request at the backend.
#[derive(Debug)]
pub(super) struct Answer {
    source: Source,
    exchange: Option<Exchange>,
}

/// What hyper answers with when it needs a body and has none, as to a CORS preflight.
impl Default for Answer {
    fn default() -> Self {
        Self::own(String::new())
    }
}

impl Answer {
    /// Text of the proxy itself.
    pub fn own(text: impl Into<Bytes>) -> Self {
        Self {
            source: Source::Own(Full::new(text.into())),
            exchange: None,
        }
    }

    /// What the backend sends, each piece within `idle`.
    pub fn stream(body: Incoming, turn: Turn, idle: Duration) -> Self {
        let stream = Stream {
            body,
            idle,
            silent: None,
            timer: None,
            _turn: turn,
        };
        Self {
            source: Source::Backend(Box::new(stream)),
            exchange: None,
        }
    }

    /// Notes this exchange when the body has ended.
    pub fn noted_in(&mut self, exchange: Exchange) {
        self.exchange = Some(exchange);
        if self.is_end_stream() {
            self.ended(End::Whole);
        }
    }

    fn ended(&mut self, end: End) {
        if let Some(exchange) = &mut self.exchange {
            exchange.end = end;
        }
    }
}

impl Stream {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Ready(frame) => {
                self.silent = None;
                Poll::Ready(frame.map(|frame| frame.map_err(Broken::from)))
            }
            Poll::Pending => self.poll_late(context),
        }
    }

    /// The timer is set anew only when it goes off, not for each piece.
    fn poll_late(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let at = *self.silent.get_or_insert_with(Instant::now) + self.idle;
        loop {
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(at)));
            if timer.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            if at <= Instant::now() {
                return Poll::Ready(Some(Err(Broken::TimedOut)));
            }
            timer.as_mut().reset(at);
        }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let answer = self.get_mut();
        let polled = match &mut answer.source {
            Source::Own(body) => Pin::new(body)
                .poll_frame(context)
                .map(|frame| frame.map(|frame| frame.map_err(|never| match never {}))),
            Source::Backend(stream) => stream.poll(context),
        };
        let Poll::Ready(frame) = polled else {
            return Poll::Pending;
        };
        match &frame {
            Some(Ok(frame)) => {
                if let (Some(data), Some(exchange)) = (frame.data_ref(), &mut answer.exchange) {
                    exchange.sends(data);
                }
                // A body of known length is not asked again.
                if answer.is_end_stream() {
                    answer.ended(End::Whole);
                }
            }
            Some(Err(Broken::Backend(_))) => answer.ended(End::BackendLeft),
            Some(Err(Broken::TimedOut)) => answer.ended(End::TimedOut),
            None => answer.ended(End::Whole),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        match &self.source {
            Source::Own(body) => body.is_end_stream(),
            Source::Backend(stream) => stream.body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Own(body) => body.size_hint(),
            Source::Backend(stream) => stream.body.size_hint(),
        }
    }
}

/// `{"error":…}`, in the shape of the interface that was called.
pub(super) fn refusal(path: &str, status: StatusCode, text: &str) -> Response<Answer> {
    let body = if path.starts_with("/v1/") {
        json!({ "error": { "message": text, "type": "gateway_error", "param": null, "code": status.as_u16() } })
    } else {
        json!({ "error": text })
    };
    json(status, &body)
}

/// JSON of the proxy itself.
pub(super) fn json(status: StatusCode, value: &serde_json::Value) -> Response<Answer> {
    let mut answer = text(value.to_string(), "application/json; charset=utf-8");
    *answer.status_mut() = status;
    answer
}

/// Text of the proxy itself.
pub(super) fn text(text: String, content_type: &'static str) -> Response<Answer> {
    let mut answer = Response::new(Answer::own(text));
    let content_type = HeaderValue::from_static(content_type);
    answer
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    answer
}
