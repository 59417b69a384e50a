//! Where in a compose file a value stands, and how a fault in it is reported: file, line, column, key
//! path, and a caret under the place.

use std::fmt;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, IgnoredAny, MapAccess};
use serde::de::{SeqAccess, VariantAccess, Visitor};

use crate::compose::yaml::{self, Position};
use crate::error::Error;

/// One step from a value to a value inside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Segment {
    /// A key of a mapping.
    Key(String),
    /// An item of a list.
    Index(usize),
}

/// The way from the top of a file to a value; prints as `services.api.ports[0]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::compose) struct Path(Vec<Segment>);

impl Path {
    /// The path of a value under a key.
    pub(in crate::compose) fn key(&self, key: &str) -> Self {
        self.then(Segment::Key(key.to_owned()))
    }

    /// The path of an item.
    pub(in crate::compose) fn index(&self, index: usize) -> Self {
        self.then(Segment::Index(index))
    }

    fn then(&self, segment: Segment) -> Self {
        let mut segments = self.0.clone();
        segments.push(segment);
        Self(segments)
    }
}

impl Path {
    /// Whether something stands here in any of these files.
    pub(in crate::compose) fn is_in(&self, sources: &[Source]) -> bool {
        let mut sources = sources.iter();
        sources.any(|source| locate(&source.text, &self.0).is_some())
    }

    /// The error of what stands here, as [`Invalid::in_files`] places it.
    pub(in crate::compose) fn error(&self, sources: &[Source], text: &str) -> Error {
        let place = (1..=self.0.len()).rev().find_map(|length| {
            let known = &self.0[..length];
            let mut last_first = sources.iter().rev();
            last_first.find_map(|source| Some((source, locate(&source.text, known)?)))
        });
        match (place, sources.first()) {
            (Some((source, position)), _) => source.error(Some(position), text),
            (None, Some(source)) => source.error(None, text),
            (None, None) => Error::usage(text),
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Key(key) if index == 0 => f.write_str(key)?,
                Segment::Key(key) => write!(f, ".{key}")?,
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// A value that is not allowed where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::compose) struct Invalid {
    /// Where it stands.
    pub path: Path,
    /// What is wrong and what is allowed.
    pub reason: String,
}

impl Invalid {
    /// At this path, for this reason.
    pub(in crate::compose) fn new(path: &Path, reason: impl Into<String>) -> Self {
        Self {
            path: path.clone(),
            reason: reason.into(),
        }
    }

    /// The error for people, with the place in the file that has most of the path; of several, in the
    /// last. So a key of the base file is found there, though an override names its service too.
    pub(in crate::compose) fn in_files(&self, sources: &[Source]) -> Error {
        let text = if self.path.0.is_empty() {
            self.reason.clone()
        } else {
            format!("{}: {}", self.path, self.reason)
        };
        self.path.error(sources, &text)
    }
}

/// A compose file's text.
#[derive(Debug, Clone)]
pub(in crate::compose) struct Source {
    /// Where it was read from.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
}

/// The files that a project was read from.
#[derive(Debug, Clone, Default)]
pub struct Sources(pub(in crate::compose) Arc<[Source]>);

impl Source {
    /// An error in this file.
    pub(in crate::compose) fn error(&self, position: Option<Position>, text: &str) -> Error {
        match position {
            None => Error::usage(format!("{}: {text}", self.path.display())),
            Some(at) => {
                let file = FilePath::display(&self.path);
                Error::usage(format!("{file}:{}:{}: {text}", at.line, at.column))
                    .details(self.caret(at))
            }
        }
    }

    /// The line, and a caret under the column.
    fn caret(&self, at: Position) -> Vec<String> {
        let Some(line) = self.text.lines().nth(at.line - 1) else {
            return Vec::new();
        };
        let number = at.line.to_string();
        let indent: String = line
            .chars()
            .take(at.column - 1)
            .map(|c| if c == '\t' { '\t' } else { ' ' })
            .collect();
        vec![
            format!("{number} | {line}"),
            format!("{} | {indent}^", " ".repeat(number.len())),
        ]
    }
}

/// The place of the value at a path. The library keeps no places but in errors; so the text is read
/// again, failing on purpose where the path ends.
fn locate(text: &str, path: &[Segment]) -> Option<Position> {
    serde_yaml::Deserializer::from_str(text).find_map(|document| {
        let error = Finder(path).deserialize(document).err()?;
        error
            .to_string()
            .contains(FOUND)
            .then(|| yaml::position(&error))
            .flatten()
    })
}

/// Tells our own failure from that of a text that is not YAML.
const FOUND: &str = "the wanted place";

#[derive(Clone, Copy)]
struct Finder<'a>(&'a [Segment]);

impl Finder<'_> {
    /// Fails if the path ends here.
    fn stop<E: serde::de::Error>(self) -> Result<(), E> {
        if self.0.is_empty() {
            Err(E::custom(FOUND))
        } else {
            Ok(())
        }
    }
}

