//! `up`: the model is pulled, the gateway's image built and the backend started side by side; the
//! gateway starts when the backend is there; then all of it must be healthy.

use std::cell::RefCell;
use std::pin::pin;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::front::Front;
use super::meanwhile::{GoingOn, restarted, stopped, was_stopped};
use super::request::UpRequest;
use super::wait::{too_slow, until_healthy};
use crate::backend::{self, Launch, Origin, PullRequest, Record, RelayState, Standing};
use crate::config::{Config, Mode};
use crate::daemon::Shutdown;
use crate::engine::Engine;
use crate::error::{Error, Kind, Result};
use crate::event::{Events, Step};
use crate::gateway::{self, Build, ComposeGateway, Gateway, Ledger, Up, UpOptions, embedded};
use crate::ollama::{Client, Probe};

/// How it went.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct UpReport {
    /// Where the time went: step and seconds, longest first.
    pub took: Vec<(String, f64)>,
    /// Seconds in all.
    pub seconds: f64,
}

/// Brings the stack up, or says what keeps it from being healthy.
pub async fn up(request: &UpRequest<'_>, events: &Events) -> Result<UpReport> {
    let started = Instant::now();
    let deadline = started + request.wait_timeout;
    let front = Front::of(request).await?;
    let before = GoingOn::now(request);
    let seen = RefCell::new(None);
    let outcome = loop {
        let outcome = all_parts(request, &front, &seen, deadline, events).await;
        let record = seen.borrow().clone();
        match (&outcome, record) {
            (Err(error), Some(record)) if error.kind == Kind::Unhealthy => {
                if Instant::now() >= deadline || !restarted(request, &record).await {
                    let is_ours = !matches!(record.origin, Origin::Adopted { .. });
                    break if is_ours && was_stopped(request) {
                        Err(stopped(request))
                    } else {
                        outcome
                    };
                }
                events.note("the backend was restarted meanwhile: once more");
            }
            _ => break outcome,
        }
    };
    let mut took = outcome
        .map_err(|error| GoingOn::now(request).told(&before, error))?
        .to_vec();
    took.sort_by(|a, b| b.1.total_cmp(&a.1));
    Ok(UpReport {
        took,
        seconds: started.elapsed().as_secs_f64(),
    })
}

/// Starts all parts, and waits until they are healthy. `seen` is the backend that runs then.
async fn all_parts(
    request: &UpRequest<'_>,
    front: &Front<'_>,
    seen: &RefCell<Option<Record>>,
    deadline: Instant,
    events: &Events,
) -> Result<[Took; 4]> {
    let there = There::default();
    let work = async {
        let mut starting = pin!(timed("backend", async {
            let record = backend(request, events).await?;
            seen.replace(record);
            there.backend.cancel();
            Ok(())
        }));
        let mut others = pin!(async {
            tokio::try_join!(
                timed("model", model(request, &there, events)),
                timed("gateway", gateway(request, front, &there, events)),
            )
        });
        let (backend, (model, gateway)) = tokio::select! {
            backend = &mut starting => (backend?, others.await?),
            others = &mut others => {
                // A start that nobody waits for goes on by itself: a `down` right after would find
                // nothing to stop yet.
                let backend = starting.await;
                let others = others?;
                (backend?, others)
            }
        };
        Ok::<_, Error>((backend, model, gateway))
    };
    let work = tokio::time::timeout_at(deadline, work).await;
    let ((backend, ()), (model, ()), (gateway, ())) =
        work.map_err(|_| too_slow(request.wait_timeout, &[]))??;
    let record = seen.borrow().clone();
    let healthy = until_healthy(request, front, record.as_ref(), deadline, events);
    let (health, ()) = timed("health", healthy).await?;
    Ok([backend, model, gateway, health])
}

/// The steps that [`up`] would take now, one line each.
pub async fn plan_up(request: &UpRequest<'_>) -> Result<Vec<String>> {
    let config = request.config;
    let observed = backend::observe(config, request.paths).await?;
    let mut lines = Vec::new();
    if observed.standing == Standing::Stopped && observed.host.is_local() {
        let line = format!("start backend on {}: nothing answers there", observed.host);
        lines.push(line);
    }
    if observed.standing == Standing::Unsupervised {
        let host = &observed.host;
        lines.push(format!(
            "take over backend on {host}: its supervisor was killed"
        ));
    }
    if observed.standing == Standing::Adopted {
        let host = &observed.host;
        match observed.relay {
            RelayState::Gone => lines.push(format!(
                "start relay to {host} again: its supervisor was killed"
            )),
            RelayState::Off if observed.record.is_none() && config.wants_relay() => {
                lines.push(format!(
                    "start relay to {host}: it is not ollamactl's and has none"
                ));
            }
            _ => {}
        }
    }
    let host = &observed.host;
    if observed.standing == Standing::Unresponsive && !observed.is_ours() {
        return Err(backend::unresponsive(host));
    }
    let model = &config.model.value;
    if !observed.answers() {
        lines.push(format!(
            "pull model {model}: unless the backend, which does not run yet, has it"
        ));
    } else if Client::new(&observed.host)?.model(model).await?.is_none() {
        lines.push(format!("pull model {model}: it is missing"));
    }
    match request.gateway {
        Gateway::Embedded(how) => lines.extend(embedded::plan_up(how, request.paths)?),
        Gateway::Compose(compose) => {
            let engine = Engine::open_from_environment()?;
            let options = UpOptions {
                build: if request.build {
                    Build::Target
                } else {
                    Build::Missing
                },
                ..UpOptions::default()
            };
            let plan = gateway::plan_up(&engine, &compose.target(), &options).await?;
            lines.extend(plan.lines());
        }
    }
    Ok(lines)
}

