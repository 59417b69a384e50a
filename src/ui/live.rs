//! Events on a terminal: a line for each running step, a bar for each transfer, and a line that stays
//! for each step that ended.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Paint, Tone};
use crate::event::{Event, Events, Outcome};
use crate::units;

const SPINNER: &str = "{spinner} {prefix:<8} {msg}";
const BAR: &str = "    {prefix:<14} [{bar:24}] {decimal_bytes:>9} / {decimal_total_bytes:<9} {decimal_bytes_per_sec:>11} {eta:>4} left";

pub(super) fn events(paint: Paint, verbose: bool) -> Events {
    let screen = Mutex::new(Screen::new(paint, verbose));
    Events::new(move |event| {
        if let Ok(mut screen) = screen.lock() {
            screen.show(event);
        }
    })
}

struct Screen {
    all: MultiProgress,
    steps: HashMap<String, ProgressBar>,
    transfers: HashMap<(String, String), ProgressBar>,
    paint: Paint,
    verbose: bool,
}

impl Screen {
    fn new(paint: Paint, verbose: bool) -> Self {
        Self {
            all: MultiProgress::with_draw_target(ProgressDrawTarget::stderr()),
            steps: HashMap::new(),
            transfers: HashMap::new(),
            paint,
            verbose,
        }
    }

    fn show(&mut self, event: Event) {
        match event {
            Event::StepStarted { step, message } => self.start(&step, message),
            Event::StepProgress { step, message } => self.progress(&step, message),
            Event::StepFinished {
                step,
                outcome,
                message,
                seconds,
                ..
            } => self.finish(&step, outcome, &message, seconds),
            Event::Transfer {
                step,
                item,
                completed,
                total,
            } => self.transfer(step, item, completed, total),
            Event::Output { step, line } if self.verbose => self.line(&format!("{step} | {line}")),
            Event::Output { step, line } => self.progress(&step, line),
            Event::Detail { message } if self.verbose => {
                self.line(&self.paint.tone(Tone::Dim, &message));
            }
            Event::Detail { .. } => {}
            Event::Note { message } => self.line(&format!("note: {message}")),
            Event::Warning { message } => {
                self.line(&format!(
                    "{}: {message}",
                    self.paint.tone(Tone::Warn, "warning")
                ));
            }
        }
    }

    fn start(&mut self, step: &str, message: String) {
        let style = ProgressStyle::with_template(SPINNER)
            .unwrap_or_else(|_| ProgressStyle::default_spinner());
        let bar = ProgressBar::new_spinner()
            .with_style(style)
            .with_prefix(step.to_owned());
        let bar = self.all.add(bar);
        bar.set_message(message);
        bar.enable_steady_tick(Duration::from_millis(100));
        self.steps.insert(step.to_owned(), bar);
    }

    fn progress(&self, step: &str, message: String) {
        if let Some(bar) = self.steps.get(step) {
            bar.set_message(message);
        }
    }

    fn finish(&mut self, step: &str, outcome: Outcome, message: &str, seconds: f64) {
        if let Some(bar) = self.steps.remove(step) {
            bar.finish_and_clear();
        }
        self.transfers.retain(|(owner, _), bar| {
            if owner == step {
                bar.finish_and_clear();
            }
            owner != step
        });
        self.line(&finished(step, outcome, message, seconds, self.paint));
    }

    fn transfer(&mut self, step: String, item: String, completed: u64, total: u64) {
        let after = self.steps.get(&step);
        let bar = self
            .transfers
            .entry((step, item))
            .or_insert_with_key(|(_, item)| {
                let style = ProgressStyle::with_template(BAR)
                    .unwrap_or_else(|_| ProgressStyle::default_bar());
                let bar = ProgressBar::new(total)
                    .with_style(style.progress_chars("=> "))
                    .with_prefix(item.clone());
                match after {
                    Some(step) => self.all.insert_after(step, bar),
                    None => self.all.add(bar),
                }
            });
        bar.set_length(total);
        bar.set_position(completed);
    }

    /// A line that stays.
    fn line(&self, text: &str) {
        // Where the terminal went away there is nobody to read it.
        let _ = self.all.println(text);
    }
}

/// The line of a step that ended.
pub(super) fn finished(
    step: &str,
    outcome: Outcome,
    message: &str,
    seconds: f64,
    paint: Paint,
) -> String {
    let (sign, tone) = match outcome {
        Outcome::Done => ("ok", Tone::Good),
        Outcome::Unchanged => ("--", Tone::Dim),
        Outcome::Failed => ("XX", Tone::Bad),
    };
    let took = Duration::try_from_secs_f64(seconds).unwrap_or_default();
    let took = paint.tone(Tone::Dim, &format!("({})", units::seconds(took)));
    format!("{} {step:<8} {message} {took}", paint.tone(tone, sign))
}
