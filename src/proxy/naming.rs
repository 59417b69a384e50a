//! The model that a request names; where it names none, the required one is written in.

use std::borrow::Cow;

use bytes::Bytes;
use serde::Deserialize;

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

/// The keys that name a model; `name` is an older word of `/api/show`.
#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow, default)]
    model: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    name: Option<Cow<'a, str>>,
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
    let given = [&named.model, &named.name]
        .into_iter()
        .flatten()
        .find(|model| !model.is_empty());
    match (given, required) {
        (Some(model), _) => Naming::Named(model.clone().into_owned()),
        (None, Some(required)) => fill(body, required).unwrap_or(Naming::Unclear),
        (None, None) => Naming::Unclear,
    }
}

fn fill(body: &Bytes, model: &str) -> Option<Naming> {
    let mut object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(body).ok()?;
    // Go reads JSON's keys in whatever case, so the backend takes a `Model` for the model.
    let other_case = |key: &String| key.eq_ignore_ascii_case("model");
    let mut given = object.iter().filter(|(key, _)| other_case(key));
    let given = given.find_map(|(_, value)| value.as_str().filter(|model| !model.is_empty()));
    if let Some(given) = given {
        return Some(Naming::Named(given.to_owned()));
    }
    object.retain(|key, _| !other_case(key));
    object.insert("model".to_owned(), model.into());
    let filled = serde_json::to_vec(&object).ok()?;
    Some(Naming::Filled(filled.into()))
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
            r#"{"MODEL":"a:1b","model":""}"#,
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
    fn what_is_no_object_is_left_to_the_backend() {
        for body in ["", "[]", "\"model\"", "{", r#"{"model":7}"#, "model=a"] {
            assert_eq!(named(body), Naming::Unclear, "{body}");
        }
    }
}
