//! `doctor`.

use super::context::Context;
use crate::cli::DoctorArgs;
use crate::daemon::Shutdown;
use crate::doctor::{self, Check, Manner, Verdict};
use crate::error::{Error, Result};
use crate::ui::{Paint, Tone};

pub(super) async fn run(context: &Context, args: &DoctorArgs) -> anyhow::Result<()> {
    let config = context.config(&args.stack.flags())?;
    let shutdown = Shutdown::on_signals()?;
    let manner = Manner {
        probe: !args.no_probe,
        cancel: shutdown.requested.clone(),
    };
    // The first Ctrl-C lets the probe's container be taken away.
    let mut checks = tokio::select! {
        checks = doctor::examine(&config, &context.paths, &context.folder, &manner) => checks?,
        () = shutdown.forced.cancelled() => {
            return Err(Error::interrupted().into());
        }
    };
    for mend in checks.iter_mut().filter_map(|check| check.mend.as_mut()) {
        *mend = context.said.complete(mend);
    }
    print(context, &checks)?;
    let failed: Vec<&str> = checks
        .iter()
        .filter(|check| check.verdict == Verdict::Fail)
        .map(|check| check.name)
        .collect();
    if failed.is_empty() {
        return Ok(());
    }
    let what = if failed.len() == 1 {
        "check failed"
    } else {
        "checks failed"
    };
    Err(Error::failed(format!("{} {what}: {}", failed.len(), failed.join(", "))).into())
}

fn print(context: &Context, checks: &[Check]) -> Result<()> {
    if context.ui.is_json() {
        return context.ui.print_verdict(&checks);
    }
    let paint = context.ui.paint();
    let lines: Vec<String> = checks.iter().map(|check| line(check, paint)).collect();
    context.ui.print(&lines.join("\n"))
}

fn line(check: &Check, paint: Paint) -> String {
    let (tone, word) = match check.verdict {
        Verdict::Ok => (Tone::Good, "ok  "),
        Verdict::Warn => (Tone::Warn, "warn"),
        Verdict::Fail => (Tone::Bad, "fail"),
    };
    let mend = check.mend.as_ref().map_or_else(String::new, |mend| {
        format!("\n{:28}{} {mend}", "", paint.tone(Tone::Dim, "->"))
    });
    format!(
        "{}  {:<20}  {}{mend}",
        paint.tone(tone, word),
        check.name,
        check.why
    )
}
