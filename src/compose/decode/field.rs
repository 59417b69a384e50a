//! A value and where it stands: its readings as text, truth, list, mapping.

use std::collections::BTreeMap;

use crate::compose::decode::{Decoded, Object};
use crate::compose::yaml::node::Node;
use crate::compose::yaml::path::{Invalid, Path};

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(in crate::compose) struct Field<'a> {
    /// Where it stands.
    pub path: Path,
    /// The value.
    pub node: &'a Node,
}

impl<'a> Field<'a> {
    /// The fault of this value.
    pub(in crate::compose) fn invalid(&self, reason: impl Into<String>) -> Invalid {
        Invalid::new(&self.path, reason)
    }

    /// The fault of an item.
    pub(in crate::compose) fn index_fault(
        &self,
        index: usize,
        reason: impl Into<String>,
    ) -> Invalid {
        Invalid::new(&self.path.index(index), reason)
    }

    pub(in crate::compose) fn must_be<T>(&self, what: &str) -> Decoded<T> {
        Err(self.invalid(format!("must be {what}, not {}", self.node.kind())))
    }

    /// A string.
    pub(in crate::compose) fn text(&self) -> Decoded<String> {
        match self.node {
            Node::Text(text) => Ok(text.clone()),
            _ => self.must_be("a string"),
        }
    }

    /// A string, number or truth value, as text.
    pub(in crate::compose) fn scalar(&self) -> Decoded<String> {
        match self.node.scalar() {
            Some(text) => Ok(text),
            None => self.must_be("a string or number"),
        }
    }

    /// A scalar as text, or nothing.
    pub(in crate::compose) fn scalar_or_null(&self) -> Decoded<Option<String>> {
        match self.node {
            Node::Null => Ok(None),
            _ => self.scalar().map(Some),
        }
    }

    /// A string or number, as text.
    pub(in crate::compose) fn text_or_number(&self) -> Decoded<String> {
        match self.node {
            Node::Bool(_) => self.must_be("a string or number"),
            _ => self.scalar(),
        }
    }

    /// `true` or `false` and nothing else, where compose takes no text.
    pub(in crate::compose) fn plain_bool(&self) -> Decoded<bool> {
        match self.node {
            Node::Bool(value) => Ok(*value),
            _ => self.must_be("true or false"),
        }
    }

    /// A truth value, also as the text that interpolation leaves.
    pub(in crate::compose) fn bool(&self) -> Decoded<bool> {
        let text = match self.node {
            Node::Bool(value) => return Ok(*value),
            Node::Text(text) => text.to_ascii_lowercase(),
            _ => return self.must_be("true or false"),
        };
        match text.as_str() {
            "true" | "y" | "yes" | "on" => Ok(true),
            "false" | "n" | "no" | "off" => Ok(false),
            _ => Err(self.invalid(format!("must be true or false, not `{text}`"))),
        }
    }

    /// The items of a list.
    pub(in crate::compose) fn items(&self) -> Decoded<Vec<Field<'a>>> {
        let Node::List(items) = self.node else {
            return self.must_be("a list");
        };
        let field = |(index, node)| Field {
            path: self.path.index(index),
            node,
        };
        Ok(items.iter().enumerate().map(field).collect())
    }

    /// The values of a mapping, with their keys.
    pub(in crate::compose) fn entries(&self) -> Decoded<Vec<(&'a str, Field<'a>)>> {
        let Node::Map(map) = self.node else {
            return self.must_be("a mapping");
        };
        let field = |(key, node): (&'a String, &'a Node)| {
            let path = self.path.key(key);
            (key.as_str(), Field { path, node })
        };
        Ok(map.iter().map(field).collect())
    }

    /// Every item of a list.
    pub(in crate::compose) fn list<T>(
        &self,
        item: impl Fn(&Field<'a>) -> Decoded<T>,
    ) -> Decoded<Vec<T>> {
        self.items()?.iter().map(item).collect()
    }

    /// Strings.
    pub(in crate::compose) fn texts(&self) -> Decoded<Vec<String>> {
        self.list(Field::text)
    }

    /// Strings, of which none may be there twice.
    pub(in crate::compose) fn distinct(&self) -> Decoded<Vec<String>> {
        let texts = self.texts()?;
        let twice = |(index, text): &(usize, &String)| texts[..*index].contains(text);
        match texts.iter().enumerate().find(twice) {
            Some((index, text)) => Err(self.index_fault(index, format!("`{text}` is there twice"))),
            None => Ok(texts),
        }
    }

    /// Strings; of those that are the same up to a `=`, the last stands.
    pub(in crate::compose) fn names(&self) -> Decoded<Vec<String>> {
        let name = |text: &String| text.split('=').next().unwrap_or_default().to_owned();
        Ok(last_of_each(self.texts()?, name))
    }

    /// One text or a list of them.
    pub(in crate::compose) fn one_or_more(&self) -> Decoded<Vec<String>> {
        match self.node {
            Node::List(_) => self.names(),
            _ => Ok(vec![self.text()?]),
        }
    }

    /// One text or a list of them, each with its place.
    pub(in crate::compose) fn placed(&self) -> Decoded<Vec<(Path, String)>> {
        let placed = |field: &Field| Ok((field.path.clone(), field.text()?));
        match self.node {
            Node::List(_) => self.list(placed),
            _ => Ok(vec![placed(self)?]),
        }
    }

    /// Every value of a mapping.
    pub(in crate::compose) fn map<T>(
        &self,
        value: impl Fn(&Field<'a>) -> Decoded<T>,
    ) -> Decoded<BTreeMap<String, T>> {
        let entries = self.entries()?.into_iter();
        entries
            .map(|(key, field)| Ok((key.to_owned(), value(&field)?)))
            .collect()
    }

    /// A mapping, or a list of `KEY=value`; a key alone has no value.
    pub(in crate::compose) fn pairs(&self) -> Decoded<BTreeMap<String, Option<String>>> {
        match self.node {
            Node::List(_) => {
                let texts = self.texts()?.into_iter();
                let split = |text: String| match text.split_once('=') {
                    Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
                    None => (text, None),
                };
                Ok(texts.map(split).collect())
            }
            Node::Map(_) => self.map(Field::scalar_or_null),
            _ => self.must_be("a mapping or a list of KEY=value"),
        }
    }

    /// Like `pairs`, where no value means an empty one.
    pub(in crate::compose) fn labels(&self) -> Decoded<BTreeMap<String, String>> {
        let pairs = self.pairs()?.into_iter();
        Ok(pairs
            .map(|(key, value)| (key, value.unwrap_or_default()))
            .collect())
    }

    /// The value as a mapping with known keys.
    pub(in crate::compose) fn object(&self) -> Decoded<Object<'a>> {
        match self.node {
            Node::Map(map) => Ok(Object::new(&self.path, map)),
            Node::Text(text) if text.contains(':') && !text.contains(char::is_whitespace) => {
                let reason =
                    format!("must be a mapping, not `{text}`; a space follows the colon of a key");
                Err(self.invalid(reason))
            }
            _ => self.must_be("a mapping"),
        }
    }
}

/// The values without those that a later one with the same key replaces; that one takes the place of the
/// first.
pub(in crate::compose) fn last_of_each<T, K: PartialEq>(
    values: Vec<T>,
    key: impl Fn(&T) -> K,
) -> Vec<T> {
    let mut kept: Vec<T> = Vec::with_capacity(values.len());
    for value in values {
        let same = key(&value);
        match kept.iter_mut().find(|known| key(known) == same) {
            Some(known) => *known = value,
            None => kept.push(value),
        }
    }
    kept
}
