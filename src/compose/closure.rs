//! A service with everything that it needs, in the order in which to start it; or why it cannot run.

use std::collections::{BTreeMap, BTreeSet};

use crate::compose::model::Project;
use crate::compose::model::names::closest;
use crate::compose::model::service::Service;
use crate::compose::yaml::path::Path;
use crate::compose::{consistent, platforms, references};
use crate::error::{Error, Result};

impl Project {
    /// The service of this name, also when its profiles are not active.
    pub fn service(&self, name: &str) -> Result<&Service> {
        let found = self.services.get(name).or_else(|| self.disabled.get(name));
        found.ok_or_else(|| self.unknown(name))
    }

    /// The service and all that it depends on, dependencies first. Naming a service enables its own
    /// profiles. An optional dependency behind an inactive profile is left out: those are the keys of
    /// `depends_on` that are not in the result. Fails for what compose refuses (cycles, missing dependencies), and for keys that are
    /// not implemented here, naming them.
    pub fn closure(&self, service: &str) -> Result<Vec<&Service>> {
        let services = self.needed_by(service)?;
        services
            .iter()
            .try_for_each(|service| self.check(service))?;
        Ok(services)
    }

    /// Refuses a project of which an enabled service names a file that cannot be read.
    pub fn check_files(&self) -> Result<()> {
        let mut reports = self
            .services
            .values()
            .filter_map(|service| service.unreadable.clone());
        reports.next().map_or(Ok(()), |report| Err(report.into()))
    }

    /// The project with these services and what they depend on alone, whether or not they can be run.
    pub fn of_services(mut self, names: &[String]) -> Result<Self> {
        let mut kept = BTreeMap::new();
        for name in names {
            for service in self.needed_by(name)? {
                let mut service = service.clone();
                // Of a part, compose does not show them either.
                service.absent.clear();
                kept.insert(service.name.clone(), service);
            }
        }
        self.services = kept;
        Ok(self)
    }

    /// Refuses a project in which an enabled service depends on one that is not there or not enabled, or on
    /// itself in the end, whichever service is to be run.
    pub(super) fn check_dependencies(&self) -> Result<()> {
        let mut walk = Walk::new(self, &[]);
        self.services
            .values()
            .try_for_each(|service| walk.visit(service))
    }

    /// As [`Self::closure`], whether or not they can be run.
    pub fn needed_by(&self, service: &str) -> Result<Vec<&Service>> {
        let target = self.service(service)?;
        let mut walk = Walk::new(self, &target.profiles);
        walk.visit(target)?;
        Ok(walk.ordered)
    }

    fn unknown(&self, name: &str) -> Error {
        let names = || {
            self.services
                .keys()
                .chain(self.disabled.keys())
                .map(String::as_str)
        };
        let files: Vec<String> = self
            .config_files
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        let error = Error::usage(format!("no service `{name}` in {}", files.join(", ")));
        let hint = closest(name, names()).map_or_else(
            || {
                format!(
                    "the services there are: {}",
                    names().collect::<Vec<_>>().join(", ")
                )
            },
            |close| format!("did you mean `{close}`?"),
        );
        error.hint(hint)
    }

    /// Refuses a service that cannot be run as the file says.
    fn check(&self, service: &Service) -> Result<()> {
        // Of enabled services this is known.
        if self.disabled.contains_key(&service.name) {
            references::check(service, self)?;
            consistent::check(service, self)?;
        }
        if let Some(report) = &service.unreadable {
            return Err(report.clone().into());
        }
        platforms::check(service, self)?;
        self.check_supported(service)
    }

    /// Refuses a service whose keys, or whose networks', volumes', configs' or secrets' keys, are not
    /// implemented.
    fn check_supported(&self, service: &Service) -> Result<()> {
        let used = |path: &String| uses(service, path);
        let shared = self.unsupported.iter().filter(|path| used(path));
        let keys: Vec<&str> = service
            .unsupported
            .iter()
            .chain(shared)
            .map(String::as_str)
            .collect();
        if keys.is_empty() {
            return Ok(());
        }
        let verb = if keys.len() == 1 { "is" } else { "are" };
        Err(Error::usage(format!(
            "service `{}` cannot be run: {} {verb} not supported by ollamactl",
            service.name,
            keys.join(", ")
        ))
        .hint("remove it, move it under an `x-` key, or start this service with docker compose"))
    }
}

