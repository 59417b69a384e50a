//! `ollama list`, `ps`, `cp`, `rm` and `stop`.

use std::fmt::Write as _;
use std::io::Write as _;

use chrono::{DateTime, Local, TimeDelta};
use hyper::Method;
use serde_json::{Value, json};

use super::client::Server;
use crate::error::{Error, Result};
use crate::stub::partial::human;

/// What a spinner leaves that had no time to turn.
const SPINNER: &str =
    "\x1b[?25l\x1b[?2026h\x1b[?25l\x1b[1G\x1b[K\x1b[?25h\x1b[?2026l\x1b[2K\x1b[1G\x1b[?25h";

/// Lists the models, or those whose names begin so.
pub(super) async fn list(server: &Server, filter: &str) -> Result<()> {
    let tags = server.ask(Method::GET, "/api/tags", &Value::Null).await?;
    let models = models(&tags).filter(|model| text(model, "name").starts_with(filter));
    let rows = models.map(|model| {
        let modified = when(text(model, "modified_at"), "Never");
        vec![
            text(model, "name").to_owned(),
            id(model),
            size(model),
            modified,
        ]
    });
    table(
        &["NAME", "ID", "SIZE", "MODIFIED"],
        &rows.collect::<Vec<_>>(),
    );
    Ok(())
}

/// Lists the loaded models.
pub(super) async fn ps(server: &Server) -> Result<()> {
    let ps = server.ask(Method::GET, "/api/ps", &Value::Null).await?;
    let rows = models(&ps).map(|model| {
        let gpu = model["size_vram"].as_u64() != Some(0);
        let processor = if gpu { "100% GPU" } else { "100% CPU" };
        vec![
            text(model, "name").to_owned(),
            id(model),
            size(model),
            processor.to_owned(),
            model["context_length"].to_string(),
            when(text(model, "expires_at"), "Forever"),
        ]
    });
    let header = ["NAME", "ID", "SIZE", "PROCESSOR", "CONTEXT", "UNTIL"];
    table(&header, &rows.collect::<Vec<_>>());
    Ok(())
}

/// Gives a model a second name.
pub(super) async fn copy(server: &Server, from: &str, to: &str) -> Result<()> {
    let body = json!({"source": from, "destination": to});
    server.ask(Method::POST, "/api/copy", &body).await?;
    say(&format!("copied '{from}' to '{to}'\n"));
    Ok(())
}

/// Removes models.
pub(super) async fn remove(server: &Server, models: &[&str]) -> Result<()> {
    for model in models {
        spin();
        let body = json!({"model": model});
        server.ask(Method::DELETE, "/api/delete", &body).await?;
        say(&format!("deleted '{model}'\n"));
    }
    Ok(())
}

/// Unloads a model.
pub(super) async fn stop(server: &Server, model: &str) -> Result<()> {
    spin();
    let body = json!({"model": model, "keep_alive": 0});
    let unloaded = server.ask(Method::POST, "/api/generate", &body).await;
    let missing = |_| Error::failed(format!("couldn't find model {model:?} to stop"));
    unloaded.map(drop).map_err(missing)
}

fn models(answer: &Value) -> impl Iterator<Item = &Value> {
    answer["models"].as_array().into_iter().flatten()
}

fn text<'a>(model: &'a Value, name: &str) -> &'a str {
    model[name].as_str().unwrap_or_default()
}

fn id(model: &Value) -> String {
    text(model, "digest").chars().take(12).collect()
}

fn size(model: &Value) -> String {
    human(model["size"].as_u64().unwrap_or(0))
}

fn spin() {
    let _ = write!(std::io::stderr().lock(), "{SPINNER}");
}

fn say(text: &str) {
    let _ = write!(std::io::stdout().lock(), "{text}");
}

/// Columns with four blanks between.
fn table(header: &[&str], rows: &[Vec<String>]) {
    let width = |n: usize| {
        let cells = rows.iter().map(|row| row[n].chars().count());
        cells.chain([header[n].len()]).max().unwrap_or(0)
    };
    let line = |cells: &[String]| {
        let cells = cells.iter().enumerate();
        let cells: Vec<_> = cells
            .map(|(n, cell)| format!("{cell:<0$}", width(n)))
            .collect();
        cells.join("    ")
    };
    let header: Vec<String> = header.iter().map(|&name| name.to_owned()).collect();
    let mut out = format!("{} \n", line(&header));
    for row in rows {
        let _ = writeln!(out, "{}    ", line(row));
    }
    say(&out);
}

/// A time as people tell it: `3 minutes ago`, `4 minutes from now`; what lies centuries ahead is `never`
/// reached.
fn when(time: &str, never: &str) -> String {
    let Ok(time) = DateTime::parse_from_rfc3339(time) else {
        return never.to_owned();
    };
    let age = Local::now().signed_duration_since(time);
    let (span, side) = match age {
        age if age < TimeDelta::zero() => (-age, "from now"),
        age => (age, "ago"),
    };
    if span.num_days() > 36_500 {
        return never.to_owned();
    }
    format!("{} {side}", about(span))
}

fn about(span: TimeDelta) -> String {
    let (seconds, minutes, hours) = (span.num_seconds(), span.num_minutes(), span.num_hours());
    let days = span.num_days();
    match () {
        () if seconds < 1 => "Less than a second".to_owned(),
        () if seconds == 1 => "1 second".to_owned(),
        () if seconds < 60 => format!("{seconds} seconds"),
        () if minutes == 1 => "About a minute".to_owned(),
        () if minutes < 60 => format!("{minutes} minutes"),
        () if hours == 1 => "About an hour".to_owned(),
        () if hours < 48 => format!("{hours} hours"),
        () if days < 14 => format!("{days} days"),
        () if days < 60 => format!("{} weeks", days / 7),
        () if days < 730 => format!("{} months", days / 30),
        () => format!("{} years", days / 365),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_as_people_tell_them() {
        for (seconds, told) in [
            (0, "Less than a second"),
            (59, "59 seconds"),
            (61, "About a minute"),
            (299, "4 minutes"),
            (3600, "About an hour"),
            (172_800, "2 days"),
        ] {
            assert_eq!(about(TimeDelta::seconds(seconds)), told);
        }
    }
}
