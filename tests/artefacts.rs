//! What is committed but made by the program, and what the documents promise to name: each must be up
//! to date. A failure says the command that mends it.

#![allow(missing_docs)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ollamactl::error::Kind;

/// The targets of Makefile.ai and the one command that each is a name for.
const TARGETS: [(&str, &str); 15] = [
    ("ai-llm-setup", "up"),
    ("ai-ollama-pull-model", "pull-model $(OLLAMA_MODEL)"),
    ("ai-ollama-serve-docker-gateway", "serve"),
    ("ai-ollama-serve-docker-gateway-bg", "serve --background"),
    ("ai-ollama-kill", "kill"),
    ("ai-ollama-restart-docker-gateway", "restart"),
    ("ai-build-ollama-functions", "gateway build"),
    ("ai-up-ollama-functions", "gateway up"),
    ("ai-restart-ollama-functions", "gateway restart"),
    ("ai-stop-ollama-functions", "gateway stop"),
    ("ai-down-ollama-functions", "gateway down"),
    ("ai-ollama-functions-health", "health gateway --wait=10s"),
    ("ai-ollama-functions-logs", "logs gateway -n 100"),
    ("ai-ollama-logs", "logs backend -n 100"),
    ("ai-docker-gateway-ip", "gateway ip"),
];

const KINDS: [Kind; 8] = [
    Kind::Failed,
    Kind::Usage,
    Kind::Unhealthy,
    Kind::Unknown,
    Kind::Conflict,
    Kind::Engine,
    Kind::Timeout,
    Kind::Interrupted,
];

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What the program prints, untouched by whoever runs the test.
fn output_of(args: &[&str]) -> String {
    let home = tempfile::tempdir().expect("a temporary folder");
    let output = Command::new(env!("CARGO_BIN_EXE_ollamactl"))
        .args(args)
        .current_dir(home.path())
        .env_clear()
        .env("HOME", home.path())
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{args:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

fn names_in(folder: &Path) -> BTreeSet<String> {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries
        .map(|entry| {
            let name = entry.expect("readable").file_name();
            name.into_string().expect("text")
        })
        .collect()
}

/// Names of variables in this text that begin so. What ends in `_` is a prefix, not a name.
fn variables(text: &str, prefix: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'));
    words
        .filter(|word| word.starts_with(prefix) && !word.ends_with('_'))
        .map(str::to_owned)
        .collect()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("readable").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            found.push(path);
        }
    }
}

#[test]
fn completions_are_fresh() {
    for (shell, file) in [
        ("bash", "completions/ollamactl.bash"),
        ("zsh", "completions/_ollamactl"),
        ("fish", "completions/ollamactl.fish"),
        ("powershell", "completions/_ollamactl.ps1"),
        ("elvish", "completions/ollamactl.elv"),
    ] {
        assert!(
            read(file) == output_of(&["completions", shell]),
            "{file} is stale: cargo run -- completions {shell} > {file}"
        );
    }
}

#[test]
fn man_pages_are_fresh() {
    let mend = "rm docs/man/*; cargo run -- man docs/man";
    let fresh = tempfile::tempdir().expect("a temporary folder");
    output_of(&["man", fresh.path().to_str().expect("text")]);
    let names = names_in(fresh.path());
    assert_eq!(
        names,
        names_in(&repository().join("docs/man")),
        "docs/man is stale: {mend}"
    );
    for name in names {
        let page = fs::read_to_string(fresh.path().join(&name)).expect("readable");
        let committed = read(&format!("docs/man/{name}"));
        assert!(page == committed, "docs/man/{name} is stale: {mend}");
    }
}

/// Every target of a Makefile with the lines of its recipe.
fn recipes(makefile: &str) -> Vec<(String, Vec<String>)> {
    let mut recipes: Vec<(String, Vec<String>)> = Vec::new();
    for line in makefile.lines() {
        if let Some(command) = line.strip_prefix('\t') {
            let (_, lines) = recipes.last_mut().expect("a target before its recipe");
            lines.push(command.to_owned());
        } else if let Some((target, _)) = line.split_once(':')
            && target.starts_with("ai-")
        {
            recipes.push((target.to_owned(), Vec::new()));
        }
    }
    recipes
}

#[test]
fn every_target_is_one_command() {
    let mut recipes = recipes(&read("Makefile.ai"));
    recipes.retain(|(target, _)| target != "ai-help");
    let mut wanted: Vec<(String, Vec<String>)> = TARGETS
        .iter()
        .map(|(target, command)| {
            (
                (*target).to_owned(),
                vec![format!("@$(OLLAMACTL) {command}")],
            )
        })
        .collect();
    wanted.sort();
    recipes.sort();
    assert_eq!(recipes, wanted);
}

#[test]
fn every_target_is_documented() {
    let page = read("docs/makefile-targets.md");
    for (target, _) in recipes(&read("Makefile.ai")) {
        assert!(
            page.contains(&format!("`{target}`")),
            "docs/makefile-targets.md does not name `{target}`"
        );
    }
}

#[test]
fn every_exit_code_is_documented() {
    let page = read("docs/exit-codes.md");
    for kind in KINDS {
        // A kind that is new must be added to KINDS too: this match does not compile without it.
        match kind {
            Kind::Failed
            | Kind::Usage
            | Kind::Unhealthy
            | Kind::Unknown
            | Kind::Conflict
            | Kind::Engine
            | Kind::Timeout
            | Kind::Interrupted => {}
        }
        assert!(
            page.contains(&format!("| {} |", kind.code())),
            "docs/exit-codes.md has no row for {} ({kind:?})",
            kind.code()
        );
    }
}

#[test]
fn every_setting_is_documented() {
    let page = read("docs/configuration.md");
    let shown: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&output_of(&["--json", "config", "show"])).expect("an object");
    assert!(!shown.is_empty());
    for name in shown.keys() {
        assert!(
            page.contains(&format!("`{name}`")),
            "docs/configuration.md does not name `{name}`"
        );
    }
}

#[test]
fn every_variable_is_documented() {
    let page = variables(&read("docs/configuration.md"), "OLLAMACTL_");
    let mut files = Vec::new();
    sources(&repository().join("src"), &mut files);
    let read_by_us: BTreeSet<String> = files
        .iter()
        .flat_map(|path| {
            let text = fs::read_to_string(path).expect("readable");
            variables(&text, "OLLAMACTL_")
        })
        .collect();
    let missing: Vec<_> = read_by_us.difference(&page).collect();
    assert!(
        missing.is_empty(),
        "docs/configuration.md does not name {missing:?}"
    );
    let gone: Vec<_> = page.difference(&read_by_us).collect();
    assert!(
        gone.is_empty(),
        "docs/configuration.md names {gone:?}, which nothing reads"
    );
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut pages = vec![repository().join("README.md")];
    sources(&repository().join("docs"), &mut pages);
    pages.retain(|page| page.extension().is_some_and(|end| end == "md"));
    for page in pages {
        let text = fs::read_to_string(&page).expect("readable");
        let targets = text.split("](").skip(1).filter_map(|rest| {
            let (target, _) = rest.split_once(')')?;
            target.split('#').next().filter(|target| !target.is_empty())
        });
        for target in targets.filter(|target| !target.contains("://")) {
            let path = page.parent().expect("a folder").join(target);
            assert!(path.exists(), "{}: {target} is not there", page.display());
        }
    }
}
