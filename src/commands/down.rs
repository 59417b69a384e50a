//! `down`: the reverse of `up`; stops only what ollamactl started.

use super::context::Context;
use super::up::show_steps;
use crate::cli::DownArgs;
use crate::gateway::{self, DownOptions};
use crate::stack;

pub(super) async fn run(context: &Context, args: &DownArgs) -> anyhow::Result<()> {
    let config = context.config(&args.stack.flags())?;
    // A compose file that cannot be read does not keep the backend up.
    let gateway = gateway::choose(&config, &context.folder);
    let options = DownOptions {
        stop_timeout: args.stop.timeout()?,
        volumes: args.volumes,
        remove_orphans: args.remove_orphans,
        ..DownOptions::default()
    };
    if args.stop.dry.dry_run {
        let steps = stack::plan_down(&config, &context.paths, gateway, &options).await?;
        return show_steps(context, &steps);
    }
    let down = stack::down(
        &config,
        &context.paths,
        gateway,
        &options,
        &context.events(),
    )
    .await?;
    if context.ui.is_json() {
        return Ok(context
            .ui
            .print_json(&serde_json::json!({ "event": "down", "result": down }))?);
    }
    for kept in &down.kept {
        context.ui.say(&format!("left as it is: {kept}"));
    }
    Ok(())
}
