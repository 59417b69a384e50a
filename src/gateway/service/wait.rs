//! Waiting for containers: for a dependency's condition, and for a started container to stand.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::state::{exited, inspect, runs, unhealthy};
use crate::compose::Condition;
use crate::engine::Engine;
use crate::engine::models::{ContainerInspectResponse, HealthStatusEnum};
use crate::error::{Error, Kind, Result};

/// Time between two looks.
const INTERVAL: Duration = Duration::from_millis(20);
/// A container that ends within this time of its start ended "at once".
const SETTLING: Duration = Duration::from_millis(300);
/// How long a container that keeps ending is given to end once more.
const NEXT_EXIT: Duration = Duration::from_secs(3);

/// Waits until the service's container has reached the condition.
pub(super) async fn condition(
    engine: &Engine,
    service: &str,
    container: &str,
    condition: Condition,
    limit: Duration,
) -> Result<()> {
    let what = format!("service {service}");
    let deadline = Instant::now() + limit;
    loop {
        let seen = inspect(engine, &what, container).await?;
        match progress(&seen, condition) {
            Progress::Reached => return Ok(()),
            Progress::Ended => return Err(exited(engine, &what, &seen).await),
            Progress::Unhealthy => return Err(unhealthy(engine, &what, &seen).await),
            Progress::NoCheck => return Err(no_check(service)),
            Progress::Pending if Instant::now() >= deadline => {
                return Err(too_late(engine, service, condition, limit, &seen).await);
            }
            Progress::Pending => sleep(INTERVAL).await,
        }
    }
}

/// Waits until the service's container runs and, where it has a health check, is healthy.
pub(super) async fn standing(
    engine: &Engine,
    service: &str,
    container: &str,
    limit: Duration,
) -> Result<()> {
    let what = format!("service {service}");
    let deadline = Instant::now() + limit;
    loop {
        let seen = inspect(engine, &what, container).await?;
        match progress(&seen, Condition::Healthy) {
            Progress::Reached | Progress::NoCheck => return Ok(()),
            Progress::Ended => return Err(exited(engine, &what, &seen).await),
            Progress::Unhealthy => return Err(unhealthy(engine, &what, &seen).await),
            Progress::Pending if Instant::now() >= deadline => {
                return Err(too_late(engine, service, Condition::Healthy, limit, &seen).await);
            }
            Progress::Pending => sleep(INTERVAL).await,
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

/// A container that the engine restarted and that runs again: how it ended before is not told until it
/// ends once more, so it is looked at until then, though not for long.
async fn last_exit(
    engine: &Engine,
    what: &str,
    mut seen: ContainerInspectResponse,
) -> Result<ContainerInspectResponse> {
    let deadline = Instant::now() + NEXT_EXIT;
    while runs(&seen) && Instant::now() < deadline {
        sleep(INTERVAL).await;
        seen = inspect(engine, what, seen.id.as_deref().unwrap_or_default()).await?;
    }
    Ok(seen)
}

/// Watches a container that was just started: an error if it ends at once.
pub(super) async fn settled(engine: &Engine, service: &str, container: &str) -> Result<()> {
    let what = format!("service {service}");
    let deadline = Instant::now() + SETTLING;
    loop {
        let seen = inspect(engine, &what, container).await?;
        if ended(&seen) {
            let seen = last_exit(engine, &what, seen).await?;
            return Err(exited(engine, &what, &seen).await);
        }
        if Instant::now() >= deadline {
            return Ok(());
        }
        sleep(INTERVAL).await;
    }
}

/// Resolves when the container ends, or is restarted by the engine, with the error that says how.
pub(super) async fn until_exit(engine: &Engine, service: &str, container: &str) -> Error {
    let what = format!("service {service}");
    loop {
        match inspect(engine, &what, container).await {
            Ok(seen) if ended(&seen) => {
                return match last_exit(engine, &what, seen).await {
                    Ok(seen) => exited(engine, &what, &seen).await,
                    Err(error) => error,
                };
            }
            Ok(_) => sleep(INTERVAL).await,
            Err(error) => return error,
        }
    }
}

fn ended(container: &ContainerInspectResponse) -> bool {
    let state = container.state.clone().unwrap_or_default();
    !state.running.unwrap_or(false)
        || state.restarting.unwrap_or(false)
        || container.restart_count.unwrap_or(0) > 0
}
