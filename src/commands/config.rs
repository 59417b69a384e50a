//! `config show`.

use super::context::Context;
use crate::cli::{ConfigArgs, ConfigCommand};
use crate::ui::{Tone, columns};

pub(super) fn run(context: &Context, args: &ConfigArgs) -> anyhow::Result<()> {
    let ConfigCommand::Show(args) = &args.command;
    let config = context.config(&args.flags())?;
    let entries = config.entries();
    if context.ui.is_json() {
        let settings: serde_json::Map<_, _> = entries
            .iter()
            .map(|(name, value, source)| {
                let entry = serde_json::json!({ "value": value, "source": source.to_string() });
                ((*name).to_owned(), entry)
            })
            .collect();
        return Ok(context.ui.print_json(&settings)?);
    }
    let paint = context.ui.paint();
    let rows: Vec<[String; 3]> = entries
        .into_iter()
        .map(|(name, value, source)| {
            let source = paint.tone(Tone::Dim, &source.to_string());
            [name.to_owned(), value, source]
        })
        .collect();
    let lines = columns(&rows, context.ui.width());
    Ok(context.ui.print(&lines.join("\n"))?)
}
