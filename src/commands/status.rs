//! `status`: one table of the four parts.

use std::borrow::Cow;
use std::time::Duration;

use super::context::Context;
use crate::backend::{RelayState, Standing};
use crate::cli::{StatusArgs, StatusFormat};
use crate::daemon::Restarts;
use crate::error::Result;
use crate::gateway::{self, State};
use crate::stack::{self, GatewayStatus, ModelStatus, Status};
use crate::ui::{Paint, Tone};
use crate::units::bytes;

const WATCH: Duration = Duration::from_secs(2);

pub(super) async fn run(context: &Context, args: &StatusArgs) -> anyhow::Result<()> {
    let config = context.config(&args.stack.flags())?;
    // What cannot be read is part of what is shown, and then an error.
    let gateway = gateway::choose(&config, &context.folder);
    if let Ok(gateway) = &gateway {
        context.tell_of_passed_over(&config, gateway);
    }
    loop {
        let (status, broken) = stack::status(&config, &context.paths, gateway.as_ref()).await?;
        show(context, args, &status)?;
        if let Some(error) = broken {
            return Err(error.into());
        }
        if gateway.is_err() {
            return Ok(gateway.map(drop)?);
        }
        if !args.watch || context.ui.reader_left() {
            return Ok(());
        }
        tokio::time::sleep(WATCH).await;
    }
}

fn show(context: &Context, args: &StatusArgs, status: &Status) -> Result<()> {
    if context.ui.is_json() {
        return context.ui.print_verdict(status);
    }
    if args.output == StatusFormat::Env {
        return context.ui.print(&env(status));
    }
    if args.watch && context.ui.is_terminal() {
        context.ui.clear()?;
    }
    context.ui.print(&table(status, context.ui.paint()))
}

/// Lines for `eval "$(ollamactl status -o env)"`.
fn env(status: &Status) -> String {
    let mut lines = vec![
        format!("OLLAMA_MODEL={}", quoted(status.model.name.as_str())),
        format!("OLLAMA_HOST={}", quoted(&status.backend.url)),
    ];
    if let Some(url) = status.gateway.url() {
        lines.push(format!("OLLAMA_GATEWAY_URL={}", quoted(url)));
    }
    lines.join("\n")
}

/// As one word of a POSIX shell, on Windows too, whatever it holds: a repository's settings must not run as
/// commands.
fn quoted(text: &str) -> Cow<'_, str> {
    // Only what holds a NUL cannot be quoted.
    shlex::try_quote(text).unwrap_or_default()
}

/// The table for people.
pub(super) fn table(status: &Status, paint: Paint) -> String {
    let stub = if status.stub {
        "  (stub, not Ollama)"
    } else {
        ""
    };
    let rows = [
        ("model", model(&status.model, status.stub)),
        ("backend", backend(status)),
        ("relay", relay(&status.relay)),
        ("gateway", gateway_row(status)),
    ];
    let elsewhere = status.elsewhere.iter().map(|what| {
        let label = paint.tone(Tone::Strong, "also    ");
        format!(
            "{label}  {}  {what}",
            paint.tone(Tone::Good, "running     ")
        )
    });
    let orphans = status.orphans.iter().map(|orphan| {
        let (process, end) = (&orphan.text, &orphan.end);
        let text = format!("{process}, left by a backend that was killed; end it: {end}");
        format!("{}  {text}", paint.tone(Tone::Warn, "runner  "))
    });
    rows.iter()
        .map(|(name, (tone, word, text))| {
            let label = if *name == "model" || *name == "backend" {
                stub
            } else {
                ""
            };
            format!(
                "{}  {}  {text}{}",
                paint.tone(Tone::Strong, &format!("{name:<8}")),
                paint.tone(*tone, &format!("{word:<12}")),
                paint.tone(Tone::Warn, label)
            )
        })
        .chain(elsewhere)
        .chain(orphans)
        .collect::<Vec<_>>()
        .join("\n")
}

