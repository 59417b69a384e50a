//! What a log may do to a terminal: nothing.

/// A line longer than this many characters is cut.
const LONGEST: usize = 16 * 1024;

/// The bytes as text that a terminal shows and does not obey: escape sequences and control characters
/// (but for newline and tab) are taken out, bad UTF-8 is replaced, endless lines are cut.
pub fn clean(bytes: &[u8]) -> String {
    Cleaner::default().clean(bytes)
}

/// Cleans bytes that come in pieces, and knows how much of a line went before.
#[derive(Debug, Default)]
pub struct Cleaner {
    column: usize,
}

impl Cleaner {
    /// The next bytes, as [`clean`] has them.
    pub fn clean(&mut self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes);
        let mut out = String::with_capacity(text.len());
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            match c {
                '\u{1b}' => skip_sequence(&mut rest),
                '\n' => {
                    out.push(c);
                    self.column = 0;
                    continue;
                }
                '\t' => out.push(c),
                c if c.is_control() => {}
                c if self.column < LONGEST => out.push(c),
                _ if self.column == LONGEST => out.push('…'),
                _ => {}
            }
            self.column += 1;
        }
        out
    }
}

/// Skips what follows an escape: `[ … letter` (colours, movements) or `] … BEL` (titles, links).
fn skip_sequence(rest: &mut std::str::Chars<'_>) {
    match rest.next() {
        Some('[') => {
            rest.find(|c| ('\u{40}'..='\u{7e}').contains(c));
        }
        Some(']' | 'P') => {
            rest.find(|c| matches!(c, '\u{7}' | '\\'));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_not_obeyed() {
        assert_eq!(
            clean(b"\x1b[31mred\x1b[0m \x1b]0;title\x07x\r\n\x07\xff\tb\n"),
            "red x\n\u{fffd}\tb\n"
        );
    }

    #[test]
    fn an_endless_line_is_cut() {
        let text = clean("y".repeat(LONGEST + 5).as_bytes());
        assert_eq!(text.chars().count(), LONGEST + 1);
        let mut cleaner = Cleaner::default();
        let pieces = "y".repeat(LONGEST - 1) + "y…" + "\nz";
        let (head, tail) = pieces.split_at(LONGEST);
        let mut text = cleaner.clean(head.as_bytes());
        text += &cleaner.clean(b"yyy");
        text += &cleaner.clean(tail.trim_start_matches('…').as_bytes());
        assert_eq!(text, pieces);
    }
}
