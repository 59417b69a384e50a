//! `down`: takes away what ollamactl made, in the reverse order, and nothing else.

mod backend;
mod gateway;
mod scope;

use std::time::Duration;

use self::backend::end_backends;
use self::gateway::{concerns, end_gateway};
use self::scope::Scope;
use super::users::{self, User};
use crate::backend::{Record, recorded};
use crate::config::Config;
use crate::engine::{Engine, endpoint};
use crate::error::Result;
use crate::event::Events;
use crate::gateway::{DownOptions, Gateway, Ledger, embedded, plan_down_all};
use crate::ollama::OllamaHost;
use crate::paths::{self, Paths};

/// How long an Ollama or an engine that is not needed may take to answer.
const LOOK: Duration = Duration::from_secs(1);

/// What was taken away.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Down {
    /// What was ended or removed, for people.
    pub ended: Vec<String>,
    /// What goes on, and why.
    pub kept: Vec<String>,
}

/// Ends the gateway, then the backend. The backend is ended even if the gateway cannot be.
pub async fn down(
    config: &Config,
    paths: &Paths,
    gateway: Result<Gateway>,
    options: &DownOptions,
    events: &Events,
) -> Result<Down> {
    let mut down = Down::default();
    let users = users::elsewhere(config, paths, gateway.as_ref().ok()).await;
    let here = paths::current_folder().unwrap_or_default();
    let left_here = || users.iter().filter(|user| user.is_of(&here));
    let gateway = match gateway {
        Ok(gateway) => {
            down.kept.extend(left_here().map(User::describe));
            Ok(gateway)
        }
        Err(error) => Err(error.details(left_here().map(|user| {
            let name = &user.name;
            format!("left running: container {name}, which ollamactl made")
        }))),
    };
    let Scope { gateways, backends } = Scope::of(config, paths).await;
    let gateway = (gateways, gateway);
    let gateway = end_gateway(config, paths, gateway, options, &mut down, events).await;
    let backend = end_backends(config, paths, (backends, &users), &mut down, events).await;
    if let (Err(gateway), Err(_)) = (&gateway, &backend) {
        // One of two is the command's own error.
        events.warn(gateway.in_a_line());
    }
    backend.and(gateway).map(|()| down)
}

/// The names of those that may use this backend.
fn names(users: &[User], host: &OllamaHost) -> Option<String> {
    let users = users.iter().filter(|user| user.may_use(host));
    let names: Vec<&str> = users.map(|user| user.name.as_str()).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// The steps that [`down`] would take now, one line each.
pub async fn plan_down(
    config: &Config,
    paths: &Paths,
    gateway: Result<Gateway>,
    options: &DownOptions,
) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    let users = users::elsewhere(config, paths, gateway.as_ref().ok()).await;
    let Scope { gateways, backends } = Scope::of(config, paths).await;
    for listen in gateways?.meant {
        if embedded::is_there(paths, listen)? {
            lines.push(format!("stop embedded gateway on {listen}: it runs"));
        }
    }
    if let Gateway::Compose(compose) = gateway? {
        let endpoint = endpoint::from_environment()?;
        let created = Ledger::new(paths, &endpoint, &compose.project.name).read()?;
        if concerns(&created, options) {
            let engine = Engine::open(&endpoint)?;
            let target = compose.target();
            let plan = plan_down_all(&engine, &target, &created, options);
            lines.extend(plan.await?.lines());
        }
    }
    for host in backends?.meant {
        lines.extend(recorded(paths, &host).map(|record| line(&record, &users)));
    }
    Ok(lines)
}

/// What is to become of this backend.
fn line(record: &Record, users: &[User]) -> String {
    let what = record.describe();
    let mut line = if record.is_ours() {
        format!("stop {what}: ollamactl started it")
    } else {
        format!("stop the relay: ollamactl started it; what it leads to goes on: {what}")
    };
    if let Some(users) = names(users, &record.launch.host()) {
        line.push_str("; still used by ");
        line.push_str(&users);
    }
    line
}
