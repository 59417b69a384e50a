//! Releases of compose, as far as they differ in what they write on containers.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// What a release of compose hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Up to 2.29.2: all but what says how to build and how many to run.
    A,
    /// 2.30 to 2.40: also without dependencies and profiles.
    B,
    /// From 5.0: also without `create_host_path: true`, which is the default there. Known from compose's
    /// source alone: no release of it has been run beside this one, as those of the others are.
    C,
}

impl Dialect {
    /// All of them. A container whose label equals any is current.
    pub const ALL: [Self; 3] = [Self::A, Self::B, Self::C];

    /// The dialect of a compose release, by the `version` label of what it made (`2.26.1`,
    /// `v2.40.3`, `2.26.1-4`).
    pub fn of_version(version: &str) -> Option<Self> {
        let mut numbers = version.trim_start_matches('v').split(['.', '-', '+']);
        let mut number = || numbers.next()?.parse::<u32>().ok();
        match (number()?, number()?) {
            (..2, _) | (2, ..30) => Some(Self::A),
            (2..5, _) => Some(Self::B),
            _ => Some(Self::C),
        }
    }
}

/// A release of compose whose work ours is like: it decides what the labels `version`, `config-hash`
/// and `replace` hold, and how the canonical model is printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release(String);

impl Default for Release {
    /// One that is widely spread.
    fn default() -> Self {
        Self("2.40.3".to_owned())
    }
}

impl Release {
    /// The first of these `version` labels that is a release's.
    pub fn first_of<'a>(mut labels: impl Iterator<Item = &'a str>) -> Option<Self> {
        labels.find_map(|label| label.parse().ok())
    }

    /// What it hashes.
    pub fn dialect(&self) -> Dialect {
        Dialect::of_version(&self.0).unwrap_or(Dialect::B)
    }

    /// The value of the `version` label.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it mounts volumes and plain folders as `Binds`, and only what has options as `Mounts`. Earlier
    /// releases did so only for folders that the engine makes where they are missing.
    pub fn prefers_binds(&self) -> bool {
        self.is_at_least(2, 35)
    }

    /// Whether its client writes capabilities in upper case, with their prefix, and sorted.
    pub fn writes_capabilities_in_full(&self) -> bool {
        self.is_at_least(2, 34)
    }

    /// Whether it hands the options of a reserved device over.
    pub fn passes_device_options(&self) -> bool {
        self.is_at_least(2, 30)
    }

    /// It is this release or a newer one.
    pub fn is_at_least(&self, major: u32, minor: u32) -> bool {
        let mut numbers = self
            .0
            .trim_start_matches('v')
            .split('.')
            .map_while(|part| part.parse().ok());
        (numbers.next(), numbers.next()) >= (Some(major), Some(minor))
    }
}

impl FromStr for Release {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match Dialect::of_version(text) {
            Some(_) => Ok(Self(text.to_owned())),
            None => Err(Error::usage(format!(
                "{text:?} is no release of docker compose: write 2.26.1 or 2.40.3"
            ))),
        }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dialects_follow_versions() {
        for (version, dialect) in [
            ("2.26.1", Dialect::A),
            ("v2.29.2", Dialect::A),
            ("2.26.1-4", Dialect::A),
            ("1.29.2", Dialect::A),
            ("2.30.2", Dialect::B),
            ("2.40.3+ds1", Dialect::B),
            ("5.0.0", Dialect::C),
        ] {
            assert_eq!(Dialect::of_version(version), Some(dialect), "{version}");
        }
        assert_eq!(Dialect::of_version("dev"), None);
    }

    #[test]
    fn a_release_is_known_by_its_numbers() {
        let release: Release = "v2.26.1-4".parse().expect("a release");
        assert_eq!(release.dialect(), Dialect::A);
        assert!(release.is_at_least(2, 26) && !release.is_at_least(2, 31));
        let error = "newest".parse::<Release>().expect_err("no release");
        assert!(error.message.contains("newest"), "{error}");
        let found = Release::first_of(["dev", "2.30.2"].into_iter());
        assert_eq!(found.expect("found").as_str(), "2.30.2");
    }
}
