//! What has to be done to containers, and why: a pure function of what is wanted and what is there. What they
//! share comes before ([`shared`]), and images before that ([`mod@images`]).

pub(super) mod action;
mod change;
#[cfg(test)]
pub(super) mod fixture;
pub(super) mod images;
pub(super) mod outdated;
pub(super) mod removal;
mod shared;
mod steps;
#[cfg(test)]
mod tests;

use super::observe::Observed;
use super::{Target, UpOptions, scale};
use crate::compose::{Condition, Service};
use crate::error::Result;
use action::{Action, Plan};
use change::changes;
use removal::take_away;
use steps::Planning;

pub(super) use images::images;

/// The networks and volumes to create, and the containers to create, replace and start.
pub fn containers(
    target: &Target<'_>,
    services: &[&Service],
    observed: &Observed,
    options: &UpOptions,
) -> Result<Plan> {
    let mut plan = Plan::default();
    let orphans = observed.orphans.iter().filter(|_| options.remove_orphans);
    let undefined = "its service is not defined any more";
    take_away(orphans, false, undefined, &mut plan);
    for service in services {
        let leftovers = observed.leftovers.iter();
        let of_it = leftovers.filter(|found| found.service == service.name);
        take_away(of_it, false, "a replacement was interrupted", &mut plan);
        plan_surplus(service, observed, &mut plan);
    }
    shared::networks(target, services, observed, &mut plan)?;
    shared::volumes(target, services, observed, &mut plan)?;
    let planning = Planning {
        target,
        changes: changes(target, services, observed, options)?,
    };
    for (service, changes) in &planning.changes {
        for change in changes {
            planning.make(service, change, &mut plan);
        }
    }
    if options.no_start {
        return Ok(plan);
    }
    for (service, changes) in &planning.changes {
        planning.run(service, changes, options, &mut plan);
    }
    if options.wait {
        plan_standing(services, &mut plan);
    }
    Ok(plan)
}

/// More containers than the service is to have: those of the highest numbers go.
fn plan_surplus(service: &Service, observed: &Observed, plan: &mut Plan) {
    let wanted = scale::of(service);
    let cause = match wanted {
        0 => "its service is scaled to none".to_owned(),
        1 => "one of its service is enough".to_owned(),
        more => format!("{more} of its service are enough"),
    };
    let surplus = observed.all(&service.name).iter().skip(wanted as usize);
    take_away(surplus, false, &cause, plan);
}

/// Every service must stand in the end, but for those that others wait for to complete.
fn plan_standing(services: &[&Service], plan: &mut Plan) {
    let completes = |name: &str| {
        let mut needs = services
            .iter()
            .filter_map(|other| other.depends_on.get(name));
        needs.any(|needed| needed.condition == Condition::Completed)
    };
    for service in services.iter().filter(|one| !completes(&one.name)) {
        let action = Action::Stand {
            service: service.name.clone(),
        };
        plan.push(action, "asked to wait");
    }
}
