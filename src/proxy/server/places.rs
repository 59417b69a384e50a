//! Places for connections, and how many of them one address may have: who takes all that it gets does not
//! shut the others out.
//!
//! An address gets another place while it has fewer than [`SHARE`] times those that are free (the "dynamic
//! threshold" by which switches share a buffer: Choudhury and Hahne, 1998). So one that is alone has eight
//! ninths of all places, several that take what they can have equal parts, and a few places are always free
//! for whoever has none.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// So many times the free places an address may have.
const SHARE: usize = 8;
/// So many connections that get no place are told so; more are closed.
const REFUSED: usize = 64;

/// The places of one proxy.
#[derive(Debug, Clone)]
pub(super) struct Places {
    most: usize,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Debug, Default)]
struct Taken {
    by: HashMap<IpAddr, usize>,
    all: usize,
    refused: usize,
}

/// What a connection gets. Given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Places,
    peer: IpAddr,
    /// Why nothing passes on this connection; `None` where it has a place.
    pub refused: Option<&'static str>,
}

impl Places {
    pub fn new(most: usize) -> Self {
        Self {
            most,
            taken: Arc::default(),
        }
    }

    /// A place for a connection of this address, or why it has none; nothing at all where too many are being
    /// told so.
    pub fn take(&self, peer: IpAddr) -> Option<Place> {
        let peer = peer.to_canonical();
        let mut taken = self.taken();
        let own = taken.by.get(&peer).copied().unwrap_or_default();
        let free = self.most.saturating_sub(taken.all);
        let refused = if free == 0 {
            Some("too many connections are open already")
        } else if own >= free.saturating_mul(SHARE) {
            Some("this address has its share of all connections already")
        } else {
            None
        };
        if refused.is_none() {
            *taken.by.entry(peer).or_default() += 1;
            taken.all += 1;
        } else if taken.refused < REFUSED {
            taken.refused += 1;
        } else {
            return None;
        }
        Some(Place {
            places: self.clone(),
            peer,
            refused,
        })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        if self.refused.is_some() {
            taken.refused -= 1;
            return;
        }
        taken.all -= 1;
        if let Some(own) = taken.by.get_mut(&self.peer) {
            *own -= 1;
            if *own == 0 {
                taken.by.remove(&self.peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(number: u8) -> IpAddr {
        IpAddr::from([172, 17, 0, number])
    }

    /// As many places as this address gets.
    fn fill(places: &Places, peer: IpAddr) -> Vec<Place> {
        std::iter::repeat_with(|| places.take(peer).expect("an answer"))
            .take_while(|place| place.refused.is_none())
            .collect()
    }

    #[test]
    fn who_takes_all_leaves_some_and_those_who_come_after_get_theirs() {
        let places = Places::new(90);
        let first = fill(&places, peer(1));
        assert_eq!(first.len(), 80);
        let second = fill(&places, peer(2));
        assert!(!second.is_empty());
        assert!(places.take(peer(3)).expect("an answer").refused.is_none());
        // What the first gives back goes to the others, until they have as much.
        drop(first);
        assert_eq!(fill(&places, peer(2)).len() + second.len(), 80);
        drop(second);
        assert_eq!(places.taken().by, HashMap::new());
    }

    #[test]
    fn few_places_are_all_there_for_one() {
        for most in 1..=3 {
            assert_eq!(fill(&Places::new(most), peer(1)).len(), most);
        }
        let none = Places::new(0).take(peer(1)).expect("an answer");
        assert!(none.refused.is_some());
    }

    #[test]
    fn of_those_that_get_none_only_some_are_told() {
        let places = Places::new(1);
        let _place = places.take(peer(1));
        let told: Vec<_> = std::iter::from_fn(|| places.take(peer(1))).collect();
        assert_eq!(told.len(), REFUSED);
        drop(told);
        assert!(places.take(peer(1)).is_some());
    }

    #[test]
    fn an_address_is_the_same_in_both_forms() {
        let places = Places::new(10);
        let mapped = IpAddr::V6(std::net::Ipv4Addr::new(172, 17, 0, 1).to_ipv6_mapped());
        let _places = (places.take(peer(1)), places.take(mapped));
        assert_eq!(places.taken().by, HashMap::from([(peer(1), 2)]));
    }
}
