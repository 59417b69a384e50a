//! `config show`.

use super::context::Context;
use crate::cli::{ConfigArgs, ConfigCommand};
use crate::ui::Tone;

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
    let width = entries
        .iter()
        .map(|(_, value, _)| value.len())
        .max()
        .unwrap_or_default();
    let paint = context.ui.paint();
    let lines: Vec<String> = entries
        .iter()
        .map(|(name, value, source)| {
            let source = paint.tone(Tone::Dim, &source.to_string());
            format!("{name:<22} {value:<width$}  {source}")
        })
        .collect();
    Ok(context.ui.print(&lines.join("\n"))?)
}
