//! Which images are built and pulled, and why: a pure function of what is wanted and what is there.

use std::collections::BTreeSet;

use super::action::{Action, Plan};
use super::making::refused;
use super::observe::Observed;
use super::{Build, Pull, Target, UpOptions};
use crate::compose::Service;
use crate::engine::Image;
use crate::error::{Error, Result};

/// The cause of most builds and pulls.
const MISSING: &str = "it is missing";

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
    let missing = image_found.is_none();
    let (name, image) = (service.name.clone(), image.to_owned());
    if service.build.is_some() {
        let Some(cause) = build_cause(service, missing, target, options)? else {
            return Ok(None);
        };
        let action = if cause == MISSING && is_pullable(service, options) {
            Action::Pull {
                service: name,
                image,
                or_build: true,
            }
        } else {
            Action::Build {
                service: name,
                image,
            }
        };
        return Ok(Some((action, cause.to_owned())));
    }
    let cause = pull_cause(service, &image, image_found, options)?;
    let action = Action::Pull {
        service: name,
        image,
        or_build: false,
    };
    Ok(cause.map(|cause| (action, cause.to_owned())))
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
            Some(interval) => {
                let age = image_found.and_then(|image| image.age);
                let old = age.is_none_or(|age| age >= interval);
                Ok(old.then_some("it is older than its pull_policy allows"))
            }
            None => Err(refused(service, "pull_policy", other)),
        },
    }
}

/// Why the service's image is to be built, if it is.
fn build_cause(
    service: &Service,
    missing: bool,
    target: &Target<'_>,
    options: &UpOptions,
) -> Result<Option<&'static str>> {
    let policy = service.pull_policy.as_str();
    if !["", "missing", "if_not_present", "never", "build"].contains(&policy) {
        return Err(refused(service, "pull_policy (beside build)", policy));
    }
    let asked = match options.build {
        Build::Missing => false,
        Build::Target => service.name == target.service,
        Build::All => true,
    };
    Ok(match policy {
        _ if asked => Some("asked to"),
        "build" => Some("its pull_policy says so"),
        _ => missing.then_some(MISSING),
    })
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
