//! Names: of the project, and of what compose creates for it.

use crate::compose::model::Project;
use crate::compose::model::service::Service;
use crate::error::{Error, Result};

impl Project {
    /// Name of the `number`th container of a service, from 1.
    pub fn container_name(&self, service: &Service, number: u32) -> String {
        if service.container_name.is_empty() {
            self.joined(&[&self.name, &service.name, &number.to_string()])
        } else {
            service.container_name.clone()
        }
    }

    /// The image a service runs: its `image`, or the name that its build gives it.
    pub fn image_name(&self, service: &Service) -> String {
        if service.image.is_empty() {
            self.joined(&[&self.name, &service.name])
        } else {
            service.image.clone()
        }
    }

    /// Name on the engine of the network with this key.
    pub fn network_name(&self, key: &str) -> String {
        match self.networks.get(key) {
            Some(network) if !network.name.is_empty() => network.name.clone(),
            _ => format!("{}_{key}", self.name),
        }
    }

    /// Name on the engine of the volume with this key.
    pub fn volume_name(&self, key: &str) -> String {
        match self.volumes.get(key) {
            Some(volume) if !volume.name.is_empty() => volume.name.clone(),
            _ => format!("{}_{key}", self.name),
        }
    }

    /// Joins with compose's separator: `-`, or `_` as compose 1 had it, with `COMPOSE_COMPATIBILITY`.
    pub(crate) fn joined(&self, parts: &[&str]) -> String {
        let compatible = self.says("COMPOSE_COMPATIBILITY");
        parts.join(if compatible { "_" } else { "-" })
    }

    /// Whether containers of the project that no file defines are nothing to be told of: several projects'
    /// files may share a name.
    pub fn ignores_orphans(&self) -> bool {
        self.says("COMPOSE_IGNORE_ORPHANS")
    }

    fn says(&self, variable: &str) -> bool {
        let value = self.environment.get(variable);
        value.is_some_and(|value| truthy(value))
    }
}

/// The texts that compose takes for true in its variables.
pub(in crate::compose) fn truthy(value: &str) -> bool {
    matches!(
        value.to_ascii_lowercase().as_str(),
        "1" | "t" | "true" | "y" | "yes" | "on"
    )
}

/// A project name made of any text: lower case, only `[a-z0-9_-]`, not beginning with `_` or `-`.
pub fn normalize(name: &str) -> String {
    let kept: String = name
        .to_lowercase()
        .chars()
        .filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-'))
        .collect();
    kept.trim_start_matches(['_', '-']).to_owned()
}

/// Takes a project's name that a person gave, which must already be normal. `origin` says where.
pub fn explicit(name: &str, origin: &str) -> Result<String> {
    let normal = normalize(name);
    if name == normal && !name.is_empty() {
        return Ok(normal);
    }
    let error = Error::usage(format!(
        "project name `{name}` ({origin}) is not valid: it must consist of lower-case letters, digits, `-` and `_`, and begin with a letter or digit"
    ));
    Err(if normal.is_empty() {
        error
    } else {
        error.hint(format!("use `{normal}`"))
    })
}

/// The candidate that a mistyped name most likely meant.
pub(in crate::compose) fn closest<'a>(
    name: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates
        .map(|candidate| (strsim::osa_distance(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(3) / 3)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_normalised_as_compose_does() {
        for (name, normal) in [
            ("My.Proj_1", "myproj_1"),
            ("_-x", "x"),
            ("ünï", "n"),
            ("...", ""),
            ("a b", "ab"),
        ] {
            assert_eq!(normalize(name), normal);
        }
    }

    #[test]
    fn explicit_names_must_be_normal_already() {
        assert_eq!(explicit("shop-1", "-p").expect("valid"), "shop-1");
        let error = explicit("My Shop", "-p").expect_err("not normal");
        assert!(error.message.contains("`My Shop` (-p)"), "{error}");
        assert_eq!(error.hints, ["use `myshop`"]);
        assert!(explicit("", "-p").expect_err("empty").hints.is_empty());
    }

    #[test]
    fn close_names_are_found() {
        let names = ["api", "db-test", "ollama-functions"];
        let find = |name| closest(name, names.iter().copied());
        assert_eq!(find("olama-function"), Some("ollama-functions"));
        assert_eq!(find("apo"), Some("api"));
        assert_eq!(find("dbtest"), Some("db-test"));
        assert_eq!(find("zzzzzz"), None);
    }

    #[test]
    fn containers_and_images_are_named_as_compose_names_them() {
        let mut project = Project {
            name: "shop".into(),
            ..Project::default()
        };
        let mut service = Service {
            name: "api".into(),
            ..Service::default()
        };
        assert_eq!(project.container_name(&service, 2), "shop-api-2");
        assert_eq!(project.image_name(&service), "shop-api");
        assert_eq!(project.network_name("default"), "shop_default");
        assert_eq!(project.volume_name("data"), "shop_data");
        project
            .environment
            .insert("COMPOSE_COMPATIBILITY".into(), "true".into());
        assert_eq!(project.container_name(&service, 2), "shop_api_2");
        service.container_name = "fixed".into();
        service.image = "nginx".into();
        assert_eq!(project.container_name(&service, 2), "fixed");
        assert_eq!(project.image_name(&service), "nginx");
    }
}
