//! Compose's units: sizes (`512m`), durations (`1m30s`), argument vectors; and how Go prints them.

use std::ops::Deref;

use serde::{Serialize, Serializer};

use crate::compose::model::omit::{Omit, omit_default};

/// A size in bytes; -1, which is written as a number: unlimited, where that is allowed. In JSON, text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub i64);

omit_default!(Bytes);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A duration in nanoseconds, which prints as Go prints it. It may be negative: compose refuses none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval(pub i64);

impl Interval {
    /// In whole seconds, without what is left over.
    pub fn as_secs(self) -> i64 {
        self.0 / 1_000_000_000
    }

    #[cfg(test)]
    pub(in crate::compose) fn from_secs(seconds: i64) -> Self {
        Self(seconds * 1_000_000_000)
    }
}

omit_default!(Interval);

impl Serialize for Interval {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Go's `Duration.String`: `1h0m0s`, `1m30s`, `1.5s`, `500ms`, `0s`, `-1s`.
impl std::fmt::Display for Interval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let total = self.0.unsigned_abs();
        if total < 1_000_000_000 {
            return match total {
                0 => f.write_str("0s"),
                1..1_000 => write!(f, "{total}ns"),
                1_000..1_000_000 => write!(f, "{}µs", decimal(total, 1_000)),
                _ => write!(f, "{}ms", decimal(total, 1_000_000)),
            };
        }
        let (hours, minutes) = (total / 3_600_000_000_000, total / 60_000_000_000 % 60);
        if hours > 0 {
            write!(f, "{hours}h")?;
        }
        if hours > 0 || minutes > 0 {
            write!(f, "{minutes}m")?;
        }
        write!(f, "{}s", decimal(total % 60_000_000_000, 1_000_000_000))
    }
}

/// `value / unit`, with as many decimals as it needs. `unit` is a power of ten.
fn decimal(value: u64, unit: u64) -> String {
    let fraction = format!("{:0width$}", value % unit, width = unit.ilog10() as usize);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() {
        (value / unit).to_string()
    } else {
        format!("{}.{fraction}", value / unit)
    }
}

/// A command or entrypoint: `None`: the image's own; empty: the image's is cleared. Present in JSON
/// even when unset, unlike every other field.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Argv(pub Option<Vec<String>>);

impl Omit for Argv {}

impl Deref for Argv {
    type Target = Option<Vec<String>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// Why a text is not a value of the wanted kind; completes "… is not ".
pub(super) type Reason = String;

/// Reads a size: a number with an optional unit (`b`, `k`, `m`, `g`, `t`, `p`, also as `kb`, `KiB`),
/// powers of 1024.
pub(in crate::compose) fn bytes(text: &str) -> Result<Bytes, Reason> {
    let wanted =
        || format!("`{text}` is not a size (a number with b, k, m, g, t or p, such as 512m)");
    let lower = text.trim().to_ascii_lowercase();
    let digits = lower.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match lower[digits.len()..]
        .trim_end_matches('b')
        .trim_end_matches('i')
    {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        "p" => 50,
        _ => return Err(wanted()),
    };
    let digits = digits.trim_end();
    if let Ok(whole) = digits.parse::<i64>() {
        let size = whole.checked_mul(1 << shift).filter(|size| *size >= 0);
        return size.map(Bytes).ok_or_else(wanted);
    }
    match digits.parse::<f64>() {
        // Go truncates too.
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "Go computes in float64 as well"
        )]
        Ok(number) if number.is_finite() && number >= 0.0 => {
            Ok(Bytes((number * (1_i64 << shift) as f64) as i64))
        }
        _ => Err(wanted()),
    }
}

/// Reads a duration: numbers with units, `1m30s`, `1.5h`, `500ms`; days and weeks too; `0`; with a sign.
pub(in crate::compose) fn interval(text: &str) -> Result<Interval, Reason> {
    let wanted =
        || format!("`{text}` is not a duration (numbers with ns, us, ms, s, m, h, such as 1m30s)");
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(Interval::default());
    }
    let mut total = 0.0_f64;
    if rest.is_empty() {
        return Err(wanted());
    }
    while !rest.is_empty() {
        let number_end = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .ok_or_else(wanted)?;
        let number: f64 = rest[..number_end].parse().map_err(|_| wanted())?;
        rest = &rest[number_end..];
        let unit_end = rest
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(rest.len());
        let nanos = match &rest[..unit_end] {
            "ns" => 1.0,
            "us" | "µs" | "μs" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "m" => 60e9,
            "h" => 3600e9,
            "d" => 24.0 * 3600e9,
            "w" => 7.0 * 24.0 * 3600e9,
            _ => return Err(wanted()),
        };
        rest = &rest[unit_end..];
        total += number * nanos;
    }
    if total > 9.2e18 {
        return Err(wanted());
    }
    #[allow(
        clippy::cast_possible_truncation,
        reason = "Go computes in float64 as well"
    )]
    Ok(Interval((sign * total.round()) as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_powers_of_1024() {
        for (text, size) in [
            ("1024", 1024),
            ("10b", 10),
            ("2k", 2048),
            ("2KB", 2048),
            ("2KiB", 2048),
            ("512m", 512 << 20),
            ("1.5g", 3 << 29),
            ("8 gb", 8 << 30),
        ] {
            assert_eq!(bytes(text), Ok(Bytes(size)), "{text}");
        }
        for text in ["", "x", "12q", "-1", "99999999999p", "1.2.3m"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_print_as_go_prints_them() {
        for (text, printed) in [
            ("90s", "1m30s"),
            ("1h", "1h0m0s"),
            ("1.5s", "1.5s"),
            ("500ms", "500ms"),
            ("0s", "0s"),
            ("0", "0s"),
            ("1d", "24h0m0s"),
            ("1500us", "1.5ms"),
            ("1h0m0.25s", "1h0m0.25s"),
            ("7ns", "7ns"),
            ("-1m30s", "-1m30s"),
            ("-1d", "-24h0m0s"),
            ("+5s", "5s"),
            ("-0", "0s"),
        ] {
            assert_eq!(
                interval(text).map(|i| i.to_string()),
                Ok(printed.to_owned())
            );
        }
        for text in ["", "5", "s", "1x", "1m30", "1s-1s", "--1s", "-", "1..5s"] {
            assert!(interval(text).is_err(), "{text}");
        }
    }
}
