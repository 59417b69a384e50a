//! The steps that make and start containers, and those that wait for what they need.

use super::super::observe::Found;
use super::super::{Target, UpOptions};
use super::action::{Action, Plan};
use super::change::Change;
use crate::compose::{Condition, Service};

/// What is known when containers are made and started.
pub(super) struct Planning<'a> {
    pub(super) target: &'a Target<'a>,
    /// The services in the order of their dependencies.
    pub(super) changes: Vec<(&'a Service, Vec<Change>)>,
}

impl Planning<'_> {
    /// The name that the container is to have.
    fn name(&self, service: &Service, change: &Change) -> String {
        let project = self.target.project;
        project.container_name(service, change.number())
    }

    /// The name under which it is started: what somebody renamed keeps that name.
    fn name_then(&self, service: &Service, change: &Change) -> String {
        let name = self.name(service, change);
        match change {
            Change::None(found) if !is_interrupted(found, &name) => found.name.clone(),
            _ => name,
        }
    }

    pub fn make(&self, service: &Service, change: &Change, plan: &mut Plan) {
        let name = self.name(service, change);
        let service = service.name.clone();
        match change {
            Change::None(found) if is_interrupted(found, &name) => {
                let old = found.clone();
                let action = Action::Rename { service, old, name };
                plan.push(action, "its replacement was interrupted");
            }
            Change::None(_) => {}
            Change::Create(number) => {
                let number = *number;
                let action = Action::Create {
                    service,
                    number,
                    name,
                };
                plan.push(action, "there is none");
            }
            Change::Recreate(old, cause) => {
                let old = old.clone();
                plan.push(Action::Recreate { service, name, old }, cause.as_str());
            }
        }
    }

    /// Starts what does not run and restarts what is to be restarted, after what the service needs.
    pub(super) fn run(
        &self,
        service: &Service,
        changes: &[Change],
        options: &UpOptions,
        plan: &mut Plan,
    ) {
        let asked = options.restart && service.name == self.target.service;
        let replaced = self.replaced_need(service).filter(|_| !asked);
        let cause = match replaced {
            Some(name) => Some(format!("{name} is replaced")),
            None => asked.then(|| "asked to".to_owned()),
        };
        let mut steps = Vec::new();
        for change in changes {
            let (number, name) = (change.number(), self.name_then(service, change));
            let of = service.name.clone();
            let step = match &cause {
                Some(cause) if change.is_running() => {
                    let action = Action::Restart {
                        service: of,
                        number,
                        name,
                    };
                    Some((action, cause.clone()))
                }
                _ => self.cause_to_start(service, change).map(|cause| {
                    // A start would leave one that the engine starts again after a pause as it is.
                    let action = if change.keeps_ending() {
                        Action::Restart {
                            service: of,
                            number,
                            name,
                        }
                    } else {
                        Action::Start {
                            service: of,
                            number,
                            name,
                        }
                    };
                    (action, cause)
                }),
            };
            steps.extend(step);
        }
        // A restart that was asked for is of what ran before, with all that it needs.
        let starts = |action: &Action| matches!(action, Action::Start { .. });
        let mut each = steps.iter();
        if each.any(|(action, _)| !asked || starts(action)) {
            self.wait(service, plan);
        }
        for (action, cause) in steps {
            plan.push(action, cause);
        }
    }

    /// Why a container is to be started, if it is.
    fn cause_to_start(&self, service: &Service, change: &Change) -> Option<String> {
        self.is_started(service, change).then(|| match change {
            Change::None(found) => format!("it is {}", found.state),
            _ => "it is new".to_owned(),
        })
    }

    /// Whether a container is to be started. A dependency that ended well is run again only for a
    /// dependent that is to be started itself, or that asks for more than its end.
    fn is_started(&self, service: &Service, change: &Change) -> bool {
        let is_target = service.name == self.target.service;
        if change.is_running() {
            return is_target && change.keeps_ending();
        }
        let is_needed = |(other, changes): &(&Service, Vec<Change>)| {
            let mut resting = changes.iter().filter(|change| !change.is_running());
            other.depends_on.get(&service.name).is_some_and(|needed| {
                matches!(needed.condition, Condition::Started | Condition::Healthy)
                    || resting.any(|change| self.is_started(other, change))
            })
        };
        is_target || !change.is_complete() || self.changes.iter().any(is_needed)
    }

    /// Waits for what the service needs.
    fn wait(&self, service: &Service, plan: &mut Plan) {
        for (dependency, needed) in &service.depends_on {
            let planned = self
                .changes
                .iter()
                .any(|(other, _)| &other.name == dependency);
            if planned && needed.condition != Condition::Started {
                let action = Action::Wait {
                    service: service.name.clone(),
                    dependency: dependency.clone(),
                    condition: needed.condition,
                    required: needed.required,
                };
                plan.push(action, format!("{} needs it", service.name));
            }
        }
    }

    /// A dependency that is replaced, with which this service asks to be restarted.
    fn replaced_need<'s>(&self, service: &'s Service) -> Option<&'s str> {
        let replaced = |change: &Change| matches!(change, Change::Recreate(..));
        let is_replaced = |name: &String| {
            let mut all = self.changes.iter();
            all.any(|(other, changes)| other.name == *name && changes.iter().any(replaced))
        };
        let mut needs = service.depends_on.iter();
        needs
            .find(|(name, needed)| needed.restart && is_replaced(name))
            .map(|(name, _)| name.as_str())
    }
}

/// Between the removal of the old container and the renaming of the new one somebody stopped.
fn is_interrupted(found: &Found, name: &str) -> bool {
    found.name.ends_with(&format!("_{name}"))
}
