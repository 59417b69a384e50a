//! The grammar of `.env` and `env_file`: what compose accepts, which is more than a shell does.

use std::collections::{BTreeMap, BTreeSet};

use crate::compose::files::interpolate::Interpolation;

/// Variables in a file; `None`: named without a value, to be inherited.
pub(in crate::compose) type Variables = BTreeMap<String, Option<String>>;

/// A fault in a file: line, counted from 1, and what is wrong.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// Line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

/// Reads a file. Variables in its values are looked up with `lookup`, then among those above, then among
/// those of earlier files; those that were needed and not found are returned as well.
pub(in crate::compose) fn parse(
    text: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
    earlier: &Variables,
) -> Result<(Variables, BTreeSet<String>), Fault> {
    let text = text
        .strip_prefix('\u{feff}')
        .unwrap_or(text)
        .replace("\r\n", "\n");
    let mut variables = Variables::new();
    let mut unset = BTreeSet::new();
    let mut rest = text.as_str();
    while let Some(start) = statement(rest) {
        let line = text[..text.len() - start.len()].matches('\n').count() + 1;
        let fault = |reason: String| Fault { line, reason };
        let (key, separator, after) = key(start).map_err(fault)?;
        if !separator {
            variables.insert(key.to_owned(), lookup(key));
            rest = after;
            continue;
        }
        let of = |file: &Variables, name: &str| file.get(name).cloned().flatten();
        let known = |name: &str| {
            let above = || of(&variables, name).or_else(|| of(earlier, name));
            lookup(name).or_else(above)
        };
        let (value, after) = value(after, &known, &mut unset)
            .map_err(|reason| fault(format!("value of `{key}`: {reason}")))?;
        variables.insert(key.to_owned(), Some(value));
        rest = after;
    }
    Ok((variables, unset))
}

/// Reads a file whose values are taken as they stand, `format: raw`.
pub(super) fn parse_raw(text: &str) -> Result<Variables, Fault> {
    let mut variables = Variables::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) = match line.split_once('=') {
            Some((key, value)) => (key, Some(value.to_owned())),
            None => (line, None),
        };
        let reason = match key {
            "" => "has no name before the `=`".to_owned(),
            key if key.contains([' ', '\t']) => format!("key `{key}` contains a space"),
            _ => {
                variables.insert(key.to_owned(), value);
                continue;
            }
        };
        let line = index + 1;
        return Err(Fault { line, reason });
    }
    Ok(variables)
}

/// Skips blank lines and comments.
fn statement(mut text: &str) -> Option<&str> {
    loop {
        text = text.trim_start();
        if text.is_empty() {
            return None;
        }
        if !text.starts_with('#') {
            return Some(text);
        }
        text = text.split_once('\n').map_or("", |(_, rest)| rest);
    }
}

/// The key, whether a value follows, and what is left.
fn key(text: &str) -> Result<(&str, bool, &str), String> {
    let text = match text.strip_prefix("export") {
        Some(rest) if rest.starts_with([' ', '\t']) => rest.trim_start_matches([' ', '\t']),
        _ => text,
    };
    let end = text.find(['=', ':', '\n']).unwrap_or(text.len());
    let key = text[..end].trim();
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '[' | ']');
    if let Some(strange) = key.chars().find(|c| !allowed(*c)) {
        return Err(match strange {
            ' ' | '\t' => format!("key `{key}` contains a space"),
            _ => format!("key `{key}` contains `{strange}`"),
        });
    }
    if key.is_empty() {
        return Err("a value without a key".to_owned());
    }
    let separator = text[end..].starts_with(['=', ':']);
    Ok((key, separator, text.get(end + 1..).unwrap_or_default()))
}

/// The value, and what is left after it.
fn value<'t>(
    text: &'t str,
    lookup: &dyn Fn(&str) -> Option<String>,
    unset: &mut BTreeSet<String>,
) -> Result<(String, &'t str), String> {
    let text = text.trim_start_matches([' ', '\t']);
    let mut expand = |text: &str| {
        let mut interpolation = Interpolation::new(lookup);
        let expanded = interpolation.text(text);
        unset.extend(interpolation.unset());
        expanded
    };
    let Some(quote @ ('\'' | '"')) = text.chars().next() else {
        let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
        return Ok((expand(without_comment(line).trim_end())?, rest));
    };
    let (inner, rest) =
        quoted(&text[1..], quote).ok_or_else(|| format!("the quote {quote} is not closed"))?;
    let inner = if quote == '"' {
        expand(&unescape(inner))?
    } else {
        inner.to_owned()
    };
    Ok((inner, rest))
}

