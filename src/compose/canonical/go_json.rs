//! JSON as Go's encoder writes it: what compose hashes and prints.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// The value's JSON on one line.
pub(in crate::compose) fn print(value: &impl Serialize) -> String {
    let mut bytes = Vec::new();
    value
        .serialize(&mut Serializer::with_formatter(&mut bytes, Go))
        .expect("the model has no value that JSON cannot hold");
    String::from_utf8(bytes).expect("JSON is UTF-8")
}

/// Go escapes what HTML would interpret, and prints whole floats without a point.
struct Go;

impl Formatter for Go {
    fn write_f32<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f32) -> io::Result<()> {
        write!(writer, "{value}")
    }

    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(index) = rest.find(['<', '>', '&', '\u{2028}', '\u{2029}']) {
            writer.write_all(&rest.as_bytes()[..index])?;
            let special = rest[index..].chars().next().unwrap_or_default();
            write!(writer, "\\u{:04x}", u32::from(special))?;
            rest = &rest[index + special.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_gos() {
        #[derive(Serialize)]
        struct Value {
            text: &'static str,
            whole: f32,
            part: f32,
        }
        let value = Value {
            text: "a<b>&\"ü\u{2028}\n",
            whole: 2.0,
            part: 0.1,
        };
        let wanted = r#"{"text":"a\u003cb\u003e\u0026\"ü\u2028\n","whole":2,"part":0.1}"#;
        assert_eq!(print(&value), wanted);
    }
}
