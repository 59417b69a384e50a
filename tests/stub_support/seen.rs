//! What is compared of an answer: its status, the headers that clients look at, and its body's shape.

use std::fmt;

use hyper::Response;
use hyper::body::Incoming;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use ollamactl::stub::Faults;

use crate::http::{Call, Stub, text};

/// What is compared of an answer.
#[derive(PartialEq, Eq)]
pub struct Seen {
    pub status: u16,
    headers: Vec<String>,
    pub body: Vec<String>,
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {:?}", self.status, self.headers)?;
        self.body
            .iter()
            .try_for_each(|line| writeln!(f, "  {line}"))
    }
}

const HEADERS: [&str; 10] = [
    "content-type",
    "allow",
    "location",
    "transfer-encoding",
    "vary",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-max-age",
    "www-authenticate",
];

impl Seen {
    fn new(status: u16, mut headers: Vec<String>, body: &str) -> Self {
        headers.retain(|line| {
            HEADERS
                .iter()
                .any(|name| line.starts_with(&format!("{name}: ")))
        });
        headers.sort();
        let events = body.starts_with("data: ");
        let lines = body.split(if events { "\n\n" } else { "\n" });
        let mut body: Vec<String> = lines.map(shape).collect();
        // How many tokens an answer has is the model's affair.
        body.dedup_by(|a, b| a == b && a.contains("created"));
        Self {
            status,
            headers,
            body,
        }
    }

    pub fn recorded(name: &str) -> Self {
        let path = format!(
            "{}/tests/recordings/{name}.http",
            env!("CARGO_MANIFEST_DIR")
        );
        let file = std::fs::read_to_string(&path).expect(&path);
        let file = file.replace("\r\n", "\n");
        let (head, body) = file.split_once("\n\n").expect("head and body");
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(": ").expect("a header");
            format!("{}: {value}", name.to_lowercase())
        });
        let status = status.and_then(|code| code.parse().ok()).expect("a status");
        Self::new(status, headers.collect(), body)
    }

    pub async fn answered(answer: Response<Incoming>) -> Self {
        let status = answer.status().as_u16();
        let headers = answer.headers().iter();
        let headers =
            headers.map(|(name, value)| format!("{name}: {}", value.to_str().expect("text")));
        let headers = headers.collect();
        Self::new(status, headers, &text(answer).await)
    }
}

/// A line of a body: JSON, or an event that holds JSON, as its shape; anything else as it is.
fn shape(line: &str) -> String {
    let (prefix, json) = line
        .strip_prefix("data: ")
        .map_or(("", line), |json| ("data: ", json));
    match serde_json::from_str::<Shape>(json) {
        Ok(Shape(shape)) => format!("{prefix}{shape}"),
        Err(_) => line.to_owned(),
    }
}

/// JSON with its keys in order; numbers, times and the model's words are left out.
struct Shape(String);

const VARYING: [&str; 14] = [
    "created_at",
    "modified_at",
    "expires_at",
    "digest",
    "id",
    "response",
    "content",
    "text",
    "version",
    "family",
    "families",
    "parameter_size",
    "quantization_level",
    "owned_by",
];

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShapeVisitor)
    }
}

struct ShapeVisitor;

impl<'de> Visitor<'de> for ShapeVisitor {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape("null".to_owned()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Shape, E> {
        Ok(Shape(value.to_string()))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Shape, E> {
        Ok(Shape("#".to_owned()))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Shape, E> {
        Ok(Shape("#".to_owned()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Shape, E> {
        Ok(Shape("#".to_owned()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Shape, E> {
        let digits = value
            .strip_prefix("pulling ")
            .filter(|rest| rest.len() == 12);
        Ok(Shape(digits.map_or_else(
            || format!("{value:?}"),
            |_| "\"pulling …\"".to_owned(),
        )))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Shape, A::Error> {
        let mut items = Vec::new();
        while let Some(Shape(item)) = seq.next_element()? {
            items.push(item);
        }
        items.dedup();
        Ok(Shape(format!("[{}]", items.join(","))))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
        let mut items = Vec::new();
        while let Some((key, Shape(value))) = map.next_entry::<String, Shape>()? {
            let empty = value == "\"\"";
            let varies = VARYING.contains(&key.as_str()) && !empty;
            items.push(format!("{key}:{}", if varies { "…" } else { &value }));
        }
        Ok(Shape(format!("{{{}}}", items.join(","))))
    }
}

/// Sends the request to a fresh stub with these models and compares its answer with the recording.
pub async fn check(recording: &str, preset: &[&str], call: Call) {
    check_after(recording, preset, None, call).await;
}

/// The same, after another request.
#[allow(dead_code, reason = "not every test has two")]
pub async fn check_after(recording: &str, preset: &[&str], before: Option<Call>, call: Call) {
    let folder = tempfile::tempdir().expect("a folder");
    let stub = Stub::start(folder.path(), preset, Faults::instant()).await;
    if let Some(before) = before {
        text(stub.send(&before).await).await;
    }
    let answer = Seen::answered(stub.send(&call).await).await;
    assert_eq!(answer, Seen::recorded(recording), "\n{recording}");
}
