//! What is said while somebody waits until nothing of the stack fails any more.

use super::Failure;
use crate::error::Error;
use crate::event::{Events, Step};

/// A wait for the stack's health: a step from the first look at which something fails.
pub struct Waiting<'a> {
    events: &'a Events,
    step: Option<Step>,
}

impl<'a> Waiting<'a> {
    /// Nothing was looked at yet.
    pub fn new(events: &'a Events) -> Self {
        Self { events, step: None }
    }

    /// Says what is waited for: the first of what fails.
    pub fn tell(&mut self, first: &Failure) {
        let waiting = format!("waiting for the {}: {}", first.part, first.reason);
        match &self.step {
            Some(step) => step.progress(waiting),
            None => self.step = Some(self.events.step("health", waiting)),
        }
    }

    /// Nothing fails any more.
    pub fn over(self) {
        if let Some(step) = self.step {
            step.done("healthy");
        }
    }

    /// It is given up.
    pub fn failed(self, error: &Error) {
        if let Some(step) = self.step {
            step.failed(error);
        }
    }

    /// Says why it is about to be given up.
    pub fn blame(&self, error: &Error) {
        if let Some(step) = &self.step {
            step.blame(error);
        }
    }
}
