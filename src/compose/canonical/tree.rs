//! A value of any kind whose keys keep their order, between the model and how it is printed.

use std::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::go_json;

/// A value whose keys keep their order.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    Text(String),
    List(Vec<Tree>),
    Map(Vec<(String, Tree)>),
}

impl Tree {
    pub(in crate::compose) fn of(value: &impl Serialize) -> Self {
        Self::parse(&go_json::print(value))
    }

    pub(in crate::compose) fn parse(json: &str) -> Self {
        serde_json::from_str(json).expect("this crate's own JSON")
    }

    pub(in crate::compose) fn is_empty(&self) -> bool {
        matches!(self, Self::Map(entries) if entries.is_empty())
    }

    pub(in crate::compose) fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        match self {
            Self::Map(entries) => entries
                .iter_mut()
                .find(|(name, _)| name == key)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    pub(in crate::compose) fn each(&mut self, mut change: impl FnMut(&str, &mut Self)) {
        if let Self::Map(entries) = self {
            for (key, value) in entries {
                change(key, value);
            }
        }
    }

    pub(super) fn each_item(&mut self, change: impl FnMut(&mut Self)) {
        if let Self::List(items) = self {
            items.iter_mut().for_each(change);
        }
    }

    pub(super) fn lower_keys(&mut self) {
        if let Self::Map(entries) = self {
            for (key, _) in entries {
                key.make_ascii_lowercase();
            }
        }
    }

    /// A hook that runs nothing.
    pub(super) fn is_idle(&self) -> bool {
        matches!(self, Self::Map(entries) if entries.iter().all(|(_, value)| *value == Self::Null))
    }

    pub(super) fn drop_where(&mut self, key: &str, drop: impl Fn(&Self) -> bool) {
        if let Self::Map(entries) = self {
            entries.retain(|(name, value)| name != key || !drop(value));
        }
    }
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => value.serialize(serializer),
            Self::Number(value) => value.serialize(serializer),
            Self::Text(value) => value.serialize(serializer),
            Self::List(values) => values.serialize(serializer),
            Self::Map(entries) => {
                serializer.collect_map(entries.iter().map(|(key, value)| (key, value)))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Ordered)
    }
}

/// Reads a value of any kind, keys in their order.
struct Ordered;

impl<'de> Visitor<'de> for Ordered {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Tree, E> {
        Ok(serde_json::Number::from_f64(value).map_or(Tree::Null, Tree::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Tree, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = values.next_element()? {
            list.push(value);
        }
        Ok(Tree::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Tree, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Tree::Map(map))
    }
}
