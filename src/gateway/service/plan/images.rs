//! Which images are built and pulled, and why: a pure function of what is wanted and what is there.

use std::collections::BTreeSet;

use super::super::create::making::refused;
use super::super::observe::Observed;
use super::super::{Build, Pull, Target, UpOptions};
use super::action::{Action, Otherwise, Plan};
use crate::compose::Service;
use crate::engine::Image;
use crate::error::{Error, Result};

/// The cause of most builds and pulls.
const MISSING: &str = "it is missing";

/// The cause where `pull_policy` names an interval.
const OLD: &str = "it is older than its pull_policy allows";

/// The images to build and pull.
pub fn images(
    target: &Target<'_>,
    services: &[&Service],
    observed: &Observed,
    options: &UpOptions,
) -> Result<Plan> {
    let mut plan = Plan::default();
    let mut seen = BTreeSet::new();
    for service in services {
        let image = target.project.image_name(service);
        let found = observed.images.get(&image).and_then(Option::as_ref);
        // One of another platform is as good as none.
        let platform = target.project.platform(service);
        let found = found.filter(|found| found.is_for(platform));
        if let Some((action, cause)) = image_step(service, &image, found, target, options)?
            && seen.insert(image)
        {
            plan.push(action, cause);
        }
    }
    Ok(plan)
}

fn image_step(
    service: &Service,
    image: &str,
    image_found: Option<&Image>,
    target: &Target<'_>,
    options: &UpOptions,
) -> Result<Option<(Action, String)>> {
    if service.build.is_some() {
        let asked = is_build_asked(service, target, options);
        return build_step(service, image, image_found, asked, options);
    }
    let cause = pull_cause(service, image, image_found, options)?;
    let pull = || pull(service, image, Otherwise::Fail);
    Ok(cause.map(|cause| (pull(), cause.to_owned())))
}

fn pull(service: &Service, image: &str, otherwise: Otherwise) -> Action {
    Action::Pull {
        service: service.name.clone(),
        image: image.to_owned(),
        otherwise,
    }
}

/// What has a build section is built where it is missing, and pulled before that where it has a name; so it
/// is too, as often as its `pull_policy` says, and where that fails, what was built before is kept.
fn build_step(
    service: &Service,
    image: &str,
    image_found: Option<&Image>,
    asked: bool,
    options: &UpOptions,
) -> Result<Option<(Action, String)>> {
    let policy = service.pull_policy.as_str();
    let fixed = ["", "missing", "if_not_present", "never", "build", "always"];
    if !fixed.contains(&policy) && service.pull_interval().is_none() {
        return Err(refused(service, "pull_policy", policy));
    }
    let build = |cause: &str| {
        let action = Action::Build {
            service: service.name.clone(),
            image: image.to_owned(),
        };
        Ok(Some((action, cause.to_owned())))
    };
    let pull = |otherwise, cause: &str| {
        let action = pull(service, image, otherwise);
        Ok(Some((action, cause.to_owned())))
    };
    if asked {
        return build("asked to");
    }
    if policy == "build" {
        return build("its pull_policy says so");
    }
    match (image_found, is_pullable(service, options)) {
        (None, true) => pull(Otherwise::Build, MISSING),
        (None, false) => build(MISSING),
        // `--pull missing` speaks louder than the file.
        (Some(_), _) if options.pull.is_some() => Ok(None),
        (Some(_), true) if policy == "always" => pull(Otherwise::Keep, "its pull_policy says so"),
        (Some(found), true) if is_old(service, found) => pull(Otherwise::Keep, OLD),
        (Some(_), _) => Ok(None),
    }
}

fn is_build_asked(service: &Service, target: &Target<'_>, options: &UpOptions) -> bool {
    match options.build {
        Build::Missing => false,
        Build::Target => service.name == target.service,
        Build::All => true,
    }
}

/// Whether the image is older than the service's `pull_policy` allows.
fn is_old(service: &Service, image: &Image) -> bool {
    let interval = service.pull_interval();
    interval.is_some_and(|interval| image.age.is_none_or(|age| age >= interval))
}

