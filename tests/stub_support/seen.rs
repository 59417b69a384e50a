//! What is compared of an answer: its status, all headers but the date and the length, and its body, without
//! what differs from call to call or is the model's.

use std::fmt;
use std::path::Path;

use hyper::Response;
use hyper::body::Incoming;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use ollamactl::stub::{Faults, Settings, Version};

use crate::http::{Call, Stub, text};

/// The recorded versions, and where their recordings are.
pub const VERSIONS: [(Version, &str); 2] =
    [(Version::V0_24, "v0.24.0"), (Version::V0_33, "v0.33.0-rc2")];

/// The model store of the recordings.
const STORE: &str = "/home/dev/.ollama/models";

/// What is compared of an answer.
#[derive(PartialEq, Eq, Clone)]
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

impl Seen {
    fn new(status: u16, mut headers: Vec<String>, body: &str) -> Self {
        headers.retain(|line| !line.starts_with("date: ") && !line.starts_with("content-length: "));
        headers.sort();
        let events = body.starts_with("data: ") || body.starts_with("event: ");
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

    /// The answer of this version; `None` where none was recorded.
    pub fn recorded_by(version: &str, name: &str) -> Option<Self> {
        let root = env!("CARGO_MANIFEST_DIR");
        let path = format!("{root}/tests/recordings/{version}/{name}.http");
        let file = std::fs::read_to_string(path).ok()?;
        // Lines end with CR LF in the head alone.
        let (head, body) = file.split_once("\r\n\r\n").expect("head and body");
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(": ").expect("a header");
            format!("{}: {value}", name.to_lowercase())
        });
        let status = status.and_then(|code| code.parse().ok()).expect("a status");
        Some(Self::new(status, headers.collect(), body))
    }

    /// The answer of the newer version.
    pub fn recorded(name: &str) -> Self {
        Self::recorded_by("v0.33.0-rc2", name).expect(name)
    }

    /// Without the lines of a running blob: how many there are is a matter of pace.
    #[allow(dead_code, reason = "not every test pulls")]
    pub fn without_progress(mut self) -> Self {
        self.body.retain(|line| !line.contains("\"pulling …\""));
        self
    }

    pub async fn answered(answer: Response<Incoming>) -> Self {
        Self::answered_in(answer, Path::new(STORE)).await
    }

    /// An answer that names files of this store.
    pub async fn answered_in(answer: Response<Incoming>, store: &Path) -> Self {
        let status = answer.status().as_u16();
        let headers = answer.headers().iter();
        let headers =
            headers.map(|(name, value)| format!("{name}: {}", value.to_str().expect("text")));
        let mut headers: Vec<String> = headers.collect();
        // The one that no recording has.
        let label = headers
            .iter()
            .position(|header| header == "x-ollamactl-backend: stub");
        headers.remove(label.expect("the stub labels its answers"));
        let body = text(answer)
            .await
            .replace(&store.display().to_string(), STORE);
        Self::new(status, headers, &body)
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

const VARYING: [&str; 16] = [
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
    "license",
    "got",
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
            || format!("{:?}", without_digests(value)),
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
            let value = match key.as_str() {
                "parameters" | "modelfile" => sorted(&value),
                "tokenizer.ggml.tokens" if value.starts_with('[') => "[…]".to_owned(),
                _ => value,
            };
            let varies = VARYING.contains(&key.as_str()) && !empty;
            items.push(format!("{key}:{}", if varies { "…" } else { &value }));
        }
        Ok(Shape(format!("{{{}}}", items.join(","))))
    }
}

/// A text with its digests left out, and the files that are named by one.
fn without_digests(text: &str) -> String {
    let mut parts = text.split("sha256");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.trim_start_matches([':', '-']);
        let rest = digits.trim_start_matches(|c: char| c.is_ascii_hexdigit());
        let whole = digits.len() - rest.len() == 64;
        out += "sha256";
        out += if whole { "…" } else { "" };
        out += if whole { rest } else { part };
    }
    out
}

/// Lines in order, for those that come in any; a licence is the model's affair.
fn sorted(text: &str) -> String {
    let text = text.split("LICENSE").next().unwrap_or_default();
    let text = text.strip_prefix('"').unwrap_or(text);
    let text = text.strip_suffix('"').unwrap_or(text);
    let mut lines: Vec<_> = text.split("\\n").collect();
    lines.sort_unstable();
    lines.join("\\n")
}

/// Settings for this version.
pub fn settings(version: Version) -> Settings {
    Settings {
        version,
        ..Settings::default()
    }
}

/// Sends the request to a fresh stub with these models and compares its answer with the recording, for
/// each version that was recorded.
pub async fn check(recording: &str, preset: &[&str], call: Call) {
    check_after(recording, preset, &[], call).await;
}

/// The same, after other requests.
pub async fn check_after(recording: &str, preset: &[&str], before: &[Call], call: Call) {
    let mut checked = 0;
    for (version, folder) in VERSIONS {
        let Some(recorded) = Seen::recorded_by(folder, recording) else {
            continue;
        };
        let store = tempfile::tempdir().expect("a folder");
        let faults = Faults::instant();
        let stub = Stub::with(store.path(), preset, faults, settings(version)).await;
        for call in before {
            text(stub.send(call).await).await;
        }
        let answer = Seen::answered_in(stub.send(&call).await, store.path()).await;
        assert_eq!(answer, recorded, "\n{folder}/{recording}");
        checked += 1;
    }
    assert!(checked > 0, "{recording} is not among the recordings");
}
