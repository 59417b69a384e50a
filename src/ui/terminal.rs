//! The terminal that bars are drawn on. What is drawn ends at its right edge; where a person presses Ctrl-C
//! there, the terminal shows `^C` behind it, on a new line, and then nothing is where it is looked for to be
//! cleared. So the cursor waits a little before the edge.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use console::Term;
use indicatif::TermLike;

/// Columns for what the terminal itself shows: `^C`, more than once.
const ECHO: usize = 8;

/// Standard error.
#[derive(Debug)]
pub(super) struct Terminal {
    term: Term,
    /// Bars are drawn: what comes next is drawn over them, and not below.
    bars: Arc<AtomicBool>,
}

impl Terminal {
    pub(super) fn stderr(bars: Arc<AtomicBool>) -> Self {
        Self {
            term: Term::buffered_stderr(),
            bars,
        }
    }
}

impl TermLike for Terminal {
    fn width(&self) -> u16 {
        self.term.size().1
    }

    fn height(&self) -> u16 {
        self.term.size().0
    }

    fn move_cursor_up(&self, lines: usize) -> io::Result<()> {
        self.term.move_cursor_up(lines)
    }

    fn move_cursor_down(&self, lines: usize) -> io::Result<()> {
        self.term.move_cursor_down(lines)
    }

    fn move_cursor_right(&self, columns: usize) -> io::Result<()> {
        self.term.move_cursor_right(columns)
    }

    fn move_cursor_left(&self, columns: usize) -> io::Result<()> {
        self.term.move_cursor_left(columns)
    }

    fn write_line(&self, line: &str) -> io::Result<()> {
        self.term.write_line(line)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.term.write_str(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.term.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        if self.bars.load(Ordering::Relaxed) {
            self.term.move_cursor_left(ECHO)?;
        }
        self.term.flush()
    }
}