/// Splits at the closing quote, which has no backslash in front.
fn quoted(text: &str, quote: char) -> Option<(&str, &str)> {
    let mut escaped = false;
    for (index, c) in text.char_indices() {
        if c == quote && !escaped {
            return Some((&text[..index], &text[index + 1..]));
        }
        escaped = c == '\\' && !escaped;
    }
    None
}

/// Cuts a comment, which begins with a `#` after a space.
fn without_comment(line: &str) -> &str {
    line.match_indices('#')
        .find(|(index, _)| *index == 0 || line[..*index].ends_with([' ', '\t']))
        .map_or(line, |(index, _)| &line[..index])
}

/// Replaces the escapes of double quotes. An escaped dollar sign is left to interpolation.
fn unescape(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        if c != '\\' {
            result.push(c);
            continue;
        }
        match characters.next() {
            Some('n') => result.push('\n'),
            Some('r') => result.push('\r'),
            Some('t') => result.push('\t'),
            Some('$') => result.push_str("$$"),
            Some(other @ ('"' | '\\' | '\'')) => result.push(other),
            Some(other) => result.extend(['\\', other]),
            None => result.push('\\'),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(name: &str) -> Option<String> {
        (name == "OS").then(|| "outer".to_owned())
    }

    fn one(text: &str) -> Option<String> {
        parse(text, &lookup, &Variables::new())
            .expect("valid")
            .0
            .remove("K")
            .expect("K is there")
    }

    #[test]
    fn values() {
        for (text, value) in [
            ("K=v", "v"),
            ("export K=v", "v"),
            ("K: v", "v"),
            ("K = v ", "v"),
            ("K=", ""),
            ("K=a # comment", "a"),
            ("K=a#b", "a#b"),
            ("K=#c", ""),
            ("K='a # b'", "a # b"),
            ("K='$OS'", "$OS"),
            ("K=\"$OS\"", "outer"),
            ("K=${OS}-x", "outer-x"),
            ("K=${NO:-d}", "d"),
            ("A=1\nK=$A", "1"),
            ("K=\"a\\nb\"", "a\nb"),
            ("K='a\\nb'", "a\\nb"),
            ("K=\"a\nb\"", "a\nb"),
            ("K=\"a\\\"b\"", "a\"b"),
            ("K=\"\\$OS\"", "$OS"),
            ("K=a=b", "a=b"),
            ("K=\"a\" # c", "a"),
            ("\u{feff}K=v", "v"),
            ("# x\n\n  K=v\r\nL=w", "v"),
            ("K=1\nK=2", "2"),
            ("K=llama3.1:8b-instruct-q6_K", "llama3.1:8b-instruct-q6_K"),
        ] {
            assert_eq!(one(text).as_deref(), Some(value), "{text:?}");
        }
    }

    #[test]
    fn bare_keys_inherit() {
        let (variables, unset) =
            parse("OS\nNO\nA.B-c=1\nZ=$NO", &lookup, &Variables::new()).expect("valid");
        assert_eq!(unset.into_iter().collect::<Vec<_>>(), ["NO"]);
        assert_eq!(variables["OS"].as_deref(), Some("outer"));
        assert_eq!(variables["NO"], None);
        assert_eq!(variables["A.B-c"].as_deref(), Some("1"));
    }

    #[test]
    fn faults_name_line_and_key() {
        for (text, line, says) in [
            ("A=1\nB C=2", 2, "`B C` contains a space"),
            ("\n\n=x", 3, "without a key"),
            ("A=1\nK='x", 2, "`K`: the quote ' is not closed"),
            ("K=${OS", 1, "`K`: invalid variable"),
            ("K!=1", 1, "contains `!`"),
        ] {
            let fault = parse(text, &lookup, &Variables::new()).expect_err(text);
            assert!(fault.reason.contains(says), "{}", fault.reason);
            assert_eq!(fault.line, line, "{text}");
        }
    }

    #[test]
    fn raw_files_are_taken_as_they_stand() {
        let variables = parse_raw("# c\nA='x' # y\nB=$OS\n\nC\n").expect("valid");
        assert_eq!(variables["A"].as_deref(), Some("'x' # y"));
        assert_eq!(variables["B"].as_deref(), Some("$OS"));
        assert_eq!(variables["C"], None);
        for (text, line) in [("A=1\nexport B=2", 2), ("=1", 1)] {
            assert_eq!(parse_raw(text).expect_err(text).line, line);
        }
    }
}
