//! The environment that compose files are read with.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::clean::clean;
use super::dotenv::{self, Variables};
use super::read;
use crate::compose::model::LoadOptions;
use crate::compose::model::names::truthy;
use crate::error::{Error, Result};

/// The variables of a project, and where they were read from.
#[derive(Debug, Clone, Default)]
pub(in crate::compose) struct Environment {
    /// Overrides, then the process environment, then the environment files.
    pub variables: BTreeMap<String, String>,
    /// Environment files that were named, absolute.
    pub named_files: Vec<PathBuf>,
    /// Variables that the environment files needed and that were not set.
    pub unset: BTreeSet<String>,
}

impl Environment {
    /// The environment before the project folder is known: with `.env` of the one that was named, or
    /// of the current one (as compose 2.40 has it; 2.26 reads only that of the project folder).
    pub(in crate::compose) fn of_folder(options: &LoadOptions) -> Result<Self> {
        let mut variables = options.environment.clone();
        variables.extend(options.overrides.clone());
        let mut environment = Self {
            variables,
            ..Self::default()
        };
        environment.named_files = named_env_files(options, &environment.variables);
        for path in &environment.named_files {
            if let Some(reason) = read::lacking(path) {
                return Err(Error::usage(format!("environment file {reason}")).hint(
                    "name an existing file with --env-file or COMPOSE_ENV_FILES, or leave both out",
                ));
            }
        }
        if environment.named_files.is_empty() {
            environment.add(&[first_folder(options).join(".env")])?;
        } else {
            environment.add(&environment.named_files.clone())?;
        }
        Ok(environment)
    }

    /// Adds `.env` of the project folder, where no other environment file was named.
    pub(in crate::compose) fn add_project_folder(&mut self, folder: &Path) -> Result<()> {
        if self.named_files.is_empty() {
            self.add(&[folder.join(".env")])?;
        }
        Ok(())
    }

    /// Adds the project's files, unless they are turned off.
    fn add(&mut self, files: &[PathBuf]) -> Result<()> {
        let off = self.variables.get("COMPOSE_DISABLE_ENV_FILE");
        if off.is_some_and(|value| truthy(value)) {
            return Ok(());
        }
        self.add_beneath(files)
    }

    /// Adds what these files set and nothing has set before; of two of them the later one counts. A
    /// missing file is no fault.
    pub(in crate::compose) fn add_beneath(&mut self, files: &[PathBuf]) -> Result<()> {
        let mut found = Variables::new();
        for path in files.iter().filter(|path| path.is_file()) {
            let (more, unset) = env_file(path, &self.variables, &found, false)?;
            self.unset.extend(unset);
            found.extend(more);
        }
        for (key, value) in found {
            if let Some(value) = value {
                self.variables.entry(key).or_insert(value);
            }
        }
        Ok(())
    }
}

/// Reads an environment file, after earlier ones; also returns the variables that it needed and that were not set.
pub(in crate::compose) fn env_file(
    path: &Path,
    known: &BTreeMap<String, String>,
    earlier: &Variables,
    raw: bool,
) -> Result<(Variables, BTreeSet<String>)> {
    let text = read::text(path)?;
    let parsed = if raw {
        dotenv::parse_raw(&text).map(|variables| (variables, BTreeSet::new()))
    } else {
        dotenv::parse(&text, &|name| known.get(name).cloned(), earlier)
    };
    parsed.map_err(|fault| {
        Error::usage(format!(
            "{}:{}: {}",
            path.display(),
            fault.line,
            fault.reason
        ))
    })
}

fn named_env_files(options: &LoadOptions, variables: &BTreeMap<String, String>) -> Vec<PathBuf> {
    if !options.env_files.is_empty() {
        let files = options.env_files.iter();
        return files
            .map(|path| clean(&options.working_dir.join(path)))
            .collect();
    }
    let listed = variables
        .get("COMPOSE_ENV_FILES")
        .map_or("", String::as_str);
    let files = listed.split(',').filter(|path| !path.is_empty());
    files
        .map(|path| clean(&options.working_dir.join(path)))
        .collect()
}

/// The folder named with `--project-directory` or by the first file, else the current one.
fn first_folder(options: &LoadOptions) -> PathBuf {
    let file_folder = || options.files.first().and_then(|file| file.parent());
    let named = options.project_directory.as_deref().or_else(file_folder);
    clean(&options.working_dir.join(named.unwrap_or(Path::new(""))))
}
