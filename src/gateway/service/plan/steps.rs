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

    /// Starts what does not run and restarts what is to be restarted, after what the service needs. What ended
    /// well is no exception: compose runs a job again with every `up`. A mere restart of the target does not.
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
        let rests =
            |change: &&Change| options.restart && change.is_complete() && self.target_runs();
        let steps: Vec<(Action, String)> = changes
            .iter()
            .filter(|change| !rests(change))
            .filter_map(|change| self.step(service, change, cause.as_deref()))
            .collect();
        // A restart that was asked for is of what ran before, with all that it needs.
        let starts = |action: &Action| matches!(action, Action::Start { .. });
        let begins = steps.iter().any(|(action, _)| !asked || starts(action));
        self.wait(service, begins, plan);
        for (action, cause) in steps {
            plan.push(action, cause);
        }
    }

    /// The target runs already, and stays what it is.
    fn target_runs(&self) -> bool {
        let of = |(service, _): &&(&Service, Vec<Change>)| service.name == self.target.service;
        let target = self.changes.iter().find(of);
        target.is_some_and(|(_, changes)| changes.iter().all(Change::is_running))
    }

    /// What sets one container going, if anything does. `restart` is why one that runs is restarted.
    fn step(
        &self,
        service: &Service,
        change: &Change,
        restart: Option<&str>,
    ) -> Option<(Action, String)> {
        let (number, name) = (change.number(), self.name_then(service, change));
        let is_target = service.name == self.target.service;
        let service = service.name.clone();
        let (restarts, cause) = match (change, restart) {
            (_, Some(cause)) if change.is_running() => (true, cause.to_owned()),
            // A start would leave one that the engine starts again after a pause as it is.
            (Change::None(found), _) if change.keeps_ending() && is_target => {
                (true, format!("it is {}", found.state))
            }
            _ if change.is_running() => return None,
            (Change::None(found), _) => (false, format!("it is {}", found.state)),
            _ => (false, "it is new".to_owned()),
        };
        let action = if restarts {
            Action::Restart {
                service,
                number,
                name,
            }
        } else {
            Action::Start {
                service,
                number,
                name,
            }
        };
        Some((action, cause))
    }

    /// Waits for what the service needs: all of it where one of its containers begins, else what is set going
    /// by this plan.
    fn wait(&self, service: &Service, begins: bool, plan: &mut Plan) {
        for (dependency, needed) in &service.depends_on {
            let mut all = self.changes.iter();
            let is_part = all.any(|(other, _)| &other.name == dependency);
            let mut steps = plan.steps.iter();
            let is_set_going = steps.any(|planned| planned.action.sets_going() == Some(dependency));
            if is_part && (begins || is_set_going) && needed.condition != Condition::Started {
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
