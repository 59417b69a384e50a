//! `pull-model`.
#![cfg(target_os = "linux")]

mod support;

use rustix::process::Signal;
use support::http::get;
use support::{MODEL, Sandbox, until_true};

#[test]
fn with_no_backend_a_private_one_pulls_and_is_gone_after() {
    let sandbox = Sandbox::new();
    sandbox.run(["pull-model"]).code(0).says([MODEL, "pulled"]);
    sandbox.assert_nothing_left();
    sandbox.serve();
    let (_, tags) = get(sandbox.backend, "/api/tags").expect("answered");
    assert!(tags.contains(MODEL), "{tags}");
}

#[test]
fn the_backend_that_runs_pulls() {
    let sandbox = Sandbox::new();
    sandbox.serve();
    let before = sandbox.processes();
    sandbox
        .run(["pull-model", "tiny:other"])
        .code(0)
        .says(["tiny:other"]);
    let (_, tags) = get(sandbox.backend, "/api/tags").expect("answered");
    assert!(
        tags.contains("tiny:other") && !tags.contains("tiny:latest"),
        "{tags}"
    );
    assert_eq!(sandbox.processes(), before);
}

#[test]
fn several_models_in_one_command() {
    let sandbox = Sandbox::new();
    sandbox.serve();
    sandbox.run(["pull-model", "tiny:one", "tiny:two"]).code(0);
    let (_, tags) = get(sandbox.backend, "/api/tags").expect("answered");
    assert!(
        tags.contains("tiny:one") && tags.contains("tiny:two"),
        "{tags}"
    );
}

#[test]
fn a_pipe_gets_plain_lines() {
    // Slow enough that more than one line of progress comes.
    let sandbox = Sandbox::new().with("OLLAMACTL_STUB_PULL_RATE", "2000000");
    let output = sandbox.run(["pull-model"]).code(0);
    assert_eq!(output.stdout, "");
    assert!(!output.stderr.contains(['\u{1b}', '\r']), "{output}");
    let shares = output
        .stderr
        .lines()
        .filter(|line| line.contains('%'))
        .count();
    assert!(shares >= 2, "{output}");
}

#[test]
fn in_json_every_line_is_an_event_and_the_last_the_result() {
    let sandbox = Sandbox::new().with("OLLAMACTL_STUB_PULL_RATE", "2000000");
    let output = sandbox.run(["--json", "pull-model"]).code(0);
    let lines = output.json_lines();
    assert!(
        lines.iter().any(|line| line["event"] == "transfer"),
        "{output}"
    );
    let last = lines.last().expect("lines");
    assert_eq!(last["event"], "pulled");
    assert_eq!(last["result"]["model"], MODEL);
    assert_eq!(last["result"]["tries"], 1);
    assert_eq!(last["result"]["digest"].as_str().map(str::len), Some(64));
    assert_eq!(output.stderr, "");
}

#[test]
fn a_model_that_is_there_stays_as_it_is() {
    let mut sandbox = Sandbox::new();
    sandbox.run(["pull-model"]).code(0);
    sandbox.run(["pull-model"]).code(0).says(["up to date"]);
    // A registry that refuses shows that it is not asked.
    sandbox.set("OLLAMACTL_STUB_PULL_ERROR", "the registry is down");
    sandbox
        .run(["pull-model", "--if-missing"])
        .code(0)
        .says(["there already"]);
    sandbox
        .run(["pull-model"])
        .code(1)
        .says(["the registry is down"]);
}

#[test]
fn an_unknown_model_is_told_in_the_registrys_words() {
    let sandbox = Sandbox::new();
    sandbox.run(["pull-model", "nosuchmodel:7b"]).code(1).says([
        "nosuchmodel:7b",
        "file does not exist",
        "hint",
    ]);
    sandbox.assert_nothing_left();
    let json = sandbox
        .run(["--json", "pull-model", "nosuchmodel:7b"])
        .code(1);
    assert!(
        !json
            .json_lines()
            .iter()
            .any(|line| line["event"] == "pulled"),
        "{json}"
    );
}

#[test]
fn an_error_inside_a_stream_of_status_200_is_a_failure() {
    let sandbox = Sandbox::new().with("OLLAMACTL_STUB_PULL_ERROR", "max retries exceeded: EOF");
    sandbox
        .run(["pull-model"])
        .code(1)
        .says([MODEL, "max retries exceeded: EOF"]);
    sandbox.assert_nothing_left();
}

#[test]
fn a_stream_that_breaks_off_is_resumed() {
    let sandbox = Sandbox::new()
        .with("OLLAMACTL_STUB_PULL_CUT_AT", "200000")
        .with("OLLAMACTL_STUB_FAULTY_PULLS", "1");
    let output = sandbox.run(["--json", "pull-model"]).code(0);
    let lines = output.json_lines();
    assert_eq!(
        lines.last().expect("lines")["result"]["tries"],
        2,
        "{output}"
    );
    let said = sandbox.run(["pull-model", "tiny:again"]).code(0);
    assert!(said.stderr.contains("trying again"), "{said}");
}

#[test]
fn hostile_names_are_refused_before_anything_is_sent() {
    // Without any ollama, so that a request could not even be tried.
    let sandbox = Sandbox::without_ollama();
    let names = [
        "../../etc/passwd",
        "https://evil.example/x",
        "a b",
        "a\u{1b}[31m",
        "a:b:c",
        "",
        "/",
        "-",
        "x/../y",
        "a\nb",
    ];
    for name in names {
        let output = sandbox.run(["pull-model", "--", name]).code(2);
        assert!(!output.stderr.contains('\u{1b}'), "{output}");
    }
    sandbox.run(["pull-model", "tiny", "not a name"]).code(2);
    sandbox.assert_nothing_left();
    assert!(!sandbox.state().exists());
}

#[test]
fn ctrl_c_ends_the_pull_and_what_it_started() {
    let sandbox = Sandbox::new().with("OLLAMACTL_STUB_PULL_RATE", "100000");
    let pull = sandbox.spawn(["pull-model"]);
    pull.wait_to_say("%");
    assert_eq!(sandbox.backends().len(), 1);
    pull.signal(Signal::INT);
    pull.finish().code(130).says(["resume"]);
    until_true("the end of the private backend", || {
        sandbox.processes().is_empty()
    });
    sandbox.assert_nothing_left();
}

#[test]
fn ctrl_c_leaves_a_backend_that_was_there() {
    let sandbox = Sandbox::new().with("OLLAMACTL_STUB_PULL_RATE", "100000");
    sandbox.serve();
    let before = sandbox.processes();
    let pull = sandbox.spawn(["pull-model"]);
    pull.wait_to_say("%");
    pull.signal(Signal::INT);
    pull.finish().code(130).says(["resume"]);
    assert_eq!(sandbox.processes(), before);
}

#[test]
fn a_store_of_ones_own_is_used() {
    let sandbox = Sandbox::new();
    let store = sandbox.path("models");
    let args = ["pull-model", "--models-dir", store.to_str().expect("text")];
    sandbox.run(args).code(0);
    assert!(store.join("manifests").is_dir());
    assert!(!sandbox.path("home/.ollama/models").exists());
}
