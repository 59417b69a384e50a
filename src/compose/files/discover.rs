//! Which compose files there are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::clean::clean;
use super::environment::Environment;
use super::read;
use crate::compose::model::LoadOptions;
use crate::error::{Error, Result};

/// The compose files of a project, found or named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// Absolute paths, in the order in which they are merged.
    pub paths: Vec<PathBuf>,
    /// Absolute folder that relative paths start from.
    pub project_directory: PathBuf,
    /// Compose files beside the one found, passed over because its name is preferred.
    pub passed_over: Vec<PathBuf>,
}

/// The names that compose looks for, the preferred one first.
pub const FILE_NAMES: [&str; 4] = [
    "compose.yaml",
    "compose.yml",
    "docker-compose.yml",
    "docker-compose.yaml",
];

/// The names of the override file beside it.
const OVERRIDE_NAMES: [&str; 4] = [
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

/// Finds the compose files; `None` where there are none and none were named.
pub fn find(options: &LoadOptions) -> Result<Option<Files>> {
    let environment = Environment::of_folder(options)?;
    files(options, &environment)
}

/// The value that interpolation would use for a variable: of the overrides, the process environment or
/// the environment files; `None` where none of them sets it.
pub fn variable(options: &LoadOptions, name: &str) -> Result<Option<String>> {
    let mut environment = Environment::of_folder(options)?;
    if let Some(files) = files(options, &environment)? {
        environment.add_project_folder(&files.project_directory)?;
    }
    Ok(environment.variables.remove(name))
}

/// The files that were named, else those that are found.
pub(in crate::compose) fn files(
    options: &LoadOptions,
    environment: &Environment,
) -> Result<Option<Files>> {
    let named = if options.files.is_empty() {
        listed_files(&environment.variables)
    } else {
        options.files.clone()
    };
    let mut passed_over = Vec::new();
    let paths = if named.is_empty() {
        let from = options
            .project_directory
            .as_deref()
            .unwrap_or(Path::new(""));
        match search(&clean(&options.working_dir.join(from))) {
            Some((paths, others)) => {
                passed_over = others;
                paths
            }
            None => return Ok(None),
        }
    } else {
        let absolute = |path: PathBuf| {
            if read::is_stdin(&path) {
                path
            } else {
                clean(&options.working_dir.join(path))
            }
        };
        named.into_iter().map(absolute).collect()
    };
    if let Some(reason) = paths.iter().find_map(|path| read::lacking(path)) {
        return Err(Error::usage(format!("compose file {reason}")).hint(
            "name an existing file with -f or COMPOSE_FILE, or leave both out to search for one",
        ));
    }
    let beside_first = paths[0].parent().unwrap_or(Path::new("/"));
    let folder = options.project_directory.as_deref();
    let project_directory = clean(&options.working_dir.join(folder.unwrap_or(beside_first)));
    Ok(Some(Files {
        paths,
        project_directory,
        passed_over,
    }))
}

/// The files that `COMPOSE_FILE` lists.
fn listed_files(variables: &BTreeMap<String, String>) -> Vec<PathBuf> {
    let separator = variables
        .get("COMPOSE_PATH_SEPARATOR")
        .filter(|text| !text.is_empty());
    let separator = separator.map_or(if cfg!(windows) { ";" } else { ":" }, String::as_str);
    let listed = variables.get("COMPOSE_FILE").map_or("", String::as_str);
    let files = listed.split(separator).filter(|path| !path.is_empty());
    files.map(PathBuf::from).collect()
}

/// The compose file in this folder or the nearest above it with the override file beside it; and the
/// other compose files beside it.
fn search(folder: &Path) -> Option<(Vec<PathBuf>, Vec<PathBuf>)> {
    let existing = |folder: &Path, names: [&str; 4]| {
        let paths = names.map(|name| folder.join(name)).into_iter();
        paths.filter(|path| path.is_file()).collect::<Vec<_>>()
    };
    let mut found = folder
        .ancestors()
        .map(|folder| existing(folder, FILE_NAMES))
        .find(|found| !found.is_empty())?;
    let others = found.split_off(1);
    let beside = found[0].parent().unwrap_or(folder);
    found.extend(existing(beside, OVERRIDE_NAMES).into_iter().take(1));
    Some((found, others))
}
