//! How many requests are at the backend at the same time, and how many wait for their turn.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::limits::Limits;

/// One of so many turns is kept from each address, for the others.
const KEPT: usize = 9;

/// The right to have one request at the backend, for as long as it is held.
#[derive(Debug)]
pub(super) struct Turn {
    _of_all: OwnedSemaphorePermit,
    _of_address: Option<OwnedSemaphorePermit>,
}

/// Turns, first come first served.
#[derive(Debug)]
pub(super) struct Admission {
    turns: Arc<Semaphore>,
    most: usize,
    waiting: AtomicUsize,
    queue: usize,
    patience: Duration,
    shares: Option<Shares>,
}

/// The turns that one address may have: who takes all that it gets does not shut the others out.
#[derive(Debug)]
struct Shares {
    most: usize,
    by: Mutex<HashMap<IpAddr, Weak<Semaphore>>>,
}

impl Shares {
    fn of(&self, peer: IpAddr) -> Arc<Semaphore> {
        let mut by = self.by.lock().unwrap_or_else(PoisonError::into_inner);
        let peer = peer.to_canonical();
        if let Some(share) = by.get(&peer).and_then(Weak::upgrade) {
            return share;
        }
        by.retain(|_, share| share.strong_count() > 0);
        let share = Arc::new(Semaphore::new(self.most));
        by.insert(peer, Arc::downgrade(&share));
        share
    }
}

impl Admission {
    /// `shared`: the addresses that ask are of programs that know nothing of each other.
    pub fn new(limits: &Limits, shared: bool) -> Self {
        let most = limits.requests.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            turns: Arc::new(Semaphore::new(most)),
            most,
            waiting: AtomicUsize::new(0),
            queue: limits.queue,
            patience: limits.queue_timeout,
            shares: shared.then(|| Shares {
                most: most - most / KEPT,
                by: Mutex::default(),
            }),
        }
    }

    /// A turn, now or after waiting; or why there is none.
    pub async fn turn(&self, peer: IpAddr) -> Result<Turn, String> {
        let share = self.shares.as_ref().map(|shares| shares.of(peer));
        if let Some(turn) = self.turn_now(share.as_ref()) {
            return Ok(turn);
        }
        let Some(_place) = self.place() else {
            return Err(format!(
                "{} requests are at the backend and {} wait already",
                self.in_flight(),
                self.queue
            ));
        };
        let turn = async {
            // In this order, so that nobody holds a turn while it waits for its share.
            let of_address = match share {
                Some(share) => Some(share.acquire_owned().await.expect("never closed")),
                None => None,
            };
            let of_all = self.turns.clone().acquire_owned().await;
            Turn {
                _of_all: of_all.expect("never closed"),
                _of_address: of_address,
            }
        };
        let turn = tokio::time::timeout(self.patience, turn).await;
        turn.map_err(|_| {
            format!(
                "{} requests are at the backend, and none ended within {} s",
                self.in_flight(),
                self.patience.as_secs()
            )
        })
    }

    fn turn_now(&self, share: Option<&Arc<Semaphore>>) -> Option<Turn> {
        let of_address = match share {
            Some(share) => Some(share.clone().try_acquire_owned().ok()?),
            None => None,
        };
        Some(Turn {
            _of_all: self.turns.clone().try_acquire_owned().ok()?,
            _of_address: of_address,
        })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_that_takes_all_it_gets_leaves_turns_to_the_others() {
        let limits = Limits {
            requests: 18,
            queue: 0,
            ..Limits::default()
        };
        let (greedy, other) = (IpAddr::from([172, 17, 0, 2]), IpAddr::from([172, 17, 0, 3]));
        for (shared, share) in [(true, 16), (false, 18)] {
            let admission = Admission::new(&limits, shared);
            let mut turns = Vec::new();
            while let Ok(turn) = admission.turn(greedy).await {
                turns.push(turn);
            }
            assert_eq!(turns.len(), share);
            assert_eq!(admission.turn(other).await.is_ok(), shared);
            turns.pop();
            admission.turn(greedy).await.expect("one was given back");
        }
    }
}
