//! Bringing the gateway up: observe, plan and apply, first for the images, then for the rest.

use hyper::StatusCode;

use super::apply::{Applier, images};
use super::check::check;
use super::create::alias;
use super::observe::{self, Observed, observe};
use super::plan::{self, outdated};
use super::release::installed;
use super::{
    Build, Created, GatewayState, Plan, Target, UpOptions, neighbour, scale, state_of, vacancy,
};
use crate::compose::{Release, Service};
use crate::engine::{Engine, refusal};
use crate::error::{Error, Result};
use crate::event::{Events, Step};

/// The gateway after it was brought up.
#[derive(Debug, Clone)]
pub struct Up {
    /// Something was made, replaced, started or removed.
    pub changed: bool,
    /// The steps that were taken, one line each; none where nothing was to be done.
    pub steps: Vec<String>,
    /// Why the gateway's container was replaced, if it was.
    pub replaced: Option<String>,
    /// What was made and started.
    pub created: Created,
    /// How the gateway is now.
    pub state: GatewayState,
}

/// Brings the gateway and what it depends on up: images that are missing are built or pulled,
/// containers created, replaced where out of date, and started in order. Unchanged means untouched.
pub async fn up(
    engine: &Engine,
    target: &Target<'_>,
    options: &UpOptions,
    step: &Step,
    events: &Events,
) -> Result<Up> {
    let services = services(target, options)?;
    if let Some(up) = unchanged(engine, target, &services, options, events).await? {
        return Ok(up);
    }
    let _lock = match &options.ledger {
        Some(ledger) => Some(ledger.lock(options.wait_timeout, step).await?),
        None => None,
    };
    match converge(engine, target, &services, options, step, events).await {
        // Somebody else made or removed a container in the meantime: look again, once.
        Err(error)
            if refusal(&error) == Some(StatusCode::NOT_FOUND)
                || appeared(engine, target, &error).await =>
        {
            let again = UpOptions {
                build: Build::Missing,
                ..options.clone()
            };
            converge(engine, target, &services, &again, step, events).await
        }
        other => other,
    }
}

/// Where nothing is to be done, one round of requests tells, and neither the lock is needed nor what the
/// engine is, which Docker runs three programs to say.
async fn unchanged(
    engine: &Engine,
    target: &Target<'_>,
    services: &[&Service],
    options: &UpOptions,
    events: &Events,
) -> Result<Option<Up>> {
    let expected = target.container_name()?;
    let (observed, guess) = tokio::try_join!(
        observe(engine, target, services),
        engine.container(&expected)
    )?;
    let plan = plan::images(target, services, &observed, options)?;
    if !plan.is_empty() || !plan::containers(target, services, &observed, options)?.is_empty() {
        return Ok(None);
    }
    warn_of_orphans(target, &observed, events);
    outdated::tell(target, services, &observed, events);
    neighbour::tell(engine, target.project, &observed, events);
    let id = observed.all(target.service).first();
    let state = state_of(engine, id.map(|found| found.id.as_str()), guess).await?;
    tell_of_missing_alias(engine, target, &state, events).await?;
    Ok(Some(Up {
        changed: false,
        steps: Vec::new(),
        replaced: None,
        created: Created::default(),
        state,
    }))
}

async fn converge(
    engine: &Engine,
    target: &Target<'_>,
    services: &[&Service],
    options: &UpOptions,
    step: &Step,
    events: &Events,
) -> Result<Up> {
    let Survey {
        mut observed,
        images,
        containers,
    } = survey(engine, target, services, options).await?;
    if !options.remove_orphans {
        warn_of_orphans(target, &observed, events);
    }
    outdated::tell(target, services, &observed, events);
    neighbour::tell(engine, target.project, &observed, events);
    let release = release(&observed, options).await;
    let containers = if images.is_empty() {
        containers
    } else {
        images::make(engine, target, services, &images, (&release, step)).await?;
        observed.images = observe::images(engine, target, services).await?;
        let containers = plan::containers(target, services, &observed, options)?;
        vacancy::check(engine, services, &observed, &containers).await?;
        containers
    };
    let reporters = (step, events);
    let applier = Applier::new(
        engine, target, services, options, &observed, release, reporters,
    );
    let (created, id) = applier.apply(&containers).await?;
    let state = state_of(engine, id.as_deref(), None).await?;
    tell_of_missing_alias(engine, target, &state, events).await?;
    Ok(Up {
        changed: images.changes_something() || containers.changes_something(),
        steps: [images.lines(), containers.lines()].concat(),
        replaced: containers.replaced(target.service),
        created,
        state,
    })
}

/// What is there and what is to be done, once nothing that is known by now stands in its way.
struct Survey {
    observed: Observed,
    images: Plan,
    containers: Plan,
}

async fn survey(
    engine: &Engine,
    target: &Target<'_>,
    services: &[&Service],
    options: &UpOptions,
) -> Result<Survey> {
    let observed = identified(engine, target, services).await?;
    let images = plan::images(target, services, &observed, options)?;
    // A container that cannot be made is refused before minutes go into its image.
    check(engine, target, services)?;
    images::check_sources(engine, target, services, &images)?;
    let containers = plan::containers(target, services, &observed, options)?;
    vacancy::check(engine, services, &observed, &containers).await?;
    Ok(Survey {
        observed,
        images,
        containers,
    })
}

