//! `pull-model`.

use super::context::Context;
use crate::backend::{self, PullRequest};
use crate::cli::PullArgs;
use crate::config::Flags;
use crate::error::Result;
use crate::ollama::ModelName;

pub(super) async fn run(context: &Context, args: &PullArgs) -> anyhow::Result<()> {
    let mut flags = Flags::default();
    args.model.add_to(&mut flags);
    args.backend.add_to(&mut flags);
    let config = context.config(&flags)?;
    // Every name is checked before anything is sent.
    let mut models = args
        .models
        .iter()
        .map(|name| name.parse())
        .collect::<Result<Vec<ModelName>>>()?;
    if models.is_empty() {
        models.push(config.model.value.clone());
    }
    let events = context.events();
    for model in models {
        let request = PullRequest {
            if_missing: args.if_missing,
            skip_checks: args.skip_checks,
            ..PullRequest::new(model)
        };
        let step = events.step("model", format!("pulling {}", request.model));
        let pulled = backend::pull(&request, &config, &context.paths, (&step, &events)).await?;
        let text = pulled.describe();
        if pulled.unchanged {
            step.unchanged(text);
        } else {
            step.done(text);
        }
        if context.ui.is_json() {
            context
                .ui
                .print_json(&serde_json::json!({ "event": "pulled", "result": pulled }))?;
        }
    }
    Ok(())
}
