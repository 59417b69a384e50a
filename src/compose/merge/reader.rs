//! Files as documents: parsed, interpolated, with absolute paths.

use std::collections::BTreeSet;
use std::path::{Path as FilePath, PathBuf};

use super::merge;
use super::rebase::Base;
use crate::compose::files::environment::Environment;
use crate::compose::files::interpolate::{Interpolation, unset_warning};
use crate::compose::files::read;
use crate::compose::yaml::node::Node;
use crate::compose::yaml::path::{Invalid, Path, Source};
use crate::compose::yaml::{self, Broken};
use crate::error::{Error, Result};

/// One document of a file, and which file.
pub(in crate::compose) type Document = (usize, Node);

/// Reads files, and remembers which, for the places of faults.
pub(in crate::compose) struct Reader {
    /// Every file read.
    pub sources: Vec<Source>,
    /// What variables are looked up in.
    pub environment: Environment,
    unset: BTreeSet<String>,
}

impl Reader {
    pub(in crate::compose) fn new(environment: Environment) -> Self {
        Self {
            sources: Vec::new(),
            environment,
            unset: BTreeSet::new(),
        }
    }

    /// What was not set.
    pub(in crate::compose) fn warnings(&self) -> Vec<String> {
        let unset = self.unset.union(&self.environment.unset);
        unset.map(|name| unset_warning(name)).collect()
    }

    /// The documents of all files.
    pub(in crate::compose) fn parse_all(&mut self, paths: &[PathBuf]) -> Result<Vec<Document>> {
        let mut documents = Vec::new();
        for path in paths {
            documents.extend(self.parse(path)?);
        }
        Ok(documents)
    }

    /// The documents of a file. One that says nothing has none.
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
        if let Some((_, other)) = documents.iter().find(|(_, node)| node.as_map().is_none()) {
            let reason = format!("a compose file must be a mapping, not {}", other.kind());
            return Err(source.error(None, &reason));
        }
        self.sources.push(source);
        Ok(documents)
    }

    /// Replaces the variables in a document.
    pub(in crate::compose) fn interpolate(
        &mut self,
        node: &mut Node,
        source: usize,
        path: &Path,
    ) -> Result<()> {
        let variables = &self.environment.variables;
        let lookup = |name: &str| variables.get(name).cloned();
        let mut interpolation = Interpolation::new(&lookup);
        interpolation
            .node(node, path)
            .map_err(|fault| fault.in_files(std::slice::from_ref(&self.sources[source])))?;
        self.unset.extend(interpolation.unset());
        Ok(())
    }

    /// One file, interpolated and with absolute paths, its documents merged; neither included nor
    /// extended.
    pub(in crate::compose) fn file(&mut self, path: &FilePath, base: &Base) -> Result<Node> {
        let mut merged = Node::Null;
        for (source, mut node) in self.parse(path)? {
            self.interpolate(&mut node, source, &Path::default())?;
            base.file(&mut node);
            merged = merge(merged, node);
        }
        Ok(merged)
    }

    /// Fails where a path that a file names leads to no file; `path` is where that is said.
    pub(in crate::compose) fn check(
        &self,
        named: &FilePath,
        file: &FilePath,
        path: &Path,
    ) -> Result<()> {
        match read::lacking(named) {
            None => Ok(()),
            Some(reason) => Err(self
                .fault(file, path, reason)
                .hint("create it, or correct the path")),
        }
    }

    /// A fault in a file that was read, by its path.
    pub(in crate::compose) fn fault(
        &self,
        file: &FilePath,
        path: &Path,
        reason: impl Into<String>,
    ) -> Error {
        let sources: Vec<Source> = self
            .sources
            .iter()
            .filter(|source| source.path == file)
            .cloned()
            .collect();
        Invalid::new(path, reason).in_files(&sources)
    }
}

/// The error of a text that is not YAML; the most frequent cause is hard to see.
fn not_yaml(source: &Source, broken: &Broken) -> Error {
    let error = source.error(broken.position, &broken.message);
    let line = broken
        .position
        .and_then(|at| source.text.lines().nth(at.line - 1))
        .unwrap_or_default();
    match mistake(&broken.message, line) {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// What a person most likely did where the parser says this of a line.
fn mistake(message: &str, line: &str) -> Option<&'static str> {
    if line.trim_start_matches(' ').starts_with('\t') {
        return Some("the line is indented with a tab; YAML allows only spaces");
    }
    let hints = [
        (
            "mapping values are not allowed",
            "a text with `: ` in it must stand in quotes; or the line is indented deeper than those above",
        ),
        (
            "cannot start any token",
            "a text that begins with @, ` or % must stand in quotes",
        ),
        (
            "scanning an alias",
            "a text that begins with * must stand in quotes",
        ),
        (
            "scanning an anchor",
            "a text that begins with & must stand in quotes",
        ),
        (
            "unknown tag",
            "a text that begins with ! must stand in quotes",
        ),
        (
            "invalid type: map, expected a string as key",
            "a text that begins with { must stand in quotes",
        ),
        ("expected a string as key", "put the key in quotes"),
        (
            "did not find expected '-' indicator",
            "a list, whose items begin with `- `, cannot go on as a mapping; or the indentation is wrong",
        ),
        (
            "did not find expected key",
            "is the line indented like its neighbours, and is every quote closed?",
        ),
        (
            "scanning a quoted scalar",
            "close the quote that begins there",
        ),
        ("recursion limit", "an anchor must not contain itself"),
        (
            "unknown anchor",
            "define it above with `&NAME`; a text that begins with * must stand in quotes",
        ),
    ];
    let fits = |(says, hint): (&str, _)| message.contains(says).then_some(hint);
    hints.into_iter().find_map(fits)
}
