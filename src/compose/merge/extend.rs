//! `include` and `extends`: models and services taken from elsewhere.

use std::collections::BTreeMap;
use std::path::{Path as FilePath, PathBuf};

use super::reader::{Document, Reader};
use crate::compose::decode::Field;
use crate::compose::merge;
use crate::compose::merge::rebase::Base;
use crate::compose::model::names::closest;
use crate::compose::yaml::node::{Map, Node};
use crate::compose::yaml::path::Path;
use crate::error::Result;

/// Includes nested deeper than this go round in a circle.
const MAX_INCLUDES: usize = 100;

/// Services extended through more others than this are not believed.
const MAX_EXTENDS: usize = 100;

/// Replaces what a document takes from elsewhere by what it takes.
struct Extender<'r, 'b> {
    reader: &'r mut Reader,
    base: &'b Base,
}

/// One model of documents, in their order: interpolated, included, extended, merged.
pub(in crate::compose) fn model(
    reader: &mut Reader,
    documents: Vec<Document>,
    base: &Base,
) -> Result<Node> {
    let mut merged = Node::Null;
    for (source, mut node) in documents {
        reader.interpolate(&mut node, source, &Path::default())?;
        base.file(&mut node);
        let path = reader.sources[source].path.clone();
        let node = Extender::new(reader, base).document(node, &path)?;
        merged = match merged {
            Node::Null => merge::untagged(node),
            merged => merge::merge(merged, node),
        };
    }
    base.default_contexts(&mut merged);
    base.volumes(&mut merged);
    Ok(merged)
}

/// What `extends` says.
struct Extends {
    file: Option<PathBuf>,
    service: String,
}

impl<'r, 'b> Extender<'r, 'b> {
    /// For documents whose relative paths start from `base`.
    fn new(reader: &'r mut Reader, base: &'b Base) -> Self {
        Self { reader, base }
    }

    /// Resolves `include` and every `extends` of a document of this file.
    fn document(&mut self, mut node: Node, file: &FilePath) -> Result<Node> {
        if let Node::Map(top) = &mut node
            && let Some(include) = top.remove("include")
            && include != Node::Null
        {
            let field = Field {
                path: Path::default().key("include"),
                node: &include,
            };
            let entries = field.items();
            let entries =
                entries.map_err(|fault| self.reader.fault(file, &fault.path, fault.reason))?;
            for entry in entries {
                self.include(top, entry.node, file, &entry.path)?;
            }
        }
        let services = services(&node);
        for name in services.keys() {
            let resolved = self.service(&services, name, file, &mut Vec::new())?;
            if let Node::Map(top) = &mut node
                && let Some(Node::Map(all)) = top.get_mut("services")
            {
                all.insert(name.clone(), resolved);
            }
        }
        Ok(node)
    }

    /// The service with everything that it extends.
    fn service(
        &mut self,
        services: &Map,
        name: &str,
        file: &FilePath,
        trail: &mut Vec<String>,
    ) -> Result<Node> {
        let path = Path::default().key("services").key(name);
        let mark = format!("{name} ({})", file.display());
        if trail.contains(&mark) || trail.len() > MAX_EXTENDS {
            trail.push(mark);
            let reason = format!("services extend each other: {}", trail.join(" -> "));
            return Err(self.reader.fault(file, &path.key("extends"), reason));
        }
        let Some(Node::Map(service)) = services.get(name) else {
            return Ok(services.get(name).cloned().unwrap_or(Node::Null));
        };
        let mut service = service.clone();
        let extends = service.remove("extends").map(merge::untagged);
        let Some(extends) = extends.filter(|extends| *extends != Node::Null) else {
            return Ok(Node::Map(service));
        };
        let extends = self.decode(&extends, file, &path.key("extends"))?;
        trail.push(mark);
        let base = match &extends.file {
            None => self.extended(services, &extends, file, file, &path, trail)?,
            Some(other) => {
                let said = path.key("extends").key("file");
                self.reader.check(other, file, &said)?;
                let folder = other.parent().unwrap_or(FilePath::new("/"));
                let base = Base::new(folder, &self.reader.environment.variables);
                let node = self.reader.file(other, &base)?;
                let mut inner = Extender::new(self.reader, &base);
                inner.extended(&self::services(&node), &extends, other, file, &path, trail)?
            }
        };
        trail.pop();
        Ok(merge::merge_service(
            merge::untagged(base),
            Node::Map(service),
        ))
    }

    /// The service that is extended, from the services of `file`; `from` is where that is said.
    fn extended(
        &mut self,
        services: &Map,
        extends: &Extends,
        file: &FilePath,
        from: &FilePath,
        path: &Path,
        trail: &mut Vec<String>,
    ) -> Result<Node> {
        if !services.contains_key(&extends.service) {
            let reason = format!("no service `{}` in {}", extends.service, file.display());
            let error = self.reader.fault(from, &path.key("extends"), reason);
            let close = closest(&extends.service, services.keys().map(String::as_str));
            return Err(match close {
                Some(close) => error.hint(format!("did you mean `{close}`?")),
                None => error,
            });
        }
        self.service(services, &extends.service, file, trail)
    }