/// Whether a dotted path of the top level concerns the service.
fn uses(service: &Service, path: &str) -> bool {
    let mut parts = path.splitn(3, '.');
    let (section, key) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    match section {
        "networks" => service.networks.contains_key(key),
        "volumes" => service.volumes.iter().any(|mount| mount.source == key),
        "configs" => service.configs.iter().any(|config| config.source == key),
        "secrets" => service.secrets.iter().any(|secret| secret.source == key),
        _ => true,
    }
}

/// A longer chain of dependencies is not believed.
const MAX_CHAIN: usize = 500;

/// A depth-first walk of the dependencies.
struct Walk<'p> {
    project: &'p Project,
    profiles: BTreeSet<&'p str>,
    trail: Vec<&'p str>,
    ordered: Vec<&'p Service>,
}

impl<'p> Walk<'p> {
    /// A walk for which these profiles are active besides the project's.
    fn new(project: &'p Project, profiles: &'p [String]) -> Self {
        let profiles = project.profiles.iter().chain(profiles);
        Self {
            project,
            profiles: profiles.map(String::as_str).collect(),
            trail: Vec::new(),
            ordered: Vec::new(),
        }
    }

    fn visit(&mut self, service: &'p Service) -> Result<()> {
        if self.ordered.iter().any(|known| known.name == service.name) {
            return Ok(());
        }
        if let Some(start) = self.trail.iter().position(|name| *name == service.name) {
            let cycle = [&self.trail[start..], &[service.name.as_str()]]
                .concat()
                .join(" -> ");
            let last = self.trail.last().copied().unwrap_or_default();
            let text = format!("services depend on each other: {cycle}");
            return Err(self
                .named(last, &service.name, &text)
                .hint("remove one of these from `depends_on`"));
        }
        if self.trail.len() >= MAX_CHAIN {
            return Err(Error::usage(format!(
                "service `{}` depends on a chain of more than {MAX_CHAIN} services",
                self.trail[0]
            )));
        }
        self.trail.push(&service.name);
        for (name, dependency) in &service.depends_on {
            if let Some(needed) = self.dependency(service, name, dependency.required)? {
                self.visit(needed)?;
            }
        }
        self.trail.pop();
        self.ordered.push(service);
        Ok(())
    }