impl<'de> DeserializeSeed<'de> for Finder<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Finder<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.stop()
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        self.stop()
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<(), E> {
        self.stop()
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<(), E> {
        self.stop()
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        self.stop()
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<(), E> {
        self.stop()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        self.stop()?;
        if let [Segment::Key(name)] = self.0 {
            while access.next_element_seed(FindItem(name))?.is_some() {}
            return Ok(());
        }
        let wanted = match self.0 {
            [Segment::Index(index), ..] => *index,
            _ => usize::MAX,
        };
        for index in 0.. {
            let more = if index == wanted {
                access.next_element_seed(Finder(&self.0[1..]))?.is_some()
            } else {
                access.next_element::<IgnoredAny>()?.is_some()
            };
            if !more {
                break;
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        self.stop()?;
        let wanted = match self.0 {
            [Segment::Key(key), ..] => Some(key.as_str()),
            _ => None,
        };
        // A path that ends with a key points at the key: that is where the reader looks.
        let ends = self.0.len() == 1;
        while let Some(key) = access.next_key_seed(FindKey(wanted.filter(|_| ends)))? {
            if Some(key.as_str()) == wanted {
                access.next_value_seed(Finder(&self.0[1..]))?;
            } else {
                access.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<(), A::Error> {
        self.stop()?;
        let (_tag, content) = access.variant::<String>()?;
        content.newtype_variant_seed(self)
    }
}

/// Reads an item of a list, failing where it is this name, or the name and more behind a `:` or `=`, or a
/// mapping with such a value: what is a key in the long syntax is so in the short one.
#[derive(Clone, Copy)]
struct FindItem<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for FindItem<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for FindItem<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        match text.strip_prefix(self.0) {
            Some(rest) if rest.is_empty() || rest.starts_with([':', '=']) => Err(E::custom(FOUND)),
            _ => Ok(()),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        while access.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        while access.next_key::<IgnoredAny>()?.is_some() {
            access.next_value_seed(self)?;
        }
        Ok(())
    }
}

/// Reads a key, failing at the wanted one.
struct FindKey<'a>(Option<&'a str>);

impl<'de> DeserializeSeed<'de> for FindKey<'_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for FindKey<'_> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<String, E> {
        if self.0 == Some(key) {
            return Err(E::custom(FOUND));
        }
        Ok(key.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
services:
  api:
    image: x
    ports:
      - \"80\"
      - { target: 1 }
  db: &db
    image: [y]
";

    fn at(path: &Path) -> Option<(usize, usize)> {
        locate(TEXT, &path.0).map(|at| (at.line, at.column))
    }

    #[test]
    fn places_are_found_again() {
        let api = Path::default().key("services").key("api");
        assert_eq!(at(&api), Some((2, 3)));
        assert_eq!(at(&api.key("image")), Some((3, 5)));
        assert_eq!(at(&api.key("ports").index(0)), Some((5, 9)));
        assert_eq!(at(&api.key("ports").index(1).key("target")), Some((6, 11)));
        assert_eq!(at(&api.key("ports").index(9)), None);
        let names = "a: [{x: 1}, n, lan:/x, {source: vol}, true]";
        for (name, column) in [
            ("n", Some(13)),
            ("lan", Some(16)),
            ("vol", Some(33)),
            ("x", None),
        ] {
            let path = Path::default().key("a").key(name);
            let place = locate(names, &path.0).map(|at| at.column);
            assert_eq!(place, column, "{name}");
        }
        assert_eq!(at(&Path::default().key("nothing")), None);
    }

    #[test]
    fn an_error_shows_the_line_of_the_last_file_that_has_it() {
        let source = |path: &str, text: &str| Source {
            path: path.into(),
            text: text.into(),
        };
        let path = Path::default().key("services").key("db").key("image");
        let invalid = Invalid::new(&path, "must be a string, not a list");
        let error = invalid.in_files(&[source("a.yaml", TEXT), source("b.yaml", "name: x\n")]);
        assert_eq!(
            error.message,
            "a.yaml:8:5: services.db.image: must be a string, not a list"
        );
        assert_eq!(error.details, ["8 |     image: [y]", "  |     ^"]);
    }

    #[test]
    fn the_file_that_has_most_of_the_path_is_named() {
        let sources = [
            Source {
                path: "base.yaml".into(),
                text: TEXT.into(),
            },
            Source {
                path: "over.yaml".into(),
                text: "services:\n  api:\n    restart: no\n".into(),
            },
        ];
        let place = |path: &Path| {
            let message = Invalid::new(path, "wrong").in_files(&sources).message;
            message.split(": ").next().unwrap_or_default().to_owned()
        };
        let api = Path::default().key("services").key("api");
        assert_eq!(place(&api.key("image")), "base.yaml:3:5");
        assert_eq!(place(&api.key("ports").index(9)), "base.yaml:4:5");
        assert_eq!(place(&api.key("restart")), "over.yaml:3:5");
        assert_eq!(
            place(&api.key("absent")),
            "over.yaml:2:3",
            "the last of two"
        );
    }
}
