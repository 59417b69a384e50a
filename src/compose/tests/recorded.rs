//! The projects of `tests/compose`, beside what real releases of compose print of them.

use std::path::Path;

use super::*;
use crate::compose::{Dialect, find};

/// What is recorded of a project in a folder of `tests/compose`.
#[derive(serde::Deserialize)]
struct Expected {
    project_directory: Option<std::path::PathBuf>,
    releases: BTreeMap<String, BTreeMap<String, String>>,
}

/// The projects of `tests/compose` with what is recorded of them: `expected.json` has the hashes that
/// real releases of compose print (`config --hash '*'`, HOME=/home/user).
fn recorded(profiles: &[&str]) -> Vec<(std::path::PathBuf, Expected, Project)> {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compose");
    let read = |folder: std::path::PathBuf| {
        let text = std::fs::read_to_string(folder.join("expected.json")).expect("recorded");
        let expected: Expected = serde_json::from_str(&text).expect("JSON");
        let found = find(&LoadOptions {
            working_dir: folder.clone(),
            ..LoadOptions::default()
        });
        let options = LoadOptions {
            files: found.expect("searched").expect("found").paths,
            working_dir: folder.clone(),
            project_directory: expected.project_directory.clone(),
            profiles: profiles.iter().map(|&profile| profile.to_owned()).collect(),
            environment: BTreeMap::from([("HOME".to_owned(), "/home/user".to_owned())]),
            ..LoadOptions::default()
        };
        let project = load(&options).expect("valid");
        (folder, expected, project)
    };
    let folders = std::fs::read_dir(folders).expect("a folder");
    folders
        .map(|folder| read(folder.expect("readable").path()))
        .collect()
}

#[test]
fn hashes_are_those_of_real_releases() {
    let mut compared = 0;
    for (folder, expected, project) in recorded(&[]) {
        for (version, hashes) in &expected.releases {
            let dialect = Dialect::of_version(version).expect("a version");
            for (name, hash) in hashes {
                let service = project.service(name).expect("there");
                let json = service.hashed_json(dialect);
                let place = folder.display();
                assert_eq!(
                    &service.config_hash(dialect),
                    hash,
                    "{place} {name} {version}: {json}"
                );
                assert!(service.is_current(hash));
                compared += 1;
            }
        }
    }
    assert!(compared > 50, "only {compared} compared");
}

/// `config.VERSION.yaml` and `.json` are what `docker compose --profile '*' config` printed.
#[test]
fn the_canonical_model_is_printed_as_real_releases_print_it() {
    let mut compared = 0;
    for (folder, expected, project) in recorded(&["*"]) {
        for version in expected.releases.keys() {
            let dialect = Dialect::of_version(version).expect("a version");
            let file = |kind: &str| {
                let path = folder.join(format!("config.{version}.{kind}"));
                let text = std::fs::read_to_string(&path).expect("recorded");
                text.replace("@folder@", &folder.display().to_string())
            };
            let place = folder.display();
            let yaml = project.canonical_yaml(dialect);
            assert_eq!(yaml, file("yaml"), "{place} {version}");
            let value = |text: &str| serde_json::from_str(text).expect("JSON");
            let theirs: serde_json::Value = value(&file("json"));
            let ours: serde_json::Value = value(&project.canonical_json(dialect));
            assert_eq!(ours, theirs, "{place} {version}");
            compared += 1;
        }
    }
    assert!(compared > 40, "only {compared} compared");
}
