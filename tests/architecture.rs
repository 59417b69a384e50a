//! The layers of the source tree: who may know whom. The order is the one in which `src/lib.rs` lists
//! the modules: each imports only what stands above it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A line of source outside comments, with its place.
struct Line {
    /// Path below `src/`.
    path: String,
    number: usize,
    text: String,
}

impl Line {
    /// The top-level module that the line belongs to.
    fn module(&self) -> &str {
        let first = self.path.split('/').next().expect("never empty");
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// The top-level modules that the line names after `crate::`.
    fn imports(&self) -> Vec<String> {
        let rest = self
            .text
            .match_indices("crate::")
            .map(|(at, found)| &self.text[at + found.len()..]);
        rest.flat_map(named).collect()
    }

    fn show(&self, why: &str) -> String {
        format!(
            "src/{}:{}: {why}: {}",
            self.path,
            self.number,
            self.text.trim()
        )
    }
}

/// `x` of `x::y`, and each of `{x, y::z}`.
fn named(rest: &str) -> Vec<String> {
    let word = |text: &str| {
        let end = text
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(text.len());
        text[..end].to_owned()
    };
    match rest.strip_prefix('{') {
        None => vec![word(rest)],
        Some(list) => {
            let mut depth = 0;
            let parts = list.split(|c| {
                depth += i32::from(c == '{') - i32::from(c == '}');
                c == ',' && depth == 0
            });
            parts
                .map(|part| word(part.trim()))
                .filter(|name| !name.is_empty())
                .collect()
        }
    }
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("listed").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Every line of source that is not a comment. A `use` of several lines is joined into one.
fn lines() -> Vec<Line> {
    let root = source();
    files(&root)
        .iter()
        .flat_map(|file| lines_of(&root, file))
        .collect()
}

fn lines_of(root: &Path, file: &Path) -> Vec<Line> {
    let path = file
        .strip_prefix(root)
        .expect("below")
        .display()
        .to_string();
    let text = std::fs::read_to_string(file).expect("readable");
    let mut lines: Vec<Line> = Vec::new();
    let mut open = false;
    for (index, text) in text.lines().enumerate() {
        if text.trim_start().starts_with("//") {
            continue;
        }
        match lines.last_mut() {
            Some(last) if open => last.text.push_str(text.trim()),
            _ => lines.push(Line {
                path: path.clone(),
                number: index + 1,
                text: text.to_owned(),
            }),
        }
        let whole = lines.last().expect("just pushed").text.trim();
        let is_use = whole.starts_with("use ") || whole.starts_with("pub use ");
        open = is_use && !whole.ends_with(';');
    }
    lines
}

/// The modules of `src/lib.rs`, lowest first.
fn layers() -> Vec<String> {
    let lib = std::fs::read_to_string(source().join("lib.rs")).expect("readable");
    lib.lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .map(str::to_owned)
        .collect()
}

#[track_caller]
fn assert_none(wrong: &[String]) {
    assert!(
        wrong.is_empty(),
        "{} lines:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Lines with one of these words outside the given places.
fn only_in(words: &[&str], places: &[&str], why: &str) -> Vec<String> {
    lines()
        .iter()
        .filter(|line| words.iter().any(|word| line.text.contains(word)))
        .filter(|line| !places.contains(&line.module()))
        .map(|line| line.show(why))
        .collect()
}

#[test]
fn modules_import_only_what_stands_above_them() {
    let layers = layers();
    let rank = |name: &str| layers.iter().position(|layer| layer == name);
    let mut seen = 0;
    let mut wrong = Vec::new();
    for line in lines()
        .iter()
        .filter(|line| !matches!(line.module(), "lib" | "main"))
    {
        let module = line.module();
        let Some(own) = rank(module) else {
            wrong.push(line.show("its module is not in src/lib.rs"));
            continue;
        };
        for name in line.imports().iter().filter(|name| *name != module) {
            seen += 1;
            match rank(name) {
                Some(other) if other < own => {}
                Some(_) => wrong.push(line.show(&format!("{module} stands above {name}"))),
                None => wrong.push(line.show(&format!("there is no module {name}"))),
            }
        }
    }
    assert_none(&wrong);
    assert!(
        seen > 100,
        "the imports are not found any more: only {seen}"
    );
}

/// `super` of a top-level module is the crate, which would hide an import from the test above.
#[test]
fn top_level_modules_say_crate_and_not_super() {
    let is_top = |path: &str| match path.split_once('/') {
        None => true,
        Some((_, file)) => file == "mod.rs",
    };
    let wrong: Vec<String> = lines()
        .iter()
        .filter(|line| is_top(&line.path) && line.text.starts_with("use super::"))
        .map(|line| line.show("write crate::"))
        .collect();
    assert_none(&wrong);
}

#[test]
fn only_the_engine_knows_bollard() {
    assert_none(&only_in(
        &["bollard"],
        &["engine"],
        "bollard outside src/engine",
    ));
}

#[test]
fn only_the_command_line_knows_clap() {
    assert_none(&only_in(
        &["clap::", "clap_"],
        &["cli", "commands"],
        "clap outside src/cli and src/commands",
    ));
}

#[test]
fn compose_is_pure() {
    let wrong: Vec<String> = lines()
        .iter()
        .filter(|line| line.module() == "compose")
        .filter(|line| {
            ["crate::engine", "tokio", "bollard"]
                .iter()
                .any(|word| line.text.contains(word))
        })
        .map(|line| line.show("compose reads files and knows nothing else"))
        .collect();
    assert_none(&wrong);
}

#[test]
fn nobody_exits_but_main() {
    assert_none(&only_in(
        &["process::exit", "process::abort"],
        &[],
        "main returns an exit code instead",
    ));
}

/// The module of a file: `a/b.rs` and `a/b/mod.rs` are `a::b`.
fn module_of(path: &str) -> Vec<String> {
    let name = path.strip_suffix(".rs").unwrap_or(path);
    let name = name.strip_suffix("/mod").unwrap_or(name);
    name.split('/').map(str::to_owned).collect()
}

/// `a::{b, c::D}` as `a::b` and `a::c::D`.
fn paths(text: &str) -> Vec<String> {
    let end = text
        .find(|c: char| !c.is_ascii_alphanumeric() && !"_:".contains(c))
        .unwrap_or(text.len());
    let (head, rest) = text.split_at(end);
    let Some(list) = rest.strip_prefix('{') else {
        return vec![head.trim_end_matches(':').to_owned()];
    };
    let mut depth = 0;
    let inside = list.split(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        depth < 0 || (c == ',' && depth == 0)
    });
    inside
        .flat_map(|part| paths(part.trim()))
        .filter(|path| !path.is_empty())
        .map(|path| format!("{head}{path}"))
        .collect()
}

/// The files' modules, each with those that it names, but for its own parts and what stands in tests.
fn imports() -> BTreeMap<Vec<String>, BTreeSet<Vec<String>>> {
    let lines = lines();
    let modules: BTreeSet<Vec<String>> = lines.iter().map(|line| module_of(&line.path)).collect();
    let mut graph: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    let mut tested = "";
    for line in lines.iter().filter(|line| !line.path.contains("/tests/")) {
        if line.text.starts_with("mod tests {") {
            tested = &line.path;
        }
        if tested == line.path {
            continue;
        }
        let own = module_of(&line.path);
        let named = ["crate::", "super::"].into_iter().flat_map(|word| {
            let found = line.text.match_indices(word);
            // The second half of `super::super::` begins no path.
            let begins = found.filter(|(at, _)| !line.text[..*at].ends_with("::"));
            begins.flat_map(|(at, _)| paths(&line.text[at..]))
        });
        for path in named {
            let mut parts: Vec<String> = path.split("::").map(str::to_owned).collect();
            let mut from = own.clone();
            if parts[0] == "crate" {
                from.clear();
                parts.remove(0);
            }
            while parts.first().is_some_and(|part| part == "super") {
                from.pop();
                parts.remove(0);
            }
            from.append(&mut parts);
            while !from.is_empty() && !modules.contains(&from) {
                from.pop();
            }
            if !from.starts_with(&own) && !from.is_empty() {
                graph.entry(own.clone()).or_default().insert(from);
            }
        }
    }
    graph
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let mut graph = imports();
    let edges: usize = graph.values().map(BTreeSet::len).sum();
    assert!(edges > 500, "the imports are not found any more: {edges}");
    // What imports nothing of the rest is in no circle, nor is what nothing of the rest imports.
    loop {
        let before = graph.len();
        let rest: BTreeSet<_> = graph.keys().cloned().collect();
        for imported in graph.values_mut() {
            imported.retain(|module| rest.contains(module));
        }
        let used: BTreeSet<_> = graph.values().flatten().cloned().collect();
        graph.retain(|module, imported| !imported.is_empty() && used.contains(module));
        if graph.len() == before {
            break;
        }
    }
    let show = |(module, imported): (&Vec<String>, &BTreeSet<Vec<String>>)| {
        let imported: Vec<String> = imported.iter().map(|path| path.join("::")).collect();
        format!("{} imports {}", module.join("::"), imported.join(", "))
    };
    assert_none(&graph.iter().map(show).collect::<Vec<_>>());
}

#[test]
fn lists_of_imports_are_taken_apart() {
    assert_eq!(
        paths("crate::a::{b::{C, d}, e::F};"),
        ["crate::a::b::C", "crate::a::b::d", "crate::a::e::F"]
    );
    assert_eq!(named("error::{Error, Kind};"), ["error"]);
    assert_eq!(
        named("{error::{Error, Kind}, event, ui::Ui};"),
        ["error", "event", "ui"]
    );
}
