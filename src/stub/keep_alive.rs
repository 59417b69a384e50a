//! `keep_alive`: how long a model stays loaded, read as Go reads durations.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::Value;

/// Go's longest duration, 292 years: what a negative value means.
pub(super) const FOR_EVER: TimeDelta = TimeDelta::nanoseconds(i64::MAX);

/// How long a model stays loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepAlive {
    /// Unload at once.
    Unload,
    /// Keep for this long after the request.
    For(TimeDelta),
}

impl KeepAlive {
    /// Reads the value of a request: seconds, or a duration such as `"30s"`; negative is for ever, and
    /// none is the `default`.
    pub(super) fn parse(value: Option<&Value>, default: Self) -> Result<Self, String> {
        match value {
            None | Some(Value::Null) => Ok(default),
            Some(Value::String(text)) => match duration(text) {
                Some(seconds) => Ok(Self::from_seconds(seconds)),
                None => Err(format!("time: invalid duration {text:?}")),
            },
            Some(value) => match value.as_f64() {
                Some(seconds) => Ok(Self::from_seconds(seconds)),
                None => Err(format!("time: invalid duration {value}")),
            },
        }
    }

    fn from_seconds(seconds: f64) -> Self {
        match seconds {
            0.0 => Self::Unload,
            seconds if seconds < 0.0 => Self::For(FOR_EVER),
            seconds => Self::For(
                Duration::try_from_secs_f64(seconds)
                    .ok()
                    .and_then(|time| TimeDelta::from_std(time).ok())
                    .map_or(FOR_EVER, |time| time.min(FOR_EVER)),
            ),
        }
    }

    /// As a time span; for ever is very long.
    pub(super) fn time(self) -> Duration {
        match self {
            Self::Unload => Duration::ZERO,
            Self::For(time) => time.to_std().unwrap_or(Duration::ZERO),
        }
    }
}

/// From an environment variable: a duration, or a number of seconds.
pub(super) fn from_text(text: &str) -> Option<KeepAlive> {
    let seconds = duration(text).or_else(|| text.parse().ok())?;
    Some(KeepAlive::from_seconds(seconds))
}

/// Seconds of a Go duration: a signed sequence of numbers with units, `1h30m`, `-1s`, `250ms`.
fn duration(text: &str) -> Option<f64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text),
    };
    if rest == "0" {
        return Some(0.0);
    }
    let mut total = None;
    while !rest.is_empty() {
        let unit = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(unit);
        let end = after.find(|c: char| c.is_ascii_digit() || c == '.');
        let (unit, next) = after.split_at(end.unwrap_or(after.len()));
        let scale = match unit {
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        total = Some(total.unwrap_or(0.0) + number.parse::<f64>().ok()? * scale);
        rest = next;
    }
    total.map(|seconds| sign * seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn it_is_read_as_go_reads_it() {
        let seconds = |n| Ok(KeepAlive::For(TimeDelta::seconds(n)));
        let default = KeepAlive::For(TimeDelta::seconds(7));
        for (value, expected) in [
            (json!(30), seconds(30)),
            (json!("30s"), seconds(30)),
            (json!("1h1m"), seconds(3660)),
            (json!(null), seconds(7)),
            (json!(0), Ok(KeepAlive::Unload)),
            (json!("0"), Ok(KeepAlive::Unload)),
            (json!("0s"), Ok(KeepAlive::Unload)),
            (json!(-1), Ok(KeepAlive::For(FOR_EVER))),
            (json!("-1s"), Ok(KeepAlive::For(FOR_EVER))),
            (json!(1e300), Ok(KeepAlive::For(FOR_EVER))),
            (
                json!("soon"),
                Err("time: invalid duration \"soon\"".to_owned()),
            ),
        ] {
            assert_eq!(KeepAlive::parse(Some(&value), default), expected, "{value}");
        }
        assert_eq!(KeepAlive::parse(None, default), Ok(default));
    }

    #[test]
    fn variables_may_be_bare_seconds() {
        let seconds = |n| Some(KeepAlive::For(TimeDelta::seconds(n)));
        assert_eq!(from_text("10m"), seconds(600));
        assert_eq!(from_text("90"), seconds(90));
        assert_eq!(from_text("-1"), Some(KeepAlive::For(FOR_EVER)));
        assert_eq!(from_text("soon"), None);
    }
}
