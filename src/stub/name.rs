//! Model names: `[host/][namespace/]model[:tag]`.

use std::fmt;
use std::path::PathBuf;

const HOST: &str = "registry.ollama.ai";
const NAMESPACE: &str = "library";
const TAG: &str = "latest";

/// A complete model name. Names are compared without case, and kept as they were given.
#[derive(Debug, Clone)]
pub(super) struct Name {
    pub(super) host: String,
    pub(super) namespace: String,
    pub(super) model: String,
    pub(super) tag: String,
}

impl Name {
    /// Parses a name and fills in the defaults; `None` where Ollama says that it is invalid.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut schemes = ["http://", "https://"].into_iter();
        let bare = schemes.find_map(|scheme| text.strip_prefix(scheme));
        let text = bare.unwrap_or(text);
        let (path, tag) = match text.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') => (path, tag),
            _ => (text, TAG),
        };
        let mut parts = path.rsplitn(3, '/');
        let model = parts.next()?;
        let namespace = parts.next().unwrap_or(NAMESPACE);
        let host = parts.next().unwrap_or(HOST);
        let valid = [model, namespace, tag]
            .iter()
            .all(|part| is_part(part, 80, ""))
            && is_part(host, 350, ":");
        valid.then(|| Self {
            host: host.to_owned(),
            namespace: namespace.to_owned(),
            model: model.to_owned(),
            tag: tag.to_owned(),
        })
    }

    /// From the four folders of a manifest.
    pub(super) fn from_parts(parts: [&str; 4]) -> Option<Self> {
        let [host, namespace, model, tag] = parts;
        Self::parse(&format!("{host}/{namespace}/{model}:{tag}"))
    }

    /// The manifest's place below `manifests`.
    pub(super) fn path(&self) -> PathBuf {
        [&self.host, &self.namespace, &self.model, &self.tag]
            .iter()
            .collect()
    }

    /// The same name in lower case.
    pub(super) fn to_lowercase(&self) -> Self {
        Self {
            host: self.host.to_ascii_lowercase(),
            namespace: self.namespace.to_ascii_lowercase(),
            model: self.model.to_ascii_lowercase(),
            tag: self.tag.to_ascii_lowercase(),
        }
    }

    /// The name in full.
    pub(super) fn full(&self) -> String {
        format!(
            "{}/{}/{}:{}",
            self.host, self.namespace, self.model, self.tag
        )
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.full().eq_ignore_ascii_case(&other.full())
    }
}

/// As Ollama lists it: without the default host and namespace, always with the tag.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host != HOST {
            write!(f, "{}/{}/", self.host, self.namespace)?;
        } else if self.namespace != NAMESPACE {
            write!(f, "{}/", self.namespace)?;
        }
        write!(f, "{}:{}", self.model, self.tag)
    }
}

fn is_part(part: &str, longest: usize, more: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    part.len() <= longest
        && part.starts_with(word)
        && part
            .chars()
            .all(|c| word(c) || matches!(c, '-' | '.') || more.contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_completed_and_shortened() {
        for (text, full, short) in [
            (
                "tiny",
                "registry.ollama.ai/library/tiny:latest",
                "tiny:latest",
            ),
            ("Tiny:1B", "registry.ollama.ai/library/Tiny:1B", "Tiny:1B"),
            ("me/x", "registry.ollama.ai/me/x:latest", "me/x:latest"),
            ("h:25000/a/b:c", "h:25000/a/b:c", "h:25000/a/b:c"),
            ("http://h:25000/a/b:c", "h:25000/a/b:c", "h:25000/a/b:c"),
        ] {
            let name = Name::parse(text).expect(text);
            assert_eq!(
                (name.full().as_str(), name.to_string().as_str()),
                (full, short)
            );
        }
    }

    #[test]
    fn case_does_not_matter() {
        assert_eq!(Name::parse("TINY:8b-q6_K"), Name::parse("tiny:8b-q6_k"));
    }

    #[test]
    fn hostile_names_are_invalid() {
        for bad in [
            "",
            "bad name!",
            "../x",
            "a/../b",
            "x:",
            ":x",
            "-x",
            "a/b/c/d/e",
            "x\u{0}",
        ] {
            assert_eq!(Name::parse(bad), None, "{bad:?}");
        }
    }
}