    /// The service that is needed; `None`: it is optional, and its profile is not active.
    fn dependency(
        &self,
        service: &Service,
        name: &str,
        required: bool,
    ) -> Result<Option<&'p Service>> {
        if let Some(needed) = self.project.services.get(name) {
            return Ok(Some(needed));
        }
        let Some(needed) = self.project.disabled.get(name) else {
            let unknown = self.project.unknown(name);
            let text = format!("services.{}.depends_on: {unknown}", service.name);
            let mut error = self.named(&service.name, name, &text);
            error.hints = unknown.hints;
            return Err(error);
        };
        if needed
            .profiles
            .iter()
            .any(|profile| self.profiles.contains(profile.as_str()))
        {
            return Ok(Some(needed));
        }
        if !required {
            return Ok(None);
        }
        let profiles = needed.profiles.join("`, `");
        let text = format!(
            "service `{}` depends on `{name}`, which is behind the inactive profile `{profiles}`",
            service.name
        );
        Err(self.named(&service.name, name, &text).hint(format!(
            "activate it with COMPOSE_PROFILES={}",
            needed
                .profiles
                .iter()
                .find(|name| !name.is_empty())
                .map_or("", String::as_str)
        )))
    }

    /// An error shown where a service names another as its dependency.
    fn named(&self, service: &str, dependency: &str, text: &str) -> Error {
        let path = Path::default().key("services").key(service);
        let path = path.key("depends_on").key(dependency);
        path.error(&self.project.sources.0, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::{Dependency, Network};

    fn project(services: &[(&str, &[&str], &[&str])]) -> Project {
        let mut project = Project {
            config_files: vec!["/p/compose.yaml".into()],
            ..Project::default()
        };
        for (name, needs, profiles) in services {
            let service = Service {
                name: (*name).into(),
                image: "x".into(),
                profiles: profiles.iter().map(|&p| p.into()).collect(),
                depends_on: needs
                    .iter()
                    .map(|&n| (n.into(), Dependency::default()))
                    .collect(),
                ..Service::default()
            };
            let place = if profiles.is_empty() {
                &mut project.services
            } else {
                &mut project.disabled
            };
            place.insert(service.name.clone(), service);
        }
        project
    }

    fn names(project: &Project, target: &str) -> String {
        let services = project.closure(target).expect("can run");
        let names: Vec<&str> = services.iter().map(|s| s.name.as_str()).collect();
        names.join(" ")
    }

    fn refusal(project: &Project, target: &str) -> Error {
        project.closure(target).expect_err("cannot run")
    }

    #[test]
    fn dependencies_come_first_and_once() {
        let project = project(&[
            ("web", &["api", "cache"], &[]),
            ("api", &["db"], &[]),
            ("cache", &["db"], &[]),
            ("db", &[], &[]),
            ("other", &[], &[]),
        ]);
        assert_eq!(names(&project, "web"), "db api cache web");
    }

    #[test]
    fn a_cycle_is_shown_whole() {
        let project = project(&[("a", &["b"], &[]), ("b", &["c"], &[]), ("c", &["b"], &[])]);
        let error = refusal(&project, "a");
        assert_eq!(error.message, "services depend on each other: b -> c -> b");
    }

    #[test]
    fn an_unknown_service_gets_a_close_name_or_all_of_them() {
        let project = project(&[("ollama-functions", &[], &[]), ("db", &[], &[])]);
        let error = refusal(&project, "ollama-function");
        assert!(error.message.contains("/p/compose.yaml"), "{error}");
        assert_eq!(error.hints, ["did you mean `ollama-functions`?"]);
        let error = refusal(&project, "frontend");
        assert_eq!(
            error.hints,
            ["the services there are: db, ollama-functions"]
        );
    }

    #[test]
    fn a_missing_dependency_names_who_wants_it() {
        let mut project = project(&[("api", &["databse"], &[]), ("database", &[], &[])]);
        let error = refusal(&project, "api");
        assert!(
            error.message.starts_with("services.api.depends_on: "),
            "{error}"
        );
        let api = project.services.get_mut("api").expect("there");
        api.depends_on.get_mut("databse").expect("there").required = false;
        refusal(&project, "api");
    }

    #[test]
    fn profiles_hide_dependencies_unless_the_target_enables_them() {
        let mut project = project(&[
            ("api", &["db"], &[]),
            ("tool", &["db"], &["dev"]),
            ("db", &[], &["dev"]),
        ]);
        let error = refusal(&project, "api");
        assert!(error.message.contains("inactive profile `dev`"), "{error}");
        assert_eq!(names(&project, "tool"), "db tool");
        let api = project.services.get_mut("api").expect("there");
        api.depends_on.get_mut("db").expect("there").required = false;
        assert_eq!(names(&project, "api"), "api");
    }

    #[test]
    fn enabled_services_are_looked_at_whichever_is_to_be_run() {
        let refusal = |project: &Project| {
            assert_eq!(names(project, "api"), "api");
            project.check_dependencies().expect_err("refused").message
        };
        let undefined = project(&[("api", &[], &[]), ("web", &["db"], &[])]);
        assert!(refusal(&undefined).contains("no service `db`"));
        let hidden = project(&[
            ("api", &[], &[]),
            ("web", &["db"], &[]),
            ("db", &[], &["dev"]),
        ]);
        assert!(refusal(&hidden).contains("inactive profile `dev`"));
        let cycle = project(&[
            ("api", &[], &[]),
            ("web", &["db"], &[]),
            ("db", &["web"], &[]),
        ]);
        assert!(refusal(&cycle).contains("db -> web -> db"));
        let not_enabled = project(&[("api", &[], &[]), ("web", &["db"], &["dev"])]);
        not_enabled.check_dependencies().expect("nobody runs it");
    }

    #[test]
    fn unsupported_keys_refuse_only_who_uses_them() {
        let mut project = project(&[("api", &["db"], &[]), ("db", &[], &[]), ("x", &[], &[])]);
        let key = |service: &str| format!("services.{service}.blkio_config");
        project.services.get_mut("x").expect("there").unsupported = vec![key("x")];
        assert_eq!(names(&project, "api"), "db api");
        project.services.get_mut("db").expect("there").unsupported = vec![key("db")];
        let error = refusal(&project, "api");
        assert!(
            error
                .message
                .contains("services.db.blkio_config is not supported"),
            "{error}"
        );
    }

    #[test]
    fn unsupported_keys_of_networks_refuse_those_who_join_them() {
        let mut project = project(&[("api", &[], &[]), ("db", &[], &[])]);
        project.networks.insert("lan".into(), Network::default());
        project.unsupported = vec!["networks.lan.strange".into()];
        let db = project.services.get_mut("db").expect("there");
        db.networks.insert("lan".into(), None);
        assert_eq!(names(&project, "api"), "api");
        assert!(
            refusal(&project, "db")
                .message
                .contains("networks.lan.strange")
        );
    }
}
