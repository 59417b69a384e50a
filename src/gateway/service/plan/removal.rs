//! Containers that are to be taken away.

use super::super::observe::Found;
use super::action::{Action, Plan};

/// Stops and removes containers, with their anonymous volumes if asked.
pub fn take_away<'a>(
    containers: impl IntoIterator<Item = &'a Found>,
    volumes: bool,
    cause: &str,
    plan: &mut Plan,
) {
    for container in containers {
        if container.state.is_active() {
            let container = container.clone();
            plan.push(Action::Stop { container }, cause);
        }
        let container = container.clone();
        plan.push(Action::Remove { container, volumes }, cause);
    }
}
