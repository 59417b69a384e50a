//! `.dockerignore`, by the engine's rules (moby/patternmatcher): one pattern per line, relative to the
//! context's root; `*`, `?` and `[…]` stay within a path's part and `**` crosses them; a pattern also
//! covers what is below what it matches; `!` takes back; the last pattern that matches decides.

use regex::Regex;

use crate::error::{Context as _, Error, Kind, Result};

/// The patterns of one file.
#[derive(Debug, Default)]
pub(super) struct Ignore {
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
struct Pattern {
    matcher: Matcher,
    /// The path's parts before the first wildcard, joined.
    literal: String,
    takes_back: bool,
}

/// How a pattern is compared with a path.
#[derive(Debug)]
enum Matcher {
    /// Without wildcards.
    Exact(String),
    /// `name**`: what begins so.
    Begins(String),
    /// `**name`, even within a part: `**.md`.
    Ends(String),
    /// Anything else.
    Regex(Regex),
}

impl Matcher {
    fn is_match(&self, path: &str) -> bool {
        match self {
            Self::Exact(text) => path == text,
            Self::Begins(text) => path.starts_with(text.as_str()),
            Self::Ends(text) => {
                path.ends_with(text.as_str()) || text.strip_prefix('/') == Some(path)
            }
            Self::Regex(regex) => regex.is_match(path),
        }
    }
}

impl Ignore {
    /// Reads patterns; `name` is the file's, for errors.
    pub(super) fn parse(text: &str, name: &str) -> Result<Self> {
        let text = text.trim_start_matches('\u{feff}');
        let lines = text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.starts_with('#'));
        let patterns = lines.filter_map(|(index, line)| {
            let pattern = pattern(line.trim()).transpose()?;
            Some(pattern.context(Kind::Usage, || {
                format!("{name}:{}: not a pattern: {line}", index + 1)
            }))
        });
        Ok(Self {
            patterns: patterns.collect::<Result<_>>()?,
        })
    }

    /// The path, relative to the context and separated by `/`, stays out.
    pub(super) fn excludes(&self, path: &str) -> bool {
        let mut excluded = false;
        for pattern in &self.patterns {
            // A pattern that could only say again what holds need not be tried.
            if pattern.takes_back == excluded && pattern.covers(path) {
                excluded = !pattern.takes_back;
            }
        }
        excluded
    }

