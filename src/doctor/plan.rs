//! What `gateway up` would do now, or refuse: all that is known before anything is made.

use super::Check;
use crate::engine::Engine;
use crate::gateway::{self, ComposeGateway, UpOptions};
use crate::units::counted;

pub(super) async fn check(compose: &ComposeGateway, engine: &Engine) -> Check {
    const NAME: &str = "gateway plan";
    match gateway::plan_up(engine, &compose.target(), &UpOptions::default()).await {
        Err(error) => Check::failed(NAME, &error),
        Ok(plan) if plan.is_empty() => Check::ok(NAME, "nothing is to be done"),
        Ok(plan) => {
            let steps = counted(plan.steps.len(), "step");
            let first = plan.lines().into_iter().next().unwrap_or_default();
            Check::ok(NAME, format!("{steps}, the first: {first}"))
        }
    }
}
