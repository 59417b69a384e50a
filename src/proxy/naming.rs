//! The model that a request names; where it names none, the required one is written in.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

/// A body longer than this travels on as it comes, unread: it must name its model itself.
pub(super) const MOST_BYTES: usize = 1024 * 1024;

/// Requests that are about one model, by a JSON body.
const ABOUT_A_MODEL: [&str; 10] = [
    "/api/generate",
    "/api/chat",
    "/api/embed",
    "/api/embeddings",
    "/api/show",
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/embeddings",
    "/v1/responses",
    "/v1/messages",
];

/// Whether requests for this path are about one model. By path and not by type: Ollama reads JSON
/// whatever the type says, and `curl -d` calls it a form.
pub(super) fn is_about_a_model(path: &str) -> bool {
    ABOUT_A_MODEL.contains(&path)
}

/// What an object says of its model. Go, in which the backend is written, reads keys in whatever case, takes the
/// last of several, and passes over `null`.
#[derive(Default)]
struct Named {
    model: Option<String>,
    /// An older word for it, of `/api/show`.
    name: Option<String>,
    /// A key `model` is there, with or without a value.
    has_key: bool,
}

impl<'de> Deserialize<'de> for Named {
    fn deserialize<D: Deserializer<'de>>(body: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Named;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Named, A::Error> {
                let mut named = Named::default();
                while let Some(key) = object.next_key::<Cow<'de, str>>()? {
                    if key.eq_ignore_ascii_case("model") {
                        named.has_key = true;
                        named.model = object.next_value::<Option<String>>()?.or(named.model);
                    } else if key.eq_ignore_ascii_case("name") {
                        named.name = object.next_value::<Option<String>>()?.or(named.name);
                    } else {
                        object.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(named)
            }
        }
        body.deserialize_map(Object)
    }
}

/// What became of a body.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Naming {
    /// It names this model.
    Named(String),
    /// It named none; this one names the required model.
    Filled(Bytes),
    /// Not a JSON object; the backend says what is wrong with it.
    Unclear,
}

/// Reads a whole body, and writes the required model into one that names none.
pub(super) fn name(body: &Bytes, required: Option<&str>) -> Naming {
    let Ok(named) = serde_json::from_slice::<Named>(body) else {
        return Naming::Unclear;
    };
    let given = [&named.model, &named.name].into_iter().flatten();
    match (given.into_iter().find(|model| !model.is_empty()), required) {
        (Some(model), _) => Naming::Named(model.clone()),
        (None, Some(required)) => match filled(body, &named, required) {
            Some(filled) => Naming::Filled(filled),
            None => Naming::Unclear,
        },
        (None, None) => Naming::Unclear,
    }
}

/// The object with the model as its last key. The rest stays to the byte: the order of keys in a schema and the
/// digits of a number mean something.
fn filled(body: &Bytes, named: &Named, model: &str) -> Option<Bytes> {
    let model = serde_json::to_string(model).ok()?;
    let mut text = std::str::from_utf8(body).ok()?.trim_end().to_owned();
    if named.has_key {
        // One that says nothing would be there twice.
        let mut object: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&text).ok()?;
        object.retain(|key, _| !key.eq_ignore_ascii_case("model"));
        text = serde_json::to_string(&object).ok()?;
    }
    let object = text.strip_suffix('}')?;
    let comma = if object.trim().len() > 1 { "," } else { "" };
    Some(format!("{object}{comma}\"model\":{model}}}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(body: &str) -> Naming {
        name(&Bytes::copy_from_slice(body.as_bytes()), Some("tiny"))
    }

    #[test]
    fn a_model_that_is_named_stays() {
        for body in [
            r#"{"model":"a:1b"}"#,
            r#"{"prompt":"{\"model\":\"x\"}","model":"a:1b"}"#,
            r#" {"name":"a:1b","model":null}"#,
            r#"{"model":"\u0061:1b"}"#,
            r#"{"Model":"a:1b"}"#,
            r#"{"model":"b","MODEL":"a:1b","model":null}"#,
        ] {
            assert_eq!(named(body), Naming::Named("a:1b".to_owned()), "{body}");
        }
    }

    #[test]
    fn a_model_that_is_missing_is_written_in() {
        for body in [
            "{}",
            r#"{"model":""}"#,
            r#"{"model":null,"prompt":"hi"}"#,
            r#"{"prompt":"{\"model\":\"x\"}"}"#,
        ] {
            let Naming::Filled(filled) = named(body) else {
                panic!("{body}: {:?}", named(body));
            };
            let filled: serde_json::Value = serde_json::from_slice(&filled).expect("JSON");
            let mut wanted: serde_json::Value = serde_json::from_str(body).expect("JSON");
            wanted["model"] = "tiny".into();
            assert_eq!(filled, wanted);
        }
        assert_eq!(name(&Bytes::from_static(b"{}"), None), Naming::Unclear);
    }

    #[test]
    fn what_else_the_object_says_stays_to_the_byte() {
        let body =
            r#" {"format":{"z":1,"a":2}, "seed":123456789012345678901234567890,"k":1,"k":2} "#;
        let Naming::Filled(filled) = named(body) else {
            panic!("{:?}", named(body));
        };
        let wanted = format!("{},\"model\":\"tiny\"}}", &body[..body.len() - 2]);
        assert_eq!(filled, wanted);
    }

    #[test]
    fn what_is_no_object_is_left_to_the_backend() {
        for body in ["", "[]", "\"model\"", "{", r#"{"model":7}"#, "model=a"] {
            assert_eq!(named(body), Naming::Unclear, "{body}");
        }
    }
}
