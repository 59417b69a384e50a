//! A command line as compose splits it into words. It runs no shell: quotes and backslashes are taken
//! out, and an unquoted `;`, `&`, `|`, `<` or `>` ends the command, as in the library that compose uses.

/// Which quotes are open.
#[derive(Default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "one may be open inside another"
)]
struct Open {
    single: bool,
    double: bool,
    back: bool,
    dollar: bool,
}

impl Open {
    fn any(&self) -> bool {
        self.single || self.double || self.back || self.dollar
    }

    /// Opens or closes a quote; whether the character is only that, and no part of a word.
    fn toggle(&mut self, c: char) -> bool {
        match c {
            '"' if !self.single && !self.dollar => {
                self.double = !self.double;
                true
            }
            '\'' if !self.double && !self.dollar => {
                self.single = !self.single;
                true
            }
            '`' if !self.single && !self.double && !self.dollar => {
                self.back = !self.back;
                false
            }
            ')' if !self.single && !self.double && !self.back => {
                self.dollar = !self.dollar;
                false
            }
            _ => false,
        }
    }
}

/// The words of a command line.
pub(in crate::compose) fn split(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    // `Some` from the first character or quote of a word on.
    let mut word: Option<String> = None;
    let mut open = Open::default();
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' if !open.single => {
                let next = characters.next().ok_or_else(|| invalid(text))?;
                word.get_or_insert_default().push(next);
            }
            ' ' | '\t' | '\r' | '\n' if !open.any() => words.extend(word.take()),
            '(' if !open.single && !open.double && !open.back => {
                let substitutes = word.as_ref().is_some_and(|word| word.ends_with('$'));
                if open.dollar || !substitutes {
                    return Err(invalid(text));
                }
                open.dollar = true;
                word.get_or_insert_default().push(c);
            }
            ';' | '&' | '|' | '<' | '>' if !open.any() => {
                // `2>` is no word before a redirection.
                let number = |word: &String| word.starts_with(|c: char| c.is_ascii_digit());
                word = word.filter(|word| c != '>' || !number(word));
                break;
            }
            c if open.toggle(c) => {
                word.get_or_insert_default();
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    if open.any() {
        return Err(invalid(text));
    }
    words.extend(word);
    Ok(words)
}

fn invalid(text: &str) -> String {
    format!("`{text}` is not a command line: a quote, `(` or backslash at its end stays open")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines_split_as_compose_splits_them() {
        for (text, words) in [
            ("a b  c", vec!["a", "b", "c"]),
            ("sh -c 'echo \"x\" $Y'", vec!["sh", "-c", "echo \"x\" $Y"]),
            ("a\\ b \"c\\\"d\" ''", vec!["a b", "c\"d", ""]),
            ("pre'fix'ed", vec!["prefixed"]),
            ("multi\nline", vec!["multi", "line"]),
            ("'c\\d' e\\nf", vec!["c\\d", "enf"]),
            ("a ; b && c", vec!["a"]),
            ("a;b", vec!["a"]),
            ("serve 2>&1 | tee", vec!["serve"]),
            ("a>b", vec!["a"]),
            ("a '&&' \\| b", vec!["a", "&&", "|", "b"]),
            ("a $(b c) `d e`", vec!["a", "$(b c)", "`d e`"]),
            ("a # b", vec!["a", "#", "b"]),
            ("", vec![]),
        ] {
            let words = words.into_iter().map(str::to_owned).collect();
            assert_eq!(split(text), Ok(words), "{text}");
        }
        for text in ["a 'b", "a \\", "a \"", "f(x)", "a $(b", "a `b"] {
            assert!(split(text).is_err(), "{text}");
        }
    }
}
