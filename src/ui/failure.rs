//! How an error reads: what, why, evidence, what next.

use super::{Paint, Tone};
use crate::error::{Error, Kind};

pub(super) fn render(error: &Error, paint: Paint) -> String {
    let labelled = |tone, label: &str, text: &str| format!("  {}: {text}", paint.tone(tone, label));
    let what = match error.kind {
        // The person pressed Ctrl-C and knows; it is no fault.
        Kind::Interrupted => error.message.clone(),
        _ => format!("{}: {}", paint.tone(Tone::Bad, "error"), error.message),
    };
    let causes = error.causes();
    let causes = causes
        .iter()
        .map(|text| labelled(Tone::Dim, "caused by", text));
    let details = error
        .details
        .iter()
        .flat_map(|text| text.split('\n'))
        .map(|line| format!("  {} {line}", paint.tone(Tone::Dim, "|")));
    let hints = error
        .hints
        .iter()
        .map(|text| labelled(Tone::Good, "hint", text));
    let lines: Vec<String> = std::iter::once(what)
        .chain(causes)
        .chain(details)
        .chain(hints)
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_why_and_what_next() {
        let error = Error::failed("cannot start")
            .caused_by(std::io::Error::other("disk full"))
            .details(["last line"])
            .hint("free space");
        assert_eq!(
            render(&error, Paint::new(false)),
            "error: cannot start\n  caused by: disk full\n  | last line\n  hint: free space"
        );
    }
}
