//! Waiting for containers: for a dependency's condition, and for a started container to stand.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use tokio::time::{Instant, sleep, timeout};

use super::super::observe::gateway::{GatewayState, exited, inspect, runs, unhealthy};
use crate::compose::Condition;
use crate::engine::Engine;
use crate::engine::models::{ContainerInspectResponse, HealthStatusEnum};
use crate::error::{Error, Kind, Result};
use crate::ollama;

/// Longest time between two looks at a container of which the engine tells nothing.
const INTERVAL: Duration = Duration::from_millis(100);
/// Time between two questions whether a container answers.
const ASKING: Duration = Duration::from_millis(5);
/// How long an answer may take that shows that a container serves.
const ANSWER: Duration = Duration::from_secs(1);
/// A container that neither answers nor ends within this time of its start is left to itself.
const SETTLING: Duration = Duration::from_millis(300);
/// How long a container that keeps ending is given to end once more.
const NEXT_EXIT: Duration = Duration::from_secs(3);

/// A container that is looked at again whenever the engine tells of a change.
struct Watch<'a> {
    engine: &'a Engine,
    /// `service …`, for errors.
    what: String,
    id: &'a str,
    /// The command that shows its output.
    log: String,
    changes: BoxStream<'static, ()>,
}

impl<'a> Watch<'a> {
    fn new(engine: &'a Engine, service: &str, id: &'a str) -> Self {
        Self {
            engine,
            what: format!("service {service}"),
            id,
            log: format!("ollamactl logs gateway {service}"),
            changes: engine.container_changes(id),
        }
    }

    /// The gateway's container.
    fn of_gateway(engine: &'a Engine, service: &str, id: &'a str) -> Self {
        Self {
            log: "ollamactl logs gateway".to_owned(),
            ..Self::new(engine, service, id)
        }
    }

    async fn look(&self) -> Result<ContainerInspectResponse> {
        inspect(self.engine, &self.what, self.id).await
    }

    /// Until the next change, or for a moment: not every engine tells, and none of what was before it
    /// was asked.
    async fn change(&mut self) {
        let told = async {
            if self.changes.next().await.is_none() {
                std::future::pending::<()>().await;
            }
        };
        let _ = timeout(INTERVAL, told).await;
    }

    /// What the container says when it ends, or is restarted by the engine.
    async fn end(&mut self) -> Result<ContainerInspectResponse> {
        loop {
            let seen = self.look().await?;
            if ended(&seen) {
                return self.last_exit(seen).await;
            }
            self.change().await;
        }
    }

    /// A container that the engine restarted and that runs again: how it ended before is not told until
    /// it ends once more, so it is looked at until then, though not for long.
    async fn last_exit(
        &mut self,
        mut seen: ContainerInspectResponse,
    ) -> Result<ContainerInspectResponse> {
        let deadline = Instant::now() + NEXT_EXIT;
        while runs(&seen) && Instant::now() < deadline {
            self.change().await;
            seen = self.look().await?;
        }
        Ok(seen)
    }

    /// The error for a container that has ended.
    async fn exited(&self, seen: &ContainerInspectResponse) -> Error {
        exited(self.engine, &self.what, seen, &self.log).await
    }
}

/// Waits until the service's container has reached the condition.
pub(super) async fn condition(
    engine: &Engine,
    service: &str,
    container: &str,
    condition: Condition,
    limit: Duration,
) -> Result<()> {
    match reach(engine, service, container, condition, limit).await? {
        Progress::NoCheck => Err(no_check(service)),
        _ => Ok(()),
    }
}

/// Waits until the service's container runs and, where it has a health check, is healthy.
pub(super) async fn standing(
    engine: &Engine,
    service: &str,
    container: &str,
    limit: Duration,
) -> Result<()> {
    let reached = reach(engine, service, container, Condition::Healthy, limit);
    reached.await.map(drop)
}

