//! Values of a configuration file, checked where they stand: an error that is raised while YAML is read
//! is told with its key, line and column.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize as _;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{embedded, parse_duration};
use crate::units;

/// What makes a value of a text, or says what to write instead.
type Rule<T> = fn(&str) -> Result<T, String>;

/// A text that reads as `T`.
pub(super) fn parsed<'de, D, T>(source: D) -> Result<Option<String>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    let rule: Rule<String> = |text| match text.parse::<T>() {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(quoted(text, &error.to_string())),
    };
    value(source, rule)
}

/// An address with a port.
pub(super) fn address<'de, D: Deserializer<'de>>(source: D) -> Result<Option<String>, D::Error> {
    value(source, |text| {
        let read = text.parse::<std::net::SocketAddr>();
        read.map(|_| text.to_owned())
            .map_err(|_| format!("{text:?} is no address with a port: write 127.0.0.1:9104"))
    })
}

/// A path of a URL.
pub(super) fn url_path<'de, D: Deserializer<'de>>(source: D) -> Result<Option<String>, D::Error> {
    value(source, |text| {
        if text.starts_with('/') {
            Ok(text.to_owned())
        } else {
            Err(format!("{text:?} does not begin with /: write /{text}"))
        }
    })
}

/// A compose project's name.
pub(super) fn project_name<'de, D: Deserializer<'de>>(
    source: D,
) -> Result<Option<String>, D::Error> {
    value(source, |text| {
        if crate::compose::normalize(text) == text && !text.is_empty() {
            return Ok(text.to_owned());
        }
        let normal = crate::compose::normalize(text);
        let instead = if normal.is_empty() {
            String::new()
        } else {
            format!(": write {normal}")
        };
        Err(format!(
            "{text:?} is no project name, which has lower-case letters, digits, - and _, and begins with a \
             letter or digit{instead}"
        ))
    })
}

/// A duration.
pub(super) fn time<'de, D: Deserializer<'de>>(source: D) -> Result<Option<String>, D::Error> {
    value(source, |text| {
        let read = parse_duration(text).map(|_| text.to_owned());
        read.ok_or_else(|| format!("{text:?} is no duration: write 500ms, 30, 30s, 2m or 1h"))
    })
}

/// A size in bytes.
pub(super) fn size<'de, D: Deserializer<'de>>(source: D) -> Result<Option<String>, D::Error> {
    value(source, |text| {
        let read = units::parse_bytes(text).map(|_| text.to_owned());
        read.ok_or_else(|| format!("{text:?} is no size: write 64MiB, 1GB or a number of bytes"))
    })
}

/// A number from 0 up.
pub(super) fn number<'de, D: Deserializer<'de>>(source: D) -> Result<Option<String>, D::Error> {
    value(source, |text| match text.parse::<usize>() {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err(format!("{text:?} is no number: write 64")),
    })
}

/// A number from 1 up.
pub(super) fn positive<'de, D: Deserializer<'de>>(source: D) -> Result<Option<String>, D::Error> {
    value(source, |text| match text.parse::<u32>() {
        Ok(1..) => Ok(text.to_owned()),
        _ => Err(format!("{text:?} is no number from 1 up")),
    })
}

/// `true` or `false`.
pub(super) fn flag<'de, D: Deserializer<'de>>(source: D) -> Result<Option<bool>, D::Error> {
    value(source, |text| {
        text.parse()
            .map_err(|_| format!("{text:?}: write true or false"))
    })
}

/// What the embedded gateway's log of requests is.
pub(super) fn access_log<'de, D: Deserializer<'de>>(source: D) -> Result<Option<String>, D::Error> {
    value(source, |text| match embedded::access_log(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(why) => Err(quoted(text, &why)),
    })
}

/// Origins of web pages.
pub(super) fn origins<'de, D: Deserializer<'de>>(
    source: D,
) -> Result<Option<Vec<String>>, D::Error> {
    list(source, |items| {
        embedded::origins(&items.join(",")).map(drop)
    })
}

