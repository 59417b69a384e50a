//! How fast the stub is, and what goes wrong in it, set by environment variables.

use std::time::Duration;

/// Pace and faults. [`Faults::from_env`] reads the variable named at each field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults {
    /// `OLLAMACTL_STUB_DISCOVERY_MS`: time from listening until HTTP is answered; connects succeed in
    /// between, and requests hang. Default 0.
    pub discovery: Duration,
    /// `OLLAMACTL_STUB_LOAD_MS`: time that loading a model takes. Default 0.
    pub load: Duration,
    /// `OLLAMACTL_STUB_TOKEN_MS`: pause before each token. Default 5.
    pub token_pause: Duration,
    /// `OLLAMACTL_STUB_ROUND_TRIP_MS`: time until the first byte of each blob of a pull. Default 70.
    pub round_trip: Duration,
    /// `OLLAMACTL_STUB_PULL_RATE`: bytes per second of a pull, at least 1. Default 96 MiB, with which
    /// an 8b model takes about a second.
    pub pull_rate: u64,
    /// `OLLAMACTL_STUB_PULL_STALL_AT`: a blob stands still for ever at this byte.
    pub pull_stall_at: Option<u64>,
    /// `OLLAMACTL_STUB_PULL_CUT_AT`: the stream ends at this byte of a blob, in good order but without
    /// `success`.
    pub pull_cut_at: Option<u64>,
    /// `OLLAMACTL_STUB_PULL_ERROR`: pulls end with this error, inside the stream with status 200.
    pub pull_error: Option<String>,
    /// `OLLAMACTL_STUB_FAULTY_PULLS`: how many pulls the three faults above hit. Default: all.
    pub faulty_pulls: u64,
    /// `OLLAMACTL_STUB_IGNORE_SIGTERM=1`: SIGTERM and SIGINT do nothing.
    pub ignore_sigterm: bool,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            discovery: Duration::ZERO,
            load: Duration::ZERO,
            token_pause: Duration::from_millis(5),
            round_trip: Duration::from_millis(70),
            pull_rate: 96 << 20,
            pull_stall_at: None,
            pull_cut_at: None,
            pull_error: None,
            faulty_pulls: u64::MAX,
            ignore_sigterm: false,
        }
    }
}

impl Faults {
    /// No pauses at all: what a test wants that does not look at pace.
    pub fn instant() -> Self {
        Self {
            token_pause: Duration::ZERO,
            round_trip: Duration::ZERO,
            pull_rate: u64::MAX,
            ..Self::default()
        }
    }

    /// From the process environment.
    pub fn from_env() -> Self {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    /// From any source of variables. A value that is not a number counts as not set.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let number = |name: &str| lookup(name)?.trim().parse::<u64>().ok();
        let millis = |name: &str, default| number(name).map_or(default, Duration::from_millis);
        let default = Self::default();
        Self {
            discovery: millis("OLLAMACTL_STUB_DISCOVERY_MS", default.discovery),
            load: millis("OLLAMACTL_STUB_LOAD_MS", default.load),
            token_pause: millis("OLLAMACTL_STUB_TOKEN_MS", default.token_pause),
            round_trip: millis("OLLAMACTL_STUB_ROUND_TRIP_MS", default.round_trip),
            pull_rate: number("OLLAMACTL_STUB_PULL_RATE").map_or(default.pull_rate, |n| n.max(1)),
            pull_stall_at: number("OLLAMACTL_STUB_PULL_STALL_AT"),
            pull_cut_at: number("OLLAMACTL_STUB_PULL_CUT_AT"),
            pull_error: lookup("OLLAMACTL_STUB_PULL_ERROR").filter(|text| !text.is_empty()),
            faulty_pulls: number("OLLAMACTL_STUB_FAULTY_PULLS").unwrap_or(default.faulty_pulls),
            ignore_sigterm: lookup("OLLAMACTL_STUB_IGNORE_SIGTERM")
                .is_some_and(|value| !matches!(value.as_str(), "" | "0" | "false")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_set_their_fields() {
        let faults = Faults::from_lookup(|name| {
            let value = match name {
                "OLLAMACTL_STUB_DISCOVERY_MS" => "3000",
                "OLLAMACTL_STUB_PULL_STALL_AT" => "1024",
                "OLLAMACTL_STUB_PULL_RATE" => "0",
                "OLLAMACTL_STUB_TOKEN_MS" => "soon",
                "OLLAMACTL_STUB_IGNORE_SIGTERM" => "1",
                _ => return None,
            };
            Some(value.to_owned())
        });
        let expected = Faults {
            discovery: Duration::from_secs(3),
            pull_stall_at: Some(1024),
            pull_rate: 1,
            ignore_sigterm: true,
            ..Faults::default()
        };
        assert_eq!(faults, expected);
    }
}
