//! Every key that the reader of compose files takes is in a project that is compared with real compose.

use std::collections::BTreeSet;
use std::path::Path;

/// Keys that are read so that they are hashed and shown, and that no service is run with.
const REFUSED: [&str; 4] = ["entitlements", "initial_sync", "interface_name", "selinux"];

/// Keys that neither the engine of the suite nor the older of the two releases of compose can do.
const NEWER: [&str; 3] = ["enable_ipv4", "gw_priority", "recursive"];

fn texts(folder: &Path, wanted: &dyn Fn(&Path) -> bool, found: &mut String) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("listed").path();
        if path.is_dir() {
            texts(&path, wanted, found);
        } else if wanted(&path) {
            found.push_str(&std::fs::read_to_string(&path).expect("text"));
        }
    }
}

/// The keys that the decoders ask a mapping for: `o.text("image")`, also over two lines.
fn accepted(source: &str) -> BTreeSet<String> {
    let calls = source.split("o.").skip(1);
    let calls = source.split("\n            .").skip(1).chain(calls);
    let key = |call: &str| {
        let (method, rest) = call.split_once('(')?;
        let plain = method.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        let rest = rest.trim_start().strip_prefix('"')?;
        let key = rest.split('"').next()?;
        let plain = plain
            && key
                .chars()
                .all(|c| c.is_ascii_lowercase() || "_46".contains(c));
        (plain && !key.is_empty()).then(|| key.to_owned())
    };
    calls.filter_map(key).collect()
}

#[test]
fn every_key_that_is_read_is_compared() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut source = String::new();
    let keys_of = |path: &Path| path.file_name().is_some_and(|name| name != "mod.rs");
    texts(&root.join("src/compose/decode"), &keys_of, &mut source);
    let keys = accepted(&source);
    assert!(
        keys.len() > 150,
        "only {} keys are found: {keys:?}",
        keys.len()
    );

    let mut projects = String::new();
    let yaml = |path: &Path| {
        path.extension()
            .is_some_and(|kind| kind == "yaml" || kind == "yml")
    };
    texts(
        &root.join("tests/engine/compat/projects"),
        &yaml,
        &mut projects,
    );
    let used = |key: &str| {
        projects
            .match_indices(&format!("{key}:"))
            .any(|(index, _)| {
                let before = projects[..index].chars().next_back();
                before.is_none_or(|c| !c.is_ascii_alphanumeric() && !"_-.".contains(c))
            })
    };
    let excused: Vec<&str> = REFUSED.into_iter().chain(NEWER).collect();
    let missing: Vec<&String> = keys
        .iter()
        .filter(|key| !used(key) && !excused.contains(&key.as_str()))
        .collect();
    assert!(
        missing.is_empty(),
        "in no project of tests/engine/compat: {missing:?}"
    );
    let stale: Vec<&&str> = excused.iter().filter(|key| used(key)).collect();
    assert!(stale.is_empty(), "are in a project after all: {stale:?}");
}
