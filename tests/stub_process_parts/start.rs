//! How it starts, and how it fails to.

use std::fmt::Write;

use rustix::process::Signal;

use crate::process::{Setup, recording};
use crate::{OLDER, text};

/// Level, source, message and the names of the other fields of a log line.
fn shape(line: &str) -> String {
    let mut shape = String::new();
    let mut rest = line;
    while let Some((name, after)) = rest.split_once('=') {
        let name = name.trim_start();
        let end = match after.strip_prefix('"') {
            Some(quoted) => quoted.find('"').expect("a closing quote") + 2,
            None => after.find(' ').unwrap_or(after.len()),
        };
        let value = match name {
            "msg" if after.starts_with("\"Listening on ") => "\"Listening on …\"",
            "level" | "source" | "msg" => &after[..end],
            _ => "…",
        };
        let _ = write!(shape, "{name}={value} ");
        rest = &after[end..];
    }
    shape
}

#[test]
fn a_first_start_says_what_ollama_says() {
    for (folder, env) in [("", vec![]), ("v0.24.0/", vec![OLDER])] {
        let setup = Setup::new();
        let mut served = setup.ready(&env);
        let recorded = recording(&format!("{folder}server/start-default-first.stderr"));
        let recorded: Vec<_> = recorded.lines().map(shape).collect();
        let said: Vec<_> = served.said.iter().map(|line| shape(line)).collect();
        assert_eq!(said, recorded);
        assert_eq!(served.end(Signal::TERM).code(), Some(0));
        // No line tells of the end.
        assert_eq!(served.rest(), "");
    }
}

#[test]
fn the_key_pair_is_told_of_once_and_is_none() {
    let setup = Setup::new();
    let output = || {
        let env = [("OLLAMACTL_STUB_CRASH_MS", "0")];
        let output = setup.output(&["serve"], &env);
        text(&output.stdout).to_owned()
    };
    let normal = |text: &str, home: &str| {
        let lines = text.lines().take_while(|line| !line.starts_with("[GIN]"));
        let lines = lines.map(|line| {
            if line.starts_with("ssh-ed25519 ") {
                "(key)"
            } else {
                line
            }
        });
        lines
            .map(|line| line.replace(home, "HOME"))
            .collect::<Vec<_>>()
    };
    let home = setup.path("").display().to_string();
    let recorded = recording("server/start-default-first.stdout");
    assert_eq!(
        normal(&output(), home.trim_end_matches('/')),
        normal(&recorded, "/home/dev")
    );
    assert_eq!(output(), "");
    assert!(
        !setup.path(".ollama/id_ed25519").exists(),
        "Ollama would take it for a key"
    );
}

#[test]
fn a_taken_port_is_one_line_and_1() {
    let setup = Setup::new();
    let served = setup.serve(&[]);
    let second = setup.output(&["serve"], &[("OLLAMA_HOST", &served.address)]);
    let recorded = recording("server/port-in-use.stderr");
    let expected = recorded.replace("127.0.0.1:11434", &served.address);
    assert_eq!(text(&second.stderr), expected);
    assert_eq!(second.status.code(), Some(1));
}

#[test]
fn addresses_that_cannot_be_bound_are_one_line_and_1() {
    let setup = Setup::new();
    for (host, expected) in [
        ("25511", "Error: listen tcp: lookup 25511: no such host\n"),
        ("*:25511", "Error: listen tcp: lookup *: no such host\n"),
        (
            "256.1.1.1:25511",
            "Error: listen tcp: lookup 256.1.1.1: no such host\n",
        ),
        (
            "192.0.2.55:25511",
            "Error: listen tcp 192.0.2.55:25511: bind: cannot assign requested address\n",
        ),
    ] {
        let failed = setup.output(&["serve"], &[("OLLAMA_HOST", host)]);
        assert_eq!(text(&failed.stderr), expected);
        assert_eq!(failed.status.code(), Some(1));
    }
}

#[test]
fn a_bad_port_is_a_warning_and_the_default_port() {
    let setup = Setup::new();
    for (port, said) in [
        ("abc", "abc"),
        ("99999", "99999"),
        ("-1", "-1"),
        ("", "\"\""),
    ] {
        let host = format!("192.0.2.55:{port}");
        let failed = setup.output(&["serve"], &[("OLLAMA_HOST", &host)]);
        let lines = text(&failed.stderr);
        let warning = format!("invalid port, using default port={said} default=11434");
        assert!(
            lines.contains(&format!("config.go:51: WARN {warning}")),
            "{lines}"
        );
        let bind = "listen tcp 192.0.2.55:11434: bind: cannot assign requested address\n";
        assert!(lines.ends_with(bind), "{lines}");
    }
}

#[test]
fn a_store_that_cannot_be_made_is_said() {
    let setup = Setup::new();
    let file = setup.path("afile").display().to_string();
    std::fs::write(&file, "").expect("writes");
    let failed = setup.output(&["serve"], &[("OLLAMA_MODELS", &file)]);
    let recorded = recording("server/models-is-a-file.stderr");
    let expected = recorded.lines().last().expect("a line");
    let expected = expected.replace("/home/dev/afile", &file);
    assert_eq!(text(&failed.stderr).lines().last(), Some(expected.as_str()));
    assert_eq!(failed.status.code(), Some(1));
}

#[test]
fn a_home_that_cannot_be_written_is_said() {
    let setup = Setup::new();
    let file = setup.path("afile").display().to_string();
    std::fs::write(&file, "").expect("writes");
    let failed = setup.output(&["serve"], &[("HOME", &file)]);
    // The recorded folder was not writable, which nothing is for root; this one is a file.
    let recorded = recording("server/home-not-writable.stderr");
    let recorded = recorded.replace("/home/dev/ro/.ollama", &file);
    let expected = recorded.replace("permission denied", "not a directory");
    assert_eq!(text(&failed.stderr), expected);
    let recorded = recording("server/home-not-writable.stdout");
    assert_eq!(
        text(&failed.stdout),
        recorded.replace("/home/dev/ro", &file)
    );
    assert_eq!(failed.status.code(), Some(1));

    let failed = setup.output(&["serve"], &[("HOME", "")]);
    assert!(text(&failed.stderr).starts_with("panic: $HOME is not defined\n\ngoroutine 1"));
    assert_eq!(failed.status.code(), Some(2));
}

#[test]
fn an_unspecified_address_is_one_dual_stack_socket() {
    let setup = Setup::new();
    let served = setup.serve(&[("OLLAMA_HOST", "0.0.0.0:0")]);
    let port = served.address.strip_prefix("[::]:").expect("dual stack");
    let listens = |table: &str| {
        let table = std::fs::read_to_string(table).expect("reads");
        let port = format!(":{:04X} ", port.parse::<u16>().expect("a port"));
        table
            .lines()
            .any(|line| line.contains(&port) && line.contains(" 0A "))
    };
    assert!(listens("/proc/net/tcp6"));
    assert!(!listens("/proc/net/tcp"));
}

#[test]
fn models_can_be_there_from_the_start() {
    let setup = Setup::new();
    let _served = setup.ready(&[("OLLAMACTL_STUB_MODELS", "tiny, tiny2:1b")]);
    for manifest in ["tiny/latest", "tiny2/1b"] {
        let path = format!(".ollama/models/manifests/registry.ollama.ai/library/{manifest}");
        assert!(setup.path(&path).is_file(), "{manifest}");
    }
}
