//! Events as lines of text, for pipes and CI logs: no cursor movements, no line more often than it
//! tells something new.

use std::collections::HashMap;
use std::sync::Mutex;

use super::live::finished;
use super::{Paint, Tone, write_err};
use crate::event::{Event, Events};
use crate::units::bytes;

pub(super) fn events(paint: Paint, verbose: bool) -> Events {
    let lines = Mutex::new(Lines::default());
    Events::new(move |event| {
        let Ok(mut lines) = lines.lock() else { return };
        if let Some(text) = lines.text(&event, paint, verbose) {
            write_err(&text);
        }
    })
}

#[derive(Default)]
struct Lines {
    /// Tenths of each transfer that were told already.
    told: HashMap<(String, String), u64>,
    /// What each step said last.
    said: HashMap<String, String>,
}

impl Lines {
    fn text(&mut self, event: &Event, paint: Paint, verbose: bool) -> Option<String> {
        match event {
            Event::StepStarted { step, message } | Event::StepProgress { step, message } => {
                let news =
                    self.said.insert(step.clone(), message.clone()).as_ref() != Some(message);
                news.then(|| format!("{step}: {message}"))
            }
            Event::StepFinished {
                step,
                outcome,
                message,
                seconds,
                ..
            } => Some(finished(step, *outcome, message, *seconds, paint)),
            Event::Transfer {
                step,
                item,
                completed,
                total,
            } => self.transfer(step, item, *completed, *total),
            Event::Output { step, line } => Some(format!("{step} | {line}")),
            Event::Detail { message } => verbose.then(|| paint.tone(Tone::Dim, message)),
            Event::Note { message } => Some(format!("note: {message}")),
            Event::Warning { message } => {
                Some(format!("{}: {message}", paint.tone(Tone::Warn, "warning")))
            }
        }
    }

    fn transfer(&mut self, step: &str, item: &str, completed: u64, total: u64) -> Option<String> {
        let tenth = (completed * 10).checked_div(total)?;
        let told = self
            .told
            .entry((step.to_owned(), item.to_owned()))
            .or_insert(u64::MAX);
        if *told == tenth {
            return None;
        }
        *told = tenth;
        Some(format!(
            "{step}: {item} {}% ({} of {})",
            tenth * 10,
            bytes(completed),
            bytes(total)
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transfer(completed: u64) -> Event {
        Event::Transfer {
            step: "model".to_owned(),
            item: "abc".to_owned(),
            completed,
            total: 1000,
        }
    }

    #[test]
    fn a_transfer_tells_each_tenth_once() {
        let mut lines = Lines::default();
        let told: Vec<_> = [0, 10, 99, 100, 150, 1000]
            .into_iter()
            .filter_map(|completed| lines.text(&transfer(completed), Paint::new(false), false))
            .collect();
        assert_eq!(
            told,
            [
                "model: abc 0% (0 B of 1.0 kB)",
                "model: abc 10% (100 B of 1.0 kB)",
                "model: abc 100% (1.0 kB of 1.0 kB)"
            ]
        );
    }
}
