//! The engine's events, as far as somebody waits for them.

use std::collections::HashMap;

use bollard::query_parameters::EventsOptions;
use futures_util::{Stream, StreamExt};

use super::Engine;

impl Engine {
    /// Yields once for each network that is created or removed; ends when the engine goes away.
    pub fn network_changes(&self) -> impl Stream<Item = ()> + use<> {
        let filters = HashMap::from([
            ("type".to_owned(), vec!["network".to_owned()]),
            (
                "event".to_owned(),
                vec!["create".to_owned(), "destroy".to_owned()],
            ),
        ]);
        let options = EventsOptions {
            filters: Some(filters),
            ..EventsOptions::default()
        };
        self.docker
            .events(Some(options))
            .take_while(|event| std::future::ready(event.is_ok()))
            .map(|_| ())
            .boxed()
    }
}
