//! YAML text as plain nodes, resolved by the rules of Go's YAML library, which compose uses: `017` is
//! 15, `1_000` is 1000, `<<` merges, a duplicate key is an error.

pub(super) mod node;
pub(super) mod number;
pub(super) mod path;
pub(super) mod scalar;

mod core_tags;
mod time;

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess};
use serde::de::{VariantAccess, Visitor};

use crate::compose::yaml::node::{Map, Node, Tag};

/// More nodes than this, aliases counted in full, are taken for an attack; compose's own bound.
const MAX_NODES: usize = 100_000;

/// Each value such as 017 costs a pass over the text; more than this are refused.
const MAX_AMBIGUOUS: usize = 250;

/// A place in a text, both counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    /// Line.
    pub line: usize,
    /// Column, in characters.
    pub column: usize,
}

/// Why a text is not YAML, and where.
#[derive(Debug)]
pub(super) struct Broken {
    /// What the parser says.
    pub message: String,
    /// Where, if it is known.
    pub position: Option<Position>,
}

/// Reads all documents of a text.
pub(super) fn parse(text: &str) -> Result<Vec<Node>, Broken> {
    let renamed = core_tags::renamed(text);
    let (text, is_renamed) = (&*renamed, matches!(renamed, Cow::Owned(_)));
    let mut sources: Vec<Option<String>> = Vec::new();
    loop {
        let reader = Reader::new(&sources, is_renamed);
        let error = match documents(text, &reader) {
            Ok(documents) => return Ok(documents),
            Err(error) => error,
        };
        let position = position(&error);
        match position {
            Some(at) if reader.asks.get() && sources.len() < MAX_AMBIGUOUS => {
                sources.push(plain(text, at));
            }
            _ => {
                let message = message(&error);
                let position = quote_of(&message).or(position);
                return Err(Broken { message, position });
            }
        }
    }
}

fn documents(text: &str, reader: &Reader) -> Result<Vec<Node>, serde_yaml::Error> {
    serde_yaml::Deserializer::from_str(text)
        .map(|document| Seed(reader).deserialize(document))
        .collect()
}

/// Where an error is.
pub(super) fn position(error: &serde_yaml::Error) -> Option<Position> {
    error.location().map(|location| Position {
        line: location.line(),
        column: location.column(),
    })
}

/// Where the quote begins that is never closed: the end of the text, where the parser misses it, says
/// nothing.
fn quote_of(message: &str) -> Option<Position> {
    let (_, place) = message.split_once("while scanning a quoted scalar at line ")?;
    let (line, column) = place.split_once(" column ")?;
    Some(Position {
        line: line.parse().ok()?,
        column: column.parse().ok()?,
    })
}

/// An error's text without its position, which we print in front.
fn message(error: &serde_yaml::Error) -> String {
    let text = error.to_string();
    let at = position(error).map(|at| format!(" at line {} column {}", at.line, at.column));
    at.map_or_else(|| text.clone(), |at| text.replacen(&at, "", 1))
}

/// The scalar at a place as it is written, up to a space, if it is without quotes. The library does not
/// tell, and only for plain scalars is `017` a number.
fn plain(text: &str, at: Position) -> Option<String> {
    let line = text.lines().nth(at.line - 1).unwrap_or_default();
    let start = line
        .char_indices()
        .nth(at.column - 1)
        .map_or(line.len(), |(index, _)| index);
    let mut rest = line[start..].trim_start();
    while rest.starts_with(['&', '!']) {
        if rest.starts_with('!') {
            return None;
        }
        rest = rest
            .split_once(' ')
            .map_or("", |(_, rest)| rest.trim_start());
    }
    let number = rest.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
    let end = rest.find([' ', '\t', ',', ']', '}']).unwrap_or(rest.len());
    number.then(|| rest[..end].to_owned())
}

/// State of one pass over a text. A value whose kind depends on how it is written, such as a string that
/// Go would take for a number if it is plain, stops the pass: the caller looks at the text and passes
/// again, knowing one more.
struct Reader<'a> {
    sources: &'a [Option<String>],
    ambiguous: Cell<usize>,
    asks: Cell<bool>,
    nodes: Cell<usize>,
    /// Words in the text may stand for YAML's own tags.
    is_renamed: bool,
}

impl<'a> Reader<'a> {
    fn new(sources: &'a [Option<String>], is_renamed: bool) -> Self {
        Self {
            sources,
            ambiguous: Cell::new(0),
            asks: Cell::new(false),
            nodes: Cell::new(0),
            is_renamed,
        }
    }

    fn text<E: serde::de::Error>(&self, text: &str) -> Result<Node, E> {
        match scalar::resolve(text) {
            Some(number) if self.source()?.is_some() => Ok(number),
            _ if self.is_renamed => Ok(Node::Text(core_tags::restored(text))),
            _ => Ok(Node::Text(text.to_owned())),
        }
    }

