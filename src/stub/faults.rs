//! How fast the stub is, and what goes wrong in it, set by environment variables.

use std::path::PathBuf;
use std::time::Duration;

use super::environment::is_off;

/// Pace and faults. [`Faults::from_env`] reads the variable named at each field; times are
/// milliseconds, switches are on with any value but `0` and `false`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults {
    /// `OLLAMACTL_STUB_START_MS`: time from the start of the process until it catches signals and
    /// binds its port; SIGTERM kills it until then. Default 0.
    pub start: Duration,
    /// `OLLAMACTL_STUB_DISCOVERY_MS`: time from listening until HTTP is answered; connects succeed in
    /// between, and requests hang. Default 0.
    pub discovery: Duration,
    /// `OLLAMACTL_STUB_LOAD_MS`: time that loading a model takes. Default 0.
    pub load: Duration,
    /// `OLLAMACTL_STUB_BUSY=1`: requests for inference are refused with 503, queue full.
    pub busy: bool,
    /// `OLLAMACTL_STUB_TOKEN_MS`: pause before each token. Default 5.
    pub token_pause: Duration,
    /// `OLLAMACTL_STUB_REPEAT`: how often an answer repeats its last token. v0.24.0 breaks an answer off
    /// after 31 equal tokens in a row, without a last line. Default 0.
    pub repeat: usize,
    /// How pulls go.
    pub pull: PullFaults,
    /// `OLLAMACTL_STUB_CRASH_MS`: time from listening until the process ends by itself, leaving its
    /// runners behind. Default: it does not.
    pub crash: Option<Duration>,
    /// `OLLAMACTL_STUB_CRASH_CODE`: exit code of a crash. Default 2, that of a Go panic.
    pub crash_code: u8,
    /// `OLLAMACTL_STUB_CRASH_ONCE`: a file that a crash makes; where it is there already, nothing
    /// crashes.
    pub crash_once: Option<PathBuf>,
    /// `OLLAMACTL_STUB_IGNORE_SIGTERM=1`: SIGTERM and SIGINT do nothing.
    pub ignore_sigterm: bool,
    /// `OLLAMACTL_STUB_END_MS`: time from SIGTERM or SIGINT until the process ends; its port stays
    /// taken, and connects succeed, but nothing is answered. Default 0.
    pub end: Duration,
    /// `OLLAMACTL_STUB_LEAVE_RUNNERS=1`: SIGTERM and SIGINT leave the runners behind.
    pub leave_runners: bool,
}

/// How fast pulls are, and what goes wrong in them. A fault with a byte hits blobs larger than that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullFaults {
    /// `OLLAMACTL_STUB_ROUND_TRIP_MS`: time until the first byte of each blob. Default 70.
    pub round_trip: Duration,
    /// `OLLAMACTL_STUB_PULL_RATE`: bytes per second, at least 1. Default 96 MiB, with which an 8b model
    /// takes about a second.
    pub rate: u64,
    /// `OLLAMACTL_STUB_PULL_STALL_AT`: a blob stands still at this byte; its line is repeated.
    pub stall_at: Option<u64>,
    /// `OLLAMACTL_STUB_PULL_STALL_MS`: after so long a stalled blob starts again from its first byte and
    /// then goes through, as Ollama does it after 30 s. Default: never.
    pub stall: Option<Duration>,
    /// `OLLAMACTL_STUB_PULL_LOST_AT`: at this byte of a blob the registry is gone; after six tries the
    /// pull ends with `max retries exceeded: …`.
    pub lost_at: Option<u64>,
    /// `OLLAMACTL_STUB_PULL_RETRY_MS`: pause after the first of those tries; it doubles each time.
    /// Default 1000, as in Ollama, which makes 63 s in all.
    pub retry: Duration,
    /// `OLLAMACTL_STUB_PULL_CUT_AT`: the stream ends at this byte of a blob, in good order but without
    /// `success`.
    pub cut_at: Option<u64>,
    /// `OLLAMACTL_STUB_PULL_DISK_FULL_AT`: at this byte of a blob the disk is full, and stays so until
    /// its partial file is removed.
    pub disk_full_at: Option<u64>,
    /// `OLLAMACTL_STUB_PULL_BAD_DIGEST=1`: the weights that arrive are not those of their digest.
    pub bad_digest: bool,
    /// `OLLAMACTL_STUB_PULL_ERROR`: pulls end with this error, inside the stream with status 200.
    pub error: Option<String>,
    /// `OLLAMACTL_STUB_FAULTY_PULLS`: how many pulls the faults above hit, the first ones of a process.
    /// Default: all.
    pub faulty: u64,
    /// `OLLAMACTL_STUB_REVISION`: tags moved: each number gives every model weights of its own.
    /// Default 0.
    pub revision: u64,
    /// `OLLAMACTL_STUB_TERM_PART`: what SIGTERM and SIGINT leave in the part files of running
    /// downloads. Default: what a SIGKILL leaves, which is the most frequent outcome of a race.
    pub part_after_term: PartAfterTerm,
}

