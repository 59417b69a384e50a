//! From files to a project, in compose's order: interpolate, include, extend, merge, decode, complete.

use std::collections::BTreeSet;
use std::path::{Path as FilePath, PathBuf};

use super::complete;
use super::decode_project;
use super::discover::{self, Environment, Files};
use super::extend::Extender;
use super::interpolate::Interpolation;
use super::merge;
use super::model::{LoadOptions, Project};
use super::names;
use super::node::Node;
use super::path::{Invalid, Path, Source};
use super::read;
use super::rebase::Base;
use super::yaml::{self, Broken};
use crate::error::{Error, Result};

/// Reads the project.
pub fn load(options: &LoadOptions) -> Result<Project> {
    let mut environment = Environment::of_folder(options)?;
    let Some(files) = discover::files(options, &environment)? else {
        return Err(not_found(&options.working_dir));
    };
    environment.add_project_folder(&files.project_directory)?;
    let mut loader = Loader::new(environment);
    let documents = loader.parse_all(&files.paths)?;
    let name = loader.project_name(options, &files, &documents)?;
    loader
        .environment
        .variables
        .insert("COMPOSE_PROJECT_NAME".to_owned(), name.clone());
    let base = Base::new(&files.project_directory, &loader.environment.variables);
    let merged = loader.merge_documents(documents, &base)?;
    let read = files.paths[0].display().to_string();
    let passed_over = files.passed_over.iter();
    let passed_over =
        passed_over.map(|path| format!("{} is not read: {read} is preferred", path.display()));
    let mut project = Project {
        name,
        working_dir: files.project_directory,
        config_files: files.paths,
        environment_files: loader.environment.named_files.clone(),
        environment: loader.environment.variables.clone(),
        warnings: passed_over.chain(loader.warnings()).collect(),
        ..Project::default()
    };
    let sources = &loader.sources;
    decode_project::project(&merged, &mut project).map_err(|fault| fault.in_files(sources))?;
    complete::complete(&mut project, &options.profiles)?;
    warn_of_dates(&merged, &Path::default(), &mut project.warnings);
    Ok(project)
}

/// What is a date to compose, and no text: not where it was written so, and nothing to newer releases.
fn warn_of_dates(node: &Node, path: &Path, warnings: &mut Vec<String>) {
    match node {
        Node::Time(_) => warnings.push(format!(
            "{path} is a date without quotes: older releases of compose add a time to it, newer ones refuse it"
        )),
        Node::List(items) => {
            for (index, item) in items.iter().enumerate() {
                warn_of_dates(item, &path.index(index), warnings);
            }
        }
        Node::Map(map) => {
            for (key, value) in map.iter().filter(|(key, _)| !key.starts_with("x-")) {
                warn_of_dates(value, &path.key(key), warnings);
            }
        }
        _ => {}
    }
}

fn not_found(folder: &FilePath) -> Error {
    let names = discover::FILE_NAMES.join(", ");
    Error::usage(format!("no compose file in {} or above", folder.display()))
        .details([format!("looked for {names}")])
        .hint("change to the project's folder, or name the file with -f")
}

/// The warning of a variable that is not set.
pub(super) fn unset_warning(name: &str) -> String {
    format!("the variable {name} is not set; a blank string is used")
}

/// The error of a text that is not YAML; the most frequent cause is hard to see.
fn not_yaml(source: &Source, broken: &Broken) -> Error {
    let error = source.error(broken.position, &broken.message);
    let line = broken
        .position
        .and_then(|at| source.text.lines().nth(at.line - 1));
    if line.is_some_and(|line| line.trim_start_matches(' ').starts_with('\t')) {
        return error.hint("the line is indented with a tab; YAML allows only spaces");
    }
    error
}

/// One document of a file, and which file.
type Document = (usize, Node);

/// State of reading: the files read so far, and what their variables are.
pub(super) struct Loader {
    /// Every file read.
    pub sources: Vec<Source>,
    /// What variables are looked up in.
    pub environment: Environment,
    unset: BTreeSet<String>,
}

impl Loader {
    fn new(environment: Environment) -> Self {
        Self {
            sources: Vec::new(),
            environment,
            unset: BTreeSet::new(),
        }
    }

    fn warnings(&self) -> Vec<String> {
        let unset = self.unset.union(&self.environment.unset);
        unset.map(|name| unset_warning(name)).collect()
    }

    fn parse_all(&mut self, paths: &[PathBuf]) -> Result<Vec<Document>> {
        let mut documents = Vec::new();
        for path in paths {
            documents.extend(self.parse(path)?);
        }
        Ok(documents)
    }