    /// A whole number of more than 64 bits: Go takes it for a float, or for text where it is not decimal.
    fn huge<E: serde::de::Error>(&self, number: f64) -> Result<Node, E> {
        let source = self.source()?.unwrap_or_default();
        let decimal = source
            .bytes()
            .all(|b| b.is_ascii_digit() || b"+-_".contains(&b));
        Ok(if decimal {
            Node::Float(number)
        } else {
            Node::Text(source.to_owned())
        })
    }

    /// How the next such value is written; `None`: in quotes.
    fn source<E: serde::de::Error>(&self) -> Result<Option<&'a str>, E> {
        let index = self.ambiguous.replace(self.ambiguous.get() + 1);
        if let Some(source) = self.sources.get(index) {
            return Ok(source.as_deref());
        }
        self.asks.set(true);
        Err(E::custom(format_args!(
            "more than {MAX_AMBIGUOUS} values like 017, which are numbers to compose and texts to others"
        )))
    }

    fn count<E: serde::de::Error>(&self) -> Result<(), E> {
        let nodes = self.nodes.get() + 1;
        self.nodes.set(nodes);
        if nodes > MAX_NODES {
            return Err(E::custom(format_args!("more than {MAX_NODES} values")));
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
struct Seed<'a>(&'a Reader<'a>);

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        self.0.count()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    /// An empty document.
    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Int(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Int(value.into()))
    }

    #[allow(clippy::cast_precision_loss, reason = "Go's float is no wider")]
    fn visit_u128<E: serde::de::Error>(self, value: u128) -> Result<Node, E> {
        self.0.huge(value as f64)
    }

    #[allow(clippy::cast_precision_loss, reason = "Go's float is no wider")]
    fn visit_i128<E: serde::de::Error>(self, value: i128) -> Result<Node, E> {
        self.0.huge(value as f64)
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Float(value))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Node, E> {
        self.0.text(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = access.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let seen = RefCell::new(Map::new());
        let mut merged = Vec::new();
        while let Some(key) = access.next_key_seed(Key(self.0, &seen))? {
            let value = access.next_value_seed(self)?;
            if key == "<<" {
                merged.push(value);
            } else {
                seen.borrow_mut().insert(key, value);
            }
        }
        let mut map = seen.into_inner();
        merged
            .into_iter()
            .try_for_each(|value| merge_key(&mut map, value))?;
        Ok(Node::Map(map))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<Node, A::Error> {
        let (tag, content) = access.variant::<String>()?;
        let value = content.newtype_variant_seed(self)?;
        if let Some(resolved) = core_tags::resolve(&tag, &value) {
            return resolved.map_err(A::Error::custom);
        }
        match tag.trim_start_matches('!') {
            "reset" => Ok(Node::Tagged(Tag::Reset, Box::new(value))),
            "override" => Ok(Node::Tagged(Tag::Override, Box::new(value))),
            tag => Err(A::Error::custom(format_args!(
                "unknown tag `!{tag}` (compose knows !reset and !override)"
            ))),
        }
    }
}

/// Adds what `<<` names where the mapping does not say otherwise.
fn merge_key<E: serde::de::Error>(map: &mut Map, value: Node) -> Result<(), E> {
    match value {
        Node::Map(merged) => {
            for (key, value) in merged {
                map.entry(key).or_insert(value);
            }
            Ok(())
        }
        Node::List(items) if items.iter().all(|item| item.as_map().is_some()) => {
            items.into_iter().try_for_each(|item| merge_key(map, item))
        }
        other => Err(E::custom(format_args!(
            "`<<` takes a mapping or a list of mappings, not {}",
            other.kind()
        ))),
    }
}

/// A key of a mapping, which must be a string and new.
struct Key<'a>(&'a Reader<'a>, &'a RefCell<Map>);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string as key")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<String, E> {
        if self.0.text::<E>(key)?.as_text().is_none() {
            return Err(E::custom(format_args!(
                "a key must be a string, and `{key}` is not: put it in quotes"
            )));
        }
        if self.1.borrow().contains_key(key) {
            return Err(E::custom(format_args!("`{key}` is set twice")));
        }
        Ok(key.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Node {
        parse(text).expect("valid").remove(0)
    }

    fn get(text: &str, key: &str) -> String {
        let node = one(text);
        let value = &node.as_map().expect("a mapping")[key];
        value.scalar().unwrap_or_else(|| value.kind().to_owned())
    }

    #[test]
    fn scalars_are_resolved_as_go_resolves_them() {
        for (text, value) in [
            ("a: 017", "15"),
            ("a: '017'", "017"),
            ("a: \"017\"", "017"),
            ("a: &x 017", "15"),
            ("a: !!str 017", "017"),
            ("a: 08", "8"),
            ("a: 1_000", "1000"),
            ("a: '1_000'", "1_000"),
            ("a: 1.10", "1.1"),
            ("a: \"1.10\"", "1.10"),
            ("a: 12345678.9", "1.23456789e+07"),
            ("a: yes", "yes"),
            ("a: on", "on"),
            ("a: True", "true"),
            ("a: 0x1F", "31"),
            ("a: 0b11", "3"),
            ("a: 1e3", "1000"),
            ("a: ~", "nothing"),
            ("a:", "nothing"),
            ("a: ''", ""),
            ("a: 10.0.0.1", "10.0.0.1"),
            ("a: 1:30", "1:30"),
            ("a: 12345678901234567890", "12345678901234567890"),
            ("a: 2024-01-02", "2024-01-02 00:00:00 +0000 UTC"),
            ("a: '2024-01-02'", "2024-01-02"),
            (
                "a: 2024-01-02T03:04:05Z # c",
                "2024-01-02 03:04:05 +0000 UTC",
            ),
            ("a: .inf", "+Inf"),
            ("a: 1e400", "1e400"),
            ("a: 0x10000000000000000", "0x10000000000000000"),
            ("{a: 0x1234567890abcdef12, b: x}", "0x1234567890abcdef12"),
            ("a: 36893488147419103232", "3.6893488147419103e+19"),
            ("a: |-\n  017", "017"),
            (
                "a: 123456789012345678901234567890",
                "1.2345678901234568e+29",
            ),
        ] {
            assert_eq!(get(text, "a"), value, "{text}");
        }
    }

    #[test]
    fn quoted_and_plain_can_stand_side_by_side() {
        let node = one("[017, '017', \"08\", 08, x]");
        let Node::List(items) = node else {
            panic!("a list")
        };
        let texts: Vec<_> = items.iter().filter_map(Node::scalar).collect();
        assert_eq!(texts, ["15", "017", "08", "8", "x"]);
    }

    #[test]
    fn merge_keys_nest_and_the_mapping_wins() {
        let text = "\
base: &base {a: 1, b: 1}
more: &more {<<: *base, b: 2, c: 2}
all: {<<: *more, c: 3}
list: {<<: [{x: first}, {x: second, y: second}]}
";
        let node = one(text);
        let map = node.as_map().expect("a mapping");
        assert_eq!(map["all"], one("{a: 1, b: 2, c: 3}"));
        assert_eq!(map["list"], one("{x: first, y: second}"));
    }

    #[test]
    fn documents_are_read_one_after_the_other() {
        assert_eq!(parse("a: 1\n---\nb: 2\n").expect("valid").len(), 2);
    }

    #[test]
    fn tags_of_compose_are_kept_and_others_refused() {
        assert_eq!(
            one("!reset null"),
            Node::Tagged(Tag::Reset, Box::new(Node::Null))
        );
        let list = Box::new(Node::List(vec![Node::Int(1)]));
        assert_eq!(one("!override [1]"), Node::Tagged(Tag::Override, list));
        let error = parse("a: !vault x").expect_err("refused");
        assert!(error.message.contains("!vault"), "{error:?}");
    }

    #[test]
    fn errors_say_where() {
        for (text, line, column, says) in [
            ("a: 1\nb: [1, 2\n", 3, 1, "did not find expected"),
            ("a: 1\na: 2\n", 2, 1, "`a` is set twice"),
            (
                "a:\n  b: 1\n  c: x: y\n",
                3,
                7,
                "mapping values are not allowed",
            ),
            ("1: x\n", 1, 1, "a string as key"),
            ("a: {017: x}\n", 1, 5, "`017` is not: put it in quotes"),
            ("2024-01-02: x\n", 1, 1, "put it in quotes"),
            ("a: *nowhere\n", 1, 4, "unknown anchor"),
            ("a: {<<: 3}\n", 1, 4, "`<<` takes a mapping"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.message.contains(says), "{text}: {}", error.message);
            assert_eq!(error.position, Some(Position { line, column }), "{text}");
        }
    }

    #[test]
    fn values_that_cost_a_pass_are_bounded() {
        let list = |count| format!("[{}]", vec!["017"; count].join(", "));
        assert!(parse(&list(MAX_AMBIGUOUS)).is_ok());
        let error = parse(&list(MAX_AMBIGUOUS + 1)).expect_err("refused");
        assert!(
            error.message.contains("values like 017"),
            "{}",
            error.message
        );
    }

    #[test]
    fn an_alias_bomb_is_refused() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let items = vec![format!("*a{}", level - 1); 10].join(", ");
            let line = format!("a{level}: &a{level} [{items}]\n");
            text.push_str(&line);
        }
        assert!(parse(&text).is_err());
    }
}
