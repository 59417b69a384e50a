//! Typed access to nodes: every fault carries the key path, and keys that nobody asked for are found.

pub(super) mod project;

mod deploy;
mod extensions;
mod parts;
mod service;
mod short;
mod words;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::compose::model::names::closest;
use crate::compose::model::units::{self, Bytes, Interval};
use crate::compose::yaml::node::{Map, Node};
use crate::compose::yaml::path::{Invalid, Path};

/// The result of decoding.
pub(super) type Decoded<T> = Result<T, Invalid>;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Field<'a> {
    /// Where it stands.
    pub path: Path,
    /// The value.
    pub node: &'a Node,
}

impl<'a> Field<'a> {
    /// The fault of this value.
    pub(super) fn invalid(&self, reason: impl Into<String>) -> Invalid {
        Invalid::new(&self.path, reason)
    }

    /// The fault of an item.
    pub(super) fn index_fault(&self, index: usize, reason: impl Into<String>) -> Invalid {
        Invalid::new(&self.path.index(index), reason)
    }

    fn must_be<T>(&self, what: &str) -> Decoded<T> {
        Err(self.invalid(format!("must be {what}, not {}", self.node.kind())))
    }

    /// A string.
    pub(super) fn text(&self) -> Decoded<String> {
        match self.node {
            Node::Text(text) => Ok(text.clone()),
            _ => self.must_be("a string"),
        }
    }

    /// A string, number or truth value, as text.
    pub(super) fn scalar(&self) -> Decoded<String> {
        match self.node.scalar() {
            Some(text) => Ok(text),
            None => self.must_be("a string or number"),
        }
    }

    /// A scalar as text, or nothing.
    pub(super) fn scalar_or_null(&self) -> Decoded<Option<String>> {
        match self.node {
            Node::Null => Ok(None),
            _ => self.scalar().map(Some),
        }
    }

    /// A string or number, as text.
    pub(super) fn text_or_number(&self) -> Decoded<String> {
        match self.node {
            Node::Bool(_) => self.must_be("a string or number"),
            _ => self.scalar(),
        }
    }

    /// `true` or `false` and nothing else, where compose takes no text.
    pub(super) fn plain_bool(&self) -> Decoded<bool> {
        match self.node {
            Node::Bool(value) => Ok(*value),
            _ => self.must_be("true or false"),
        }
    }

