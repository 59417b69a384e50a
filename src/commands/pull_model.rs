//! `pull-model`.

use super::context::Context;
use crate::backend::{self, PullRequest, Pulled};
use crate::cli::PullArgs;
use crate::config::Flags;
use crate::error::Result;
use crate::ollama::ModelName;
use crate::ui::bytes;

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
            model,
            if_missing: args.if_missing,
        };
        let step = events.step("model", format!("pulling {}", request.model));
        let pulled = backend::pull(&request, &config, &context.paths, &step).await?;
        let text = describe(&pulled);
        if pulled.unchanged {
            step.unchanged(text);
        } else {
            step.done(text);
        }
        if context.ui.is_json() {
            context.ui.print_json(&serde_json::json!({ "event": "pulled", "result": pulled }))?;
        }
    }
    Ok(())
}

/// `tiny, 4.7 GB, up to date`.
pub(super) fn describe(pulled: &Pulled) -> String {
    let what = if pulled.tries == 0 {
        "there already".to_owned()
    } else if pulled.unchanged {
        "up to date".to_owned()
    } else {
        format!("loaded {}", bytes(pulled.downloaded))
    };
    format!("{}, {}, {what}", pulled.model, bytes(pulled.size))
}
