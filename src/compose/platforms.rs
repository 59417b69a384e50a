//! For which platform images are built and pulled where a project is run. `config` shows it without.

use super::model::Project;
use super::model::service::Service;
use super::yaml::path::Path;
use crate::error::Result;

/// The platform of whatever names none: `linux/amd64`, as people with another processor set it.
const DEFAULT: &str = "DOCKER_DEFAULT_PLATFORM";

impl Project {
    /// The platform of the service's image and containers; empty: the engine's own.
    pub fn platform<'a>(&'a self, service: &'a Service) -> &'a str {
        match service.platform.as_str() {
            "" => self.default_platform(),
            platform => platform,
        }
    }

    fn default_platform(&self) -> &str {
        self.environment.get(DEFAULT).map_or("", String::as_str)
    }

    /// The project to be run, which takes one platform for each image: a service that is built is of the default
    /// platform where it names none, and of several to build for only its own is left (`applyPlatforms` of
    /// compose's `up`).
    #[must_use]
    pub fn with_platforms(mut self) -> Self {
        let default = self.default_platform().to_owned();
        let services = self.services.values_mut().chain(self.disabled.values_mut());
        for service in services {
            choose(service, &default);
        }
        self
    }
}

fn choose(service: &mut Service, default: &str) {
    if !builds_for(service, default) {
        return;
    }
    let Some(build) = &mut service.build else {
        return;
    };
    if service.platform.is_empty() {
        default.clone_into(&mut service.platform);
    }
    if !service.platform.is_empty() {
        build.platforms = vec![service.platform.clone()];
    } else if build.platforms.len() > 1 {
        build.platforms.clear();
    }
}

/// Refuses a service that is not to be built for the default platform.
pub(super) fn check(service: &Service, project: &Project) -> Result<()> {
    let default = project.default_platform();
    if builds_for(service, default) {
        return Ok(());
    }
    let path = Path::default().key("services").key(&service.name);
    let path = path.key("build").key("platforms");
    Err(project.fault(
        &path,
        format!("is without {default}, which {DEFAULT} asks for"),
    ))
}

fn builds_for(service: &Service, default: &str) -> bool {
    let Some(build) = &service.build else {
        return true;
    };
    !service.platform.is_empty()
        || default.is_empty()
        || build.platforms.is_empty()
        || build.platforms.iter().any(|platform| platform == default)
}