    /// Something below this excluded folder may be taken back, so it has to be entered.
    pub(super) fn may_take_back_below(&self, folder: &str) -> bool {
        let below = |path: &str, folder: &str| {
            path.strip_prefix(folder)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let mut negations = self.patterns.iter().filter(|pattern| pattern.takes_back);
        negations.any(|pattern| {
            let literal = pattern.literal.as_str();
            literal.is_empty() || below(literal, folder) || below(folder, literal)
        })
    }
}

impl Pattern {
    /// The pattern matches the path or a folder that it is in.
    fn covers(&self, path: &str) -> bool {
        let ends = path
            .match_indices('/')
            .map(|(end, _)| end)
            .chain([path.len()]);
        ends.into_iter()
            .any(|end| self.matcher.is_match(&path[..end]))
    }
}

fn pattern(line: &str) -> Result<Option<Pattern>> {
    let (takes_back, line) = match line.strip_prefix('!') {
        Some("") => return Err(Error::usage("`!` takes nothing back")),
        Some(rest) => (true, rest.trim()),
        None => (false, line),
    };
    let path = clean(line);
    if path.is_empty() {
        return Ok(None);
    }
    let literal: Vec<&str> = path
        .split('/')
        .take_while(|part| !part.contains(['*', '?', '[', '\\']))
        .collect();
    Ok(Some(Pattern {
        matcher: compile(&path)?,
        literal: literal.join("/"),
        takes_back,
    }))
}

/// The path without `.`, empty parts and outer slashes; `..` undoes the part before it. The root itself
/// becomes empty.
fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Reads a pattern as moby does, oddities included: `**` in the middle stands for whole parts, at the
/// beginning of a pattern without other wildcards for anything.
fn compile(pattern: &str) -> Result<Matcher> {
    let mut regex = String::from("^");
    let mut matcher = Matcher::Exact(pattern.to_owned());
    let mut wild = false;
    let mut rest = pattern.chars().peekable();
    let mut first = true;
    while let Some(char) = rest.next() {
        match char {
            '*' if rest.next_if_eq(&'*').is_some() => {
                rest.next_if_eq(&'/');
                if rest.peek().is_none() {
                    regex.push_str(".*");
                    wild |= !matches!(matcher, Matcher::Exact(_));
                    matcher = Matcher::Begins(pattern[..pattern.len() - 2].to_owned());
                } else {
                    regex.push_str("(.*/)?");
                    wild |= !first;
                }
                if first {
                    matcher = Matcher::Ends(pattern[2..].to_owned());
                }
            }
            '*' => {
                regex.push_str("[^/]*");
                wild = true;
            }
            '?' => {
                regex.push_str("[^/]");
                wild = true;
            }
            '[' | ']' => {
                regex.push(char);
                wild = true;
            }
            '\\' => {
                let escaped = rest
                    .next()
                    .ok_or_else(|| Error::usage("ends with a backslash"))?;
                regex.push_str(&regex::escape(escaped.encode_utf8(&mut [0; 4])));
                wild = true;
            }
            '.' | '+' | '(' | ')' | '|' | '{' | '}' | '$' => regex.extend(['\\', char]),
            // `-` and `^` keep their meaning within a class.
            other => regex.push(other),
        }
        first = false;
    }
    if !wild {
        return Ok(matcher);
    }
    regex.push('$');
    let compiled = Regex::new(&regex).map_err(|_| Error::usage("not a pattern"))?;
    Ok(Matcher::Regex(compiled))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The paths that the patterns leave in.
    fn kept<'a>(patterns: &str, paths: &[&'a str]) -> Vec<&'a str> {
        let ignore = Ignore::parse(patterns, ".dockerignore").expect("parses");
        paths
            .iter()
            .copied()
            .filter(|path| !ignore.excludes(path))
            .collect()
    }

    #[test]
    fn a_pattern_covers_what_is_below_and_is_rooted() {
        assert_eq!(
            kept(
                "# note\n\n  node_modules/ \n/dist\n",
                &["node_modules/a/b", "sub/node_modules", "dist", "src"]
            ),
            ["sub/node_modules", "src"]
        );
    }

    #[test]
    fn a_star_stays_within_a_part_and_two_cross() {
        assert_eq!(kept("*.md", &["a.md", "docs/a.md"]), ["docs/a.md"]);
        assert_eq!(kept("**/*.md", &["a.md", "docs/a.md", "a.mdx"]), ["a.mdx"]);
        assert_eq!(kept("**.pyc", &["a.pyc", "x/y/a.pyc", "a.py"]), ["a.py"]);
        assert_eq!(kept("a/**/z", &["a/z", "a/b/c/z", "a/zz"]), ["a/zz"]);
        assert_eq!(
            kept("foo**bar", &["foobar", "foo/x/bar", "foo/bax"]),
            ["foo/bax"]
        );
        assert_eq!(kept("fo**r", &["foobar", "fo/o/r"]), ["foobar"]);
        assert_eq!(kept("**bar", &["foobar", "bar", "x/bar"]), [""; 0]);
        assert_eq!(kept("**/bar", &["foobar", "bar", "x/bar"]), ["foobar"]);
        assert_eq!(kept("foo**", &["foobar", "foo/x", "fo"]), ["fo"]);
        assert_eq!(kept("*/foo/**", &["a/foo/x", "foo/x"]), ["foo/x"]);
        assert_eq!(kept("**", &["a", "b/c"]), [""; 0]);
    }

    #[test]
    fn dots_lead_where_they_lead() {
        assert_eq!(
            kept("../x\n./a/../b\n/../c", &["x", "a", "b", "c"]),
            ["x", "a"]
        );
        assert_eq!(kept(".\n/\n..", &["a"]), ["a"]);
    }

    #[test]
    fn the_last_match_decides() {
        let patterns = "*\n!src\nsrc/secret\n!src/secret/public";
        assert_eq!(
            kept(
                patterns,
                &["README", "src/a", "src/secret/key", "src/secret/public/x"]
            ),
            ["src/a", "src/secret/public/x"]
        );
    }

    #[test]
    fn braces_are_plain_and_classes_are_not() {
        assert_eq!(kept("{a,b}", &["a", "{a,b}"]), ["a"]);
        assert_eq!(
            kept("[ab]?.txt", &["ax.txt", "cx.txt", "a.txt"]),
            ["cx.txt", "a.txt"]
        );
        assert_eq!(kept("[!f]oo", &["foo", "!oo", "boo"]), ["boo"]);
        assert_eq!(kept("[^f]oo", &["foo", "boo"]), ["foo"]);
        assert_eq!(kept("[a-c]x", &["bx", "-x", "dx"]), ["-x", "dx"]);
        assert_eq!(kept("\\[a\\]\n\\#b", &["[a]", "a", "#b"]), ["a"]);
    }

    #[test]
    fn an_excluded_folder_is_entered_only_for_what_may_be_taken_back() {
        let ignore = Ignore::parse("*\n!src/**/*.rs\n!docs/a", "x").expect("parses");
        assert!(ignore.may_take_back_below("src") && ignore.may_take_back_below("src/deep"));
        assert!(ignore.may_take_back_below("docs"));
        assert!(!ignore.may_take_back_below("target") && !ignore.may_take_back_below("srcs"));
    }

    #[test]
    fn a_bad_pattern_is_named_with_its_line() {
        let error = Ignore::parse("ok\n[a\n", "x/.dockerignore").expect_err("unclosed");
        assert_eq!(error.message, "x/.dockerignore:2: not a pattern: [a");
    }
}
