//! Commands inside containers that run.

use std::time::Duration;

use bollard::exec::StartExecOptions;
use bollard::models::ExecConfig;
use tokio::time::{Instant, sleep};

use super::Engine;
use crate::error::{Error, Kind, Result};
use crate::units::seconds;

/// Pauses between two looks at whether the command ended: the engine has no way to wait for it.
const LOOK: Duration = Duration::from_millis(100);

/// A command that runs longer is not waited for.
const LONGEST: Duration = Duration::from_mins(10);

/// A command in a container.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exec {
    /// Program and arguments.
    pub command: Vec<String>,
    /// Who runs it; empty: the container's own user.
    pub user: String,
    /// With full privileges.
    pub privileged: bool,
    /// Where; empty: the container's own folder.
    pub working_dir: String,
    /// Variables besides the container's own: `NAME=VALUE`, or `NAME` for one without a value.
    pub environment: Vec<String>,
}

impl Engine {
    /// Runs a command in the container of this ID and name to its end, and returns its exit code. Its
    /// output goes nowhere.
    pub async fn exec(&self, (id, name): (&str, &str), exec: &Exec) -> Result<i64> {
        let doing = format!("running {:?} in container {name}", exec.command.join(" "));
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        let config = ExecConfig {
            cmd: Some(exec.command.clone()),
            user: some(&exec.user),
            privileged: exec.privileged.then_some(true),
            working_dir: some(&exec.working_dir),
            env: (!exec.environment.is_empty()).then(|| exec.environment.clone()),
            ..ExecConfig::default()
        };
        let made = self.change(&doing, self.docker.create_exec(id, config));
        let made = made.await?;
        let detached = StartExecOptions {
            detach: true,
            ..StartExecOptions::default()
        };
        let start = self.docker.start_exec(&made.id, Some(detached));
        self.change(&doing, start).await?;
        let deadline = Instant::now() + LONGEST;
        loop {
            let state = self
                .read(&doing, self.docker.inspect_exec(&made.id))
                .await?;
            if state.running != Some(true) {
                return Ok(state.exit_code.unwrap_or_default());
            }
            if Instant::now() >= deadline {
                let limit = seconds(LONGEST);
                let message = format!("{doing} did not end within {limit}");
                return Err(Error::new(Kind::Timeout, message));
            }
            sleep(LOOK).await;
        }
    }
}
