//! Rows of three columns that stay readable on a narrow terminal.

use console::measure_text_width;

/// Between two columns.
const GAP: &str = "  ";

/// The rows as lines. Where not all fit into `width`, the second and the third column share what the first
/// leaves, and a row that needs more has its last column on a line of its own, below the second.
pub fn columns(rows: &[[String; 3]], width: Option<usize>) -> Vec<String> {
    let widest = |column: usize| {
        let widths = rows.iter().map(|row| measure_text_width(&row[column]));
        widths.max().unwrap_or_default()
    };
    let first = widest(0);
    let left = width.map_or(usize::MAX, |width| {
        width.saturating_sub(first + 2 * GAP.len())
    });
    let (second, third) = (widest(1), widest(2));
    let second = if second.saturating_add(third) <= left {
        second
    } else {
        second.min(left / 2)
    };
    let line = |[name, value, source]: &[String; 3]| {
        let name = padded(name, first);
        let is_short = measure_text_width(value) <= second;
        if is_short && measure_text_width(source) <= left - second {
            format!("{name}{GAP}{}{GAP}{source}", padded(value, second))
        } else {
            format!("{name}{GAP}{value}\n{}{GAP}{source}", padded("", first))
        }
    };
    rows.iter().map(line).collect()
}

/// The text with blanks up to this width, in columns of a terminal.
fn padded(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(measure_text_width(text));
    format!("{text}{}", " ".repeat(missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, value: &str, source: &str) -> [String; 3] {
        [name, value, source].map(str::to_owned)
    }

    #[test]
    fn what_fits_is_one_line_and_the_rest_two() {
        let rows = [
            row("model", "tiny", "default"),
            row("gateway.files", "/a/very/long/path.yaml", "--file"),
            row("é", "", "\u{1b}[2m.env\u{1b}[0m"),
        ];
        assert_eq!(
            columns(&rows, None),
            [
                "model          tiny                    default",
                "gateway.files  /a/very/long/path.yaml  --file",
                "é                                      \u{1b}[2m.env\u{1b}[0m",
            ]
        );
        assert_eq!(
            columns(&rows, Some(31)),
            [
                "model          tiny     default",
                "gateway.files  /a/very/long/path.yaml\n               --file",
                "é                       \u{1b}[2m.env\u{1b}[0m",
            ]
        );
        assert_eq!(
            columns(&rows, Some(5))[0],
            "model          tiny\n               default"
        );
    }
}
