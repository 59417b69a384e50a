//! JSON that cannot be read, in Go's words.

use serde_json::Value;

/// What Go says of the text that this error is about.
pub(super) fn error(text: &[u8], error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "unexpected EOF".to_owned();
    }
    let said = error.to_string();
    let place = [
        (
            "key must be a string",
            "looking for beginning of object key string",
        ),
        ("expected value", "looking for beginning of value"),
        ("expected ident", "in literal"),
        ("expected `,` or `}`", "after object key:value pair"),
        ("expected `,` or `]`", "after array element"),
        ("expected `:`", "after object key"),
        ("trailing characters", "after top-level value"),
    ];
    let place = place.iter().find(|(ours, _)| said.starts_with(ours));
    match (place, character(text, error)) {
        (Some((_, place)), Some(found)) => format!("invalid character '{found}' {place}"),
        _ => said,
    }
}

/// The character that could not be read.
fn character(text: &[u8], error: &serde_json::Error) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    let line = text.split('\n').nth(error.line().checked_sub(1)?)?;
    let found = line.get(error.column().checked_sub(1)?..)?.chars().next()?;
    Some(found.to_string())
}

/// What Go calls the type of a value.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_gos() {
        for (text, said) in [
            ("{\"model\":", "unexpected EOF"),
            (
                "{not",
                "invalid character 'n' looking for beginning of object key string",
            ),
            ("nope", "invalid character 'o' in literal"),
            ("{\"a\" 1}", "invalid character '1' after object key"),
            (
                "{\"a\":1 2}",
                "invalid character '2' after object key:value pair",
            ),
            ("[1 2]", "invalid character '2' after array element"),
            ("x", "invalid character 'x' looking for beginning of value"),
        ] {
            let error = serde_json::from_str::<Value>(text).expect_err(text);
            assert_eq!(super::error(text.as_bytes(), &error), said, "{text}");
        }
    }
}
