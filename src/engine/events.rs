//! The engine's events, as far as somebody waits for them.

use std::collections::HashMap;

use bollard::query_parameters::EventsOptions;
use chrono::{DateTime, Utc};
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt};

use super::Engine;

impl Engine {
    /// Yields once for each network that was created or removed at this time (of the engine's clock) or
    /// after it; ends when the engine goes away. Whoever lists the networks and then follows them names a
    /// time before the listing, since nothing tells when the engine has begun to watch.
    pub fn network_changes(&self, since: DateTime<Utc>) -> impl Stream<Item = ()> + use<> {
        let filters = [
            ("type", vec!["network"]),
            ("event", vec!["create", "destroy"]),
        ];
        self.changes(filters, Some(since))
    }

    /// Yields once for each change of the container's state or health; ends when the engine goes away,
    /// or where it tells nobody.
    pub fn container_changes(&self, id: &str) -> BoxStream<'static, ()> {
        let changes = ["start", "die", "destroy", "health_status"];
        let filters = [
            ("type", vec!["container"]),
            ("container", vec![id]),
            ("event", changes.to_vec()),
        ];
        self.changes(filters, None)
    }

    fn changes<const N: usize>(
        &self,
        filters: [(&str, Vec<&str>); N],
        since: Option<DateTime<Utc>>,
    ) -> BoxStream<'static, ()> {
        let owned = |values: Vec<&str>| values.into_iter().map(str::to_owned).collect();
        let filters = filters.map(|(key, values)| (key.to_owned(), owned(values)));
        let options = EventsOptions {
            since: since.map(|time| time.timestamp().to_string()),
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
