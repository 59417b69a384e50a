//! `gateway build`: the image alone, made anew.

use super::apply::images;
use super::up::{identified, release};
use super::{Target, UpOptions};
use crate::compose::{Project, Service};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::event::Step;

/// What is asked of one build, beyond what the compose file says.
#[derive(Debug, Clone, Default)]
pub struct Rebuild {
    /// Without cached layers.
    pub no_cache: bool,
    /// With the newest base images that their registries have.
    pub pull: bool,
    /// Build arguments, `NAME=VALUE`; `NAME` alone has the value of that variable.
    pub args: Vec<String>,
}

impl Rebuild {
    /// The service, built this way.
    fn of(&self, service: &Service, project: &Project) -> Result<Service> {
        let mut service = service.clone();
        if let Some(build) = &mut service.build {
            build.no_cache |= self.no_cache;
            build.pull |= self.pull;
            for text in &self.args {
                let (name, value) = match text.split_once('=') {
                    Some((name, value)) => (name, Some(value.to_owned())),
                    None => (text.as_str(), project.environment.get(text).cloned()),
                };
                if name.is_empty() {
                    let error = Error::usage(format!("--build-arg {text}: it has no name"));
                    return Err(error.hint("write it NAME=VALUE"));
                }
                build.args.insert(name.to_owned(), value);
            }
        }
        Ok(service)
    }
}

/// Builds the gateway's image, whether or not it is there, and returns its ID.
pub async fn build(
    engine: &Engine,
    target: &Target<'_>,
    options: &UpOptions,
    rebuild: &Rebuild,
    step: &Step,
) -> Result<String> {
    target.project.closure(target.service)?;
    let service = target.project.service(target.service)?;
    let service = rebuild.of(service, target.project)?;
    let observed = identified(engine, target, &[&service]).await?;
    let release = release(&observed, options).await;
    let request = images::buildable(engine, target, &service, &release)?;
    engine.build(&request, step).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::Build;

    #[test]
    fn arguments_of_the_command_line_win_and_take_values_from_the_environment() {
        let mut project = Project::default();
        project.environment.insert("REV".into(), "4f2".into());
        let mut build = Build::default();
        build.args.insert("BASE".into(), Some("old".into()));
        let service = Service {
            build: Some(build),
            ..Service::default()
        };
        let of = |args: &[&str]| {
            let args = args.iter().map(|&text| text.to_owned()).collect();
            let rebuild = Rebuild {
                args,
                ..Rebuild::default()
            };
            rebuild.of(&service, &project)
        };
        let given = of(&["BASE=new=er", "REV", "ABSENT"]).expect("arguments");
        let args = given.build.expect("a build").args;
        assert_eq!(args["BASE"].as_deref(), Some("new=er"));
        assert_eq!(args["REV"].as_deref(), Some("4f2"));
        assert_eq!(args["ABSENT"], None);
        of(&["=x"]).expect_err("no name");
    }
}
