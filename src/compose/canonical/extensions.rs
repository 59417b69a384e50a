//! `x-…` keys, shown again where they stood.

use serde_json::Value;

use super::tree::Tree;

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
