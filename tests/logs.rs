//! `logs`.
#![cfg(target_os = "linux")]

mod support;

use std::io::Write;

use rustix::process::Signal;
use support::Sandbox;
use support::http::get;

/// A sandbox whose backend ran once and left this log.
fn with_log(content: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.serve();
    sandbox.run(["down"]).code(0);
    std::fs::write(sandbox.backend_file("log"), content).expect("written");
    sandbox
}

#[test]
fn the_last_lines_of_the_backend() {
    let sandbox = Sandbox::new();
    sandbox.serve();
    assert!(get(sandbox.backend, "/api/tags").is_some());
    sandbox
        .run(["logs"])
        .code(0)
        .prints(["Listening on", "/api/tags"]);
    let one = sandbox.run(["logs", "backend", "-n", "1"]).code(0);
    assert_eq!(one.stdout.lines().count(), 1, "{one}");
    // The log stays when the backend is gone.
    sandbox.run(["down"]).code(0);
    sandbox
        .run(["logs", "backend", "--tail", "all"])
        .code(0)
        .prints(["Listening on"]);
}

#[test]
fn counts_are_kept() {
    let lines: Vec<String> = (0..500).map(|n| format!("line {n}")).collect();
    let sandbox = with_log(&format!("{}\n", lines.join("\n")));
    let shown = |args: &[&str]| sandbox.run([&["logs"], args].concat()).code(0).stdout;
    assert_eq!(shown(&["-n", "2"]), "line 498\nline 499\n");
    assert_eq!(shown(&[]).lines().count(), 100);
    assert_eq!(shown(&["-n", "0"]), "");
    assert_eq!(shown(&["-n", "all"]).lines().count(), 500);
    sandbox.run(["logs", "-n", "few"]).code(2).says(["few"]);
    sandbox.run(["logs", "-n", "-1"]).code(2);
}

#[test]
fn following_shows_new_lines_until_ctrl_c() {
    let sandbox = with_log("old\n");
    let follow = sandbox.spawn(["logs", "-f", "-n", "1"]);
    follow.wait_to_print("old\n");
    let mut log = std::fs::OpenOptions::new()
        .append(true)
        .open(sandbox.backend_file("log"))
        .expect("there");
    log.write_all(b"new\n").expect("written");
    follow.wait_to_print("new\n");
    // Rotated away and begun anew.
    let path = sandbox.backend_file("log");
    std::fs::rename(&path, path.with_extension("log.1")).expect("renamed");
    std::fs::write(&path, "after\n").expect("written");
    follow.wait_to_print("after\n");
    follow.signal(Signal::INT);
    let output = follow.finish().code(130);
    assert_eq!(output.stdout, "old\nnew\nafter\n");
}

#[test]
fn since_a_time_and_not_before() {
    let sandbox = with_log(
        "time=2026-01-01T08:00:00.000Z level=INFO msg=early\n\
         time=2026-01-01T09:00:00.000Z level=INFO msg=late\n and its second line\n",
    );
    let since = |time: &str| sandbox.run(["logs", "--since", time]).code(0).stdout;
    assert_eq!(
        since("2026-01-01T08:30:00Z"),
        "time=2026-01-01T09:00:00.000Z level=INFO msg=late\n and its second line\n"
    );
    assert_eq!(since("2026-01-01T10:00:00Z"), "");
    assert_eq!(since("10m"), "");
    assert_eq!(since("1h30m"), "");
    assert_eq!(since("1767258000.5"), "");
    assert!(since("1767257999.5").contains("msg=late"));
    assert!(since("2025-12-31").contains("msg=early"));
    let until = ["logs", "--until", "2026-01-01T08:30:00Z"];
    let until = sandbox.run(until).code(0).stdout;
    assert!(until.ends_with("msg=early\n"), "{until}");
    sandbox
        .run(["logs", "-f", "--until", "1h"])
        .code(2)
        .says(["--follow"]);
    sandbox
        .run(["logs", "--since", "yesterday"])
        .code(2)
        .says(["--since", "yesterday", "1h30m"]);
}

#[test]
fn json_is_a_line_for_each_line() {
    let sandbox = with_log(
        "time=2026-01-01T08:00:00.250Z level=INFO msg=early\n\x1b[31mred\x1b[0m\nwithout end",
    );
    let output = sandbox.run(["logs", "--json", "-n", "all"]).code(0);
    let lines: Vec<serde_json::Value> = output
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(
        lines,
        [
            serde_json::json!({
                "time": "2026-01-01T08:00:00.250Z", "source": "backend", "stream": null,
                "line": "time=2026-01-01T08:00:00.250Z level=INFO msg=early",
            }),
            serde_json::json!({
                "time": null, "source": "backend", "stream": null, "line": "\u{1b}[31mred\u{1b}[0m",
            }),
            serde_json::json!({
                "time": null, "source": "backend", "stream": null, "line": "without end",
            }),
        ]
    );
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let sandbox = with_log(&"a line that fills the pipe\n".repeat(100_000));
    let script = "{ ollamactl logs -n all; echo \"code $?\" >&2; } | head -n 1";
    let output = sandbox.shell(script).code(0).says(["code 0"]);
    assert_eq!(output.stdout, "a line that fills the pipe\n");
    assert!(!output.stderr.contains("panic"), "{output}");
}

#[test]
fn bytes_that_are_no_text_pass_through_a_pipe() {
    let sandbox = with_log("");
    std::fs::write(sandbox.backend_file("log"), b"\xff\xfe\x1b[31m\n").expect("written");
    let output = sandbox.shell("ollamactl logs | od -An -tx1").code(0);
    assert_eq!(output.stdout.trim(), "ff fe 1b 5b 33 31 6d 0a");
}

#[test]
fn where_there_is_no_log_its_path_and_the_next_command_are_said() {
    let sandbox = Sandbox::new();
    let backend = sandbox.backend_file("log");
    let gateway = sandbox.gateway_file("log");
    let text = |path: &std::path::Path| path.display().to_string();
    sandbox
        .run(["logs"])
        .code(3)
        .says([text(&backend).as_str(), "ollamactl serve --background"]);
    sandbox
        .run(["logs", "gateway"])
        .code(3)
        .says([text(&gateway).as_str(), "ollamactl gateway up"]);
    sandbox.run(["gateway", "up"]).code(0);
    sandbox.run(["logs", "gateway"]).code(0);
    // Each address has a log of its own.
    let other = support::free_address().to_string();
    let of_other = ["logs", "gateway", "--listen", other.as_str()];
    let hint = format!("ollamactl gateway up --listen {other}");
    sandbox.run(of_other).code(3).says([hint.as_str()]);
    sandbox.run(["gateway", "up", "--listen", &other]).code(0);
    let said = format!("embedded gateway on {other}");
    sandbox.run(of_other).code(0).prints([said.as_str()]);
}