/// What is there, with the engine's word of what it is: that decides what can be made.
pub(super) async fn identified(
    engine: &Engine,
    target: &Target<'_>,
    services: &[&Service],
) -> Result<Observed> {
    let (_, observed) = tokio::try_join!(engine.identify(), observe(engine, target, services))?;
    Ok(observed)
}

/// The release of compose to be like: that of the containers that are there, else the one asked for, else
/// the one installed here.
pub(super) async fn release(observed: &Observed, options: &UpOptions) -> Release {
    match observed.release().or_else(|| options.release.clone()) {
        Some(release) => release,
        None => installed(options.cache.as_deref())
            .await
            .unwrap_or_default(),
    }
}

/// In compose's words.
fn warn_of_orphans(target: &Target<'_>, observed: &Observed, events: &Events) {
    if observed.orphans.is_empty() || target.project.ignores_orphans() {
        return;
    }
    let names: Vec<&str> = observed
        .orphans
        .iter()
        .map(|found| found.name.as_str())
        .collect();
    events.warn(format!(
        "found orphan containers ([{}]) for this project; if you removed or renamed their service in \
         your compose file, this removes them: ollamactl gateway up --remove-orphans",
        names.join(" ")
    ));
}

/// Whether a container of this project now has the name that a conflict is about.
async fn appeared(engine: &Engine, target: &Target<'_>, error: &Error) -> bool {
    if refusal(error) != Some(StatusCode::CONFLICT) {
        return false;
    }
    let found = observe::containers(engine, target.project)
        .await
        .unwrap_or_default();
    found
        .iter()
        .any(|found| error.message.contains(&found.name))
}

/// Builds or pulls the images that [`up`] would need, so that this need not wait for what the
/// containers wait for.
pub async fn prepare_images(
    engine: &Engine,
    target: &Target<'_>,
    options: &UpOptions,
    step: &Step,
) -> Result<()> {
    let services = services(target, options)?;
    let Survey {
        observed, images, ..
    } = survey(engine, target, &services, options).await?;
    if images.is_empty() {
        return Ok(());
    }
    let release = release(&observed, options).await;
    images::make(engine, target, &services, &images, (&release, step)).await
}

/// Fails where [`up`] would refuse the project, before anything is made: a key that is not supported, a
/// dependency that does not exist, or no container of the gateway at all.
pub fn verify(engine: &Engine, target: &Target<'_>) -> Result<()> {
    if scale::of(target.project.service(target.service)?) == 0 {
        return Err(Error::usage(format!(
            "service {} is scaled to 0, so there is no gateway to bring up",
            target.service
        ))
        .hint("take `scale: 0` (or `deploy.replicas: 0`) out of the compose file"));
    }
    check(engine, target, &services(target, &UpOptions::default())?)
}

/// The steps that [`up`] would take now. A build or pull among them may lead to more.
pub async fn plan_up(engine: &Engine, target: &Target<'_>, options: &UpOptions) -> Result<Plan> {
    let services = services(target, options)?;
    let survey = survey(engine, target, &services, options).await?;
    let mut plan = survey.images;
    plan.steps.extend(survey.containers.steps);
    Ok(plan)
}

/// Rebuilds the gateway's image; replaces its container if the image or the configuration changed,
/// else restarts it.
pub async fn restart(
    engine: &Engine,
    target: &Target<'_>,
    options: &UpOptions,
    step: &Step,
    events: &Events,
) -> Result<Up> {
    up(engine, target, &restarting(options), step, events).await
}

/// The steps that [`restart`] would take now. The build among them may lead to a replacement.
pub async fn plan_restart(
    engine: &Engine,
    target: &Target<'_>,
    options: &UpOptions,
) -> Result<Plan> {
    plan_up(engine, target, &restarting(options)).await
}

fn restarting(options: &UpOptions) -> UpOptions {
    UpOptions {
        build: Build::Target,
        restart: true,
        ..options.clone()
    }
}

/// A container that somebody else made may lack the name for the host; it is not replaced for that.
async fn tell_of_missing_alias(
    engine: &Engine,
    target: &Target<'_>,
    state: &GatewayState,
    events: &Events,
) -> Result<()> {
    let service = target.project.service(target.service)?;
    let has_it = state
        .extra_hosts
        .iter()
        .any(|host| host.starts_with(alias::NAME));
    if has_it {
        return Ok(());
    }
    if alias::is_added(target, service, engine.identify().await?) {
        events.note(format!(
            "container {} was made without {}, so it may not reach this host; \
             replaced (ollamactl gateway up --force-recreate), it will",
            state.container,
            alias::NAME
        ));
    }
    Ok(())
}

/// The services to run, dependencies first.
fn services<'a>(target: &Target<'a>, options: &UpOptions) -> Result<Vec<&'a Service>> {
    let closure = target.project.closure(target.service)?;
    let chosen = closure
        .into_iter()
        .filter(|service| !options.no_deps || service.name == target.service);
    Ok(chosen.collect())
}
