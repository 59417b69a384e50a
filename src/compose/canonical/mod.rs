//! The canonical model as `docker compose config` prints it, in YAML and in JSON: the same keys in the
//! same order, nothing that no service uses, dollar signs doubled so that it can be read again.

pub(super) mod go_json;

mod emit;
mod extensions;
mod order;
mod service;
mod tree;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::compose::model::Project;
use crate::compose::model::service::Service;
use crate::compose::release::Dialect;
use tree::Tree;

pub(super) use service::service_json;

impl Project {
    /// The model in YAML, byte for byte as compose of this dialect prints it. What this crate's model
    /// does not hold (`unsupported`) is left out.
    pub fn canonical_yaml(&self, dialect: Dialect) -> String {
        let Tree::Map(mut sections) = self.tree(dialect) else {
            return String::new();
        };
        for (section, tree) in &mut sections {
            match section.as_str() {
                "services" => tree.each(|_, service| in_yaml(service)),
                "networks" => tree.each(|_, network| network.drop_where("ipam", Tree::is_empty)),
                _ => {}
            }
        }
        let mut tree = Tree::Map(sections);
        extensions::show(&mut tree, &self.extensions);
        order::arrange(&mut tree);
        emit::document(&tree).replace('$', "$$")
    }

    /// The model in JSON, indented, as compose of this dialect prints it with `--format json`.
    #[allow(
        clippy::missing_panics_doc,
        reason = "JSON can hold all that a model can"
    )]
    pub fn canonical_json(&self, dialect: Dialect) -> String {
        let mut tree = self.tree(dialect);
        if let Tree::Map(sections) = &mut tree {
            // In JSON, those of the top level alone.
            let all = self.extensions.as_object().into_iter().flatten();
            let top = all.filter(|(key, _)| key.starts_with("x-"));
            sections.extend(top.map(|(key, value)| (key.clone(), Tree::of(value))));
            sections.sort_by(|(one, _), (other, _)| one.cmp(other));
        }
        let text = serde_json::to_string_pretty(&tree)
            .expect("the model has no value that JSON cannot hold");
        // Go escapes these, which stand nowhere but in strings.
        let escaped = text
            .replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .replace('&', "\\u0026");
        escaped.replace('$', "$$")
    }

    /// The volumes that services refer to, by their keys.
    pub fn used_volumes(&self) -> impl Iterator<Item = &str> {
        let used = Used::by(self.services.values()).volumes;
        let keys = self.volumes.keys().map(String::as_str);
        keys.filter(move |key| used.contains(key))
    }

    /// The sections that are not empty, in compose's order.
    fn tree(&self, dialect: Dialect) -> Tree {
        let services: Vec<(String, Tree)> = self
            .services
            .iter()
            .map(|(name, service)| (name.clone(), of_service(service, dialect)))
            .collect();
        let used = Used::by(self.services.values());
        let sections = [
            ("networks", chosen(&self.networks, &used.networks)),
            ("volumes", chosen(&self.volumes, &used.volumes)),
            ("secrets", chosen(&self.secrets, &used.secrets)),
            ("configs", chosen(&self.configs, &used.configs)),
        ];
        let head = [
            ("name".to_owned(), Tree::Text(self.name.clone())),
            ("services".to_owned(), Tree::Map(services)),
        ];
        let rest = sections
            .into_iter()
            .filter(|(_, tree)| !tree.is_empty())
            .map(|(name, tree)| (name.to_owned(), tree));
        Tree::Map(head.into_iter().chain(rest).collect())
    }
}

/// What services refer to: compose leaves out the rest.
#[derive(Default)]
struct Used<'a> {
    networks: BTreeSet<&'a str>,
    volumes: BTreeSet<&'a str>,
    secrets: BTreeSet<&'a str>,
    configs: BTreeSet<&'a str>,
}

impl<'a> Used<'a> {
    fn by(services: impl Iterator<Item = &'a Service>) -> Self {
        let mut used = Self::default();
        for service in services {
            let built = service.build.iter().flat_map(|build| &build.secrets);
            let secrets = service.secrets.iter().chain(built);
            let named = service
                .volumes
                .iter()
                .filter(|mount| mount.kind == "volume");
            used.networks
                .extend(service.networks.keys().map(String::as_str));
            used.volumes
                .extend(named.map(|mount| mount.source.as_str()));
            used.secrets
                .extend(secrets.map(|secret| secret.source.as_str()));
            used.configs
                .extend(service.configs.iter().map(|config| config.source.as_str()));
        }
        used
    }
}

fn chosen<T: Serialize>(all: &BTreeMap<String, T>, used: &BTreeSet<&str>) -> Tree {
    let used = all.iter().filter(|(key, _)| used.contains(key.as_str()));
    Tree::Map(
        used.map(|(key, value)| (key.clone(), Tree::of(value)))
            .collect(),
    )
}

/// The service as its hash sees it, before anything is taken out.
fn of_service(service: &Service, dialect: Dialect) -> Tree {
    let mut service = service.clone();
    let absent = std::mem::take(&mut service.absent);
    service.depends_on.extend(absent);
    let text = service_json(&service, dialect);
    let mut tree = Tree::parse(&text);
    // Its labels stand among the others.
    tree.drop_where("label_file", |_| true);
    tree
}

/// Of a soft and a hard limit, YAML shows a 0, which JSON leaves out.
fn show_zeros(limit: &mut Tree) {
    if let Tree::Map(both) = limit {
        for (index, key) in ["soft", "hard"].into_iter().enumerate() {
            if !both.iter().any(|(known, _)| known == key) {
                both.insert(index, (key.to_owned(), Tree::Number(0.into())));
            }
        }
    }
}

/// YAML leaves out what JSON shows as nothing.
fn in_yaml(service: &mut Tree) {
    if let Some(block_io) = service.get_mut("blkio_config") {
        block_io.each(|_, devices| devices.each_item(Tree::lower_keys));
    }
    if let Some(watch) = service
        .get_mut("develop")
        .and_then(|develop| develop.get_mut("watch"))
    {
        watch.each_item(|trigger| trigger.drop_where("exec", Tree::is_idle));
    }
    if let Some(limits) = service.get_mut("ulimits") {
        limits.each(|_, limit| show_zeros(limit));
    }
    if let Some(limits) = service
        .get_mut("build")
        .and_then(|build| build.get_mut("ulimits"))
    {
        limits.each(|_, limit| show_zeros(limit));
    }
    for key in ["command", "entrypoint"] {
        service.drop_where(key, |value| *value == Tree::Null);
    }
    if let Some(deploy) = service.get_mut("deploy") {
        for key in ["resources", "placement"] {
            deploy.drop_where(key, Tree::is_empty);
        }
    }
}
