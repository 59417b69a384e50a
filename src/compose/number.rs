//! Numbers as Go's YAML library reads them and Go prints them.

use super::node::Node;

/// What a plain scalar is to Go and is not to the Rust library: a number (`017`, `08`, `1_000`,
/// `0b11`), or a date, which prints with its time. `None` for everything else.
pub(super) fn resolve(text: &str) -> Option<Node> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return None;
    }
    if let Ok(date) = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(Node::Text(format!("{date} 00:00:00 +0000 UTC")));
    }
    let digits = text.replace('_', "");
    let (negative, magnitude) = match digits.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, digits.strip_prefix('+').unwrap_or(&digits)),
    };
    let whole = based(magnitude).map(|value| if negative { -value } else { value });
    whole
        .map(Node::Int)
        .or_else(|| float(&digits).map(Node::Float))
}

/// A whole number with Go's prefixes: `0x`, `0o`, `0b`, and `0` for octal.
fn based(text: &str) -> Option<i128> {
    let lower = text.to_ascii_lowercase();
    let (digits, radix) = if let Some(digits) = lower.strip_prefix("0x") {
        (digits, 16)
    } else if let Some(digits) = lower.strip_prefix("0b") {
        (digits, 2)
    } else if let Some(digits) = lower.strip_prefix("0o") {
        (digits, 8)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (&lower[1..], 8)
    } else {
        (lower.as_str(), 10)
    };
    let unsigned = digits.starts_with(|c: char| c.is_ascii_alphanumeric());
    unsigned
        .then(|| u64::from_str_radix(digits, radix).ok().map(i128::from))
        .flatten()
}

/// A decimal number with an optional exponent.
fn float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let shaped = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && unsigned
            .bytes()
            .all(|b| b.is_ascii_digit() || b".eE+-".contains(&b));
    shaped.then(|| text.parse().ok()).flatten()
}

/// Go's `%v` of a float: the shortest digits, with an exponent below 1e-04 and from 1e+06.
pub(super) fn print(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "NaN".to_owned()
        } else {
            format!("{}Inf", if value < 0.0 { '-' } else { '+' })
        };
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if value == 0.0 || (-4..EXPONENT_FROM).contains(&exponent) {
        return value.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// Go prints floats of this decimal exponent and above in scientific notation.
const EXPONENT_FROM: i32 = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_go_takes_for_a_number_is_one() {
        for (text, number) in [
            ("017", Node::Int(15)),
            ("-017", Node::Int(-15)),
            ("08", Node::Float(8.0)),
            ("1_000", Node::Int(1000)),
            ("0b11", Node::Int(3)),
            ("0x_ff", Node::Int(255)),
            ("1_0.5", Node::Float(10.5)),
        ] {
            assert_eq!(resolve(text), Some(number), "{text}");
        }
        for text in [
            "", "-", ".", "10.0.0.1", "1:30", "0x", "12ab", "--1", "_1", "1e", "e1",
        ] {
            assert_eq!(resolve(text), None, "{text}");
        }
    }

    #[test]
    fn floats_print_as_go_prints_them() {
        for (value, printed) in [
            (1.1, "1.1"),
            (8.0, "8"),
            (0.0, "0"),
            (123_456.0, "123456"),
            (1_000_000.0, "1e+06"),
            (12_345_678.9, "1.23456789e+07"),
            (0.0001, "0.0001"),
            (0.000_01, "1e-05"),
            (-2.5, "-2.5"),
            (f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(print(value), printed);
        }
    }
}
