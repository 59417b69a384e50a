//! A value that a JSON schema allows: what a structured answer and the arguments of a tool call are.

use serde_json::{Map, Value, json};

/// How deep a value may nest; schemas may refer to themselves.
const DEPTH: usize = 8;

/// The same value for the same schema: the smallest that fits, where the schema says what fits.
pub(super) fn value(schema: &Value) -> Value {
    Sampler { root: schema }.value(schema, DEPTH)
}

struct Sampler<'a> {
    root: &'a Value,
}

impl Sampler<'_> {
    fn value(&self, schema: &Value, depth: usize) -> Value {
        if depth == 0 {
            return Value::Null;
        }
        if let Some(name) = schema["$ref"].as_str() {
            let target = name
                .strip_prefix('#')
                .and_then(|path| self.root.pointer(path));
            return target.map_or(Value::Null, |target| self.value(target, depth - 1));
        }
        if let Some(fixed) = schema.get("const") {
            return fixed.clone();
        }
        if let Some(first) = schema["enum"].get(0) {
            return first.clone();
        }
        for choice in ["anyOf", "oneOf", "allOf"] {
            if let Some(first) = schema[choice].get(0) {
                return self.value(first, depth - 1);
            }
        }
        match kind(schema) {
            "object" => self.object(schema, depth),
            "array" => self.array(schema, depth),
            "integer" => number(schema).map_or(json!(1), |least| json!(whole(least.ceil()))),
            "number" => json!(number(schema).unwrap_or(1.0)),
            "boolean" => json!(true),
            "null" => Value::Null,
            _ => json!(text(schema)),
        }
    }

    fn object(&self, schema: &Value, depth: usize) -> Value {
        let properties = schema["properties"].as_object();
        let members = properties.into_iter().flatten();
        let members = members.map(|(name, schema)| (name.clone(), self.value(schema, depth - 1)));
        Value::Object(members.collect::<Map<_, _>>())
    }

    fn array(&self, schema: &Value, depth: usize) -> Value {
        let least = schema["minItems"].as_u64().unwrap_or(1);
        let most = schema["maxItems"].as_u64().unwrap_or(u64::MAX);
        let count = usize::try_from(least.max(1).min(most)).unwrap_or(1);
        let item = self.value(&schema["items"], depth - 1);
        json!(vec![item; count])
    }
}

/// The type that a schema asks for; the first of several.
fn kind(schema: &Value) -> &str {
    let given = match &schema["type"] {
        Value::Array(kinds) => kinds.first().and_then(Value::as_str),
        given => given.as_str(),
    };
    match given {
        Some(kind) => kind,
        None if schema.get("properties").is_some() => "object",
        None if schema.get("items").is_some() => "array",
        None => "string",
    }
}

/// The least number that is allowed, where there is a limit.
fn number(schema: &Value) -> Option<f64> {
    let above = schema["exclusiveMinimum"].as_f64().map(|limit| limit + 1.0);
    let least = schema["minimum"].as_f64().or(above);
    let most = schema["maximum"].as_f64();
    least.or(most.map(|most| most.min(1.0)))
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "a schema's limit, for a made-up value"
)]
fn whole(number: f64) -> i64 {
    number as i64
}

/// A text of the format or the length that is asked for.
fn text(schema: &Value) -> String {
    let text = match schema["format"].as_str() {
        Some("date-time") => "2026-01-01T00:00:00Z",
        Some("date") => "2026-01-01",
        Some("time") => "00:00:00Z",
        Some("email") => "stub@example.com",
        Some("uri" | "url") => "https://example.com/stub",
        Some("uuid") => "00000000-0000-4000-8000-000000000000",
        _ => "stub",
    };
    let limit = |name: &str| schema[name].as_u64().and_then(|n| usize::try_from(n).ok());
    let (least, most) = (limit("minLength"), limit("maxLength"));
    let length = text
        .len()
        .max(least.unwrap_or(0))
        .min(most.unwrap_or(usize::MAX));
    text.chars().cycle().take(length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_fits_its_schema() {
        let schema = json!({
            "$defs": {"Size": {"enum": ["small", "large"]}},
            "type": "object",
            "properties": {
                "name": {"type": "string", "minLength": 6},
                "age": {"type": "integer", "minimum": 18},
                "size": {"$ref": "#/$defs/Size"},
                "tags": {"type": "array", "items": {"type": "string"}, "minItems": 2},
                "born": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
                "alive": {"type": ["boolean", "null"]},
                "share": {"type": "number", "maximum": 0.5},
            },
        });
        let expected = json!({
            "name": "stubst", "age": 18, "size": "small", "tags": ["stub", "stub"],
            "born": "2026-01-01", "alive": true, "share": 0.5,
        });
        assert_eq!(value(&schema), expected);
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        let schema = json!({
            "type": "object",
            "properties": {"next": {"$ref": "#"}, "value": {"type": "integer"}},
        });
        assert_eq!(value(&schema)["next"]["next"]["value"], 1);
    }
}
