//! The commands of `ollama` that ask a server.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Stdio};

use ollamactl::process::{Info, scan};
use rustix::process::{Pid, Signal, kill_process};

use crate::process::{Served, Setup, recording, wait_for};
use crate::{TINY, VERSIONS, text};

/// What is left of a drawing where digests, sizes and the model differ.
fn drawn(text: &str) -> Vec<String> {
    let rows = text
        .split('\n')
        .map(|row| match row.split_once("pulling ") {
            Some((before, blob)) if blob.contains('▕') => {
                let end = blob.find("\u{1b}[K").unwrap_or(blob.len());
                let (row, codes) = blob.split_at(end);
                let share: String = row.chars().skip(12).take(27).collect();
                format!("{before}pulling …{share}…{} {codes}", row.chars().count())
            }
            _ => row.to_owned(),
        });
    rows.collect()
}

#[test]
fn a_pull_draws_on_stderr_even_into_a_pipe() {
    for (folder, version) in VERSIONS {
        let setup = Setup::new();
        let served = setup.ready(&[version, TINY]);
        let host = ("OLLAMA_HOST", served.address.as_str());
        for (name, model, code) in [
            ("pull-up-to-date", "tiny", 0),
            ("pull-unknown", "nosuchmodel", 1),
            ("pull-bad-name", "bad name!", 1),
        ] {
            let pulled = setup.output(&["pull", model], &[version, host]);
            let recorded = recording(&format!("{folder}/cli/{name}.stderr"));
            assert_eq!(
                drawn(text(&pulled.stderr)),
                drawn(&recorded),
                "{folder} {name}"
            );
            assert_eq!(
                (text(&pulled.stdout), pulled.status.code()),
                ("", Some(code))
            );
        }
    }
}

/// Starts a pull that stands still, and waits until its progress shows that.
fn stalled(
    setup: &Setup,
    served: &Served,
    version: (&str, &str),
) -> (Child, BufReader<std::process::ChildStderr>) {
    let env = [version, ("OLLAMA_HOST", served.address.as_str())];
    let mut command = setup.command(&["pull", "tiny"], &env);
    let mut pull = command.stderr(Stdio::piped()).spawn().expect("starts");
    let mut drawing = BufReader::new(pull.stderr.take().expect("piped"));
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("  0% ▕") {
        assert_ne!(
            drawing.read_until(b'\n', &mut seen).expect("reads"),
            0,
            "ended"
        );
        drawing.read_until(b'l', &mut seen).expect("reads");
    }
    (pull, drawing)
}

#[test]
fn a_server_that_dies_ends_a_pull_with_0_or_1() {
    for (folder, version) in VERSIONS {
        let setup = Setup::new();
        let mut served = setup.ready(&[version, ("OLLAMACTL_STUB_PULL_STALL_AT", "1000")]);
        let (mut pull, mut drawing) = stalled(&setup, &served, version);
        served.end(Signal::KILL);
        let mut rest = String::new();
        drawing.read_to_string(&mut rest).expect("reads");
        let recorded = recording(&format!("{folder}/cli/pull-server-sigkill.stderr"));
        let (said, expected) = (rest.lines().last(), recorded.lines().last());
        let is_error = |line: Option<&str>| {
            line.filter(|line| line.starts_with("Error: "))
                .map(str::to_owned)
        };
        assert_eq!(is_error(said), is_error(expected), "{folder}");
        let code = i32::from(is_error(expected).is_some());
        assert_eq!(pull.wait().expect("ends").code(), Some(code), "{folder}");
    }
}

#[test]
fn signals_kill_a_pull() {
    let setup = Setup::new();
    let (_, version) = VERSIONS[1];
    let served = setup.ready(&[("OLLAMACTL_STUB_PULL_STALL_AT", "1000")]);
    for (signal, number) in [(Signal::INT, 2), (Signal::TERM, 15)] {
        let (mut pull, _drawing) = stalled(&setup, &served, version);
        kill_process(Pid::from_child(&pull), signal).expect("signals");
        assert_eq!(pull.wait().expect("ends").signal(), Some(number));
    }
}

