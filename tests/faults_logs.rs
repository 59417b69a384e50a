//! Faults of logs that are read: files that vanish, readers that leave, lines without an end, bytes that
//! a terminal would obey.
#![cfg(target_os = "linux")]

mod support;

use std::fs::OpenOptions;
use std::io::Write;

use rustix::process::Signal;
use support::Sandbox;

/// A sandbox whose backend ran once and left this log.
fn with_log(content: &[u8]) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.serve();
    sandbox.run(["down"]).code(0);
    std::fs::write(sandbox.backend_file("log"), content).expect("written");
    sandbox
}

fn append(sandbox: &Sandbox, text: &[u8]) {
    let path = sandbox.backend_file("log");
    let mut log = OpenOptions::new().append(true).create(true).open(path);
    log.as_mut()
        .expect("opened")
        .write_all(text)
        .expect("written");
}

/// Deleted, truncated, put aside and begun anew, one after the other.
#[test]
fn following_goes_on_whatever_happens_to_the_file() {
    let sandbox = with_log(b"a first and rather long line\n");
    let path = sandbox.backend_file("log");
    let follow = sandbox.spawn(["logs", "-f"]);
    follow.wait_to_print("long line\n");
    std::fs::remove_file(&path).expect("removed");
    append(&sandbox, b"after the deletion\n");
    follow.wait_to_print("after the deletion\n");
    std::fs::write(&path, "truncated\n").expect("written");
    follow.wait_to_print("truncated\n");
    std::fs::rename(&path, path.with_extension("log.1")).expect("renamed");
    append(&sandbox, b"after the rotation, and longer than before\n");
    follow.wait_to_print("longer than before\n");
    append(&sandbox, b"and on\n");
    follow.wait_to_print("and on\n");
    follow.signal(Signal::INT);
    let output = follow.finish().code(130);
    assert_eq!(output.stdout.lines().count(), 5, "{output}");
}

/// With a backend that writes while its log is deleted: it goes on, and so does the next one.
#[test]
fn a_backend_whose_log_is_deleted_goes_on() {
    let sandbox = Sandbox::new();
    sandbox.serve();
    let backend = sandbox.backend_pid();
    std::fs::remove_file(sandbox.backend_file("log")).expect("removed");
    sandbox.run(["health", "backend"]).code(0);
    assert_eq!(sandbox.backend_pid(), backend);
    let path = sandbox.backend_file("log");
    sandbox
        .run(["logs"])
        .code(3)
        .says([path.to_str().expect("text"), "hint"]);
    sandbox.run(["restart"]).code(0);
    sandbox.run(["logs"]).code(0).prints(["Listening on"]);
}

/// With what prints without end: once its reader has left, the next thing that it prints ends it.
#[test]
fn a_reader_that_leaves_ends_what_prints_without_end() {
    let sandbox = with_log(b"one\n");
    let log = sandbox.backend_file("log");
    let log = log.display();
    for command in ["logs -f", "status --watch --json"] {
        let script = format!(
            "(until [ -e ended ]; do echo more >> {log}; sleep 0.05; done) &
            {{ ollamactl {command}; echo \"code $?\" >&2; touch ended; }} | head -n 1
            wait; rm ended"
        );
        let output = sandbox.shell(&script).code(0).says(["code 0"]);
        assert_eq!(output.stdout.lines().count(), 1, "{output}");
        assert!(!output.stderr.contains("panic"), "{output}");
    }
}

const LONG: usize = 10 << 20;

fn long_line() -> Vec<u8> {
    let mut log = b"before\n".to_vec();
    log.resize(log.len() + LONG, b'x');
    log.extend(b"\nafter\n");
    log
}

/// Whole in a pipe.
#[test]
fn a_line_of_ten_megabytes_is_a_line() {
    let sandbox = with_log(&long_line());
    let counts = sandbox.shell("ollamactl logs -n 2 | wc -lc").code(0);
    let counts: Vec<&str> = counts.stdout.split_whitespace().collect();
    assert_eq!(counts, ["2", &(LONG + "\nafter\n".len()).to_string()]);
    let first = sandbox.shell("ollamactl logs -n 3 | head -n 1").code(0);
    assert_eq!(first.stdout, "before\n");
}

/// Runs a command with a terminal; `None`, said aloud, where there is no `script`.
fn on_a_terminal(sandbox: &Sandbox, command: &str) -> Option<String> {
    if sandbox.shell("script -qec true /dev/null").status != 0 {
        support::skipped("a terminal needs script(1)");
        return None;
    }
    let line = format!("script -qec '{command}' /dev/null");
    Some(sandbox.shell(&line).code(0).stdout.replace("\r\n", "\n"))
}

/// Cut on a terminal.
#[test]
fn a_line_of_ten_megabytes_is_cut_on_a_terminal() {
    let sandbox = with_log(&long_line());
    let Some(shown) = on_a_terminal(&sandbox, "ollamactl logs") else {
        return;
    };
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!((lines[0], lines[2]), ("before", "after"));
    assert!(lines[1].ends_with("xx…"), "cut");
    assert!(lines[1].len() < 100_000, "{}", lines[1].len());
}

/// A terminal gets no escape sequence, no control character and no bad UTF-8; a pipe gets all.
#[test]
fn a_terminal_gets_nothing_that_it_would_obey() {
    let hostile = b"\x1b[2J\x1b]0;title\x07red\x1b[31m\x00\xff\x9b31m\x08end\tx\n";
    let sandbox = with_log(hostile);
    let raw = sandbox
        .shell("ollamactl logs | od -An -v -tx1 | tr -d ' \\n'")
        .code(0);
    let hex = hostile
        .iter()
        .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    assert_eq!(raw.stdout, hex);
    let Some(shown) = on_a_terminal(&sandbox, "ollamactl logs") else {
        return;
    };
    assert_eq!(shown, "red\u{fffd}\u{fffd}31mend\tx\n");
}

/// A sequence that is cut in two by the reads of a follower.
#[test]
fn a_log_that_never_ends_its_line_is_followed() {
    let sandbox = with_log(b"");
    let follow = sandbox.spawn(["logs", "-f"]);
    for part in 0..20 {
        append(&sandbox, format!("part {part} ").as_bytes());
        follow.wait_to_print(&format!("part {part} "));
    }
    follow.signal(Signal::INT);
    let output = follow.finish().code(130);
    assert_eq!(output.stdout.lines().count(), 1, "{output}");
}
