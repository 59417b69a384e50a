//! Variables in values: `$X ${X} ${X:-default} ${X-default} ${X:?error} ${X?error} ${X:+other}
//! ${X+other}`, nested to any depth; `$$` is a dollar sign.

use std::collections::BTreeSet;

use crate::compose::yaml::node::Node;
use crate::compose::yaml::path::{Invalid, Path};

/// Nesting deeper than this is refused.
const MAX_DEPTH: usize = 64;

/// Replaces variables, remembering those that were not set.
pub(in crate::compose) struct Interpolation<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    unset: BTreeSet<String>,
}

impl<'a> Interpolation<'a> {
    /// With values from this function.
    pub(in crate::compose) fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            lookup,
            unset: BTreeSet::new(),
        }
    }

    /// The variables that were needed, without a default, and not set.
    pub(in crate::compose) fn unset(self) -> BTreeSet<String> {
        self.unset
    }

    /// Replaces the variables in every text of a value; keys stay as they are.
    pub(in crate::compose) fn node(&mut self, node: &mut Node, path: &Path) -> Result<(), Invalid> {
        match node {
            Node::Text(text) if text.contains('$') => {
                *text = self
                    .text(text)
                    .map_err(|reason| Invalid::new(path, reason))?;
                Ok(())
            }
            Node::List(items) => items
                .iter_mut()
                .enumerate()
                .try_for_each(|(index, item)| self.node(item, &path.index(index))),
            Node::Map(map) => map
                .iter_mut()
                .try_for_each(|(key, value)| self.node(value, &path.key(key))),
            Node::Tagged(_, value) => self.node(value, path),
            _ => Ok(()),
        }
    }

    /// Replaces the variables in one text.
    pub(in crate::compose) fn text(&mut self, text: &str) -> Result<String, String> {
        self.expand(text, 0)
    }

    fn expand(&mut self, text: &str, depth: usize) -> Result<String, String> {
        if depth > MAX_DEPTH {
            return Err(format!("variables nest more than {MAX_DEPTH} deep"));
        }
        let mut result = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(dollar) = rest.find('$') {
            result.push_str(&rest[..dollar]);
            let after = &rest[dollar + 1..];
            if let Some(tail) = after.strip_prefix('$') {
                result.push('$');
                rest = tail;
            } else if let Some(braced) = after.strip_prefix('{') {
                let end = closing_brace(braced).ok_or_else(|| invalid(text))?;
                result.push_str(&self.braced(&braced[..end], text, depth)?);
                rest = &braced[end + 1..];
            } else {
                // Where no name follows, it is a dollar sign, as for the shell's `$(date)` and `$1`.
                let name = name_prefix(after);
                if name.is_empty() {
                    result.push('$');
                } else {
                    result.push_str(&self.plain(name));
                }
                rest = &after[name.len()..];
            }
        }
        result.push_str(rest);
        Ok(result)
    }

    /// The value of a variable without a default.
    fn plain(&mut self, name: &str) -> String {
        (self.lookup)(name).unwrap_or_else(|| {
            self.unset.insert(name.to_owned());
            String::new()
        })
    }

    /// What stands between `${` and `}`.
    fn braced(&mut self, inner: &str, whole: &str, depth: usize) -> Result<String, String> {
        let name = name_prefix(inner);
        let operation = &inner[name.len()..];
        if name.is_empty() {
            return Err(invalid(whole));
        }
        if operation.is_empty() {
            return Ok(self.plain(name));
        }
        let (empty_counts, operation) = match operation.strip_prefix(':') {
            Some(operation) => (false, operation),
            None => (true, operation),
        };
        let value = (self.lookup)(name).filter(|value| empty_counts || !value.is_empty());
        let mut characters = operation.chars();
        let operator = characters.next();
        let word = characters.as_str();
        if !matches!(operator, Some('-' | '+' | '?')) || word.contains('\n') {
            return Err(invalid(whole));
        }
        // Also where it is not used: a required variable in it is required all the same.
        let word = self.expand(word, depth + 1)?;
        match (operator, value) {
            (Some('-' | '?'), Some(value)) => Ok(value),
            (Some('-'), None) | (Some('+'), Some(_)) => Ok(word),
            (Some('+'), None) => Ok(String::new()),
            (Some('?'), None) => {
                let reason = word;
                let colon = if reason.is_empty() { "" } else { ": " };
                Err(format!(
                    "required variable {name} is missing a value{colon}{reason}"
                ))
            }
            _ => Err(invalid(whole)),
        }
    }
}

fn invalid(text: &str) -> String {
    format!(
        "invalid variable in `{text}`; allowed are $X, ${{X}}, ${{X:-default}}, ${{X-default}}, ${{X:?error}}, ${{X?error}}, ${{X:+other}}, ${{X+other}}, and $$ for a dollar sign"
    )
}

