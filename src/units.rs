//! Numbers with units, for people, and bytes as digits.

use std::fmt::Write;
use std::time::Duration;

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// `4.7 GB`: decimal units, as Ollama prints them.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let mut scaled = u128::from(count) * 10;
    let mut unit = 0;
    while scaled >= 10_000 && unit < UNITS.len() - 1 {
        scaled = (scaled + 500) / 1000;
        unit += 1;
    }
    if unit == 0 {
        return format!("{count} B");
    }
    format!("{}.{} {}", scaled / 10, scaled % 10, UNITS[unit])
}

/// Reads `1048576`, `64MiB`, `64MB`, `1GiB`: decimal and binary units, without case. A lone `k`, `m` or `g`
/// is binary, as in container tools.
pub fn parse_bytes(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let number: u64 = digits.trim().parse().ok()?;
    let factor: u64 = match text[digits.len()..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(factor)
}

/// `64MiB`, `1000`: what [`parse_bytes`] reads as the same number.
pub fn exact_bytes(count: u64) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let whole = |(size, _): &(u64, _)| count > 0 && count.is_multiple_of(*size);
    match units.into_iter().find(whole) {
        Some((size, unit)) => format!("{}{unit}", count / size),
        None => count.to_string(),
    }
}

/// `4 ms`, `3.4 s`, `2 min 5 s`; what took any time took a millisecond.
pub fn seconds(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    let millis = duration.as_micros().div_ceil(1000);
    if millis < 1000 {
        format!("{millis} ms")
    } else if seconds < 60.0 {
        format!("{seconds:.1} s")
    } else {
        format!(
            "{} min {} s",
            duration.as_secs() / 60,
            duration.as_secs() % 60
        )
    }
}

/// `1 container`, `3 containers`.
pub fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_decimal_units() {
        for (count, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (6_596_000_000, "6.6 GB"),
            (999_960, "1.0 MB"),
        ] {
            assert_eq!(bytes(count), text);
        }
    }

    #[test]
    fn exact_sizes_are_read_as_they_were() {
        for (count, text) in [
            (0, "0"),
            (1000, "1000"),
            (64 << 20, "64MiB"),
            (3 << 29, "1536MiB"),
        ] {
            assert_eq!(exact_bytes(count), text);
            assert_eq!(parse_bytes(text), Some(count));
        }
    }

    #[test]
    fn sizes_are_read_with_their_units() {
        for (text, size) in [
            ("0", Some(0)),
            ("512", Some(512)),
            ("64MiB", Some(64 << 20)),
            ("64 mb", Some(64_000_000)),
            ("1g", Some(1 << 30)),
            ("99999999999GiB", None),
            ("MiB", None),
            ("-1", None),
            ("1.5GiB", None),
        ] {
            assert_eq!(parse_bytes(text), size, "{text}");
        }
    }

    #[test]
    fn durations_lose_digits_as_they_grow() {
        assert_eq!(seconds(Duration::ZERO), "0 ms");
        assert_eq!(seconds(Duration::from_micros(300)), "1 ms");
        assert_eq!(seconds(Duration::from_millis(123)), "123 ms");
        assert_eq!(seconds(Duration::from_micros(999_999)), "1.0 s");
        assert_eq!(seconds(Duration::from_millis(3440)), "3.4 s");
        assert_eq!(seconds(Duration::from_secs(125)), "2 min 5 s");
    }
}
