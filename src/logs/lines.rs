//! Lines from bytes that come in pieces.

/// A longer line is handed on in parts.
const LONGEST: usize = 1 << 20;

/// Keeps the begin of a line until its end has come.
#[derive(Debug, Default)]
pub struct Lines {
    begun: Vec<u8>,
}

impl Lines {
    /// The lines that these bytes end, with their newlines.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut lines = Vec::new();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.begun.extend_from_slice(piece);
            if piece.ends_with(b"\n") || self.begun.len() >= LONGEST {
                lines.push(std::mem::take(&mut self.begun));
            }
        }
        lines
    }

    /// What never got its end.
    pub fn rest(&mut self) -> Option<Vec<u8>> {
        let rest = std::mem::take(&mut self.begun);
        (!rest.is_empty()).then_some(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_become_lines() {
        let mut lines = Lines::default();
        assert_eq!(lines.push(b"one\ntw"), [b"one\n"]);
        assert_eq!(lines.push(b"o\nthree"), [b"two\n"]);
        assert_eq!(lines.rest(), Some(b"three".to_vec()));
        assert_eq!(lines.rest(), None);
    }
}
