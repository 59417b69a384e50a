//! IDs of the services' containers, as they become known.

use std::collections::BTreeMap;

use super::super::observe::Observed;

/// IDs by service and number.
#[derive(Debug, Default)]
pub(super) struct Ids(BTreeMap<String, BTreeMap<u32, String>>);

impl Ids {
    /// The containers that are there.
    pub(super) fn of(observed: &Observed) -> Self {
        let mut ids = Self::default();
        for found in observed.containers.values().flatten() {
            ids.insert(&found.service, found.number, found.id.clone());
        }
        ids
    }

    pub(super) fn insert(&mut self, service: &str, number: u32, id: String) {
        let of_service = self.0.entry(service.to_owned()).or_default();
        of_service.insert(number, id);
    }

    pub(super) fn remove(&mut self, service: &str, id: &str) {
        if let Some(of_service) = self.0.get_mut(service) {
            of_service.retain(|_, known| known != id);
        }
    }

    pub(super) fn get(&self, service: &str, number: u32) -> Option<String> {
        self.0.get(service)?.get(&number).cloned()
    }

    /// All containers of the service.
    pub(super) fn all(&self, service: &str) -> Vec<String> {
        let of_service = self.0.get(service);
        of_service.map_or_else(Vec::new, |ids| ids.values().cloned().collect())
    }

    /// The first container of each service: whose namespaces are shared.
    pub(super) fn first_of_each(&self) -> BTreeMap<String, String> {
        let firsts = self.0.iter();
        let firsts = firsts
            .filter_map(|(service, ids)| Some((service.clone(), ids.values().next()?.clone())));
        firsts.collect()
    }
}
