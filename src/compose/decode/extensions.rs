//! `x-…` keys: of no effect, kept to be shown again.

use serde_json::{Map, Value};

use crate::compose::yaml::node::Node;

/// Below these, compose does not keep them, or every key is the user's own.
const PASSED_OVER: [&str; 12] = [
    "annotations",
    "args",
    "config",
    "devices",
    "driver_opts",
    "environment",
    "extra_hosts",
    "labels",
    "options",
    "storage_opt",
    "sysctls",
    "ulimits",
];

/// The part of a model that has such keys, in the shape of the whole; `None`: it has none.
pub(super) fn of(node: &Node) -> Option<Value> {
    match node {
        Node::Map(map) => {
            let entries = map
                .iter()
                .filter(|(key, _)| !PASSED_OVER.contains(&key.as_str()));
            let kept = entries.filter_map(|(key, node)| {
                let value = if key.starts_with("x-") {
                    Some(node.to_json())
                } else {
                    of(node)
                };
                Some((key.clone(), value?))
            });
            let kept: Map<String, Value> = kept.collect();
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        Node::List(nodes) => {
            let items: Vec<Option<Value>> = nodes.iter().map(of).collect();
            let some = items.iter().any(Option::is_some);
            some.then(|| items.into_iter().map(Option::unwrap_or_default).collect())
        }
        Node::Tagged(_, node) => of(node),
        _ => None,
    }
}
