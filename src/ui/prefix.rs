//! Who printed a line, where several print: `api-1  | `, aligned and coloured as compose does.

use super::Paint;

/// SGR codes in the order in which compose gives them to containers.
const CODES: [&str; 10] = [
    "36", "33", "32", "35", "34", "36;1", "33;1", "32;1", "35;1", "34;1",
];

/// The prefixes of a set of names.
#[derive(Debug, Clone)]
pub struct Prefixes {
    names: Vec<String>,
    width: usize,
    paint: Paint,
}

impl Prefixes {
    /// Prefixes for these names.
    pub fn new(names: &[String], paint: Paint) -> Self {
        let width = names.iter().map(|name| name.chars().count()).max();
        Self {
            names: names.to_vec(),
            width: width.unwrap_or(0) + 1,
            paint,
        }
    }

    /// The prefix of a name; one that came later has the first colour.
    pub fn of(&self, name: &str) -> String {
        let index = self.names.iter().position(|known| known == name);
        let code = CODES[index.unwrap_or(0) % CODES.len()];
        let text = format!("{name:<width$} | ", width = self.width);
        self.paint.code(code, &text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `docker compose logs` printed it.
    #[test]
    fn names_are_aligned_and_coloured_as_compose_does() {
        let names = ["longer-name-1".to_owned(), "a-1".to_owned()];
        let plain = Prefixes::new(&names, Paint::new(false));
        assert_eq!(plain.of("longer-name-1"), "longer-name-1  | ");
        assert_eq!(plain.of("a-1"), "a-1            | ");
        let coloured = Prefixes::new(&names, Paint::new(true));
        let shown = "\u{1b}[33ma-1            | \u{1b}[0m";
        assert_eq!(coloured.of("a-1"), shown);
    }
}