type Row = (Tone, &'static str, String);

fn model(model: &ModelStatus, stub: bool) -> Row {
    let size = model
        .size
        .map_or_else(String::new, |size| format!("  {}", bytes(size)));
    let text = format!("{}{size}", model.name);
    match (model.present, &model.loaded) {
        // The stand-in computes nothing, whatever the server that it repeats said.
        (Some(true), Some(_)) if stub => (Tone::Good, "in memory", text),
        (Some(true), Some(loaded)) if loaded.size_vram > 0 => {
            (Tone::Good, "in memory", text + "  (GPU)")
        }
        (Some(true), Some(_)) => match &model.unused_gpu {
            Some(gpu) => {
                let text =
                    format!("{text}  (CPU, though this machine has {gpu}: ollamactl doctor)");
                (Tone::Warn, "in memory", text)
            }
            None => (Tone::Good, "in memory", text + "  (CPU)"),
        },
        (Some(true), None) => (Tone::Good, "present", text),
        (Some(false), _) => (Tone::Bad, "missing", text),
        (None, _) => (Tone::Dim, "unknown", text),
    }
}

fn backend(status: &Status) -> Row {
    let backend = &status.backend;
    let version = backend
        .version
        .as_ref()
        .map_or_else(String::new, |version| format!("  {version}"));
    let pid = backend.pid;
    let owner = match backend.owner.as_str() {
        "" => String::new(),
        owner => format!("  {owner}"),
    } + &pid.map_or_else(String::new, |pid| format!("  ollama pid {pid}"));
    let exposed = if backend.exposed {
        "  reachable from the network"
    } else {
        ""
    };
    let restarts = restarts(&backend.restarts);
    let text = format!("{}{version}{owner}{exposed}{restarts}", backend.url);
    if let Some(fault) = &backend.fault {
        let word = match backend.standing {
            Standing::Unresolved => "no address",
            _ => "unknown",
        };
        return (Tone::Bad, word, format!("{text}  {fault}"));
    }
    let (tone, word) = match backend.standing {
        Standing::Supervised if backend.restarts.is_loop() => (Tone::Bad, "crashing"),
        Standing::Supervised => (Tone::Good, "running"),
        Standing::Unsupervised => (Tone::Warn, "unsupervised"),
        Standing::Adopted => (Tone::Good, "adopted"),
        Standing::Remote => (Tone::Good, "remote"),
        Standing::Starting => (Tone::Warn, "starting"),
        Standing::Unresponsive => (Tone::Bad, "unresponsive"),
        Standing::Stranger => (Tone::Bad, "not Ollama"),
        Standing::Unresolved => (Tone::Bad, "no address"),
        Standing::Stopped => (Tone::Bad, "stopped"),
    };
    (tone, word, text)
}

fn restarts(restarts: &Restarts) -> String {
    let text = restarts.describe();
    text.map_or_else(String::new, |text| format!("  {text}"))
}

fn relay(relay: &RelayState) -> Row {
    match relay {
        RelayState::Off => (Tone::Dim, "off", String::new()),
        RelayState::Listening { address, unmatched } if unmatched.is_empty() => {
            (Tone::Good, "listening", address.to_string())
        }
        RelayState::Listening { address, .. } => {
            let text = format!("{address}  {}", relay.reason());
            (Tone::Warn, "listening", text)
        }
        RelayState::Waiting { .. } => (Tone::Warn, "waiting", relay.reason()),
        RelayState::NotNeeded { .. } => (Tone::Dim, "not needed", relay.reason()),
        RelayState::Impossible { .. } => (Tone::Warn, "not possible", relay.reason()),
        RelayState::Suspended { .. } => (Tone::Bad, "suspended", relay.reason()),
        RelayState::Gone => (Tone::Bad, "gone", relay.reason()),
    }
}

fn gateway_row(status: &Status) -> Row {
    let located = match &status.gateway {
        GatewayStatus::Known(located) => located,
        GatewayStatus::Unknown { error } => return (Tone::Bad, "unknown", error.clone()),
    };
    let url = located.url.as_deref().unwrap_or_default();
    let health = located
        .health
        .as_ref()
        .map_or_else(String::new, |health| format!("  {health}"));
    let restarts = restarts(&located.restarts);
    let other = match &located.model {
        Some(model) if !status.model.name.means(model) => {
            format!("  uses {model}, not the required model: ollamactl up")
        }
        _ => String::new(),
    };
    let text = format!(
        "{url}  {} {}{health}{restarts}{other}",
        located.kind, located.name
    )
    .trim()
    .to_owned();
    match located.state {
        State::Running | State::Restarting if located.restarts.is_loop() => {
            (Tone::Bad, "crashing", text)
        }
        State::Running if !other.is_empty() => (Tone::Warn, "running", text),
        State::Running => (Tone::Good, "running", text),
        State::Absent => (Tone::Bad, "stopped", text),
        State::Exited | State::Dead => (Tone::Bad, "exited", text),
        State::Created => (Tone::Warn, "created", text),
        State::Suspended => (Tone::Bad, "suspended", text),
        State::Paused => (Tone::Warn, "paused", text),
        State::Restarting | State::Stopping | State::Removing => (Tone::Warn, "changing", text),
    }
}
