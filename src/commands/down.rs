//! `down`: the reverse of `up`; stops only what ollamactl started.

use super::context::Context;
use crate::cli::settings::StackArgs;
use crate::gateway;
use crate::stack;

pub(super) async fn run(context: &Context, args: &StackArgs) -> anyhow::Result<()> {
    let config = context.config(&args.flags())?;
    // A compose file that cannot be read does not keep the backend up.
    let gateway = gateway::choose(&config, &context.folder);
    let down = stack::down(&config, &context.paths, gateway, &context.events()).await?;
    if context.ui.is_json() {
        return Ok(context
            .ui
            .print_json(&serde_json::json!({ "event": "down", "result": down }))?);
    }
    for kept in &down.kept {
        context.ui.say(&format!("left running: {kept}"));
    }
    Ok(())
}