/// Names of networks, subnets and addresses.
pub(super) fn networks<'de, D: Deserializer<'de>>(
    source: D,
) -> Result<Option<Vec<String>>, D::Error> {
    list(source, |items| {
        match items.iter().find(|item| !is_network(item)) {
            Some(text) => Err(format!(
                "{text:?} is neither a network's name nor a subnet: write names of the engine's \
             networks, subnets (172.18.0.0/16) or addresses"
            )),
            None => Ok(()),
        }
    })
}

fn is_network(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_.-:/".contains(c);
    let is_name = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == ':')
        && text.chars().all(is_plain);
    let is_range =
        || text.parse::<ipnet::IpNet>().is_ok() || text.parse::<std::net::IpAddr>().is_ok();
    is_name && (!text.contains(['/', ':']) || is_range())
}

/// Variables for the backend. Its address and store have keys of their own, which every command looks
/// at, and not the backend alone.
pub(super) fn environment<'de, D: Deserializer<'de>>(
    source: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    source.deserialize_map(Variables)
}

/// A section; one in which every line is a comment has no keys.
pub(super) fn section<'de, D, T>(source: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + serde::Deserialize<'de>,
{
    Ok(Option::deserialize(source)?.unwrap_or_default())
}

/// The fault, with the text that has it.
fn quoted(text: &str, why: &str) -> String {
    if why.contains(text) {
        why.to_owned()
    } else {
        format!("{text:?}: {why}")
    }
}

fn value<'de, D: Deserializer<'de>, T>(source: D, rule: Rule<T>) -> Result<Option<T>, D::Error> {
    source.deserialize_option(Perhaps(Value(rule)))
}

fn list<'de, D: Deserializer<'de>>(
    source: D,
    check: fn(&[String]) -> Result<(), String>,
) -> Result<Option<Vec<String>>, D::Error> {
    source.deserialize_option(Perhaps(List(check)))
}

/// A visitor that knows which kind of YAML it asks for.
trait Ask<'de>: Visitor<'de> {
    fn ask<D: Deserializer<'de>>(self, source: D) -> Result<Self::Value, D::Error>;
}

/// A value, or nothing where the key has none.
struct Perhaps<V>(V);

impl<'de, V: Ask<'de>> Visitor<'de> for Perhaps<V> {
    type Value = Option<V::Value>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, source: D) -> Result<Self::Value, D::Error> {
        self.0.ask(source).map(Some)
    }
}

/// A plain value, whatever YAML takes it for.
struct Value<T>(Rule<T>);

impl<'de, T> Ask<'de> for Value<T> {
    fn ask<D: Deserializer<'de>>(self, source: D) -> Result<T, D::Error> {
        source.deserialize_str(self)
    }
}

impl<T> Visitor<'_> for Value<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("one plain value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.0)(text.trim()).map_err(E::custom)
    }
}

/// A list of texts, checked as a whole.
struct List(fn(&[String]) -> Result<(), String>);

impl<'de> Ask<'de> for List {
    fn ask<D: Deserializer<'de>>(self, source: D) -> Result<Vec<String>, D::Error> {
        source.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a list: [one, two]")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<String>, A::Error> {
        let mut texts = Vec::new();
        while let Some(text) = items.next_element::<String>()? {
            texts.push(text);
        }
        (self.0)(&texts).map_err(A::Error::custom)?;
        Ok(texts)
    }
}

struct Variables;

impl<'de> Visitor<'de> for Variables {
    type Value = BTreeMap<String, String>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("variables: {NAME: value}")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(BTreeMap::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut variables = BTreeMap::new();
        while let Some((name, value)) = entries.next_entry::<String, String>()? {
            for (own, key) in [
                ("OLLAMA_HOST", "backend.host"),
                ("OLLAMA_MODELS", "backend.models"),
            ] {
                if name == own {
                    return Err(A::Error::custom(format!(
                        "{name} has a key of its own: write it as {key}"
                    )));
                }
            }
            variables.insert(name, value);
        }
        Ok(variables)
    }
}
