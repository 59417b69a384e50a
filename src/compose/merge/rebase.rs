//! Relative paths made absolute, before files are merged: each file's from its own folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::compose::files::clean::clean;
use crate::compose::yaml::node::{Map, Node};

/// The folder that relative paths start from, and the home folder that `~` stands for.
#[derive(Debug, Clone)]
pub(in crate::compose) struct Base {
    folder: PathBuf,
    home: Option<String>,
}

/// What a build context begins with when it is not a folder.
const REMOTE: [&str; 6] = [
    "https://",
    "http://",
    "git://",
    "ssh://",
    "github.com/",
    "git@",
];

/// What one of `additional_contexts` begins with when it is what another service is built to.
const BUILT: &str = "service:";

impl Base {
    /// For files in this folder, which is absolute.
    pub(in crate::compose) fn new(folder: &Path, environment: &BTreeMap<String, String>) -> Self {
        Self {
            folder: folder.to_owned(),
            home: environment.get("HOME").cloned(),
        }
    }

    /// The path, absolute and without `.` and `..`; one that is absolute as it is written.
    pub(in crate::compose) fn absolute(&self, path: &str) -> String {
        let expanded = match (path.strip_prefix('~'), &self.home) {
            (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => {
                format!("{home}{rest}")
            }
            _ if Path::new(path).is_absolute() => return path.to_owned(),
            _ => path.to_owned(),
        };
        clean(&self.folder.join(expanded))
            .to_string_lossy()
            .into_owned()
    }

    /// Makes the paths in a whole file absolute.
    pub(in crate::compose) fn file(&self, node: &mut Node) {
        let Node::Map(top) = node else { return };
        if let Some(services) = map_of(top, "services") {
            for service in services.values_mut() {
                self.service(service);
            }
        }
        for section in ["configs", "secrets"] {
            let Some(section) = map_of(top, section) else {
                continue;
            };
            for object in section.values_mut() {
                self.key(object, "file");
            }
        }
    }

    /// Makes the paths of bound volumes absolute, of all files together: any of them may name the driver.
    pub(super) fn volumes(&self, merged: &mut Node) {
        let Node::Map(top) = merged else { return };
        let volumes = map_of(top, "volumes").into_iter();
        for volume in volumes.flat_map(|volumes| volumes.values_mut()) {
            self.volume(volume);
        }
    }

    /// Makes the paths in a service absolute.
    pub(in crate::compose) fn service(&self, node: &mut Node) {
        let Node::Map(service) = untag(node) else {
            return;
        };
        if let Some(build) = service.get_mut("build") {
            self.build(untag(build));
        }
        if let Some(files) = service.get_mut("env_file") {
            each(files, |file| match file {
                Node::Map(_) => self.key(file, "path"),
                _ => self.text(file),
            });
        }
        if let Some(files) = service.get_mut("label_file") {
            each(files, |file| self.text(file));
        }
        if let Some(watch) = map_of(service, "develop").and_then(|develop| develop.get_mut("watch"))
        {
            each(watch, |trigger| self.key(trigger, "path"));
        }
        if let Some(volumes) = service.get_mut("volumes") {
            each(volumes, |volume| self.mount(volume));
        }
    }

    fn build(&self, build: &mut Node) {
        if let Node::Text(_) = build {
            return self.context(build);
        }
        let Node::Map(map) = build else { return };
        if let Some(context) = map.get_mut("context") {
            self.context(context);
        }
        match map.get_mut("additional_contexts").map(untag) {
            Some(Node::Map(contexts)) => contexts.values_mut().for_each(|c| self.named_context(c)),
            Some(Node::List(contexts)) => contexts.iter_mut().for_each(|context| {
                if let Some((name, path)) = context.as_text().and_then(|text| text.split_once('='))
                {
                    let mut path = Node::Text(path.to_owned());
                    self.named_context(&mut path);
                    *context = Node::Text(format!("{name}={}", path.as_text().unwrap_or_default()));
                }
            }),
            _ => {}
        }
    }

    /// Where none of the merged files names a build's context, it is the project's folder.
    pub(super) fn default_contexts(&self, merged: &mut Node) {
        let Node::Map(top) = merged else { return };
        let Some(Node::Map(services)) = top.get_mut("services") else {
            return;
        };
        for service in services.values_mut() {
            let Node::Map(service) = untag(service) else {
                continue;
            };
            if let Some(Node::Map(build)) = service.get_mut("build").map(untag)
                && !build.contains_key("context")
            {
                let mut folder = Node::Text(".".to_owned());
                self.context(&mut folder);
                build.insert("context".to_owned(), folder);
            }
        }
    }

    /// One of `additional_contexts`: what another service is built to has no path.
    fn named_context(&self, node: &mut Node) {
        let of_service = |text: &str| text.starts_with(BUILT);
        if !node.as_text().is_some_and(of_service) {
            self.context(node);
        }
    }

    fn context(&self, node: &mut Node) {
        let remote = |text: &str| {
            REMOTE.iter().any(|prefix| text.starts_with(prefix)) || text.contains("://")
        };
        if !node.as_text().is_some_and(remote) {
            self.text(node);
        }
    }

    /// Only a bind's source is a path. In the short syntax it shows by its first character.
    fn mount(&self, node: &mut Node) {
        match node {
            Node::Text(text) if text.starts_with(['.', '~']) => {
                let (source, rest) = text.split_once(':').unwrap_or((text, ""));
                if !rest.is_empty() {
                    *text = format!("{}:{rest}", self.absolute(source));
                }
            }
            Node::Map(map) if map.get("type").and_then(Node::as_text) == Some("bind") => {
                self.key(node, "source");
            }
            _ => {}
        }
    }

    /// `driver_opts: {type: none, o: bind, device: ./data}` of the local driver, where it is named: as
    /// compose does it, though it is also the driver of a volume that names none.
    fn volume(&self, node: &mut Node) {
        let Node::Map(volume) = untag(node) else {
            return;
        };
        if volume.get("driver").and_then(Node::as_text) != Some("local") {
            return;
        }
        let Some(options) = map_of(volume, "driver_opts") else {
            return;
        };
        let bind = options.get("o").and_then(Node::as_text) == Some("bind");
        let relative =
            |device: &&mut Node| device.as_text().is_some_and(|path| !path.starts_with('/'));
        if let Some(device) = options.get_mut("device").filter(|_| bind).filter(relative) {
            self.text(device);
        }
    }

    fn key(&self, node: &mut Node, key: &str) {
        if let Node::Map(map) = untag(node)
            && let Some(value) = map.get_mut(key)
        {
            self.text(value);
        }
    }

    fn text(&self, node: &mut Node) {
        if let Node::Text(text) = untag(node)
            && !text.is_empty()
        {
            *text = self.absolute(text);
        }
    }
}

/// The value inside a tag.
fn untag(node: &mut Node) -> &mut Node {
    match node {
        Node::Tagged(_, value) => untag(value),
        node => node,
    }
}

fn map_of<'a>(map: &'a mut Map, key: &str) -> Option<&'a mut Map> {
    match map.get_mut(key).map(untag) {
        Some(Node::Map(map)) => Some(map),
        _ => None,
    }
}