    /// The documents of a file. A file that says nothing is a fault, as for compose.
    fn parse(&mut self, path: &FilePath) -> Result<Vec<Document>> {
        let source = Source {
            path: path.to_owned(),
            text: read::text(path)?,
        };
        let documents = yaml::parse(&source.text).map_err(|broken| not_yaml(&source, &broken))?;
        let index = self.sources.len();
        let documents: Vec<Document> = documents
            .into_iter()
            .filter(|node| *node != Node::Null)
            .map(|node| (index, node))
            .collect();
        if documents.is_empty() {
            return Err(source.error(None, "the compose file is empty"));
        }
        if let Some((_, other)) = documents.iter().find(|(_, node)| node.as_map().is_none()) {
            let reason = format!("a compose file must be a mapping, not {}", other.kind());
            return Err(source.error(None, &reason));
        }
        self.sources.push(source);
        Ok(documents)
    }

    /// `-p`, `COMPOSE_PROJECT_NAME`, the last `name:`, or the folder's name.
    fn project_name(
        &mut self,
        options: &LoadOptions,
        files: &Files,
        documents: &[Document],
    ) -> Result<String> {
        if let Some(name) = options
            .project_name
            .as_deref()
            .filter(|name| !name.is_empty())
        {
            return names::explicit(name, "given with -p");
        }
        let variable = self.environment.variables.get("COMPOSE_PROJECT_NAME");
        if let Some(name) = variable.filter(|name| !name.is_empty()) {
            return names::explicit(name, "from COMPOSE_PROJECT_NAME");
        }
        let named = documents
            .iter()
            .rev()
            .find_map(|(source, node)| Some((*source, node.as_map()?.get("name")?.scalar()?)));
        let name = match named {
            Some((source, text)) => {
                let mut name = Node::Text(text);
                let path = Path::default().key("name");
                self.interpolate(&mut name, source, &path)?;
                name.scalar().unwrap_or_default()
            }
            None => String::new(),
        };
        let folder = || {
            files
                .project_directory
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
        };
        let name = if name.is_empty() {
            names::normalize(&folder())
        } else {
            names::normalize(&name)
        };
        if name.is_empty() {
            return Err(Error::usage(format!(
                "no project name can be made of the folder {}",
                files.project_directory.display()
            ))
            .hint("set `name:` in the compose file, or COMPOSE_PROJECT_NAME"));
        }
        Ok(name)
    }

    /// Replaces the variables in a document.
    fn interpolate(&mut self, node: &mut Node, source: usize, path: &Path) -> Result<()> {
        let variables = &self.environment.variables;
        let lookup = |name: &str| variables.get(name).cloned();
        let mut interpolation = Interpolation::new(&lookup);
        interpolation
            .node(node, path)
            .map_err(|fault| fault.in_files(std::slice::from_ref(&self.sources[source])))?;
        self.unset.extend(interpolation.unset());
        Ok(())
    }

    /// Reads files as one model of their own: interpolated, with absolute paths, extended, merged.
    pub(super) fn model(&mut self, paths: &[PathBuf], base: &Base) -> Result<Node> {
        let documents = self.parse_all(paths)?;
        self.merge_documents(documents, base)
    }

    /// One file, interpolated and with absolute paths, its documents merged; neither included nor
    /// extended.
    pub(super) fn file(&mut self, path: &FilePath, base: &Base) -> Result<Node> {
        let mut merged = Node::Null;
        for (source, mut node) in self.parse(path)? {
            self.interpolate(&mut node, source, &Path::default())?;
            base.file(&mut node);
            merged = merge::merge(merged, node);
        }
        Ok(merged)
    }

    fn merge_documents(&mut self, documents: Vec<Document>, base: &Base) -> Result<Node> {
        let mut merged = Node::Null;
        for (source, mut node) in documents {
            self.interpolate(&mut node, source, &Path::default())?;
            base.file(&mut node);
            let path = self.sources[source].path.clone();
            let node = Extender::new(self, base).document(node, &path)?;
            merged = match merged {
                Node::Null => merge::untagged(node),
                merged => merge::merge(merged, node),
            };
        }
        base.default_contexts(&mut merged);
        Ok(merged)
    }

    /// A fault in a file that was read, by its path.
    pub(super) fn fault(&self, file: &FilePath, path: &Path, reason: impl Into<String>) -> Error {
        let sources: Vec<Source> = self
            .sources
            .iter()
            .filter(|source| source.path == file)
            .cloned()
            .collect();
        Invalid::new(path, reason).in_files(&sources)
    }
}
