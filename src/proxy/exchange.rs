//! One request and its answer, from the head that came to the last byte that went: what is noted of it,
//! in the log and in the metrics, however it ends.

use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, StatusCode};

use super::noted::log::RequestLog;
use super::noted::metrics::Metrics;
use super::noted::usage::Tail;
use super::noted::{End, Noted};
use super::upload::Progress;

/// Carries a request's id to the backend and back to the client.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// A client's own id may have so many characters.
const LONGEST_ID: usize = 128;
/// A path is noted up to so many characters.
const LONGEST_PATH: usize = 256;
/// What a client that left before its answer began counts as; nginx's number.
const CLIENT_LEFT: u16 = 499;

/// Where exchanges are noted.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub metrics: Metrics,
    pub log: Option<RequestLog>,
}

/// One request. Dropping it notes it.
#[derive(Debug)]
pub(super) struct Exchange {
    ledger: Arc<Ledger>,
    /// `X-Request-Id`.
    pub id: HeaderValue,
    peer: SocketAddr,
    method: Method,
    path: String,
    began: Instant,
    head: Option<(StatusCode, Duration)>,
    /// The model, where the request is about one.
    pub model: Option<String>,
    /// Whether it is noted where all is well: health probes are not.
    pub quiet: bool,
    /// Whether it is counted and not logged: what a flood brings is said once for all of it.
    pub only_counted: bool,
    upload: Option<Arc<Progress>>,
    sent: u64,
    /// The end of an answer that may tell tokens.
    pub tail: Option<Tail>,
    /// Until something else is known, the client left.
    pub end: End,
}

impl Exchange {
    pub fn begin(
        ledger: Arc<Ledger>,
        peer: SocketAddr,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
    ) -> Self {
        Self {
            ledger,
            id: id(headers),
            peer,
            method: method.clone(),
            path: path.chars().take(LONGEST_PATH).collect(),
            began: Instant::now(),
            head: None,
            model: None,
            quiet: false,
            only_counted: false,
            upload: None,
            sent: 0,
            tail: None,
            end: End::ClientLeft,
        }
    }

    /// Counts what the client sends.
    pub fn uploads(&mut self, progress: Arc<Progress>) {
        self.upload = Some(progress);
    }

    /// The answer's head is known.
    pub fn answered(&mut self, status: StatusCode) {
        self.head = Some((status, self.began.elapsed()));
    }

    /// A piece of the answer goes to the client.
    pub fn sends(&mut self, data: &[u8]) {
        self.sent += data.len() as u64;
        if let Some(tail) = &mut self.tail {
            tail.push(data);
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let (status, first) = match self.head {
            Some((status, after)) => (status.as_u16(), Some(after)),
            None => (CLIENT_LEFT, None),
        };
        let noted = Noted {
            id: self.id.to_str().unwrap_or_default(),
            peer: self.peer,
            method: self.method.as_str(),
            path: &self.path,
            status,
            took: self.began.elapsed(),
            first,
            received: self.upload.as_ref().map_or(0, |upload| upload.received()),
            sent: self.sent,
            model: self.model.as_deref(),
            usage: self.tail.as_ref().and_then(Tail::usage),
            end: self.end,
        };
        if self.quiet && status < 400 {
            return;
        }
        self.ledger.metrics.note(&noted);
        if let Some(log) = self.ledger.log.as_ref().filter(|_| !self.only_counted) {
            log.note(&noted);
        }
    }
}

/// The client's id where it is sane, else a new one.
fn id(headers: &HeaderMap) -> HeaderValue {
    let mut given = headers.get_all(REQUEST_ID).iter();
    match (given.next(), given.next()) {
        (Some(id), None) if is_sane(id.as_bytes()) => id.clone(),
        _ => new_id(),
    }
}

fn is_sane(id: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte);
    (1..=LONGEST_ID).contains(&id.len()) && id.iter().all(plain)
}

/// Sixteen hexadecimal digits that no other request of this process has, nor likely of another: a count,
/// hashed with the process's own random keys.
fn new_id() -> HeaderValue {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    static KEYS: OnceLock<RandomState> = OnceLock::new();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let id = KEYS.get_or_init(RandomState::new).hash_one(count);
    HeaderValue::try_from(format!("{id:016x}")).expect("hexadecimal digits are a header value")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sane_id_is_kept_and_another_is_made() {
        let with = |ids: &[&str]| {
            let mut headers = HeaderMap::new();
            for id in ids {
                headers.append(REQUEST_ID, HeaderValue::from_str(id).expect("a value"));
            }
            id(&headers).to_str().expect("text").to_owned()
        };
        assert_eq!(with(&["a-1_b.c:2"]), "a-1_b.c:2");
        let long = "x".repeat(LONGEST_ID + 1);
        for bad in [&["a b"][..], &[""], &["a\"b"], &[&long], &["a", "b"], &[]] {
            let made = with(bad);
            assert!(
                made.len() == 16 && is_sane(made.as_bytes()),
                "{bad:?}: {made}"
            );
        }
        assert_ne!(with(&[]), with(&[]));
    }
}
