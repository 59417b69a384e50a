//! The compose projects: a folder each, with an `about.yaml` beside the compose file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// A project of the suite.
#[derive(Debug, Clone)]
pub struct Project {
    /// Its folder's name.
    pub name: String,
    pub folder: PathBuf,
    pub about: About,
    /// All its files in one, to see what the project itself says and what the engine made up.
    pub text: String,
}

/// What a project is for, and how it is run.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// Keys and rules that it covers: the table's cell.
    pub covers: String,
    /// Whether its containers are created and not started: they cannot run on every machine.
    #[serde(default)]
    pub create_only: bool,
    /// The first release of compose that reads it; older ones must refuse it.
    pub since: Option<String>,
    /// The first release that does what the project's key says; older ones read and hash it, and do nothing.
    pub ignored_before: Option<String>,
    /// Options of both tools, before the command.
    #[serde(default)]
    pub options: Vec<String>,
    /// Variables of both tools' environment.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// What `config.json` of both tools says.
    pub docker_config: Option<serde_json::Value>,
    /// Its project name, where the files or options give it one.
    pub project_name: Option<String>,
    /// Whether every way to show logs is compared, not only the plain one.
    #[serde(default)]
    pub logs: bool,
    /// Where it is not made at all.
    pub refused: Option<Refused>,
    /// Files in the service's container that must be the same: what is copied into it shows nowhere else.
    #[serde(default)]
    pub files: Vec<String>,
    /// Whether both tools have an ssh agent with a key.
    #[serde(default)]
    pub agent: bool,
    /// Networks and volumes that must be there before.
    #[serde(default)]
    pub external: External,
}

/// That the project is refused, by whom and where.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refused {
    /// What is said then.
    pub says: String,
    /// By engines whose API is older; none: by those that cannot do it, which shows when it is tried.
    pub before_api: Option<String>,
    /// Whether compose refuses it then, too.
    pub by_compose: bool,
}

/// What exists before the project.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct External {
    #[serde(default)]
    pub networks: Vec<String>,
    #[serde(default)]
    pub volumes: Vec<String>,
}

/// Every project, by name.
pub fn all() -> Vec<Project> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engine/compat/projects");
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut all: Vec<Project> = entries
        .map(|entry| read(entry.expect("listed").path()))
        .collect();
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

fn read(folder: PathBuf) -> Project {
    let about = folder.join("about.yaml");
    let text = std::fs::read_to_string(&about)
        .unwrap_or_else(|error| panic!("{}: {error}", about.display()));
    let about =
        serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", about.display()));
    let mut text = String::new();
    gather(&folder, &mut text);
    Project {
        name: folder
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned(),
        folder,
        about,
        text,
    }
}

fn gather(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("listed").path();
        if path.is_dir() {
            gather(&path, text);
        } else {
            text.push_str(&std::fs::read_to_string(path).expect("text"));
        }
    }
}

/// Copies a folder with all that it holds.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("created");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("listed").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(path, target).expect("copied");
        }
    }
}
