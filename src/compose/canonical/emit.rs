//! YAML as Go's library writes it, so that a canonical model reads like `docker compose config`: two
//! spaces of indentation, sequences indented, plain text where it means the same text.

use std::fmt::Write as _;

use super::tree::Tree;
use crate::compose::yaml::number;
use crate::compose::yaml::scalar;

/// The document, with a line end.
pub(in crate::compose) fn document(tree: &Tree) -> String {
    let mut text = String::new();
    match tree {
        Tree::Map(_) | Tree::List(_) => block(&mut text, tree, 0),
        _ => text.push_str(&scalar(tree, 0)),
    }
    text.truncate(text.trim_end_matches('\n').len());
    text.push('\n');
    text
}

/// A mapping or sequence that is not empty, its first line already indented.
fn block(text: &mut String, tree: &Tree, indent: usize) {
    let mut first = true;
    let mut begin = |text: &mut String| {
        if !std::mem::take(&mut first) {
            let _ = write!(text, "{:indent$}", "");
        }
    };
    match tree {
        Tree::Map(entries) => {
            for (key, value) in entries {
                begin(text);
                let _ = write!(text, "{}:", quoted(key, indent, true));
                nested(text, value, indent);
            }
        }
        Tree::List(values) => {
            for value in values {
                begin(text);
                text.push('-');
                if is_block(value) {
                    text.push(' ');
                    block(text, value, indent + 2);
                } else {
                    let _ = writeln!(text, " {}", scalar(value, indent));
                }
            }
        }
        _ => {}
    }
}

/// The value of a key.
fn nested(text: &mut String, value: &Tree, indent: usize) {
    if is_block(value) {
        let _ = write!(text, "\n{:width$}", "", width = indent + 2);
        block(text, value, indent + 2);
    } else {
        let _ = writeln!(text, " {}", scalar(value, indent));
    }
}

fn is_block(tree: &Tree) -> bool {
    match tree {
        Tree::Map(entries) => !entries.is_empty(),
        Tree::List(values) => !values.is_empty(),
        _ => false,
    }
}

fn scalar(tree: &Tree, indent: usize) -> String {
    match tree {
        Tree::Null => "null".to_owned(),
        Tree::Bool(value) => value.to_string(),
        Tree::Number(value) => match value.as_f64() {
            Some(float) if value.is_f64() => number::print(float),
            _ => value.to_string(),
        },
        Tree::Text(text) => quoted(text, indent, false),
        Tree::List(_) => "[]".to_owned(),
        Tree::Map(_) => "{}".to_owned(),
    }
}

/// The text in the first style that keeps it: plain, literal, single quotes, double quotes.
fn quoted(text: &str, indent: usize, is_key: bool) -> String {
    let shape = Shape::of(text);
    if text.contains('\n') && !is_key && shape.literal {
        return literal(text, indent);
    }
    if means_another(text) || text.contains('\n') || !(shape.plain || shape.single) {
        return double_quoted(text);
    }
    if shape.plain {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

/// In which styles a text keeps its meaning: the rules of libyaml's analysis of scalars.
struct Shape {
    plain: bool,
    single: bool,
    literal: bool,
}

impl Shape {
    fn of(text: &str) -> Self {
        let space_then_break = text.contains(" \n");
        let special = text.chars().any(|c| !is_printable(c));
        let breaks = text.contains(['\n', '\u{2028}', '\u{2029}']);
        let spaces = text.starts_with(' ') || text.ends_with(' ');
        let awkward = space_then_break || text.contains('\t') || special;
        Self {
            plain: !(breaks || spaces || awkward || has_indicator(text)),
            single: !(awkward || text.contains("\n ")),
            literal: !(space_then_break || special || text.ends_with(' ')),
        }
    }
}

/// A character that YAML would read as a mark where it stands.
fn has_indicator(text: &str) -> bool {
    if text.starts_with("---") || text.starts_with("...") {
        return true;
    }
    let characters: Vec<char> = text.chars().collect();
    characters.iter().enumerate().any(|(index, c)| {
        let before_blank = characters
            .get(index + 1)
            .is_none_or(|next| matches!(next, ' ' | '\t' | '\n'));
        match c {
            '#' => index == 0 || matches!(characters[index - 1], ' ' | '\t' | '\n'),
            ':' => before_blank,
            '?' | '-' => index == 0 && before_blank,
            ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@'
            | '`' => index == 0,
            _ => false,
        }
    })
}

/// What libyaml prints as it is: the basic plane without controls.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | '\t' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
        && c != '\u{feff}'
}

/// Plain, it would be read as something else than this text: a number, a date, nothing.
fn means_another(text: &str) -> bool {
    const WORDS: [&str; 13] = [
        "~", "null", "true", "false", "y", "n", "yes", "no", "on", "off", ".nan", ".inf", "-.inf",
    ];
    let lower = text.to_ascii_lowercase();
    let capital = lower.get(..1).map(str::to_ascii_uppercase);
    let cased = text == lower
        || text == lower.to_ascii_uppercase()
        || capital.is_some_and(|first| text == format!("{first}{}", &lower[1..]));
    text.is_empty()
        || (cased && (WORDS.contains(&lower.as_str()) || lower == "+.inf"))
        || scalar::resolve(text).is_some()
        || is_sexagesimal(text)
}

/// `12:30:45`, which YAML 1.1 takes for a number of base 60.
fn is_sexagesimal(text: &str) -> bool {
    let mut parts = text.strip_prefix(['+', '-']).unwrap_or(text).split(':');
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let head = parts
        .next()
        .is_some_and(|part| part.starts_with(|c: char| c.is_ascii_digit()) && digits(part));
    let rest: Vec<&str> = parts.collect();
    let minute = |part: &str| {
        matches!(part.len(), 1..=2) && part.parse::<u8>().is_ok_and(|number| number < 60)
    };
    let Some((last, middle)) = rest.split_last() else {
        return false;
    };
    let (whole, fraction) = last.split_once('.').unwrap_or((last, ""));
    head && middle.iter().all(|part| minute(part)) && minute(whole) && digits(fraction)
}

/// `|`, with what tells apart how the text begins and ends.
fn literal(text: &str, indent: usize) -> String {
    let hint = if text.starts_with([' ', '\n']) {
        "2"
    } else {
        ""
    };
    let body = text.trim_end_matches('\n');
    let chomping = match text.len() - body.len() {
        0 => "-",
        1 if !body.is_empty() => "",
        _ => "+",
    };
    let mut shown = format!("|{hint}{chomping}");
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        shown.push('\n');
        if !line.is_empty() {
            let _ = write!(shown, "{:width$}{line}", "", width = indent + 2);
        }
    }
    shown
}

