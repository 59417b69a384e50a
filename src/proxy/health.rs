//! What the gateway says of itself and of what stands behind it.

use std::time::{Duration, Instant};

use hyper::{Response, StatusCode};
use serde_json::json;
use tokio::sync::Mutex;

use super::answer::{self, Answer};
use super::upstream::pool::Pool;
use crate::ollama::{ModelName, listed};

/// A backend that does not answer within this time is unhealthy.
const PATIENCE: Duration = Duration::from_secs(2);

/// What was seen of the backend, for all who ask at the same time.
#[derive(Debug, Default)]
pub(super) struct Vitals {
    backend: Coalesced,
    model: Coalesced,
}

/// A look that those share who asked before it began: however many ask, two looks at most are under way or
/// about to be.
#[derive(Debug, Default)]
struct Coalesced(Mutex<Option<(Instant, Result<(), String>)>>);

impl Coalesced {
    async fn look(&self, looking: impl Future<Output = Result<(), String>>) -> Result<(), String> {
        let asked = Instant::now();
        let mut last = self.0.lock().await;
        match &*last {
            Some((began, seen)) if *began >= asked => seen.clone(),
            _ => {
                let began = Instant::now();
                let seen = looking.await;
                *last = Some((began, seen.clone()));
                seen
            }
        }
    }
}

/// `/healthz`: whether gateway and backend answer.
pub(super) async fn live(pool: &Pool, vitals: &Vitals) -> Response<Answer> {
    match vitals.backend.look(backend(pool)).await {
        Ok(()) => answer::json(StatusCode::OK, &json!({ "status": "ok" })),
        Err(_) => answer::json(
            StatusCode::SERVICE_UNAVAILABLE,
            &json!({ "status": "unhealthy", "failing": ["backend"] }),
        ),
    }
}

/// `/ready`: whether a request would be answered by the required model, and why not.
pub(super) async fn ready(
    pool: &Pool,
    vitals: &Vitals,
    required: Option<&ModelName>,
) -> Response<Answer> {
    match vitals.model.look(present(pool, required)).await {
        Ok(()) => answer::json(StatusCode::OK, &json!({ "status": "ok" })),
        Err(reason) => answer::json(
            StatusCode::SERVICE_UNAVAILABLE,
            &json!({ "status": "not ready", "reasons": [reason] }),
        ),
    }
}

/// `/health`: the same in detail.
pub(super) async fn report(
    pool: &Pool,
    vitals: &Vitals,
    required: Option<&ModelName>,
    (in_flight, queued): (usize, usize),
) -> Response<Answer> {
    let (backend, model) = tokio::join!(
        vitals.backend.look(backend(pool)),
        vitals.model.look(present(pool, required))
    );
    let reasons: Vec<&String> = [&backend, &model]
        .into_iter()
        .filter_map(|check| check.as_ref().err())
        .take(1)
        .collect();
    let healthy = reasons.is_empty();
    let status = if healthy {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let report = json!({
        "status": if healthy { "ok" } else { "degraded" },
        "backend": { "answers": backend.is_ok() },
        "model": { "name": required.map(ModelName::as_str), "present": model.is_ok() },
        "requests": { "in_flight": in_flight, "queued": queued },
        "version": env!("CARGO_PKG_VERSION"),
        "reasons": reasons,
    });
    answer::json(status, &report)
}

async fn backend(pool: &Pool) -> Result<(), String> {
    let (status, _) = pool.get("/", PATIENCE).await?;
    if status.is_success() {
        Ok(())
    } else {
        Err(format!(
            "the backend at {} answers {status}",
            pool.upstream()
        ))
    }
}

async fn present(pool: &Pool, required: Option<&ModelName>) -> Result<(), String> {
    let (status, body) = pool.get("/api/tags", PATIENCE).await?;
    let models = listed(&body).map_err(|_| {
        format!(
            "the backend at {} does not list its models: {status}",
            pool.upstream()
        )
    })?;
    let Some(required) = required else {
        return Ok(());
    };
    if models.iter().any(|model| required.means(model)) {
        return Ok(());
    }
    Err(format!(
        "the model {} is not in the backend's store; get it with `ollamactl pull-model {required}`",
        required.with_tag()
    ))
}
