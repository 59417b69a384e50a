//! `version`.

use super::context::Context;

pub(super) fn run(context: &Context) -> anyhow::Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    if context.ui.is_json() {
        return Ok(context.ui.print_json(&serde_json::json!({ "version": version }))?);
    }
    Ok(context.ui.print(&format!("ollamactl {version}"))?)
}
