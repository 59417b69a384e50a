//! What a person or a script sees. Data goes to standard output, progress and errors to standard error;
//! colours and cursor movements only where a terminal wants them.

mod columns;
mod failure;
mod json;
mod live;
mod plain;
mod prefix;
mod shown;
mod style;
mod terminal;

use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

pub use columns::columns;
pub use prefix::Prefixes;
use shown::shown;
pub use style::{Paint, Tone};

use crate::error::{Error, Kind, Result};
use crate::event::Events;

/// Nobody reads standard output any more.
static READER_LEFT: AtomicBool = AtomicBool::new(false);

/// How output looks.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// JSON on standard output.
    pub json: bool,
    /// Only errors, and the data that was asked for.
    pub quiet: bool,
    /// Where settings come from, and the whole output of builds.
    pub verbose: bool,
    /// Colours forced on or off; `None` decides by terminal and `NO_COLOR`.
    pub color: Option<bool>,
}

/// The one place that prints.
#[derive(Debug, Clone)]
pub struct Ui {
    look: Look,
    out: Paint,
    err: Paint,
    /// Standard output holds, as JSON, why the command fails.
    told: Arc<AtomicBool>,
}

impl Ui {
    /// Decides about colours once.
    pub fn new(look: Look) -> Self {
        let wanted = |terminal: bool| Paint::new(look.color.unwrap_or(terminal && style::wanted()));
        Self {
            out: wanted(std::io::stdout().is_terminal()),
            err: wanted(std::io::stderr().is_terminal()),
            told: Arc::default(),
            look,
        }
    }

    /// Whether output is JSON.
    pub fn is_json(&self) -> bool {
        self.look.json
    }

    /// Whether a person reads standard output.
    pub fn is_terminal(&self) -> bool {
        std::io::stdout().is_terminal()
    }

    /// How wide the terminal is that shows standard output, if one does.
    pub fn width(&self) -> Option<usize> {
        let (_, columns) = console::Term::stdout().size_checked()?;
        self.is_terminal().then_some(columns.into())
    }

    /// Colours for text on standard output.
    pub fn paint(&self) -> Paint {
        self.out
    }

    /// Colours for text that accompanies progress, on standard error.
    pub fn paint_for_progress(&self) -> Paint {
        self.err
    }

    /// Clears the screen of a terminal.
    pub fn clear(&self) -> Result<()> {
        self.print_raw(b"\x1b[H\x1b[2J")
    }

    /// A sink for what the domain says while it works.
    pub fn events(&self) -> Events {
        if self.look.json {
            return json::events(self.clone());
        }
        if self.look.quiet {
            return Events::none();
        }
        let cursor = std::io::stderr().is_terminal()
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        if cursor {
            live::events(self.err, self.look.verbose)
        } else {
            plain::events(self.err, self.look.verbose)
        }
    }

    /// Whether the reader of standard output was found to have gone away. What prints without end
    /// ends then.
    pub fn reader_left(&self) -> bool {
        READER_LEFT.load(Ordering::Relaxed)
    }

    /// Prints data. A reader that went away (`| head`) is no error. What a program reads is not changed; what
    /// a terminal shows, it must not obey.
    pub fn print(&self, text: &str) -> Result<()> {
        let text = if self.is_terminal() {
            shown(text)
        } else {
            text.into()
        };
        let newline = if text.ends_with('\n') { "" } else { "\n" };
        self.print_raw(format!("{text}{newline}").as_bytes())
    }

    /// Prints bytes as they are.
    pub fn print_raw(&self, bytes: &[u8]) -> Result<()> {
        let mut out = std::io::stdout().lock();
        let written = out.write_all(bytes).and_then(|()| out.flush());
        match written {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                READER_LEFT.store(true, Ordering::Relaxed);
                Ok(())
            }
            Err(error) => Err(Error::failed("cannot write to standard output").caused_by(error)),
        }
    }

    /// Prints data as one line of JSON.
    pub fn print_json(&self, data: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string(data)
            .map_err(|error| Error::failed("cannot print JSON").caused_by(error))?;
        self.print(&text)
    }

    /// Prints as JSON the answer that a command gives also where it fails: it says itself what is wrong.
    pub fn print_verdict(&self, data: &impl Serialize) -> Result<()> {
        self.told();
        self.print_json(data)
    }

    /// Why the command fails needs no line of JSON of its own any more.
    fn told(&self) {
        self.told.store(true, Ordering::Relaxed);
    }

    /// Says something to the person, unless asked to be quiet or to speak JSON.
    pub fn say(&self, text: &str) {
        if !self.look.quiet && !self.look.json {
            write_err(text);
        }
    }

    /// Warns of what was said and is passed over, on standard error, unless asked to be quiet.
    pub fn warn(&self, text: &str) {
        if !self.look.quiet {
            write_err(&format!("{}: {text}", self.err.tone(Tone::Warn, "warning")));
        }
    }

    /// Prints an error with its causes, evidence and what to do next; for a program that reads JSON also
    /// on standard output, once.
    pub fn fail(&self, error: &Error) {
        let told = self.told.load(Ordering::Relaxed) || error.kind == Kind::Interrupted;
        if self.look.json && !told {
            // Standard error tells it in any case.
            let _ = self.print_json(&json::Failure::from(error));
        }
        write_err(&failure::render(error, self.err));
    }

    /// Prints lines that say why something is not as it should be; they are data's companion, and
    /// come even when quiet.
    pub fn explain(&self, text: &str) {
        write_err(text);
    }
}

/// Nothing can be done where standard error is gone.
fn write_err(text: &str) {
    let text = shown(text);
    let mut err = std::io::stderr().lock();
    let _ = err.write_all(text.as_bytes());
    if !text.ends_with('\n') {
        let _ = err.write_all(b"\n");
    }
}
