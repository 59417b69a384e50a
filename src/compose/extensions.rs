//! `x-…` keys: of no effect, and shown again where they stood.

use serde_json::{Map, Value};

use super::canonical::Tree;
use super::node::Node;

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

/// Puts them behind the other keys of their mappings, where those are shown. A name that begins so is no
/// such key.
pub(super) fn show(tree: &mut Tree, kept: &Value) {
    match (tree, kept) {
        (Tree::Map(entries), Value::Object(kept)) => {
            for (key, value) in kept {
                match entries.iter_mut().find(|(name, _)| name == key) {
                    Some((_, tree)) => show(tree, value),
                    None if key.starts_with("x-") => {
                        entries.push((key.clone(), Tree::of(value)));
                    }
                    None => {}
                }
            }
        }
        (Tree::List(items), Value::Array(kept)) if items.len() == kept.len() => {
            for (item, kept) in items.iter_mut().zip(kept) {
                show(item, kept);
            }
        }
        _ => {}
    }
}