/// What it was, and how many seconds it took.
type Took = (String, f64);

async fn timed<T>(name: &str, work: impl Future<Output = Result<T>>) -> Result<(Took, T)> {
    let started = Instant::now();
    let outcome = work.await?;
    let took = started.elapsed().as_secs_f64();
    Ok(((name.to_owned(), took), outcome))
}

/// What runs then, where it runs on this machine.
async fn backend(request: &UpRequest<'_>, events: &Events) -> Result<Option<Record>> {
    let host = request.config.client_host();
    if host.is_local() {
        let launch = Launch::from_config(request.config, request.paths)?;
        let running = backend::bring_up(&launch, request.paths, events).await?;
        if running.record.launch.mode == Mode::Stub && launch.mode != Mode::Stub {
            events.warn(format!(
                "the stub (not Ollama) runs on {host} and is used; for Ollama: ollamactl down, then ollamactl up"
            ));
        }
        Ok(Some(running.record))
    } else {
        remote(request.config, events).await?;
        Ok(None)
    }
}

/// A backend on another machine is used, not started.
async fn remote(config: &Config, events: &Events) -> Result<()> {
    let step = events.step("backend", format!("looking at {}", config.client_host()));
    let client = Client::new(&config.client_host())?;
    let look = async {
        if client.probe(Duration::from_secs(5)).await == Probe::Ollama {
            return client.version().await;
        }
        client.host().resolved()?;
        Err(Error::new(
            Kind::Unhealthy,
            format!(
                "no Ollama answers at {} ({})",
                client.host(),
                config.backend.host.source
            ),
        )
        .hint("start it there, or unset OLLAMA_HOST to run one on this machine"))
    };
    let version = step.watch(look).await?;
    step.unchanged(format!("Ollama {version} on {}", client.host()));
    Ok(())
}

/// What is there of the stack already.
#[derive(Default)]
struct There {
    backend: CancellationToken,
    model: CancellationToken,
}

async fn model(request: &UpRequest<'_>, there: &There, events: &Events) -> Result<()> {
    there.backend.cancelled().await;
    let pull = PullRequest {
        models: vec![request.config.model.value.clone()],
        if_missing: true,
        skip_checks: false,
    };
    // It goes through the backend that runs, so dropping it is all that an interruption takes.
    let (config, paths) = (request.config, request.paths);
    let outcomes = backend::pull(&pull, config, paths, &Shutdown::default(), events).await?;
    outcomes
        .into_iter()
        .try_for_each(|(_, pulled)| pulled.map(drop))?;
    there.model.cancel();
    Ok(())
}

async fn gateway(
    request: &UpRequest<'_>,
    front: &Front<'_>,
    there: &There,
    events: &Events,
) -> Result<()> {
    match front {
        Front::Embedded(how) => {
            there.backend.cancelled().await;
            // One that serves is not ended for a model that cannot be had.
            if embedded::observe(request.paths, how.launch.listen)?
                .is_some_and(|running| running.launch != how.launch)
            {
                there.model.cancelled().await;
            }
            let step = events.step("gateway", "looking at the embedded gateway");
            let started = embedded::start(how, request.paths, &step);
            let (record, fresh) = step.watch(started).await?;
            step.ended(fresh, record.describe());
            Ok(())
        }
        Front::Compose(compose, engine) => {
            container(request, (compose, engine), &there.backend, events).await
        }
    }
}

/// The image is made while the backend starts; the container starts when the backend is there.
async fn container(
    request: &UpRequest<'_>,
    (compose, engine): (&ComposeGateway, &Engine),
    ready: &CancellationToken,
    events: &Events,
) -> Result<()> {
    let step = events.step("gateway", format!("looking at service {}", compose.service));
    let up = step.watch(started(request, (compose, engine), ready, &step, events));
    let up = up.await?;
    step.ended(up.changed || request.build, up.state.describe());
    Ok(())
}

async fn started(
    request: &UpRequest<'_>,
    (compose, engine): (&ComposeGateway, &Engine),
    ready: &CancellationToken,
    step: &Step,
    events: &Events,
) -> Result<Up> {
    let mut options = UpOptions {
        build: if request.build {
            Build::Target
        } else {
            Build::Missing
        },
        ledger: Some(Ledger::new(
            request.paths,
            engine.endpoint(),
            &compose.project.name,
        )),
        release: compose.release.clone(),
        cache: Some(request.paths.cache.clone()),
        ..UpOptions::default()
    };
    gateway::prepare_images(engine, &compose.target(), &options, step).await?;
    ready.cancelled().await;
    options.build = Build::Missing;
    gateway::up(engine, &compose.target(), &options, step, events).await
}
