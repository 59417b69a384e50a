//! The engine's events, as far as somebody waits for them.

use std::collections::HashMap;

use bollard::query_parameters::EventsOptions;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt};

use super::Engine;

impl Engine {
    /// Yields once for each network that is created or removed; ends when the engine goes away.
    pub fn network_changes(&self) -> impl Stream<Item = ()> + use<> {
        self.changes([
            ("type", vec!["network"]),
            ("event", vec!["create", "destroy"]),
        ])
    }

    /// Yields once for each change of the container's state or health; ends when the engine goes away,
    /// or where it tells nobody.
    pub fn container_changes(&self, id: &str) -> BoxStream<'static, ()> {
        let changes = ["start", "die", "destroy", "health_status"];
        self.changes([
            ("type", vec!["container"]),
            ("container", vec![id]),
            ("event", changes.to_vec()),
        ])
    }

    fn changes<const N: usize>(&self, filters: [(&str, Vec<&str>); N]) -> BoxStream<'static, ()> {
        let owned = |values: Vec<&str>| values.into_iter().map(str::to_owned).collect();
        let filters = filters.map(|(key, values)| (key.to_owned(), owned(values)));
        let options = EventsOptions {
            filters: Some(HashMap::from(filters)),
            ..EventsOptions::default()
        };
        self.docker
            .events(Some(options))
            .take_while(|event| std::future::ready(event.is_ok()))
            .map(|_| ())
            .boxed()
    }
}
