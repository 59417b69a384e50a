//! What is wrong in a configuration file, for the person who mends it: file, line, column, key, and what
//! to write instead.

use std::path::Path;

use crate::error::Error;

/// A key and one that was meant are at least so alike, from 0 to 1.
const ALIKE: f64 = 0.75;

/// The parser's error, retold.
pub(super) fn retold(path: &Path, content: &str, error: &serde_yaml::Error) -> Error {
    let text = without_value(twice(error.to_string()));
    let (place, text) = match error.location() {
        Some(at) => {
            let (line, column) = (at.line(), at.column());
            let told = format!(" at line {line} column {column}");
            (format!(":{line}:{column}"), text.replace(&told, ""))
        }
        None => (String::new(), text),
    };
    let start = format!("{}{place}", path.display());
    match Unknown::find(&text) {
        Some(unknown) => unknown.error(&start),
        None if has_tab(content) => Error::usage(format!("{start}: {text}"))
            .hint("indent with spaces: YAML takes no tabs there"),
        // No command shows the settings while one of them is wrong.
        None => Error::usage(format!("{start}: {text}")).hint("correct it there, or leave it out"),
    }
}

/// Serde repeats a text that stands where it does not belong. A long one, or one of several lines, is no slip of
/// the pen: it may be a key or a password, or the file another one than was meant. Nor is a variable.
fn without_value(text: String) -> String {
    const LONGEST: usize = 40;
    let Some((before, rest)) = text.split_once("string \"") else {
        return text;
    };
    match rest.rsplit_once('"') {
        Some((value, after)) if value.len() > LONGEST || value.contains(['=', '\\']) => {
            format!("{before}a text{after}")
        }
        _ => text,
    }
}

/// Serde's word for a key that is there twice, in words for people.
fn twice(text: String) -> String {
    match text.split_once("duplicate field `") {
        Some((before, rest)) => match rest.split_once('`') {
            Some((key, after)) => format!("{before}the key {key} is there twice{after}"),
            None => text,
        },
        None => text,
    }
}

/// Whether a line begins with a tab, alone or after spaces.
fn has_tab(content: &str) -> bool {
    let indented = |line: &str| line.trim_start_matches(' ').starts_with('\t');
    content.lines().any(indented)
}

/// A key that does not exist.
struct Unknown<'a> {
    section: Option<&'a str>,
    key: &'a str,
    known: Vec<&'a str>,
}

impl<'a> Unknown<'a> {
    /// Reads serde's sentence: ``backend: unknown field `hots`, expected one of `mode`, `host` ``.
    fn find(text: &'a str) -> Option<Self> {
        let (before, rest) = text.split_once("unknown field `")?;
        let (key, expected) = rest.split_once('`')?;
        Some(Self {
            section: before.trim_end().strip_suffix(':'),
            key,
            known: expected.split('`').skip(1).step_by(2).collect(),
        })
    }

    fn error(&self, start: &str) -> Error {
        let error = Error::usage(format!("{start}: there is no key {}", self.full(self.key)));
        let known = self.known.iter();
        let likenesses = known.map(|known| (strsim::jaro_winkler(self.key, known), *known));
        let best = likenesses.max_by(|one, other| one.0.total_cmp(&other.0));
        match best {
            Some((likeness, known)) if likeness >= ALIKE => {
                error.hint(format!("did you mean {}?", self.full(known)))
            }
            _ => error.hint(match self.section {
                Some(section) => format!("keys of {section}: {}", self.known.join(", ")),
                None => format!("keys: {}", self.known.join(", ")),
            }),
        }
    }

    fn full(&self, key: &str) -> String {
        match self.section {
            Some(section) => format!("{section}.{key}"),
            None => key.to_owned(),
        }
    }
}
