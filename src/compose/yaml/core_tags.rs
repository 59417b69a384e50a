//! `!!binary` and `!!timestamp`, which Go's YAML library acts on, and the Rust one takes for text: they
//! are read under names of our own, as long as theirs, so that every place in the text stays what it is.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::node::Node;
use super::time;

/// YAML's tag, and what it is read as.
const RENAMED: [(&str, &str); 2] = [("!!binary", "!.binary"), ("!!timestamp", "!.timestamp")];

/// The text with these tags under our names.
pub(super) fn renamed(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    for (theirs, ours) in RENAMED {
        if text.contains(theirs) && !text.contains(ours) {
            text = Cow::Owned(text.replace(theirs, ours));
        }
    }
    text
}

/// A string in which such a word was no tag, as it was written.
pub(super) fn restored(text: &str) -> String {
    RENAMED
        .iter()
        .fold(text.to_owned(), |text, (theirs, ours)| {
            text.replace(ours, theirs)
        })
}

/// What a value with this tag stands for; `None` for other tags, the reason for a value that is not as
/// the tag says.
pub(super) fn resolve(tag: &str, value: &Node) -> Option<Result<Node, String>> {
    let text = value.scalar();
    match tag.trim_start_matches('!') {
        ".binary" => Some(
            text.and_then(|text| decoded(&text))
                .map(Node::Text)
                .ok_or_else(|| "what is marked as !!binary is not base64 of a text".to_owned()),
        ),
        ".timestamp" => Some(
            text.and_then(|text| match value {
                Node::Time(time) => Some(*time),
                _ => time::parse(&text),
            })
            .map(Node::Time)
            .ok_or_else(|| "what is marked as !!timestamp is no date".to_owned()),
        ),
        _ => None,
    }
}

/// Base64 over several lines, as texts in files are.
fn decoded(text: &str) -> Option<String> {
    let joined = text.replace(['\r', '\n'], "");
    String::from_utf8(STANDARD.decode(joined).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::yaml;

    fn value(text: &str) -> Node {
        let mut documents = yaml::parse(text).expect("valid");
        documents.remove(0).as_map().expect("a mapping")["a"].clone()
    }

    #[test]
    fn values_are_what_their_tag_says() {
        for text in [
            "a: !!binary aGVsbG8=",
            "a: !!binary \"aGVsbG8=\"",
            "a: &x !!binary aGVsbG8=",
            "a: !!binary |\n  aGVs\n  bG8=\n",
        ] {
            assert_eq!(value(text), Node::Text("hello".into()), "{text}");
        }
        for text in ["a: !!timestamp 2001-01-31", "a: !!timestamp '2001-01-31'"] {
            let time = value(text);
            assert_eq!(
                time.scalar().as_deref(),
                Some("2001-01-31 00:00:00 +0000 UTC")
            );
        }
    }

    #[test]
    fn words_that_are_no_tag_stay() {
        let text = "a: 'use !!binary here' # and !!timestamp there\nb: !!binary aGVsbG8=";
        assert_eq!(value(text), Node::Text("use !!binary here".into()));
        assert_eq!(value("a: 'x !.binary'"), Node::Text("x !.binary".into()));
    }

    #[test]
    fn a_value_that_is_not_so_is_refused() {
        for (text, reason) in [
            ("a: !!binary '@@@'", "base64"),
            ("a: !!binary /w==", "base64"),
            ("a: !!timestamp soon", "no date"),
        ] {
            let broken = yaml::parse(text).expect_err("refused");
            assert!(broken.message.contains(reason), "{}", broken.message);
        }
    }
}
