//! What both tools print of the same containers' output.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::support::Output;
use super::trial::{SERVICE, Side};

/// By then the containers have printed what they print.
const LIMIT: Duration = Duration::from_secs(30);

/// What the container of the project with `logs: true` prints last.
const LAST: &str = "error 19";

/// Debian's build of 2.26.1 has this before every line, even in a pipe.
const CLEAR_LINE: &str = "\u{1b}[2K";

/// What differs in the logs of the project's containers.
pub fn compare(side: &Side<'_>) -> Result<(), Vec<String>> {
    let services = side.services();
    let several = services.join(" ");
    if side.containers_of(SERVICE) > 1 {
        side.same_logs("", SERVICE, "", SERVICE)?;
    } else {
        side.same_logs("--no-log-prefix", SERVICE, "", "")?;
    }
    if services.len() > 1 {
        side.same_logs("", &several, "", &several)?;
    }
    if !side.project.about.logs {
        return Ok(());
    }
    wait_for_the_last_line(side)?;
    for options in ["-t", "-n 2", "--no-color", "--since 1h", "--until 1s"] {
        side.same_logs(options, &several, options, &several)?;
    }
    side.same_logs("-t --no-log-prefix", SERVICE, "-t", "")?;
    // In the middle of what was printed, to the nanosecond.
    let printed = side.compose(&format!("logs -t --no-log-prefix {SERVICE}"));
    let lines: Vec<&str> = printed.stdout.lines().collect();
    let middle = lines.get(lines.len() / 2).copied().unwrap_or_default();
    let time = middle.trim_start_matches(CLEAR_LINE);
    let time = time.split(' ').next().unwrap_or_default();
    for option in ["--since", "--until"] {
        let options = format!("{option} {time}");
        side.same_logs(&options, &several, &options, &several)?;
    }
    on_a_terminal(side, &several)
}

/// Until the container has printed all: only then there is a middle.
fn wait_for_the_last_line(side: &Side<'_>) -> Result<(), Vec<String>> {
    let begun = Instant::now();
    loop {
        let printed = side.compose(&format!("logs --no-log-prefix {SERVICE}"));
        if printed.stdout.contains(LAST) || printed.stderr.contains(LAST) {
            return Ok(());
        }
        if begun.elapsed() > LIMIT {
            return Err(vec![format!("{LAST:?} is not printed: {printed}")]);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

impl Side<'_> {
    /// Until both print the same, or the time is over: what was just printed takes a moment to arrive.
    fn same_logs(
        &self,
        options: &str,
        services: &str,
        our_options: &str,
        our_services: &str,
    ) -> Result<(), Vec<String>> {
        let count = if our_options.contains("-n") {
            ""
        } else {
            "-n all"
        };
        let ours = format!("logs gateway {our_services} {count} {our_options}");
        let theirs = format!("logs {options} {services}");
        let begun = Instant::now();
        loop {
            let (one, two) = (self.compose(&theirs), self.ours(&ours));
            let in_order = self.project.about.logs;
            if same(&one, &two, our_services.is_empty(), in_order) {
                return Ok(());
            }
            if begun.elapsed() > LIMIT {
                return Err(vec![format!("logs differ:\n{one}\n{two}")]);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// One container's lines are equal byte for byte. Those of several come as they come, the order of each
/// container's own lines kept where they were printed one after the other; compose pads names to the longest that has printed, ollamactl to the longest asked for.
fn same(theirs: &Output, ours: &Output, is_one: bool, in_order: bool) -> bool {
    let text = theirs.stdout.replace(CLEAR_LINE, "");
    if theirs.status != 0 || ours.status != 0 {
        return theirs.status != 0 && ours.status != 0;
    }
    if is_one {
        return text == ours.stdout;
    }
    let longest = |text: &str| text.lines().filter_map(|line| line.find(" | ")).max();
    let lines = |text: &str| {
        let mut lines = by_container(text);
        if !in_order {
            lines.sort();
        }
        lines
    };
    lines(&text) == lines(&ours.stdout) && longest(&text) <= longest(&ours.stdout)
}

/// Name and line, sorted by name alone.
fn by_container(text: &str) -> Vec<(String, String)> {
    let split = |line: &str| {
        let (name, line) = line.split_once(" | ").unwrap_or(("", line));
        (name.trim_end().to_owned(), line.to_owned())
    };
    let mut lines: Vec<(String, String)> = text.lines().map(split).collect();
    lines.sort_by(|(one, _), (other, _)| one.cmp(other));
    lines
}

/// On a terminal the names are coloured. Which name gets which colour is chance in compose.
fn on_a_terminal(side: &Side<'_>, services: &str) -> Result<(), Vec<String>> {
    let run = |command: &str| {
        side.sandbox
            .shell(&format!("script -qec '{command}' /dev/null"))
    };
    let binary = env!("CARGO_BIN_EXE_ollamactl");
    let theirs = run(&format!("{} logs {services}", side.program()));
    let ours = run(&format!("{binary} logs gateway {services} -n all"));
    let ours_text = ours.stdout.replace("\r\n", "\n");
    let theirs_text = theirs.stdout.replace(CLEAR_LINE, "").replace("\r\n", "\n");
    // A container with a terminal of its own ends its lines with a carriage return, which compose shows.
    let theirs_text = theirs_text.replace('\r', "");
    let (one, two) = (codes(&theirs_text), codes(&ours_text));
    if one.len() > 1 && one == two && same_without_codes(&theirs_text, &ours_text) {
        return Ok(());
    }
    Err(vec![format!(
        "logs on a terminal differ: {one:?} {two:?}\n{theirs}\n{ours}"
    )])
}

/// The codes that begin lines.
fn codes(text: &str) -> BTreeSet<&str> {
    let code = |line| Some(str::split_once(line, 'm')?.0).filter(|code| code.starts_with('\u{1b}'));
    text.lines().filter_map(code).collect()
}

fn same_without_codes(one: &str, other: &str) -> bool {
    let plain = |text: &str| {
        let mut plain = text.replace("\u{1b}[0m", "");
        for code in codes(text) {
            plain = plain.replace(&format!("{code}m"), "");
        }
        let mut lines = by_container(&plain);
        // The empty line after each of a container with a terminal.
        lines.retain(|(name, line)| !(name.is_empty() && line.is_empty()));
        lines
    };
    plain(one) == plain(other)
}
