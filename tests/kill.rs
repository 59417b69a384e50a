//! `kill` means every backend that it can see, so it runs where it sees only those of the test: in a
//! namespace of processes of its own, for which it takes root.
#![cfg(target_os = "linux")]

mod support;

use support::{Output, Sandbox, free_address, is_free};

/// Runs a script in which only its own processes can be seen; `None`, said aloud, where that is not
/// possible.
fn alone(sandbox: &Sandbox, script: &str) -> Option<Output> {
    if !support::is_root() {
        support::skipped("a namespace of processes of its own needs root");
        return None;
    }
    let path = sandbox.path("script");
    std::fs::write(&path, script).expect("written");
    Some(sandbox.shell(&format!(
        "exec unshare --pid --fork --mount-proc --kill-child bash {}",
        path.display()
    )))
}

#[test]
fn it_ends_every_backend_and_nothing_else() {
    let sandbox = Sandbox::new();
    let other = free_address();
    let script = format!(
        r#"ollamactl -q serve --background
        OLLAMA_HOST={other} ollama serve >/dev/null 2>&1 &
        until OLLAMA_HOST={other} ollama --version | grep -q "ollama version is"; do :; done
        sleep 600 & bystander=$!
        # Its command line holds the words, but it is a shell.
        sh -c "sleep 600; : ollama serve" & text=$!
        # A program called ollama that does not serve.
        (exec -a ollama sleep 600) & client=$!
        ollamactl kill; echo "kill: $?"
        kill -0 $bystander $text $client && echo "bystanders live"
        ollamactl kill; echo "again: $?"
        ollamactl --json kill"#
    );
    let Some(output) = alone(&sandbox, &script) else {
        return;
    };
    let output = output
        .code(0)
        .prints(["kill: 0", "bystanders live", "again: 0", r#""ended":[]"#])
        .says(["no backend is running"]);
    assert_eq!(output.stderr.matches("ended: ").count(), 2, "{output}");
    assert_eq!(sandbox.state_files(), [] as [&str; 0]);
    assert!(is_free(sandbox.backend) && is_free(other));
}

#[test]
fn a_dry_run_says_what_would_be_signalled_and_why_and_does_nothing() {
    let sandbox = Sandbox::new();
    let other = free_address();
    let script = format!(
        r#"ollamactl kill --dry-run
        ollamactl -q serve --background
        OLLAMA_HOST={other} ollama serve >/dev/null 2>&1 & other=$!
        until OLLAMA_HOST={other} ollama --version | grep -q "ollama version is"; do :; done
        sh -c "sleep 600; : ollama serve" & text=$!
        ollamactl kill --dry-run; echo "dry: $?, other $other"
        ollamactl --json kill --dry-run | grep -o '"pid":[0-9]*' | sort -u | wc -l
        kill -0 $other $text && ollamactl health backend --level live"#
    );
    let Some(output) = alone(&sandbox, &script) else {
        return;
    };
    let output = output.code(0).says(["no backend is running"]).prints([
        "dry: 0",
        "\n3\n",
        "{\"status\":\"ok\"",
    ]);
    let lines: Vec<&str> = output.stdout.lines().collect();
    assert!(lines[0].starts_with("end supervisor on "), "{output}");
    assert!(
        lines[0].ends_with("by pid, start time and boot"),
        "{output}"
    );
    assert!(
        lines[1].ends_with("by pid, start time and boot"),
        "{output}"
    );
    let pid = lines[3].rsplit(' ').next().expect("a pid");
    assert!(lines[2].contains(&format!("pid {pid}")), "{output}");
    assert!(
        lines[2].contains("its program is called ollama"),
        "{output}"
    );
}

#[test]
fn a_supervisor_that_is_recorded_elsewhere_does_not_start_its_backend_again() {
    let sandbox = Sandbox::new();
    let script = r#"ollamactl -q serve --background
        XDG_STATE_HOME=$PWD ollamactl kill; echo "kill: $?"
        ps -eo args | grep "[s]upervise" || echo "no supervisor"
        ps -eo args | grep "[o]llama serve"; true
    "#;
    let Some(output) = alone(&sandbox, script) else {
        return;
    };
    let output = output
        .code(0)
        .prints(["kill: 0", "no supervisor"])
        .says(["ended"]);
    assert!(!output.stdout.contains("ollama serve"), "{output}");
    assert_eq!(sandbox.state_files(), [] as [&str; 0]);
}

#[test]
fn one_that_ignores_the_request_is_killed_and_runners_without_a_server_too() {
    let sandbox = Sandbox::new().with("OLLAMACTL_STUB_IGNORE_SIGTERM", "1");
    let script = r#"ollama serve >/dev/null 2>&1 &
        until ollama --version | grep -q "ollama version is"; do :; done
        # What a dead server leaves: a process called ollama whose first word is runner.
        touch runner; (exec -a ollama tail runner -f) & left=$!
        until [ "$(cat /proc/$left/comm)" = tail ]; do :; done
        ollamactl kill --timeout 300ms; echo "kill: $?"
        wait $left; ps -eo args | grep "[o]llama serve" || echo "all gone"
    "#;
    let Some(output) = alone(&sandbox, script) else {
        return;
    };
    output
        .code(0)
        .prints(["kill: 0", "all gone"])
        .says(["ended by force", "1 runner"]);
}

#[test]
fn an_embedded_gateway_is_no_backend() {
    let sandbox = Sandbox::new();
    let script = "ollamactl -q up; ollamactl kill; ollamactl status";
    let Some(output) = alone(&sandbox, script) else {
        return;
    };
    let gateway = format!("http://{}", sandbox.gateway);
    let output = output.code(0);
    let mut rows = output.stdout.lines();
    let row = rows.find(|row| row.starts_with("gateway")).expect("a row");
    assert!(
        row.contains("running") && row.contains(&gateway),
        "{output}"
    );
}

/// What only looks like a backend or a runner.
#[test]
fn its_runners_end_with_a_backend_and_editors_and_other_servers_live() {
    let sandbox = Sandbox::new().with("OLLAMACTL_STUB_IGNORE_SIGTERM", "1");
    let script = r#"ollamactl -q pull-model
        ollamactl -q serve --background --stop-timeout 300ms
        ollamactl health backend --level infer
        ps -eo args | grep -q "[b]lobs/sha256-" && echo "a runner lives"
        touch "ollama serve" model.gguf
        tail -f "ollama serve" & log=$!
        (exec -a vim tail -f "ollama serve") & editor=$!
        (exec -a /opt/llama.cpp/bin/llama-server tail -f model.gguf) & own=$!
        ollamactl kill --timeout 300ms; echo "kill: $?"
        ps -eo args | grep "[b]lobs/sha256-\|/[o]llama serve" || echo "none of them lives"
        kill -0 $log $editor $own && echo "all others live""#;
    let Some(output) = alone(&sandbox, script) else {
        return;
    };
    output
        .code(0)
        .prints([
            "a runner lives",
            "kill: 0",
            "none of them lives",
            "all others live",
        ])
        .says(["ended by force"]);
    assert_eq!(sandbox.state_files(), [] as [&str; 0]);
}

/// Of an Ollama that somebody started by hand.
#[test]
fn runners_that_a_killed_server_left_are_shown_and_ended() {
    let sandbox = Sandbox::new();
    let script = r#"ollama serve >/dev/null 2>&1 & server=$!
        until ollama --version | grep -q "ollama version is"; do :; done
        ollamactl -q pull-model
        ollamactl health backend --level infer
        ollamactl status | grep "left by a backend" && echo "too early"
        (exec -a /opt/llama.cpp/bin/llama-server tail -f /dev/null) & own=$!
        kill -9 $server; wait $server
        ollamactl status | grep -c "left by a backend"
        ollamactl --json status | grep -o '"orphans":\[[^]]*\]'
        ollamactl kill; echo "kill: $?"
        ollamactl --json status | grep -o '"orphans":\[[^]]*\]'
        ps -eo args | grep "[b]lobs/sha256-" || echo "none of them lives"
        kill -0 $own && echo "another server lives""#;
    let Some(output) = alone(&sandbox, script) else {
        return;
    };
    let output = output
        .code(0)
        .prints([
            "\n1\n",
            "\"orphans\":[\"",
            "kill: 0",
            "\"orphans\":[]",
            "none of them lives",
            "another server lives",
        ])
        .says(["1 runner"]);
    assert!(!output.stdout.contains("too early"), "{output}");
}

/// The hint of a record that cannot be read, followed.
#[test]
fn a_garbage_record_does_not_keep_kill_from_ending_what_it_was_about() {
    let sandbox = Sandbox::new();
    let script = r#"ollamactl -q serve --background
        printf '\377\000{' > $XDG_STATE_HOME/ollamactl/backend-*.json
        ollamactl down; echo "down: $?"
        ollamactl kill; echo "kill: $?"
        until ! ps -eo args | grep "/[o]llama serve\|[s]upervise"; do :; done; echo "nothing runs"
        ollamactl status >/dev/null; echo "status: $?""#;
    let Some(output) = alone(&sandbox, script) else {
        return;
    };
    output
        .code(0)
        .prints(["down: 4", "kill: 0", "nothing runs", "status: 0"]);
    assert_eq!(sandbox.state_files(), [] as [&str; 0]);
}
