//! `pull-model`.

use super::context::Context;
use crate::backend::{self, PullOutcome, PullRequest};
use crate::cli::PullArgs;
use crate::config::Flags;
use crate::daemon::Shutdown;
use crate::error::{Error, Kind, Result};
use crate::ollama::ModelName;

/// Ends what it started before it ends itself.
pub(super) async fn run(context: &Context, args: &PullArgs) -> anyhow::Result<()> {
    let mut flags = Flags {
        stall_timeout: args.stall_timeout.clone(),
        tries: args.tries.clone(),
        ..Flags::default()
    };
    args.model.add_to(&mut flags);
    args.backend.add_to(&mut flags);
    let config = context.config(&flags)?;
    let request = PullRequest {
        models: models(args, &config.model.value)?,
        if_missing: args.if_missing,
        skip_checks: args.skip_checks,
    };
    let (shutdown, events) = (Shutdown::on_signals()?, context.events());
    let outcomes = backend::pull(&request, &config, &context.paths, &shutdown, &events).await?;
    if context.ui.is_json() {
        for pulled in outcomes
            .iter()
            .filter_map(|(_, pulled)| pulled.as_ref().ok())
        {
            context
                .ui
                .print_json(&serde_json::json!({ "event": "pulled", "result": pulled }))?;
        }
    }
    Ok(verdict(outcomes)?)
}

/// Every name is checked before anything is sent, and none is pulled twice.
fn models(args: &PullArgs, required: &ModelName) -> Result<Vec<ModelName>> {
    let mut models: Vec<ModelName> = Vec::new();
    for name in &args.models {
        let model: ModelName = name.parse()?;
        if !models.iter().any(|known| known.means(model.as_str())) {
            models.push(model);
        }
    }
    if models.is_empty() {
        models.push(required.clone());
    }
    Ok(models)
}

/// The error of a single model is the command's own; of several, all are told, and the worst decides.
fn verdict(mut outcomes: Vec<PullOutcome>) -> Result<()> {
    let count = outcomes.len();
    if count == 1 {
        return outcomes.remove(0).1.map(drop);
    }
    let failures: Vec<Error> = outcomes
        .into_iter()
        .filter_map(|(_, pulled)| pulled.err())
        .collect();
    let kinds = failures.iter().map(|error| error.kind);
    let Some(worst) = kinds.max_by_key(|kind| badness(*kind)) else {
        return Ok(());
    };
    let message = format!("{} of {count} models were not pulled", failures.len());
    let mut all = Error::new(worst, message);
    for error in failures {
        all = all.details([error.message]);
        for hint in error.hints {
            if !all.hints.contains(&hint) {
                all = all.hint(hint);
            }
        }
    }
    Err(all)
}

/// What the same command may mend when it is run again is less bad than what it may not.
fn badness(kind: Kind) -> u8 {
    match kind {
        Kind::Timeout => 0,
        Kind::Unhealthy => 1,
        _ => 2,
    }
}