/// Waits until the condition is reached, or cannot be told.
async fn reach(
    engine: &Engine,
    service: &str,
    container: &str,
    condition: Condition,
    limit: Duration,
) -> Result<Progress> {
    let mut watch = Watch::new(engine, service, container);
    let deadline = Instant::now() + limit;
    loop {
        let seen = watch.look().await?;
        match progress(&seen, condition) {
            Progress::Ended => return Err(watch.exited(&seen).await),
            Progress::Unhealthy => return Err(unhealthy(engine, &watch.what, &seen).await),
            Progress::Pending if Instant::now() >= deadline => {
                return Err(too_late(engine, service, condition, limit, &seen).await);
            }
            Progress::Pending => watch.change().await,
            reached => return Ok(reached),
        }
    }
}

enum Progress {
    Reached,
    Pending,
    Ended,
    Unhealthy,
    NoCheck,
}

fn progress(container: &ContainerInspectResponse, condition: Condition) -> Progress {
    let state = container.state.clone().unwrap_or_default();
    let running = state.running.unwrap_or(false);
    let health = state.health.and_then(|health| health.status);
    match condition {
        Condition::Completed if running => Progress::Pending,
        Condition::Completed if state.exit_code == Some(0) => Progress::Reached,
        _ if !running => Progress::Ended,
        Condition::Started | Condition::Completed => Progress::Reached,
        Condition::Healthy => match health {
            Some(HealthStatusEnum::HEALTHY) => Progress::Reached,
            Some(HealthStatusEnum::UNHEALTHY) => Progress::Unhealthy,
            Some(HealthStatusEnum::STARTING) => Progress::Pending,
            _ => Progress::NoCheck,
        },
    }
}

fn no_check(service: &str) -> Error {
    Error::usage(format!(
        "service {service} must become healthy (depends_on), but it has no healthcheck"
    ))
    .hint(format!(
        "add services.{service}.healthcheck, or write condition: service_started"
    ))
}

async fn too_late(
    engine: &Engine,
    service: &str,
    condition: Condition,
    limit: Duration,
    container: &ContainerInspectResponse,
) -> Error {
    let seconds = limit.as_secs();
    let what = if condition == Condition::Completed {
        "completed"
    } else {
        "become healthy"
    };
    let mut error = unhealthy(engine, &format!("service {service}"), container).await;
    error.kind = Kind::Timeout;
    error.message = format!("service {service} has not {what} within {seconds} s");
    error
}

/// Watches a container that was just started until it answers at this path of a port that it publishes:
/// an error if it ends before. One that has nothing to say is watched for a moment.
pub(super) async fn settled(
    engine: &Engine,
    service: &str,
    container: &str,
    path: &str,
) -> Result<()> {
    let mut watch = Watch::of_gateway(engine, service, container);
    tokio::select! {
        biased;
        seen = watch.end() => return Err(watch.exited(&seen?).await),
        () = answer(engine, container, path) => return Ok(()),
        () = sleep(SETTLING) => {}
    }
    let seen = watch.look().await?;
    if ended(&seen) {
        let seen = watch.last_exit(seen).await?;
        return Err(watch.exited(&seen).await);
    }
    Ok(())
}

/// Resolves when the container answers: any answer shows that it serves. Some ports are not to be reached from
/// here.
async fn answer(engine: &Engine, container: &str, path: &str) {
    let state = match engine.container(container).await {
        Ok(Some(seen)) => GatewayState::from(seen),
        _ => GatewayState::absent(),
    };
    let port = state.published.iter().find(|port| port.protocol == "tcp");
    let reach = match port {
        Some(port) => engine.vantage().await.reach(port.address),
        None => None,
    };
    let Some(reach) = reach else {
        return std::future::pending().await;
    };
    let url = format!("http://{reach}{path}");
    while ollama::fetch(&url, ANSWER).await.is_err() {
        sleep(ASKING).await;
    }
}

/// Resolves when the container ends, or is restarted by the engine, with the error that says how.
pub async fn until_exit(engine: &Engine, service: &str, container: &str) -> Error {
    let mut watch = Watch::of_gateway(engine, service, container);
    match watch.end().await {
        Ok(seen) => watch.exited(&seen).await,
        Err(error) => error,
    }
}

fn ended(container: &ContainerInspectResponse) -> bool {
    let state = container.state.clone().unwrap_or_default();
    !state.running.unwrap_or(false)
        || state.restarting.unwrap_or(false)
        || container.restart_count.unwrap_or(0) > 0
}
