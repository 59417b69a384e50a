//! Variables whose name begins like ours and which nobody reads: most likely a slip of the pen.

/// What all of our own begin with.
const PREFIX: &str = "OLLAMACTL_";
/// From this likeness on, a name is offered as what was meant.
const ALIKE: f64 = 0.8;

/// Variables that set something, without the prefix.
const SETTINGS: &[&str] = &[
    "BACKEND",
    "BACKEND_PORT",
    "BIND",
    "COMPOSE_VERSION",
    "GATEWAY",
    "GATEWAY_ACCESS_LOG",
    "GATEWAY_CORS_ORIGINS",
    "GATEWAY_DRAIN_TIMEOUT",
    "GATEWAY_IDLE_TIMEOUT",
    "GATEWAY_KEY",
    "GATEWAY_KEY_FILE",
    "GATEWAY_LISTEN",
    "GATEWAY_MAX_BODY",
    "GATEWAY_MAX_CONNECTIONS",
    "GATEWAY_MAX_QUEUE",
    "GATEWAY_MAX_REQUESTS",
    "GATEWAY_PORT",
    "GATEWAY_QUEUE_TIMEOUT",
    "OLLAMA_BIN",
    "SERVICE",
    "STUB_BUSY",
    "STUB_CRASH_CODE",
    "STUB_CRASH_MS",
    "STUB_CRASH_ONCE",
    "STUB_DISCOVERY_MS",
    "STUB_END_MS",
    "STUB_FAULTY_PULLS",
    "STUB_IGNORE_SIGTERM",
    "STUB_LEAVE_RUNNERS",
    "STUB_LOAD_MS",
    "STUB_MODELS",
    "STUB_PULL_BAD_DIGEST",
    "STUB_PULL_CUT_AT",
    "STUB_PULL_DISK_FULL_AT",
    "STUB_PULL_ERROR",
    "STUB_PULL_LOST_AT",
    "STUB_PULL_RATE",
    "STUB_PULL_RETRY_MS",
    "STUB_PULL_STALL_AT",
    "STUB_PULL_STALL_MS",
    "STUB_REPEAT",
    "STUB_REVISION",
    "STUB_ROUND_TRIP_MS",
    "STUB_START_MS",
    "STUB_TERM_PART",
    "STUB_TOKEN_MS",
    "STUB_VERSION",
];

/// Variables that are ours and set nothing here: marks of our own processes, and the tests' and CI's own.
const OTHERS: &[&str] = &[
    "CI_CACHE",
    "COMPOSE",
    "ENGINE_STARTED",
    "ENGINE_TESTS",
    "STUB_RUNNER",
    "SUPERVISED",
    "TEST_SANDBOX",
    "WRITE_TABLE",
];

/// Ollama's own that ours are mistaken for.
const OLLAMAS: &[&str] = &["HOST", "MODEL", "MODELS"];

/// A warning for each of these names that begins like ours and is none. Values are not shown: one may be a
/// key.
pub(super) fn unknown<'a>(names: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let ours = names
        .into_iter()
        .filter_map(|name| name.strip_prefix(PREFIX));
    let unknown = ours.filter(|name| !SETTINGS.contains(name) && !OTHERS.contains(name));
    unknown.map(warning).collect()
}

fn warning(name: &str) -> String {
    let told = format!("{PREFIX}{name} is no variable of ollamactl's and sets nothing");
    match meant(name) {
        Some(meant) => format!("{told}; did you mean {meant}?"),
        None => format!("{told}; see every setting and its source: ollamactl config show"),
    }
}

/// The known name that is most like this one.
fn meant(name: &str) -> Option<String> {
    let ollamas = OLLAMAS.iter().map(|known| (*known, "OLLAMA_"));
    let known = SETTINGS.iter().map(|known| (*known, PREFIX)).chain(ollamas);
    let likenesses = known.map(|known| (strsim::jaro_winkler(name, known.0), known));
    let (likeness, (known, prefix)) = likenesses.max_by(|one, other| one.0.total_cmp(&other.0))?;
    (likeness >= ALIKE).then(|| format!("{prefix}{known}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_misspelt_name_is_told_with_the_one_that_was_meant() {
        for (name, meant) in [
            ("BAKEND", "did you mean OLLAMACTL_BACKEND?"),
            ("GATEWAY_LISTN", "did you mean OLLAMACTL_GATEWAY_LISTEN?"),
            ("MODEL", "did you mean OLLAMA_MODEL?"),
            ("HOST", "did you mean OLLAMA_HOST?"),
            ("XYZZY", "ollamactl config show"),
        ] {
            let name = format!("{PREFIX}{name}");
            let told = unknown([&name]);
            assert!(
                told[0].starts_with(&name) && told[0].ends_with(meant),
                "{told:?}"
            );
        }
        let fine = ["BIND", "ENGINE_TESTS"].map(|name| format!("{PREFIX}{name}"));
        assert_eq!(unknown(&fine), [""; 0]);
        let elses = ["OLLAMA_BAKEND", "OLLAMACTL"].map(str::to_owned);
        assert_eq!(unknown(&elses), [""; 0]);
    }

    /// Names in the source and the tests, so that a new one is not warned of.
    #[test]
    fn every_name_that_is_read_is_known() {
        let own = Path::new(file!()).file_name();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut folders = ["src", "tests", ".ci"].map(|name| root.join(name)).to_vec();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.file_name() != own {
                    let text = std::fs::read_to_string(&path).unwrap_or_default();
                    let unknown = unknown(&names(&text));
                    assert!(unknown.is_empty(), "{}: {unknown:?}", path.display());
                }
            }
        }
    }

    fn names(text: &str) -> Vec<String> {
        let part = |c: char| c.is_ascii_uppercase() || c == '_';
        let words = text.split(|c| !part(c));
        let ours = words.filter(|word| word.starts_with(PREFIX) && !word.ends_with('_'));
        ours.map(str::to_owned).collect()
    }
}
