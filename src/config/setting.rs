//! A value and where it came from.

use std::fmt;
use std::path::PathBuf;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A command-line flag or argument.
    Flag(&'static str),
    /// An environment variable.
    Environment(&'static str),
    /// Compose's `.env`.
    EnvFile,
    /// The repository's `ollamactl.yaml`, or the user's file.
    File(PathBuf),
    /// Built in.
    Default,
}

impl Source {
    /// Whether it was said for this one call, as against what is written down or built in.
    pub fn is_of_this_call(&self) -> bool {
        matches!(self, Self::Flag(_) | Self::Environment(_))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => f.write_str(name),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::EnvFile => f.write_str(".env"),
            Self::File(path) => path.display().fmt(f),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A resolved setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value that counts.
    pub value: T,
    /// Where it came from.
    pub source: Source,
}

impl<T> Setting<T> {
    /// A built-in value.
    pub fn default(value: T) -> Self {
        Self {
            value,
            source: Source::Default,
        }
    }

    /// Name, printed value and source.
    pub(super) fn entry(
        &self,
        name: &'static str,
        print: impl FnOnce(&T) -> String,
    ) -> (&'static str, String, &Source) {
        (name, print(&self.value), &self.source)
    }
}
