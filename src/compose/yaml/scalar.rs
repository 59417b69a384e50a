//! What plain scalars are to Go's YAML library and are not to the Rust one.

use crate::compose::yaml::node::Node;
use crate::compose::yaml::time;

/// A number (`017`, `08`, `1_000`, `0b11`) or a date. `None` for everything else.
pub(in crate::compose) fn resolve(text: &str) -> Option<Node> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return None;
    }
    if let Some(time) = time::parse(text) {
        return Some(Node::Time(time));
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
    let number = || text.parse().ok().filter(|number: &f64| number.is_finite());
    shaped.then(number).flatten()
}

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
}