/// What ends up in a part file when the server is told to end in mid-pull; with Ollama, chance decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PartAfterTerm {
    /// `kept`: what was in it; 0 for a download that began in this process.
    #[default]
    Kept,
    /// `count`: the bytes that have come.
    Count,
    /// `empty`: nothing, after which every pull of the blob ends with `EOF`.
    Empty,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            start: Duration::ZERO,
            discovery: Duration::ZERO,
            load: Duration::ZERO,
            busy: false,
            token_pause: Duration::from_millis(5),
            repeat: 0,
            pull: PullFaults::default(),
            crash: None,
            crash_code: 2,
            crash_once: None,
            ignore_sigterm: false,
            end: Duration::ZERO,
            leave_runners: false,
        }
    }
}

impl Default for PullFaults {
    fn default() -> Self {
        Self {
            round_trip: Duration::from_millis(70),
            rate: 96 << 20,
            stall_at: None,
            stall: None,
            lost_at: None,
            retry: Duration::from_secs(1),
            cut_at: None,
            disk_full_at: None,
            bad_digest: false,
            error: None,
            faulty: u64::MAX,
            revision: 0,
            part_after_term: PartAfterTerm::default(),
        }
    }
}

impl Faults {
    /// No pauses at all: what a test wants that does not look at pace.
    pub fn instant() -> Self {
        Self {
            token_pause: Duration::ZERO,
            pull: PullFaults {
                round_trip: Duration::ZERO,
                rate: u64::MAX,
                ..PullFaults::default()
            },
            ..Self::default()
        }
    }

    /// From the process environment.
    pub fn from_env() -> Self {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    /// From any source of variables. A value that is not a number counts as not set.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let vars = Variables(&lookup);
        let default = Self::default();
        Self {
            start: vars.time("START_MS").unwrap_or(default.start),
            discovery: vars.time("DISCOVERY_MS").unwrap_or(default.discovery),
            load: vars.time("LOAD_MS").unwrap_or(default.load),
            busy: vars.switch("BUSY"),
            token_pause: vars.time("TOKEN_MS").unwrap_or(default.token_pause),
            repeat: vars
                .number("REPEAT")
                .and_then(|count| usize::try_from(count).ok())
                .unwrap_or(default.repeat),
            pull: PullFaults::from_variables(&vars),
            crash: vars.time("CRASH_MS"),
            crash_code: vars
                .number("CRASH_CODE")
                .and_then(|code| u8::try_from(code).ok())
                .unwrap_or(default.crash_code),
            crash_once: vars.text("CRASH_ONCE").map(PathBuf::from),
            ignore_sigterm: vars.switch("IGNORE_SIGTERM"),
            end: vars.time("END_MS").unwrap_or(default.end),
            leave_runners: vars.switch("LEAVE_RUNNERS"),
        }
    }
}

impl PullFaults {
    fn from_variables(vars: &Variables) -> Self {
        let default = Self::default();
        Self {
            round_trip: vars.time("ROUND_TRIP_MS").unwrap_or(default.round_trip),
            rate: vars.number("PULL_RATE").map_or(default.rate, |n| n.max(1)),
            stall_at: vars.number("PULL_STALL_AT"),
            stall: vars.time("PULL_STALL_MS"),
            lost_at: vars.number("PULL_LOST_AT"),
            retry: vars.time("PULL_RETRY_MS").unwrap_or(default.retry),
            cut_at: vars.number("PULL_CUT_AT"),
            disk_full_at: vars.number("PULL_DISK_FULL_AT"),
            bad_digest: vars.switch("PULL_BAD_DIGEST"),
            error: vars.text("PULL_ERROR"),
            faulty: vars.number("FAULTY_PULLS").unwrap_or(default.faulty),
            revision: vars.number("REVISION").unwrap_or(default.revision),
            part_after_term: match vars.text("TERM_PART").as_deref() {
                Some("count") => PartAfterTerm::Count,
                Some("empty") => PartAfterTerm::Empty,
                _ => PartAfterTerm::Kept,
            },
        }
    }
}

/// The variables whose names begin with `OLLAMACTL_STUB_`.
struct Variables<'a>(&'a dyn Fn(&str) -> Option<String>);

impl Variables<'_> {
    fn text(&self, name: &str) -> Option<String> {
        (self.0)(&format!("OLLAMACTL_STUB_{name}")).filter(|text| !text.is_empty())
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.text(name)?.trim().parse().ok()
    }

    fn time(&self, name: &str) -> Option<Duration> {
        self.number(name).map(Duration::from_millis)
    }

    fn switch(&self, name: &str) -> bool {
        self.text(name).is_some_and(|value| !is_off(&value))
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
                "OLLAMACTL_STUB_PULL_RATE" | "OLLAMACTL_STUB_LEAVE_RUNNERS" => "0",
                "OLLAMACTL_STUB_TOKEN_MS" => "soon",
                "OLLAMACTL_STUB_IGNORE_SIGTERM" => "1",
                "OLLAMACTL_STUB_TERM_PART" => "empty",
                "OLLAMACTL_STUB_CRASH_CODE" => "139",
                _ => return None,
            };
            Some(value.to_owned())
        });
        let expected = Faults {
            discovery: Duration::from_secs(3),
            pull: PullFaults {
                stall_at: Some(1024),
                rate: 1,
                part_after_term: PartAfterTerm::Empty,
                ..PullFaults::default()
            },
            crash_code: 139,
            ignore_sigterm: true,
            ..Faults::default()
        };
        assert_eq!(faults, expected);
    }
}
