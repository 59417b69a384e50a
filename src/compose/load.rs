//! From files to a project, in compose's order: interpolate, include, extend, merge, decode, complete.

use std::path::Path as FilePath;

use super::complete;
use super::decode;
use super::files::discover::{self, Files};
use super::files::environment::Environment;
use super::merge::extend;
use super::merge::reader::{Document, Reader};
use super::merge::rebase::Base;
use super::model::names;
use super::model::{LoadOptions, Project};
use super::yaml::node::Node;
use super::yaml::path::{Path, Sources};
use crate::error::{Error, Result};

/// Reads the project.
pub fn load(options: &LoadOptions) -> Result<Project> {
    let mut environment = Environment::of_folder(options)?;
    let Some(files) = discover::files(options, &environment)? else {
        return Err(not_found(&options.working_dir));
    };
    environment.add_project_folder(&files.project_directory)?;
    let mut reader = Reader::new(environment);
    let documents = reader.parse_all(&files.paths)?;
    if documents.is_empty() {
        let path = files.paths[0].display();
        return Err(Error::usage(format!("{path}: the compose file is empty"))
            .hint("write what is to run under `services:`"));
    }
    let name = project_name(&mut reader, options, &files, &documents)?;
    reader
        .environment
        .variables
        .insert("COMPOSE_PROJECT_NAME".to_owned(), name.clone());
    let base = Base::new(&files.project_directory, &reader.environment.variables);
    let merged = extend::model(&mut reader, documents, &base)?;
    let read = files.paths[0].display().to_string();
    let passed_over = files.passed_over.iter();
    let passed_over =
        passed_over.map(|path| format!("{} is not read: {read} is preferred", path.display()));
    let mut project = Project {
        name,
        working_dir: files.project_directory,
        config_files: files.paths,
        environment_files: reader.environment.named_files.clone(),
        environment: reader.environment.variables.clone(),
        warnings: passed_over.chain(reader.warnings()).collect(),
        sources: Sources(std::mem::take(&mut reader.sources).into()),
        ..Project::default()
    };
    let sources = project.sources.clone();
    decode::project::project(&merged, &mut project).map_err(|fault| fault.in_files(&sources.0))?;
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

/// `-p`, `COMPOSE_PROJECT_NAME`, the last `name:`, or the folder's name.
fn project_name(
    reader: &mut Reader,
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
    let variable = reader.environment.variables.get("COMPOSE_PROJECT_NAME");
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
            let written = !name.scalar().unwrap_or_default().is_empty();
            reader.interpolate(&mut name, source, &path)?;
            let name = name.scalar().unwrap_or_default();
            if written && name.is_empty() {
                let file = reader.sources[source].path.clone();
                let fault = reader.fault(&file, &path, "is empty with its variables replaced");
                return Err(fault.hint("set the variable, or give it a default: ${NAME:-shop}"));
            }
            name
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