/// Why the service's image is to be pulled, if it is.
fn pull_cause(
    service: &Service,
    image: &str,
    image_found: Option<&Image>,
    options: &UpOptions,
) -> Result<Option<&'static str>> {
    let missing = image_found.is_none();
    match options.pull {
        Some(Pull::Always) => return Ok(Some("asked to")),
        Some(Pull::Missing) => return Ok(missing.then_some(MISSING)),
        Some(Pull::Never) if missing => {
            return Err(never_pulled(service, image, "--pull never forbids"));
        }
        Some(Pull::Never) => return Ok(None),
        None => {}
    }
    match service.pull_policy.as_str() {
        "always" => Ok(Some("its pull_policy says so")),
        "never" if missing => Err(never_pulled(service, image, "its pull_policy forbids")),
        "" | "missing" | "if_not_present" => Ok(missing.then_some(MISSING)),
        "never" => Ok(None),
        other => match service.pull_interval() {
            Some(_) if missing => Ok(Some(MISSING)),
            Some(_) => {
                let old = image_found.is_some_and(|image| is_old(service, image));
                Ok(old.then_some(OLD))
            }
            None => Err(refused(service, "pull_policy", other)),
        },
    }
}

/// Whether an image that can be built is looked for in its registry first, as compose does where the
/// service names it.
fn is_pullable(service: &Service, options: &UpOptions) -> bool {
    !service.image.is_empty() && service.pull_policy != "never" && options.pull != Some(Pull::Never)
}

fn never_pulled(service: &Service, image: &str, why: &str) -> Error {
    Error::failed(format!(
        "image {image} of service {} is missing, and {why} to pull it",
        service.name
    ))
    .hint(format!("docker pull {image}"))
}

#[cfg(test)]
mod tests {
    use super::super::super::{Pull, UpOptions};
    use super::super::fixture::{plan, project, settled};
    use crate::error::Kind;

    #[test]
    fn what_pull_asks_for_wins_over_the_file() {
        let mut project = project();
        let job = project.services.get_mut("job").expect("there");
        (job.build, job.pull_policy) = (None, "never".into());
        let with = |pull, missing: bool| {
            let mut observed = settled(&project);
            if missing {
                observed.images.insert("p-job".into(), None);
            }
            let options = UpOptions {
                pull: Some(pull),
                ..UpOptions::default()
            };
            plan(&project, &observed, &options).map_err(|error| error.message)
        };
        let pulled = "pull image p-job: asked to\n";
        assert_eq!(with(Pull::Always, false).as_deref(), Ok(pulled));
        let pulled = "pull image p-job: it is missing\n";
        assert_eq!(with(Pull::Missing, true).as_deref(), Ok(pulled));
        assert_eq!(with(Pull::Missing, false).as_deref(), Ok(""));
        let message = with(Pull::Never, true).expect_err("refused");
        assert!(message.contains("--pull never"), "{message}");
    }

    #[test]
    fn pull_policies_are_kept() {
        let mut project = project();
        project.services.get_mut("job").expect("there").build = None;
        let with = |policy: &str, missing: bool| {
            let mut project = project.clone();
            project.services.get_mut("job").expect("there").pull_policy = policy.into();
            let mut observed = settled(&project);
            if missing {
                observed.images.insert("p-job".into(), None);
            }
            plan(&project, &observed, &UpOptions::default()).map_err(|error| error.kind)
        };
        assert_eq!(
            with("", true).as_deref(),
            Ok("pull image p-job: it is missing\n")
        );
        assert_eq!(with("missing", false).as_deref(), Ok(""));
        assert_eq!(
            with("always", false).as_deref(),
            Ok("pull image p-job: its pull_policy says so\n")
        );
        assert_eq!(with("never", true), Err(Kind::Failed));
        let old = "pull image p-job: it is older than its pull_policy allows\n";
        assert_eq!(with("weekly", false).as_deref(), Ok(old));
        assert_eq!(with("sometimes", false), Err(Kind::Usage));
    }
}