    /// A truth value, also as the text that interpolation leaves.
    pub(super) fn bool(&self) -> Decoded<bool> {
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

    /// A whole number, also as text.
    pub(super) fn int(&self) -> Decoded<i64> {
        match self.node {
            Node::Int(value) => {
                i64::try_from(*value).map_err(|_| self.invalid("is too large a number"))
            }
            #[allow(clippy::cast_possible_truncation, reason = "it has no fraction")]
            Node::Float(value) if value.fract() == 0.0 => Ok(*value as i64),
            Node::Text(text) => {
                let fault = |_| self.invalid(format!("must be a whole number, not `{text}`"));
                text.parse().map_err(fault)
            }
            _ => self.must_be("a whole number"),
        }
    }

    /// A number, also as text. Compose keeps these in single precision, and so its hashes.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "compose holds this number as a float32"
    )]
    pub(super) fn float(&self) -> Decoded<f32> {
        match self.node {
            Node::Int(value) => Ok(*value as f32),
            Node::Float(value) => Ok(*value as f32),
            Node::Text(text) => {
                let fault = |_| self.invalid(format!("must be a number, not `{text}`"));
                text.trim().parse().map_err(fault)
            }
            _ => self.must_be("a number"),
        }
    }

    /// A size: text, or a whole number of bytes.
    pub(super) fn bytes(&self) -> Decoded<Bytes> {
        let text = match self.node {
            Node::Text(_) | Node::Int(_) => self.scalar()?,
            _ => return self.must_be("a size such as 512m"),
        };
        units::bytes(&text).map_err(|reason| self.invalid(reason))
    }

    /// A duration.
    pub(super) fn interval(&self) -> Decoded<Interval> {
        let Node::Text(text) = self.node else {
            return self.must_be("a duration with its unit, such as 10s");
        };
        units::interval(text).map_err(|reason| self.invalid(reason))
    }

    /// The items of a list.
    pub(super) fn items(&self) -> Decoded<Vec<Field<'a>>> {
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
    pub(super) fn entries(&self) -> Decoded<Vec<(&'a str, Field<'a>)>> {
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
    pub(super) fn list<T>(&self, item: impl Fn(&Field<'a>) -> Decoded<T>) -> Decoded<Vec<T>> {
        self.items()?.iter().map(item).collect()
    }

    /// Strings.
    pub(super) fn texts(&self) -> Decoded<Vec<String>> {
        self.list(Field::text)
    }

    /// Strings, of which none may be there twice.
    pub(super) fn distinct(&self) -> Decoded<Vec<String>> {
        let texts = self.texts()?;
        let twice = |(index, text): &(usize, &String)| texts[..*index].contains(text);
        match texts.iter().enumerate().find(twice) {
            Some((index, text)) => Err(self.index_fault(index, format!("`{text}` is there twice"))),
            None => Ok(texts),
        }
    }

    /// Strings; of those that are the same up to a `=`, the last stands.
    pub(super) fn names(&self) -> Decoded<Vec<String>> {
        let name = |text: &String| text.split('=').next().unwrap_or_default().to_owned();
        Ok(last_of_each(self.texts()?, name))
    }

    /// One text or a list of them.
    pub(super) fn one_or_more(&self) -> Decoded<Vec<String>> {
        match self.node {
            Node::List(_) => self.names(),
            _ => Ok(vec![self.text()?]),
        }
    }

    /// One text or a list of them, each with its place.
    pub(super) fn placed(&self) -> Decoded<Vec<(Path, String)>> {
        let placed = |field: &Field| Ok((field.path.clone(), field.text()?));
        match self.node {
            Node::List(_) => self.list(placed),
            _ => Ok(vec![placed(self)?]),
        }
    }

    /// Every value of a mapping.
    pub(super) fn map<T>(
        &self,
        value: impl Fn(&Field<'a>) -> Decoded<T>,
    ) -> Decoded<BTreeMap<String, T>> {
        let entries = self.entries()?.into_iter();
        entries
            .map(|(key, field)| Ok((key.to_owned(), value(&field)?)))
            .collect()
    }

    /// A mapping, or a list of `KEY=value`; a key alone has no value.
    pub(super) fn pairs(&self) -> Decoded<BTreeMap<String, Option<String>>> {
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
    pub(super) fn labels(&self) -> Decoded<BTreeMap<String, String>> {
        let pairs = self.pairs()?.into_iter();
        Ok(pairs
            .map(|(key, value)| (key, value.unwrap_or_default()))
            .collect())
    }

    /// The value as a mapping with known keys.
    pub(super) fn object(&self) -> Decoded<Object<'a>> {
        match self.node {
            Node::Map(map) => Ok(Object {
                path: self.path.clone(),
                map,
                seen: RefCell::new(BTreeSet::new()),
            }),
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
pub(super) fn last_of_each<T, K: PartialEq>(values: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
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

/// A mapping with known keys, which remembers those that were asked for. A key without a value is
/// treated as absent.
#[derive(Debug)]
pub(super) struct Object<'a> {
    /// Where it stands.
    pub path: Path,
    map: &'a Map,
    seen: RefCell<BTreeSet<&'static str>>,
}

impl<'a> Object<'a> {
    /// The value of a key.
    pub(super) fn get(&self, key: &'static str) -> Option<Field<'a>> {
        self.seen.borrow_mut().insert(key);
        let node = self.map.get(key).filter(|node| **node != Node::Null)?;
        Some(Field {
            path: self.path.key(key),
            node,
        })
    }

    /// The value of a key, decoded; the default where it is absent.
    pub(super) fn or_default<T: Default>(
        &self,
        key: &'static str,
        decode: impl FnOnce(&Field<'a>) -> Decoded<T>,
    ) -> Decoded<T> {
        self.get(key)
            .map_or_else(|| Ok(T::default()), |field| decode(&field))
    }

    /// The value of a key, decoded, if it is there.
    pub(super) fn option<T>(
        &self,
        key: &'static str,
        decode: impl FnOnce(&Field<'a>) -> Decoded<T>,
    ) -> Decoded<Option<T>> {
        self.get(key).map(|field| decode(&field)).transpose()
    }

    /// A string; empty where it is absent.
    pub(super) fn text(&self, key: &'static str) -> Decoded<String> {
        self.or_default(key, Field::text)
    }

    /// A truth value; false where it is absent.
    pub(super) fn bool(&self, key: &'static str) -> Decoded<bool> {
        self.or_default(key, Field::bool)
    }

    /// A whole number; 0 where it is absent.
    pub(super) fn int(&self, key: &'static str) -> Decoded<i64> {
        self.or_default(key, Field::int)
    }

    /// A number; 0 where it is absent.
    pub(super) fn float(&self, key: &'static str) -> Decoded<f32> {
        self.or_default(key, Field::float)
    }

    /// A size; 0 where it is absent.
    pub(super) fn bytes(&self, key: &'static str) -> Decoded<Bytes> {
        self.or_default(key, Field::bytes)
    }

    /// One of these texts; empty where it is absent.
    pub(super) fn word(&self, key: &'static str, allowed: &[&str]) -> Decoded<String> {
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
    pub(super) fn needed(&self, key: &'static str) -> Decoded<Field<'a>> {
        let missing = || Invalid::new(&self.path, format!("lacks `{key}`"));
        self.get(key).ok_or_else(missing)
    }

    /// A list of texts; empty where it is absent.
    pub(super) fn texts(&self, key: &'static str) -> Decoded<Vec<String>> {
        self.or_default(key, Field::texts)
    }

    /// Texts, none of them twice; empty where it is absent.
    pub(super) fn distinct(&self, key: &'static str) -> Decoded<Vec<String>> {
        self.or_default(key, Field::distinct)
    }

    /// Texts, the last with each name; empty where it is absent.
    pub(super) fn names(&self, key: &'static str) -> Decoded<Vec<String>> {
        self.or_default(key, Field::names)
    }

    /// One text or a list of them; empty where it is absent.
    pub(super) fn one_or_more(&self, key: &'static str) -> Decoded<Vec<String>> {
        self.or_default(key, Field::one_or_more)
    }

    /// A mapping of texts, or a list of `KEY=value`; empty where it is absent.
    pub(super) fn labels(&self, key: &'static str) -> Decoded<BTreeMap<String, String>> {
        self.or_default(key, Field::labels)
    }

    /// A mapping of strings and numbers, as texts; empty where it is absent.
    pub(super) fn settings(&self, key: &'static str) -> Decoded<BTreeMap<String, String>> {
        self.or_default(key, |field| field.map(Field::text_or_number))
    }

    /// Every item of a list; empty where it is absent.
    pub(super) fn list<T>(
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
    pub(super) fn unknown(&self) -> Decoded<Vec<String>> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::yaml;

    fn with<T>(text: &str, decode: impl Fn(&Field<'static>) -> Decoded<T>) -> Result<T, String> {
        let node = yaml::parse(text).expect("valid").remove(0);
        let field = Field {
            path: Path::default().key("k"),
            node: Box::leak(Box::new(node)),
        };
        decode(&field).map_err(|fault| format!("{}: {}", fault.path, fault.reason))
    }

    #[test]
    fn scalars_convert_as_compose_converts_them() {
        assert_eq!(with("'true'", Field::bool), Ok(true));
        assert_eq!(with("no", Field::bool), Ok(false));
        assert_eq!(with("'12'", Field::int), Ok(12));
        assert_eq!(with("5.0", Field::int), Ok(5));
        assert_eq!(with("'0.5'", Field::float), Ok(0.5));
        assert_eq!(with("3.10", Field::scalar), Ok("3.1".into()));
        assert_eq!(with("64m", Field::bytes), Ok(Bytes(64 << 20)));
        let second = Interval(std::time::Duration::from_secs(1));
        assert_eq!(with("1s", Field::interval), Ok(second));
    }

    #[test]
    fn faults_say_what_is_allowed() {
        for (fault, says) in [
            (
                with("[]", Field::text).err(),
                "k: must be a string, not a list",
            ),
            (
                with("3", Field::text).err(),
                "k: must be a string, not a number",
            ),
            (
                with("maybe", Field::bool).err(),
                "k: must be true or false, not `maybe`",
            ),
            (
                with("x", Field::int).err(),
                "k: must be a whole number, not `x`",
            ),
            (
                with("[a, {}]", Field::texts).map(drop).err(),
                "k[1]: must be a string, not a mapping",
            ),
            (
                with("3", Field::pairs).map(drop).err(),
                "k: must be a mapping or a list of KEY=value, not a number",
            ),
        ] {
            assert_eq!(fault.as_deref(), Some(says));
        }
    }

    #[test]
    fn pairs_come_as_mapping_or_list() {
        let wanted = BTreeMap::from([
            ("A".to_owned(), Some("1=2".to_owned())),
            ("B".to_owned(), None),
        ]);
        assert_eq!(with("[A=1=2, B]", Field::pairs), Ok(wanted.clone()));
        assert_eq!(with("{A: 1=2, B: }", Field::pairs), Ok(wanted));
    }

    #[test]
    fn keys_that_nobody_asked_for_are_found() {
        let unknown = |text| {
            with(text, |field| {
                let object = field.object()?;
                object.int("ports")?;
                object.get("image");
                object.unknown()
            })
        };
        let strange = unknown("{ports: 1, strange: 2, x-prots: 3, image: 4}");
        assert_eq!(strange, Ok(vec!["k.strange".to_owned()]));
        assert_eq!(
            unknown("{prots: 1}"),
            Err("k.prots: there is no such key; did you mean `ports`?".to_owned())
        );
    }
}