/// Every item of a list, or the value itself.
fn each(node: &mut Node, mut change: impl FnMut(&mut Node)) {
    match untag(node) {
        Node::List(items) => items.iter_mut().for_each(change),
        value => change(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::yaml;

    fn rebased(text: &str) -> Node {
        let home = BTreeMap::from([("HOME".to_owned(), "/home/me".to_owned())]);
        let mut node = yaml::parse(text).expect("valid").remove(0);
        Base::new(Path::new("/p/sub"), &home).file(&mut node);
        node
    }

    #[test]
    fn paths_become_absolute_and_nothing_else_does() {
        for (before, after) in [
            ("build: ./x", "build: /p/sub/x"),
            ("build: {context: ../y}", "build: {context: /p/y}"),
            ("build: {target: t}", "build: {target: t}"),
            (
                "build: https://github.com/a/b.git",
                "build: https://github.com/a/b.git",
            ),
            (
                "build: {context: ., additional_contexts: [a=./a, b=docker-image://b, c=service:b]}",
                "build: {context: /p/sub, additional_contexts: [a=/p/sub/a, b=docker-image://b, c=service:b]}",
            ),
            ("env_file: .env", "env_file: /p/sub/.env"),
            (
                "env_file: [a, {path: b}]",
                "env_file: [/p/sub/a, {path: /p/sub/b}]",
            ),
            (
                "volumes: ['./a:/a:ro', '~/b:/b', 'c:/c', '/d:/d', /e]",
                "volumes: ['/p/sub/a:/a:ro', '/home/me/b:/b', 'c:/c', '/d:/d', /e]",
            ),
            (
                "volumes: !override [{type: bind, source: a, target: /a}, {type: volume, source: a, target: /b}]",
                "volumes: !override [{type: bind, source: /p/sub/a, target: /a}, {type: volume, source: a, target: /b}]",
            ),
            ("image: ./x, command: ./y", "image: ./x, command: ./y"),
        ] {
            let wrap = |text: &str| format!("{{services: {{a: {{{text}}}}}}}");
            let wanted = yaml::parse(&wrap(after)).expect("valid").remove(0);
            assert_eq!(rebased(&wrap(before)), wanted, "{before}");
        }
        assert_eq!(
            rebased("{configs: {a: {file: ./a}}}"),
            yaml::parse("{configs: {a: {file: /p/sub/a}}}")
                .expect("valid")
                .remove(0)
        );
    }
}