fn double_quoted(text: &str) -> String {
    let mut shown = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                shown.push('\\');
                shown.push(c);
            }
            c if is_printable(c) && !matches!(c, '\n' | '\t' | '\u{2028}' | '\u{2029}') => {
                shown.push(c);
            }
            c => shown.push_str(&escape(c)),
        }
    }
    shown.push('"');
    shown
}

fn escape(c: char) -> String {
    let short = match c {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '\u{85}' => 'N',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        c => {
            return match u32::from(c) {
                code @ ..=0xff => format!("\\x{code:02X}"),
                code @ ..=0xffff => format!("\\u{code:04X}"),
                code => format!("\\U{code:08X}"),
            };
        }
    };
    format!("\\{short}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts and how compose 2.40 prints them as values of `environment`.
    #[test]
    fn texts_are_quoted_as_go_quotes_them() {
        for (text, shown) in [
            ("x", "x"),
            ("", "\"\""),
            ("# c", "'# c'"),
            ("a: b", "'a: b'"),
            ("a #b", "'a #b'"),
            ("'q'", "'''q'''"),
            (" lead", "' lead'"),
            ("-", "'-'"),
            ("-x", "-x"),
            ("0,1", "0,1"),
            ("80", "\"80\""),
            ("1_000", "\"1_000\""),
            ("0.5.3", "0.5.3"),
            ("12:30:45", "\"12:30:45\""),
            ("1000:1000", "1000:1000"),
            ("2001-01-01", "\"2001-01-01\""),
            ("Off", "\"Off\""),
            ("oFF", "oFF"),
            ("+Inf", "+Inf"),
            ("1e400", "1e400"),
            ("2001-01-01 1:2:3 +1", "2001-01-01 1:2:3 +1"),
            ("tab\there", "\"tab\\there\""),
            ("\u{2028}", "'\u{2028}'"),
            ("\u{2028}\t", "\"\\L\\t\""),
            ("a\r\nb", "\"a\\r\\nb\""),
            ("\u{1f600}", "\"\\U0001F600\""),
            ("é", "é"),
        ] {
            assert_eq!(quoted(text, 0, false), shown, "{text:?}");
        }
    }

    #[test]
    fn lines_are_literal() {
        for (text, shown) in [
            ("a\nb\n", "|\n  a\n  b"),
            ("a\nb", "|-\n  a\n  b"),
            ("  a\nb", "|2-\n    a\n  b"),
            ("\n\nx", "|2-\n\n\n  x"),
            ("x \ny", "\"x \\ny\""),
        ] {
            assert_eq!(quoted(text, 0, false), shown, "{text:?}");
        }
    }
}
