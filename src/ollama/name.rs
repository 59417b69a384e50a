//! Model names: `[host/][namespace/]model[:tag]`.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

const DEFAULT_HOST: &str = "registry.ollama.ai";
const DEFAULT_NAMESPACE: &str = "library";
const DEFAULT_TAG: &str = "latest";

/// A checked model name. Compares as Ollama compares: with defaults filled in and without case.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(into = "String")]
pub struct ModelName {
    /// Registry, as written or the default one.
    pub host: String,
    /// Namespace, as written or `library`.
    pub namespace: String,
    /// The model.
    pub model: String,
    /// Tag, as written or `latest`.
    pub tag: String,
    text: String,
}

impl ModelName {
    /// The name as the user wrote it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The name as Ollama lists it: with the tag, also where the user wrote none.
    pub fn with_tag(&self) -> String {
        let last = self.text.rsplit('/').next().unwrap_or_default();
        if last.contains(':') {
            self.text.clone()
        } else {
            format!("{}:{}", self.text, self.tag)
        }
    }

    /// Whether its registry is on this machine. Such a one is asked without TLS, as container engines do.
    pub fn has_local_registry(&self) -> bool {
        self.host.starts_with("127.") || self.host.starts_with("localhost")
    }

    fn key(&self) -> [String; 4] {
        [&self.host, &self.namespace, &self.model, &self.tag].map(|part| part.to_lowercase())
    }

    /// Whether this text, as `/api/tags` gives it, means the same model.
    pub fn means(&self, text: &str) -> bool {
        text.parse::<Self>().is_ok_and(|other| &other == self)
    }
}

impl PartialEq for ModelName {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for ModelName {}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<ModelName> for String {
    fn from(name: ModelName) -> Self {
        name.text
    }
}

impl FromStr for ModelName {
    type Err = Error;

    /// Checks the name before anything is sent: parts are `[A-Za-z0-9_][A-Za-z0-9_.-]*`, at most 80
    /// characters; the host at most 350, and may hold a port.
    fn from_str(text: &str) -> Result<Self> {
        let bad = |why: &str| {
            Err(Error::usage(format!("{text:?} is not a model name: {why}"))
                .hint("a name looks like llama3.1:8b-instruct-q6_K or host/namespace/model:tag"))
        };
        if text.contains("://") {
            return bad("it is a URL");
        }
        let (path, last) = text
            .rsplit_once('/')
            .map_or((None, text), |(path, last)| (Some(path), last));
        let (model, tag) = last.split_once(':').unwrap_or((last, DEFAULT_TAG));
        let (host, namespace) = match path.map(|path| path.rsplit_once('/').unwrap_or(("", path))) {
            None => (DEFAULT_HOST, DEFAULT_NAMESPACE),
            Some(("", namespace)) => (DEFAULT_HOST, namespace),
            Some((host, namespace)) => (host, namespace),
        };
        if !is_part(host, 350, ".-:") {
            return bad("the registry host has characters that no host has");
        }
        for (part, what) in [(namespace, "namespace"), (model, "model"), (tag, "tag")] {
            if !is_part(part, 80, ".-") {
                return bad(&format!(
                    "the {what} must start with a letter, digit or _, go on with those, dots or dashes, and have 1 to 80 characters"
                ));
            }
        }
        Ok(Self {
            host: host.to_owned(),
            namespace: namespace.to_owned(),
            model: model.to_owned(),
            tag: tag.to_owned(),
            text: text.to_owned(),
        })
    }
}

fn is_part(part: &str, longest: usize, also: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    part.len() <= longest
        && part.chars().next().is_some_and(word)
        && part.chars().all(|c| word(c) || also.contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn defaults_are_filled_in_and_case_does_not_count() {
        let name: ModelName = "Llama3.1".parse().expect("a name");
        assert!(name.means("llama3.1:latest"));
        assert!(name.means("registry.ollama.ai/library/llama3.1"));
        assert!(!name.means("llama3.1:8b"));
        let other: ModelName = "127.0.0.1:25000/library/tiny:1".parse().expect("a name");
        assert_eq!(
            (other.host.as_str(), other.tag.as_str()),
            ("127.0.0.1:25000", "1")
        );
    }

    #[test]
    fn hostile_names_are_usage_errors() {
        let long = "a".repeat(81);
        for text in [
            "",
            ":",
            "a:",
            "../x",
            "a/../b",
            "http://127.0.0.1/x",
            "bad name!",
            "a\nb",
            "a\u{1b}[2J",
            "-x",
            "a//b",
            "/a",
            long.as_str(),
        ] {
            let error = text.parse::<ModelName>().expect_err(text);
            assert_eq!(error.kind, Kind::Usage, "{text:?}");
        }
    }
}
