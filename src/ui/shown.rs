//! What foreign text may do to a terminal: nothing. A server, a registry, a process's name or a file of a
//! repository may say anything.

use std::borrow::Cow;

/// The text without what a terminal would obey: control characters but for line ends and tabs, sequences that
/// an escape begins, and marks that change the direction of writing. Colours, which are ours, stay.
pub(super) fn shown(text: &str) -> Cow<'_, str> {
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(is_obeyed) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match sequence(rest) {
            Some(length) if is_colour(&rest[..length]) => {
                out.push_str(&rest[..length]);
                rest = &rest[length..];
            }
            Some(length) => rest = &rest[length..],
            None => {
                let mut after = rest.chars();
                after.next();
                rest = after.as_str();
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn is_obeyed(c: char) -> bool {
    let is_direction =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    is_direction || (c.is_control() && !matches!(c, '\n' | '\t'))
}

/// How long the escape sequence is with which the text begins, where it does: `ESC [ … letter`, or
/// `ESC ] … BEL` and the like, which end with the text at the latest.
fn sequence(text: &str) -> Option<usize> {
    let rest = text.strip_prefix('\u{1b}')?;
    let end = match rest.chars().next() {
        Some('[') => rest[1..]
            .find(|c| ('\u{40}'..='\u{7e}').contains(&c))
            .map(|at| at + 2),
        Some(']' | 'P' | 'X' | '^' | '_') => rest.find(['\u{7}', '\\']).map(|at| at + 1),
        _ => Some(0),
    };
    Some(1 + end.unwrap_or(rest.len()))
}

/// One of the sequences that [`super::Paint`] and [`super::Prefixes`] write.
fn is_colour(sequence: &str) -> bool {
    let codes = sequence
        .strip_prefix("\u{1b}[")
        .and_then(|rest| rest.strip_suffix('m'));
    codes.is_some_and(|codes| {
        codes
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b';')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_obeys_nothing_but_colours() {
        let cases = [
            ("as it is\n\tä…", "as it is\n\tä…"),
            ("\u{1b}[32mok\u{1b}[0m", "\u{1b}[32mok\u{1b}[0m"),
            ("\u{1b}]0;title\u{7}a\u{1b}[2Jb\u{1b}[1;1Hc", "abc"),
            ("a\u{9b}2Jb\rc\u{8}", "a2Jbc"),
            ("\u{202e}evil\u{2066}", "evil"),
            ("open \u{1b}]8;;http://x", "open "),
            ("end\u{1b}", "end"),
        ];
        for (text, wanted) in cases {
            assert_eq!(shown(text), wanted, "{text:?}");
        }
        assert!(matches!(shown("plain"), Cow::Borrowed(_)));
    }
}