#[test]
fn models_are_listed_copied_stopped_and_removed() {
    for (folder, version) in VERSIONS {
        let setup = Setup::new();
        let served = setup.ready(&[version, ("OLLAMACTL_STUB_MODELS", "tiny")]);
        let host = ("OLLAMA_HOST", served.address.as_str());
        let run = |args: &[&str]| setup.output(args, &[version, host]);
        let check = |name: &str, args: &[&str], code: i32| {
            let output = run(args);
            let root = format!(
                "{}/tests/recordings/{folder}/cli",
                env!("CARGO_MANIFEST_DIR")
            );
            let read = |stream: &str| std::fs::read_to_string(format!("{root}/{name}.{stream}"));
            assert_eq!(
                text(&output.stdout),
                read("stdout").unwrap_or_default(),
                "{name}"
            );
            assert_eq!(
                text(&output.stderr),
                read("stderr").unwrap_or_default(),
                "{name}"
            );
            assert_eq!(output.status.code(), Some(code), "{name}");
        };
        check("ps-empty", &["ps"], 0);
        check("cp", &["cp", "tiny", "copy"], 0);
        check("rm", &["rm", "copy"], 0);
        check("rm-missing", &["rm", "nope"], 1);
        check("stop", &["stop", "tiny"], 0);
        check("stop-missing", &["stop", "nope"], 1);
        check("list-bad-flag", &["list", "--nope"], 1);
        check("unknown-command", &["frobnicate"], 1);
        served.ask(
            "POST",
            "/api/generate",
            r#"{"model": "tiny", "keep_alive": "270s"}"#,
        );
        let ps = run(&["ps"]);
        assert_eq!(
            columns(text(&ps.stdout)),
            columns(&recording(&format!("{folder}/cli/ps.stdout")))
        );
        let list = run(&["list", "ti"]);
        let recorded = recording(&format!("{folder}/cli/list-filter.stdout"));
        assert_eq!(header(text(&list.stdout)), header(&recorded));
        run(&["rm", "tiny"]);
        check("list-empty", &["list"], 0);
    }
}

/// The words of a header, and how many columns each line has.
fn header(table: &str) -> (Vec<&str>, Vec<usize>) {
    let words = table
        .lines()
        .next()
        .map(|line| line.split_whitespace().collect());
    let columns = |line: &str| {
        line.split("    ")
            .filter(|cell| !cell.trim().is_empty())
            .count()
    };
    (
        words.unwrap_or_default(),
        table.lines().map(columns).collect(),
    )
}

/// The columns of `ps` that do not differ between machines: name, processor, context, end.
fn columns(table: &str) -> Vec<String> {
    let line = table.lines().nth(1).expect("a model");
    let cells: Vec<_> = line
        .split("    ")
        .map(str::trim)
        .filter(|cell| !cell.is_empty())
        .collect();
    [0, 3, 4, 5]
        .map(|n| cells.get(n).copied().unwrap_or("?").to_owned())
        .to_vec()
}

/// The servers of this setup.
fn servers(setup: &Setup) -> Vec<Info> {
    let program = setup.path("ollama").display().to_string();
    let mut all = scan();
    all.retain(|process| {
        process.args.first() == Some(&program)
            && process.args.get(1).is_some_and(|word| word == "serve")
    });
    all
}

#[test]
fn without_arguments_the_older_version_leaves_a_server_behind() {
    for (folder, version) in VERSIONS {
        let setup = Setup::new();
        // A port that was free a moment ago.
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("binds");
        let address = free.local_addr().expect("bound").to_string();
        drop(free);
        let bare = setup.output(&[], &[version, ("OLLAMA_HOST", &address)]);
        let expected = recording(&format!("{folder}/cli/no-args.stderr"));
        assert_eq!(
            (text(&bare.stderr), bare.status.code()),
            (expected.as_str(), Some(0))
        );
        let left = servers(&setup);
        let recorded = recording(&format!("{folder}/cli/no-args-processes-left.txt"));
        assert_eq!(left.len(), recorded.lines().count() - 1, "{left:?}");
        for server in left {
            assert_eq!(server.group, server.pid);
            let pid = Pid::from_raw(server.pid.cast_signed()).expect("a pid");
            kill_process(pid, Signal::TERM).expect("signals");
            wait_for("end of the server", || {
                servers(&setup).is_empty().then_some(())
            });
        }
    }
}
