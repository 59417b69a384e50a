//! `pull-model`.
#![cfg(target_os = "linux")]

mod support;

use rustix::process::Signal;
use support::http::get;
use support::{MODEL, Sandbox, until, until_true};

#[test]
fn with_no_backend_a_private_one_pulls_and_is_gone_after() {
    let sandbox = Sandbox::new();
    sandbox.run(["pull-model"]).code(0).says([MODEL, "pulled"]);
    sandbox.assert_nothing_left();
    sandbox.serve();
    let (_, tags) = get(sandbox.backend, "/api/tags").expect("answered");
    assert!(tags.contains(MODEL), "{tags}");
}

/// The first backend that is started waits until this test has its port.
#[test]
fn a_private_backend_whose_port_is_taken_gets_another() {
    let sandbox = Sandbox::new();
    let (asked, taken) = (sandbox.path("asked"), sandbox.path("taken"));
    sandbox.script(
        "ollama",
        &format!(
            "if [ ! -e {taken} ]; then echo \"$OLLAMA_HOST\" > {asked}.new; /bin/mv {asked}.new {asked}; \
             while [ ! -e {taken} ]; do /bin/sleep 0.01; done; fi; exec ollamactl stub",
            asked = asked.display(),
            taken = taken.display(),
        ),
    );
    let pull = sandbox.spawn(["pull-model"]);
    let address = until("a private backend", || std::fs::read_to_string(&asked).ok());
    let thief = std::net::TcpListener::bind(address.trim()).expect("free until now");
    std::fs::write(&taken, "").expect("written");
    pull.finish().code(0).says(["tiny"]);
    assert_eq!(sandbox.processes(), []);
    drop(thief);
}

#[test]
fn a_pull_that_is_killed_while_its_backend_starts_leaves_nothing() {
    let sandbox = Sandbox::new();
    let started = sandbox.path("started");
    let script = format!("echo > {}; exec /bin/sleep 600", started.display());
    sandbox.script("ollama", &script);
    let pull = sandbox.spawn(["pull-model"]);
    until_true("its backend", || started.exists());
    pull.signal(Signal::KILL);
    assert_eq!(pull.finish().status, 137);
    assert_eq!(sandbox.processes().len(), 1);
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
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

/// The place of the first event about this step that is so.
fn place(lines: &[serde_json::Value], step: &str, event: &str) -> usize {
    let found = lines
        .iter()
        .position(|line| line["step"] == step && line["event"] == event);
    found.unwrap_or_else(|| panic!("no {event} of {step} in {lines:?}"))
}

#[test]
fn several_models_are_pulled_side_by_side() {
    // Different weights, so that one does not wait for the other's blobs; slow enough to meet.
    let sandbox = Sandbox::new().with("OLLAMACTL_STUB_PULL_RATE", "200000");
    let output = sandbox
        .run(["--json", "pull-model", "tiny", "tinyb"])
        .code(0);
    let lines = output.json_lines();
    for (one, other) in [("tiny", "tinyb"), ("tinyb", "tiny")] {
        assert!(
            place(&lines, one, "transfer") < place(&lines, other, "step_finished"),
            "{output}"
        );
    }
    let pulled = |line: &&serde_json::Value| line["event"] == "pulled";
    assert_eq!(lines.iter().filter(pulled).count(), 2, "{output}");
    sandbox.assert_nothing_left();
}

#[test]
fn of_several_models_one_that_fails_does_not_lose_the_others() {
    let sandbox = Sandbox::new();
    let models = [
        "nosuchmodel:1b",
        "tiny:one",
        "tiny:ONE",
        "nosuchmodel:2b",
        "tiny:two",
    ];
    sandbox
        .run(["pull-model"].iter().chain(&models))
        .code(1)
        .says([
            "ok tiny:one",
            "ok tiny:two",
            "XX nosuchmodel:1b",
            "2 of 4 models were not pulled",
            "cannot pull nosuchmodel:2b: pull model manifest: file does not exist",
        ]);
    sandbox.assert_nothing_left();
    sandbox
        .run(["pull-model", "--if-missing", "tiny:one", "tiny:two"])
        .code(0);
}

/// What may be mended by another try is less bad than what may not.
#[test]
fn of_several_failures_the_worst_is_the_exit_code() {
    let sandbox = Sandbox::new().with("OLLAMACTL_STUB_PULL_STALL_AT", "200000");
    let patience = ["--stall-timeout", "1s", "--tries", "1"];
    let pull = |models: &[&str]| sandbox.run([&["pull-model"], models, &patience].concat());
    pull(&["tiny"])
        .code(7)
        .says(["stood still for 1.0 s", "--stall-timeout 2s"]);
    pull(&["tiny", "nosuchmodel:1b"])
        .code(1)
        .says(["stood still", "file does not exist"]);
    pull(&["tiny:one", "tiny:two"]).code(7);
}

#[test]
fn the_number_of_tries_is_a_setting() {
    let sandbox = Sandbox::new().with("OLLAMACTL_STUB_PULL_CUT_AT", "200000");
    sandbox.write("ollamactl.yaml", "pull: {tries: 2, stall_timeout: 30s}\n");
    sandbox
        .run(["pull-model"])
        .code(1)
        .says(["before it said success", "(2 tries in"]);
    sandbox
        .run(["pull-model", "--tries", "0"])
        .code(2)
        .says(["--tries"]);
    sandbox.write("ollamactl.yaml", "pull: {tries: 0}\n");
    sandbox
        .run(["pull-model"])
        .code(2)
        .says(["ollamactl.yaml", "from 1 up"]);
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

/// A private backend would leave an empty part file when it is asked to end in mid-pull; it is not.
#[test]
fn an_interrupted_pull_through_a_private_backend_can_be_resumed() {
    for signal in [Signal::INT, Signal::TERM] {
        let mut sandbox = Sandbox::new()
            .with("OLLAMACTL_STUB_TERM_PART", "empty")
            .with("OLLAMACTL_STUB_PULL_RATE", "100000");
        let pull = sandbox.spawn(["pull-model"]);
        pull.wait_to_say("%");
        pull.signal(signal);
        let said = pull.finish().code(130).says(["resume"]);
        assert!(!said.stderr.contains("removed"), "{said}");
        sandbox.assert_nothing_left();
        sandbox.unset("OLLAMACTL_STUB_PULL_RATE");
        let again = sandbox.run(["pull-model"]).code(0);
        assert!(!again.stderr.contains("removed"), "{again}");
    }
}

#[test]
fn a_second_ctrl_c_does_not_wait_for_the_private_backend() {
    let sandbox = Sandbox::new()
        .with("OLLAMACTL_STUB_IGNORE_SIGTERM", "1")
        .with("OLLAMACTL_STUB_PULL_RATE", "100000");
    let pull = sandbox.spawn(["pull-model", "--stop-timeout", "1h"]);
    pull.wait_to_say("%");
    // It says nothing between the two, so the second is sent until it ends.
    until_true("the end of both", || {
        pull.signal(Signal::INT);
        sandbox.processes().is_empty()
    });
    pull.finish().code(130);
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
