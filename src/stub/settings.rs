//! Ollama's own settings, as far as the stub obeys them.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::TimeDelta;

use super::Version;
use super::environment::{self, is_off};
use super::keep_alive::{self, KeepAlive};

/// What Ollama reads from its environment, and which Ollama is imitated. [`Settings::from_env`] reads
/// the variable named at each field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `OLLAMACTL_STUB_VERSION`: the version that is imitated. Default v0.33.0-rc2.
    pub version: Version,
    /// `OLLAMA_ORIGINS`: allowed besides the built-in origins, parted by commas; `*` stands for
    /// anything.
    pub origins: Vec<String>,
    /// `OLLAMA_KEEP_ALIVE`: how long a model stays loaded, where a request does not say. Default 5
    /// minutes.
    pub keep_alive: KeepAlive,
    /// `OLLAMA_LOAD_TIMEOUT`: how long a load may take. Default 5 minutes.
    pub load_timeout: Duration,
    /// `OLLAMA_MAX_QUEUE`: how many requests may wait while another one loads a model. Default 512.
    pub max_queue: usize,
    /// `OLLAMA_NOPRUNE=1` keeps the partial downloads that a start removes when they are older than an
    /// hour.
    pub prune: bool,
    /// `OLLAMA_NO_CLOUD=1`: ollama.com is not asked, so that the log has no warnings of that.
    pub no_cloud: bool,
    /// The variables that Ollama repeats in the first line of its log, as far as they are set.
    pub environment: BTreeMap<&'static str, String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            version: Version::default(),
            origins: Vec::new(),
            keep_alive: KeepAlive::For(TimeDelta::minutes(5)),
            load_timeout: Duration::from_mins(5),
            max_queue: 512,
            prune: true,
            no_cloud: false,
            environment: BTreeMap::new(),
        }
    }
}

impl Settings {
    /// From the process environment.
    pub fn from_env() -> Self {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    /// From any source of variables. What cannot be read counts as not set.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let given = |name: &str| {
            let value = lookup(name)?;
            let value = value.trim().trim_matches(['"', '\'']).to_owned();
            (!value.is_empty()).then_some(value)
        };
        let is_on = |name: &str| given(name).is_some_and(|value| !is_off(&value));
        let default = Self::default();
        let version = given("OLLAMACTL_STUB_VERSION");
        let version = version.map_or(default.version, |text| Version::parse(&text));
        Self {
            version,
            environment: environment::read(version, &lookup),
            origins: given("OLLAMA_ORIGINS").map_or_else(Vec::new, |list| {
                list.split(',')
                    .map(|origin| origin.trim().to_owned())
                    .collect()
            }),
            keep_alive: given("OLLAMA_KEEP_ALIVE")
                .and_then(|text| keep_alive::from_text(&text))
                .unwrap_or(default.keep_alive),
            load_timeout: given("OLLAMA_LOAD_TIMEOUT")
                .and_then(|text| keep_alive::from_text(&text))
                .map_or(default.load_timeout, KeepAlive::time),
            max_queue: given("OLLAMA_MAX_QUEUE")
                .and_then(|text| text.parse().ok())
                .unwrap_or(default.max_queue),
            prune: !is_on("OLLAMA_NOPRUNE"),
            no_cloud: is_on("OLLAMA_NO_CLOUD"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_set_their_fields() {
        let settings = Settings::from_lookup(|name| {
            let value = match name {
                "OLLAMACTL_STUB_VERSION" => "0.24.0",
                "OLLAMA_ORIGINS" => "https://app.example.com, x://*",
                "OLLAMA_KEEP_ALIVE" => "-1",
                "OLLAMA_LOAD_TIMEOUT" => "4s",
                "OLLAMA_MAX_QUEUE" => "soon",
                "OLLAMA_NOPRUNE" => "1",
                "OLLAMA_NO_CLOUD" => "false",
                _ => return None,
            };
            Some(value.to_owned())
        });
        let expected = Settings {
            version: Version::V0_24,
            origins: vec!["https://app.example.com".to_owned(), "x://*".to_owned()],
            keep_alive: KeepAlive::For(keep_alive::FOR_EVER),
            load_timeout: Duration::from_secs(4),
            prune: false,
            environment: settings.environment.clone(),
            ..Settings::default()
        };
        assert_eq!(settings, expected);
    }
}
