//! A mapping with known keys.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::compose::decode::{Decoded, Field};
use crate::compose::model::names::closest;
use crate::compose::model::units::Bytes;
use crate::compose::yaml::node::{Map, Node};
use crate::compose::yaml::path::{Invalid, Path};

/// The keys that may stand there without a value, which is as if they did not. Compose refuses every other
/// one, unless an earlier file gives it a value.
const NULLABLE: [&str; 4] = ["command", "deploy", "develop", "entrypoint"];

/// A mapping with known keys, which remembers those that were asked for.
#[derive(Debug)]
pub(in crate::compose) struct Object<'a> {
    /// Where it stands.
    pub path: Path,
    map: &'a Map,
    seen: RefCell<BTreeSet<&'static str>>,
}

impl<'a> Object<'a> {
    /// The mapping that stands there; nobody asked for a key yet.
    pub(in crate::compose) fn new(path: &Path, map: &'a Map) -> Self {
        Self {
            path: path.clone(),
            map,
            seen: RefCell::default(),
        }
    }

    /// The value of a key.
    pub(in crate::compose) fn get(&self, key: &'static str) -> Option<Field<'a>> {
        self.seen.borrow_mut().insert(key);
        let absent = |node: &Node| *node == Node::Null && NULLABLE.contains(&key);
        let node = self.map.get(key).filter(|node| !absent(node))?;
        Some(Field {
            path: self.path.key(key),
            node,
        })
    }

    /// A value that is none of these keys', nor an extension's.
    pub(in crate::compose) fn beside(&self, keys: &[&str]) -> Option<Field<'a>> {
        let other = |key: &&String| !keys.contains(&key.as_str()) && !key.starts_with("x-");
        let (key, node) = self.map.iter().find(|(key, _)| other(key))?;
        let path = self.path.key(key);
        Some(Field { path, node })
    }

    /// The value of a key, decoded; the default where it is absent.
    pub(in crate::compose) fn or_default<T: Default>(
        &self,
        key: &'static str,
        decode: impl FnOnce(&Field<'a>) -> Decoded<T>,
    ) -> Decoded<T> {
        self.get(key)
            .map_or_else(|| Ok(T::default()), |field| decode(&field))
    }

    /// The value of a key, decoded, if it is there.
    pub(in crate::compose) fn option<T>(
        &self,
        key: &'static str,
        decode: impl FnOnce(&Field<'a>) -> Decoded<T>,
    ) -> Decoded<Option<T>> {
        self.get(key).map(|field| decode(&field)).transpose()
    }

    /// A string; empty where it is absent.
    pub(in crate::compose) fn text(&self, key: &'static str) -> Decoded<String> {
        self.or_default(key, Field::text)
    }

    /// A truth value; false where it is absent.
    pub(in crate::compose) fn bool(&self, key: &'static str) -> Decoded<bool> {
        self.or_default(key, Field::bool)
    }

    /// A whole number; 0 where it is absent.
    pub(in crate::compose) fn int(&self, key: &'static str) -> Decoded<i64> {
        self.or_default(key, Field::int)
    }

    /// A whole number, or the whole part of another; 0 where it is absent.
    pub(in crate::compose) fn truncated(&self, key: &'static str) -> Decoded<i64> {
        self.or_default(key, Field::truncated)
    }

    /// A number; 0 where it is absent.
    pub(in crate::compose) fn float(&self, key: &'static str) -> Decoded<f32> {
        self.or_default(key, Field::float)
    }

    /// A size; 0 where it is absent.
    pub(in crate::compose) fn bytes(&self, key: &'static str) -> Decoded<Bytes> {
        self.or_default(key, Field::bytes)
    }

    /// One of these texts; empty where it is absent.
    pub(in crate::compose) fn word(&self, key: &'static str, allowed: &[&str]) -> Decoded<String> {
        self.or_default(key, |field| {
            let text = field.text()?;
            if allowed.contains(&text.as_str()) {
                return Ok(text);
            }
            let allowed = allowed.join(", ");
            Err(field.invalid(format!("must be one of {allowed}, not `{text}`")))
        })
    }

    /// The value of a key that must be there.
    pub(in crate::compose) fn needed(&self, key: &'static str) -> Decoded<Field<'a>> {
        let missing = || Invalid::new(&self.path, format!("lacks `{key}`"));
        self.get(key).ok_or_else(missing)
    }

    /// A list of texts; empty where it is absent.
    pub(in crate::compose) fn texts(&self, key: &'static str) -> Decoded<Vec<String>> {
        self.or_default(key, Field::texts)
    }

    /// Texts, none of them twice; empty where it is absent.
    pub(in crate::compose) fn distinct(&self, key: &'static str) -> Decoded<Vec<String>> {
        self.or_default(key, Field::distinct)
    }

    /// Texts, the last with each name; empty where it is absent.
    pub(in crate::compose) fn names(&self, key: &'static str) -> Decoded<Vec<String>> {
        self.or_default(key, Field::names)
    }

    /// One text or a list of them; empty where it is absent.
    pub(in crate::compose) fn one_or_more(&self, key: &'static str) -> Decoded<Vec<String>> {
        self.or_default(key, Field::one_or_more)
    }

    /// A mapping of texts, or a list of `KEY=value`; empty where it is absent.
    pub(in crate::compose) fn labels(
        &self,
        key: &'static str,
    ) -> Decoded<BTreeMap<String, String>> {
        self.or_default(key, Field::labels)
    }

    /// A mapping of strings and numbers, as texts; empty where it is absent.
    pub(in crate::compose) fn settings(
        &self,
        key: &'static str,
    ) -> Decoded<BTreeMap<String, String>> {
        self.or_default(key, |field| field.map(Field::text_or_number))
    }

    /// Every item of a list; empty where it is absent.
    pub(in crate::compose) fn list<T>(
        &self,
        key: &'static str,
        item: impl Fn(&Field<'a>) -> Decoded<T>,
    ) -> Decoded<Vec<T>> {
        self.or_default(key, |field| field.list(item))
    }

    /// The paths of the keys that are set and that nobody asked for. `x-…` are nobody's business.
    ///
    /// # Errors
    /// One of them is so close to a key that was asked for that it can only be mistyped.
    pub(in crate::compose) fn unknown(&self) -> Decoded<Vec<String>> {
        let seen = self.seen.borrow();
        let strange = |key: &&String| !seen.contains(key.as_str()) && !key.starts_with("x-");
        let path = |key: &String| match closest(key, seen.iter().copied()) {
            Some(close) => Err(Invalid::new(
                &self.path.key(key),
                format!("there is no such key; did you mean `{close}`?"),
            )),
            None => Ok(self.path.key(key).to_string()),
        };
        self.map.keys().filter(strange).map(path).collect()
    }
}
