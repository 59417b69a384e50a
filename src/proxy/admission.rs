//! How many requests are at the backend at the same time, and how many wait for their turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::limits::Limits;

/// The right to have one request at the backend, for as long as it is held.
pub(super) type Turn = OwnedSemaphorePermit;

/// Turns, first come first served.
#[derive(Debug)]
pub(super) struct Admission {
    turns: Arc<Semaphore>,
    most: usize,
    waiting: AtomicUsize,
    queue: usize,
    patience: Duration,
}

impl Admission {
    pub fn new(limits: &Limits) -> Self {
        let most = limits.requests.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            turns: Arc::new(Semaphore::new(most)),
            most,
            waiting: AtomicUsize::new(0),
            queue: limits.queue,
            patience: limits.queue_timeout,
        }
    }

    /// A turn, now or after waiting; or why there is none.
    pub async fn turn(&self) -> Result<Turn, String> {
        if let Ok(turn) = self.turns.clone().try_acquire_owned() {
            return Ok(turn);
        }
        let Some(_place) = self.place() else {
            return Err(format!(
                "{} requests are at the backend and {} wait already",
                self.most, self.queue
            ));
        };
        let turn = self.turns.clone().acquire_owned();
        match tokio::time::timeout(self.patience, turn).await {
            Ok(turn) => Ok(turn.expect("never closed")),
            Err(_) => Err(format!(
                "{} requests are at the backend, and none ended within {} s",
                self.most,
                self.patience.as_secs()
            )),
        }
    }

    fn place(&self) -> Option<Place<'_>> {
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let place = Place(&self.waiting);
        (before < self.queue).then_some(place)
    }

    /// Requests at the backend now.
    pub fn in_flight(&self) -> usize {
        self.most - self.turns.available_permits()
    }

    /// Requests that wait now.
    pub fn queued(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }
}

/// A place in the queue, given back however the waiting ends: the client may have left.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
