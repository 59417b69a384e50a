//! Events on a terminal: a line for each running step, a bar for each transfer, and a line that stays
//! for each step that ended.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use super::terminal::Terminal;
use super::{Paint, Tone, shown};
use crate::event::{Event, Events, Outcome};
use crate::units;

/// Drawn at most so often in a second.
const FRAMES: u8 = 20;
/// A message that is longer than its line is cut: a line that wraps leaves remnants when it is drawn anew.
const SPINNER: &str = "{spinner} {prefix:<8} {wide_msg}";
/// A transfer's line, for terminals of so many columns and more; the widest that fits is drawn.
const BARS: &[(u16, &str)] = &[
    (
        94,
        "    {prefix:<14} [{bar:24}] {decimal_bytes:>9} / {decimal_total_bytes:<9} {decimal_bytes_per_sec:>11} {eta:>4} left",
    ),
    (
        76,
        "    {prefix:<12} [{wide_bar}] {decimal_bytes:>9} / {decimal_total_bytes:<9} {decimal_bytes_per_sec:>11} {eta:>4}",
    ),
    (
        56,
        "    {prefix:<12} {percent:>3}% of {decimal_total_bytes:<9} {decimal_bytes_per_sec:>11} {eta:>4}",
    ),
    (0, "    {percent:>3}% {eta:>4}"),
];

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
    /// A line is drawn that does not stay.
    drawn: Arc<AtomicBool>,
    /// The terminal's width.
    columns: u16,
    paint: Paint,
    verbose: bool,
}

impl Screen {
    fn new(paint: Paint, verbose: bool) -> Self {
        let drawn = Arc::new(AtomicBool::new(false));
        let terminal = Terminal::stderr(drawn.clone());
        Self {
            drawn,
            columns: terminal.width(),
            all: MultiProgress::with_draw_target(ProgressDrawTarget::term_like_with_hz(
                Box::new(terminal),
                FRAMES,
            )),
            steps: HashMap::new(),
            transfers: HashMap::new(),
            paint,
            verbose,
        }
    }

    fn show(&mut self, event: Event) {
        match event {
            Event::StepStarted { step, message } => self.start(&step, &message),
            Event::StepProgress { step, message } => self.progress(&step, &message),
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
            Event::Output { step, line } => self.progress(&step, &line),
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

    fn start(&mut self, step: &str, message: &str) {
        let style = ProgressStyle::with_template(SPINNER)
            .unwrap_or_else(|_| ProgressStyle::default_spinner());
        let bar = ProgressBar::new_spinner()
            .with_style(style)
            .with_prefix(step.to_owned());
        self.drawn.store(true, Ordering::Relaxed);
        let bar = self.all.add(bar);
        bar.set_message(shown(message).into_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        self.steps.insert(step.to_owned(), bar);
    }

    fn progress(&self, step: &str, message: &str) {
        if let Some(bar) = self.steps.get(step) {
            bar.set_message(shown(message).into_owned());
        }
    }

    fn finish(&mut self, step: &str, outcome: Outcome, message: &str, seconds: f64) {
        let step_bar = self.steps.remove(step);
        let transfers = self
            .transfers
            .extract_if(|(owner, _), _| owner == step)
            .map(|(_, bar)| bar);
        self.drawn.store(!self.steps.is_empty(), Ordering::Relaxed);
        for bar in transfers.chain(step_bar) {
            bar.finish_and_clear();
            // Else its line would come back with what is drawn next.
            self.all.remove(&bar);
        }
        self.line(&finished(step, outcome, message, seconds, self.paint));
    }

    fn transfer(&mut self, step: String, item: String, completed: u64, total: u64) {
        let after = self.steps.get(&step);
        let bar = self
            .transfers
            .entry((step, item))
            .or_insert_with_key(|(_, item)| {
                let style = ProgressStyle::with_template(bar_for(self.columns))
                    .unwrap_or_else(|_| ProgressStyle::default_bar());
                let bar = ProgressBar::new(total)
                    .with_style(style.progress_chars("=> "))
                    .with_prefix(shown(item).into_owned());
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
        let _ = self.all.println(shown(text));
    }
}

fn bar_for(columns: u16) -> &'static str {
    let fits = BARS.iter().find(|(least, _)| columns >= *least);
    fits.map_or("", |(_, template)| template)
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    /// Takes down what is written, a line at a time.
    #[derive(Debug, Clone, Default)]
    struct Paper {
        width: u16,
        lines: Arc<Mutex<Vec<String>>>,
    }

    impl TermLike for Paper {
        fn width(&self) -> u16 {
            self.width
        }
        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, line: &str) -> io::Result<()> {
            self.write_str(line)
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            self.lines
                .lock()
                .expect("not poisoned")
                .push(text.to_owned());
            Ok(())
        }
        fn clear_line(&self) -> io::Result<()> {
            Ok(())
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_is_drawn_fits_into_a_line_of_every_terminal() {
        for width in [24, 40, 56, 60, 76, 80, 94, 120] {
            let paper = Paper {
                width,
                ..Paper::default()
            };
            let target = ProgressDrawTarget::term_like(Box::new(paper.clone()));
            let mut screen = Screen::new(Paint::new(false), false);
            screen.columns = width;
            screen.all.set_draw_target(target);
            screen.start("model", &"pulling ".repeat(20));
            let item = "6b992e079528".to_owned();
            screen.transfer("model".to_owned(), item, 123_456_789, 999_999_999);
            screen.transfers.values().for_each(ProgressBar::tick);
            let lines = paper.lines.lock().expect("not poisoned").clone();
            assert!(
                lines
                    .iter()
                    .any(|line| line.contains("12%") || line.contains('['))
            );
            for line in &lines {
                let taken = console::measure_text_width(line);
                assert!(taken <= usize::from(width), "{width}: {taken}: {line:?}");
            }
        }
    }
}