/// The variable name that a text begins with; empty: none.
fn name_prefix(text: &str) -> &str {
    let end = text
        .char_indices()
        .find(|(index, c)| {
            !(c.is_ascii_alphabetic() || *c == '_' || (*index > 0 && c.is_ascii_digit()))
        })
        .map_or(text.len(), |(index, _)| index);
    &text[..end]
}

/// Index of the brace that closes one already open.
fn closing_brace(text: &str) -> Option<usize> {
    let mut open = 1;
    let bytes = text.as_bytes();
    for (index, byte) in bytes.iter().enumerate() {
        match byte {
            b'{' if index > 0 && bytes[index - 1] == b'$' => open += 1,
            b'}' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some(index);
        }
    }
    None
}

/// The warning of a variable that is not set.
pub(in crate::compose) fn unset_warning(name: &str) -> String {
    format!("the variable {name} is not set; a blank string is used")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(name: &str) -> Option<String> {
        match name {
            "SET" => Some("value".into()),
            "EMPTY" => Some(String::new()),
            "lower" => Some("small".into()),
            _ => None,
        }
    }

    fn expand(text: &str) -> Result<String, String> {
        Interpolation::new(&lookup).text(text)
    }

    #[test]
    fn every_form_is_replaced() {
        for (text, value) in [
            ("plain", "plain"),
            ("$SET", "value"),
            ("a${SET}b", "avalueb"),
            ("$SET.x", "value.x"),
            ("$lower", "small"),
            ("${SET:-d}", "value"),
            ("${EMPTY:-d}", "d"),
            ("${EMPTY-d}", ""),
            ("${UNSET-d}", "d"),
            ("${UNSET:-}", ""),
            ("${SET:+a}", "a"),
            ("${EMPTY:+a}", ""),
            ("${EMPTY+a}", "a"),
            ("${UNSET+a}", ""),
            ("${SET:?e}", "value"),
            ("${EMPTY?e}", ""),
            ("${UNSET:-${SET}}", "value"),
            ("${UNSET:-${ALSO:-x ${SET}}}!", "x value!"),
            ("${SET:+${UNSET:-y}}", "y"),
            ("$$SET $${SET}", "$SET ${SET}"),
            ("${M:-llama3:8b}", "llama3:8b"),
            ("${URL:-http://h:1/p?q=1}", "http://h:1/p?q=1"),
            ("${UNSET:-$$x}", "$x"),
            ("$ $1 a$ $(date) $? $SET$", "$ $1 a$ $(date) $? value$"),
            ("ünï $SET ö", "ünï value ö"),
        ] {
            assert_eq!(expand(text), Ok(value.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_variable_is_refused() {
        for text in [
            "${",
            "${}",
            "${1}",
            "${SET",
            "${SET!x}",
            "${SET:}",
            "${UNSET:-a\nb}",
        ] {
            let error = expand(text).expect_err(text);
            assert!(error.contains("$$ for a dollar sign"), "{text}: {error}");
        }
    }

    #[test]
    fn required_variables_say_what_is_missing() {
        for (text, says) in [
            (
                "${UNSET:?set it}",
                "required variable UNSET is missing a value: set it",
            ),
            (
                "${EMPTY:?no $SET}",
                "required variable EMPTY is missing a value: no value",
            ),
            ("${UNSET?}", "required variable UNSET is missing a value"),
            (
                "${SET:-${UNSET?used or not}}",
                "required variable UNSET is missing a value: used or not",
            ),
        ] {
            assert_eq!(expand(text), Err(says.to_owned()));
        }
    }

    #[test]
    fn unset_variables_are_remembered_once() {
        let mut interpolation = Interpolation::new(&lookup);
        for text in ["$A", "${A}", "${B:-x}", "${C:+x}", "$SET"] {
            interpolation.text(text).expect("valid");
        }
        assert_eq!(interpolation.unset().into_iter().collect::<Vec<_>>(), ["A"]);
    }

    #[test]
    fn values_inside_are_replaced_and_faults_carry_their_path() {
        let text = "{a: [x, $SET], b: {c: !override [$SET]}, $SET: k}";
        let mut node = crate::compose::yaml::parse(text).expect("valid").remove(0);
        let mut interpolation = Interpolation::new(&lookup);
        interpolation
            .node(&mut node, &Path::default())
            .expect("valid");
        let wanted = "{a: [x, value], b: {c: !override [value]}, $SET: k}";
        assert_eq!(
            node,
            crate::compose::yaml::parse(wanted)
                .expect("valid")
                .remove(0)
        );

        let mut node = crate::compose::yaml::parse("{a: [x, '${1}']}")
            .expect("valid")
            .remove(0);
        let fault = interpolation
            .node(&mut node, &Path::default())
            .expect_err("invalid");
        assert_eq!(fault.path.to_string(), "a[1]");
    }

    #[test]
    fn depth_is_bounded() {
        let text = format!("{}x{}", "${A:-".repeat(100), "}".repeat(100));
        assert!(expand(&text).expect_err("too deep").contains("deep"));
    }
}