    fn decode(&self, node: &Node, file: &FilePath, path: &Path) -> Result<Extends> {
        let field = Field {
            path: path.clone(),
            node,
        };
        let decoded = match node {
            Node::Text(service) => Ok((service.clone(), String::new())),
            _ => field
                .object()
                .and_then(|o| Ok((o.text("service")?, o.text("file")?))),
        };
        let (service, other) =
            decoded.map_err(|fault| self.reader.fault(file, &fault.path, fault.reason))?;
        if service.is_empty() {
            return Err(self.reader.fault(file, path, "names no service"));
        }
        let other = Some(other).filter(|other| !other.is_empty());
        if let Some(other) = &other {
            self.local(other, file, path)?;
        }
        Ok(Extends {
            file: other.map(|other| self.base.absolute(&other).into()),
            service,
        })
    }

    /// Reads an included model and adds what it defines; `path` is where that is said.
    fn include(&mut self, top: &mut Map, entry: &Node, file: &FilePath, path: &Path) -> Result<()> {
        if self.reader.sources.len() > MAX_INCLUDES {
            return Err(self.reader.fault(file, path, "files include each other"));
        }
        let field = Field {
            path: path.clone(),
            node: entry,
        };
        let decoded = match entry {
            Node::Text(_) => field
                .placed()
                .map(|paths| (paths, String::new(), Vec::new())),
            _ => field.object().and_then(|o| {
                Ok((
                    o.or_default("path", Field::placed)?,
                    o.text("project_directory")?,
                    o.or_default("env_file", Field::placed)?,
                ))
            }),
        };
        let (paths, folder, env_files) =
            decoded.map_err(|fault| self.reader.fault(file, &fault.path, fault.reason))?;
        let paths = self.existing(paths, file)?;
        let env_files = self.existing(env_files, file)?;
        // As to compose, one that names none includes nothing.
        let Some(first) = paths.first() else {
            return Ok(());
        };
        let folder = match folder.as_str() {
            "" => first.parent().unwrap_or(FilePath::new("/")).to_owned(),
            folder => self.base.absolute(folder).into(),
        };
        let included = self.included(&paths, &folder, env_files)?;
        self.import(top, included, (file, path), first)
    }

    /// Refuses what compose would fetch: a registry's artifact, or a file of a git repository.
    fn local(&self, name: &str, file: &FilePath, path: &Path) -> Result<()> {
        const REMOTE: [&str; 6] = ["oci://", "https://", "http://", "git://", "ssh://", "git@"];
        if !REMOTE.iter().any(|begin| name.starts_with(begin)) {
            return Ok(());
        }
        let reason =
            format!("{name} is elsewhere, and ollamactl reads files of this machine alone");
        let error = self.reader.fault(file, path, reason);
        Err(error.hint("fetch it, and name the file that it was put into"))
    }

    /// The files with these names, absolute.
    fn existing(&self, names: Vec<(Path, String)>, file: &FilePath) -> Result<Vec<PathBuf>> {
        let existing = |(path, name): (Path, String)| {
            self.local(&name, file, &path)?;
            let absolute = PathBuf::from(self.base.absolute(&name));
            self.reader.check(&absolute, file, &path)?;
            Ok(absolute)
        };
        names.into_iter().map(existing).collect()
    }

    /// The included model, read with variables of its own beneath those of the project.
    fn included(
        &mut self,
        paths: &[PathBuf],
        folder: &FilePath,
        mut own: Vec<PathBuf>,
    ) -> Result<Node> {
        let outer = self.reader.environment.variables.clone();
        if own.is_empty() {
            own.push(folder.join(".env"));
        }
        self.reader.environment.add_beneath(&own)?;
        let base = Base::new(folder, &self.reader.environment.variables);
        let model = self
            .reader
            .parse_all(paths)
            .and_then(|documents| self::model(self.reader, documents, &base));
        let variables = std::mem::replace(&mut self.reader.environment.variables, outer);
        model.map(|mut model| {
            inherit(&mut model, &variables);
            model
        })
    }

    fn import(
        &self,
        top: &mut Map,
        included: Node,
        (file, path): (&FilePath, &Path),
        from: &FilePath,
    ) -> Result<()> {
        let Node::Map(included) = included else {
            return Ok(());
        };
        for (section, values) in included {
            let Node::Map(values) = values else { continue };
            let target = top
                .entry(section.clone())
                .or_insert_with(|| Node::Map(Map::new()));
            let Node::Map(target) = target else { continue };
            for (key, value) in values {
                if target.get(&key).is_some_and(|known| *known != value) {
                    let reason = format!(
                        "{} defines {section}.{key} otherwise than it is defined already",
                        from.display()
                    );
                    let error = self.reader.fault(file, path, reason);
                    return Err(error.hint("give one of the two another name"));
                }
                target.insert(key, value);
            }
        }
        Ok(())
    }
}

/// Gives the names that stand alone in the services' lists of variables the values that are set here: the
/// project that includes them does not know these. A mapping's names without a value are left to it.
fn inherit(model: &mut Node, variables: &BTreeMap<String, String>) {
    let Node::Map(top) = model else { return };
    let Some(Node::Map(services)) = top.get_mut("services") else {
        return;
    };
    for service in services.values_mut() {
        let Node::Map(service) = service else {
            continue;
        };
        let Some(Node::List(entries)) = service.get_mut("environment") else {
            continue;
        };
        for entry in entries {
            if let Node::Text(name) = entry
                && let Some(value) = variables.get(name.as_str())
            {
                *entry = Node::Text(format!("{name}={value}"));
            }
        }
    }
}

fn services(node: &Node) -> Map {
    let services = node.as_map().and_then(|top| top.get("services"));
    services.and_then(Node::as_map).cloned().unwrap_or_default()
}
