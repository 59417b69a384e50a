//! How much a proxy takes on: sizes, times and counts. Each has a default that suits one machine.
//!
//! No request has a limit of time in all: pulling a large model or a long answer may take hours. Who is silent
//! is not waited for without end, on either side.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a proxy takes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Until a request's head must be there (else 408); also how long an idle connection is kept.
    pub header_timeout: Duration,
    /// Bytes of a request's head, more is 431.
    pub header_bytes: usize,
    /// Bytes of a request's body, more is 413. Blobs, which Ollama streams to its disk, have no limit.
    pub body_bytes: u64,
    /// How long a client may neither send what it promised (408) nor take what is there (cut). Sending it
    /// drop by drop counts as not sending it.
    pub client_timeout: Duration,
    /// How long the backend may be silent: before its answer 504, after that the answer is cut.
    pub idle_timeout: Duration,
    /// How long running answers may go on after shutdown; then they are cut.
    pub drain_timeout: Duration,
    /// Connections at the same time; one more is answered with 429 and closed. One address does not get all
    /// of them: see `server/places.rs`.
    pub connections: usize,
    /// Requests at the backend at the same time.
    pub requests: usize,
    /// Requests that wait for their turn; one more is a 429.
    pub queue: usize,
    /// How long one may wait for its turn; then 429.
    pub queue_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_timeout: Duration::from_secs(30),
            header_bytes: 32 * 1024,
            body_bytes: 64 * 1024 * 1024,
            client_timeout: Duration::from_mins(1),
            // A cold model may load for five minutes, and a long prompt is read in silence.
            idle_timeout: Duration::from_mins(10),
            drain_timeout: Duration::from_secs(5),
            connections: 1024,
            requests: 256,
            queue: 256,
            queue_timeout: Duration::from_secs(30),
        }
    }
}
