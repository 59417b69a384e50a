//! What a YAML text says: plain values, before anyone knows what they stand for.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, SecondsFormat};

use crate::compose::yaml::number;
use crate::compose::yaml::time;

/// The keys and values of a mapping.
pub(in crate::compose) type Map = BTreeMap<String, Node>;

/// A YAML value.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::compose) enum Node {
    /// Nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// Any other number.
    Float(f64),
    /// A date that stands without quotes.
    Time(DateTime<FixedOffset>),
    /// Text.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping.
    Map(Map),
    /// A value that changes how files are merged.
    Tagged(Tag, Box<Node>),
}

/// Compose's own tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::compose) enum Tag {
    /// `!reset`: forget what earlier files set.
    Reset,
    /// `!override`: replace what earlier files set.
    Override,
}

impl Node {
    /// The mapping, if it is one.
    pub(in crate::compose) fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub(in crate::compose) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A text, number, date or truth value as Go prints it.
    pub(in crate::compose) fn scalar(&self) -> Option<String> {
        match self {
            Self::Bool(value) => Some(value.to_string()),
            Self::Int(value) => Some(value.to_string()),
            Self::Float(value) => Some(number::print(*value)),
            Self::Time(value) => Some(time::print(value)),
            Self::Text(value) => Some(value.clone()),
            _ => None,
        }
    }

    /// The value without tags, as JSON.
    pub(in crate::compose) fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::Int(value) => i64::try_from(*value).map_or_else(
                |_| u64::try_from(*value).map_or(Value::Null, Value::from),
                Value::from,
            ),
            Self::Float(value) => (*value).into(),
            Self::Time(time) => time.to_rfc3339_opts(SecondsFormat::AutoSi, true).into(),
            Self::Text(text) => text.as_str().into(),
            Self::List(nodes) => nodes.iter().map(Self::to_json).collect(),
            Self::Map(map) => map
                .iter()
                .map(|(key, node)| (key.clone(), node.to_json()))
                .collect(),
            Self::Tagged(_, node) => node.to_json(),
        }
    }

    /// What it is, for messages.
    pub(in crate::compose) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "a truth value",
            Self::Int(_) | Self::Float(_) => "a number",
            Self::Time(_) => "a date (put it in quotes)",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
            Self::Tagged(..) => "a tagged value",
        }
    }
}
