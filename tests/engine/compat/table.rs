//! The outcome as a document: a row for each project, a column for each release of compose.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Mutex;

use super::project::Project;

/// Set to `1`, the document is written instead of compared.
const WRITE: &str = "OLLAMACTL_WRITE_TABLE";

const HEAD: &str = "# Compatibility with docker compose

Written by `tests/engine_compat.rs`, and compared with what it finds at every run: each project of
[tests/engine/compat/projects](../tests/engine/compat/projects) is brought up by real docker compose and by ollamactl on
the same engine.

- **the same**: `docker inspect` of all its containers, networks and volumes is equal, `config-hash` and every other label
  included, but for IDs, times, addresses that the engine chose, and the order of lists that compose itself leaves to
  chance; what is copied into a container is equal, and so are configuration and platform of the images that each builds; each
  tool's second `up` leaves what the other made as it is;
  `config` prints the same, in YAML and JSON, whole and for the gateway alone, with the same services, volumes and images.
  On compose's containers, ollamactl's `logs` prints what compose's does, its `stop`, `up` and `down` do their work and
  compose's `ps` shows it; on ollamactl's, compose's `ps`, `logs`, `stop`, `start` and `down` do.
- **created the same**: the same, with containers that cannot run on every machine (GPUs, devices): they are created,
  compared, and never started.
- **the same, or refused by both**: an engine or storage driver that cannot do it makes both tools refuse it, naming the key.
- **the same, or refused by ollamactl**: on engines before Docker 25 ollamactl refuses it by name, and compose does it.
- **read, without effect**: that release reads the key, and does nothing with it; ollamactl does, and either still leaves
  the other's container as it is.
- **not read**: that release refuses the project; ollamactl reads it as later ones do.

";

/// What was found.
pub struct Table {
    releases: Vec<String>,
    rows: Mutex<BTreeMap<String, Row>>,
}

#[derive(Default, Clone, PartialEq)]
struct Row {
    covers: String,
    /// By release.
    cells: BTreeMap<String, String>,
}

impl Table {
    pub fn new(releases: Vec<String>) -> Self {
        Self {
            releases,
            rows: Mutex::default(),
        }
    }

    /// Puts down what a release and we made of a project.
    pub fn set(&self, project: &Project, release: &str, outcome: &str) {
        let mut rows = self.rows.lock().expect("not poisoned");
        let row = rows.entry(project.name.clone()).or_default();
        row.covers.clone_from(&project.about.covers);
        row.cells.insert(release.to_owned(), outcome.to_owned());
    }

    /// Writes the document, or says in what the committed one is stale. Columns of releases that did not
    /// take part stay as they are.
    pub fn settle(&self) -> Result<(), String> {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/compose-compatibility.md");
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        let (mut releases, old) = parse(&committed);
        let writes = std::env::var(WRITE).as_deref() == Ok("1");
        for release in &self.releases {
            // A release that the document does not know is compared, and not written down by the way.
            if writes && !releases.contains(release) {
                releases.push(release.clone());
            }
        }
        let mut rows = self.rows.lock().expect("not poisoned").clone();
        for (name, row) in &mut rows {
            let known = old.get(name).map(|row| row.cells.clone());
            for (release, cell) in known.unwrap_or_default() {
                row.cells.entry(release).or_insert(cell);
            }
        }
        let text = render(&releases, &rows);
        if writes {
            return std::fs::write(&path, text).map_err(|error| error.to_string());
        }
        if text == committed {
            return Ok(());
        }
        Err(format!(
            "docs/compose-compatibility.md is stale: run this suite with {WRITE}=1"
        ))
    }
}

fn render(releases: &[String], rows: &BTreeMap<String, Row>) -> String {
    let mut text = format!("{HEAD}{} projects:\n\n| project | covers |", rows.len());
    for release in releases {
        let _ = write!(text, " {release} |"); // writing to a String cannot fail
    }
    let _ = writeln!(text, "\n|---|---|{}", "---|".repeat(releases.len()));
    for (name, row) in rows {
        let _ = write!(text, "| {name} | {} |", row.covers);
        for release in releases {
            let cell = row.cells.get(release).map_or("", String::as_str);
            let _ = write!(text, " {cell} |");
        }
        text.push('\n');
    }
    text
}

/// The releases and rows of a document.
fn parse(text: &str) -> (Vec<String>, BTreeMap<String, Row>) {
    let mut lines = text.lines().filter(|line| line.starts_with('|'));
    let cells = |line: &str| -> Vec<String> {
        let line = line.trim_matches('|');
        line.split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let releases: Vec<String> = lines
        .next()
        .map(|head| cells(head).into_iter().skip(2).collect())
        .unwrap_or_default();
    let rows = lines.skip(1).map(|line| {
        let cells = cells(line);
        let row = Row {
            covers: cells.get(1).cloned().unwrap_or_default(),
            cells: releases
                .iter()
                .cloned()
                .zip(cells.iter().skip(2).cloned())
                .collect(),
        };
        (cells[0].clone(), row)
    });
    (releases.clone(), rows.collect())
}
