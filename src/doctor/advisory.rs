//! Holes of Ollama that are known to the public, by the version that closed them.
//!
//! Here stands what lets somebody read, write or use what is not theirs, and has a published fixed
//! version; what only crashes the server is left out. Not here for want of such a version:
//! CVE-2025-51471 (a registry that is pulled from gets the token of another), CVE-2026-7020 (path
//! traversal in the transfer of tensors) and CVE-2026-103663. All of these go through pull, create or
//! push, which the relay does not pass.

/// A hole that a version closed.
struct Advisory {
    id: &'static str,
    /// What it lets whoever reaches the port do.
    what: &'static str,
    /// The first version without it.
    fixed: [u64; 3],
}

/// Sources: for each, <https://nvd.nist.gov/vuln/detail/ID> says "Ollama before …". Go's own database has the
/// same versions: <https://github.com/golang/vulndb/issues/2699> (0.1.29),
/// <https://github.com/golang/vulndb/issues/2901> (0.1.34), <https://pkg.go.dev/vuln/GO-2024-3104> (0.1.47),
/// <https://github.com/golang/vulndb/issues/5748> (0.17.1).
const ADVISORIES: [Advisory; 4] = [
    Advisory {
        id: "CVE-2024-28224",
        what: "web pages reach it by DNS rebinding",
        fixed: [0, 1, 29],
    },
    Advisory {
        id: "CVE-2024-37032",
        what: "a pull writes any file",
        fixed: [0, 1, 34],
    },
    Advisory {
        id: "CVE-2024-45436",
        what: "create from an archive writes any file",
        fixed: [0, 1, 47],
    },
    Advisory {
        id: "CVE-2026-7482",
        what: "create and push give its memory away",
        fixed: [0, 17, 1],
    },
];

/// What this version is known for, and the version that has none of it; `None` for a version with no
/// known hole, or for one that is no number.
pub(super) fn known(version: &str) -> Option<(String, String)> {
    let version = numbers(version)?;
    let found: Vec<&Advisory> = ADVISORIES
        .iter()
        .filter(|advisory| version < advisory.fixed)
        .collect();
    let newest = found.iter().map(|advisory| advisory.fixed).max()?;
    let texts = found
        .iter()
        .map(|advisory| format!("{} ({})", advisory.id, advisory.what));
    let fixed = newest.map(|number| number.to_string()).join(".");
    Some((texts.collect::<Vec<_>>().join(", "), fixed))
}

/// `0.33.0-rc2` as numbers. Builds from source call themselves 0.0.0, which says nothing.
pub(super) fn numbers(version: &str) -> Option<[u64; 3]> {
    let core = version.trim_start_matches('v').split(['-', '+']).next()?;
    let numbers: Vec<u64> = core
        .split('.')
        .map(str::parse)
        .collect::<Result<_, _>>()
        .ok()?;
    let numbers: [u64; 3] = numbers.try_into().ok()?;
    (numbers != [0, 0, 0]).then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_known_for_what_later_ones_closed() {
        let ids = |version: &str| known(version).map_or_else(String::new, |(text, _)| text);
        assert_eq!(ids("0.1.28").matches("CVE-").count(), 4);
        assert_eq!(ids("0.1.29").matches("CVE-").count(), 3);
        assert_eq!(ids("0.1.46").matches("CVE-").count(), 2);
        assert!(ids("v0.17.0").contains("CVE-2026-7482"));
        assert_eq!(
            known("0.9.9").map(|(_, fixed)| fixed).as_deref(),
            Some("0.17.1")
        );
        for fine in ["0.17.1", "0.24.0", "0.33.0-rc2", "0.0.0", "unknown", "1.0"] {
            assert_eq!(known(fine), None, "{fine}");
        }
    }
}
