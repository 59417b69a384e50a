//! The stack as a whole: `up`, `status`, `down`.
#![cfg(target_os = "linux")]

mod support;

use serde_json::json;
use support::http::{get, post, request, server};
use support::{MODEL, Sandbox, end, is_free, number, until_true};

fn pids(sandbox: &Sandbox) -> Vec<u32> {
    sandbox.processes().iter().map(|p| p.pid).collect()
}

#[test]
fn up_ends_healthy_changes_nothing_when_repeated_and_down_leaves_nothing() {
    let sandbox = Sandbox::without_ollama();
    let up = ["up", "--backend", "stub"];
    sandbox.run(up).code(0).says(["stub", "healthy after"]);
    assert_eq!(
        get(sandbox.gateway, "/healthz"),
        Some((200, r#"{"status":"ok"}"#.to_owned()))
    );
    let health = sandbox.run(["health"]).code(0).says(["the stub"]);
    assert_eq!(health.json()["stub"], true);
    let before = pids(&sandbox);
    assert_eq!(before.len(), 4, "backend and gateway, a supervisor each");
    sandbox.run(up).code(0).says(["there already"]);
    assert_eq!(pids(&sandbox), before);
    sandbox.run(["down"]).code(0).says(["stopped"]);
    sandbox.assert_nothing_left();
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}

#[test]
fn a_streamed_chat_arrives_token_by_token() {
    let sandbox = Sandbox::new().with("OLLAMACTL_STUB_TOKEN_MS", "30");
    sandbox.run(["up"]).code(0);
    let question = json!({
        "model": MODEL, "stream": true,
        "messages": [{ "role": "user", "content": "one two three four five six seven" }],
    });
    for path in ["/v1/chat/completions", "/api/chat"] {
        let mut answer =
            request(sandbox.gateway, "POST", path, &question.to_string()).expect("answered");
        assert_eq!(answer.status, 200);
        let mut chunks = Vec::new();
        while let Some(chunk) = answer.chunk() {
            chunks.push(chunk);
        }
        assert!(chunks.len() > 5, "{path} in {} chunks", chunks.len());
        let tokens = |text: &str| text.matches("\"content\":").count();
        // Whoever collects before passing on would send most of it at once.
        let most = chunks.iter().map(|chunk| tokens(chunk)).max();
        assert!(most < Some(4), "{path}: {chunks:#?}");
        let last = chunks.last().expect("some");
        assert!(
            last.contains("[DONE]") || last.contains("\"done\":true"),
            "{last}"
        );
    }
}

#[test]
fn the_gateway_passes_on_both_interfaces() {
    let sandbox = Sandbox::new();
    sandbox.run(["up"]).code(0);
    let (status, text) = get(sandbox.gateway, "/v1/models").expect("answered");
    assert!(status == 200 && text.contains(MODEL), "{text}");
    let embed = json!({ "model": MODEL, "input": "a text" });
    let (status, text) = post(sandbox.gateway, "/v1/embeddings", &embed).expect("answered");
    assert!(status == 200 && text.contains("embedding"), "{text}");
    let missing = json!({ "model": "absent", "prompt": "hi", "stream": false });
    let (status, text) = post(sandbox.gateway, "/api/generate", &missing).expect("answered");
    assert!(status == 404 && text.contains("not found"), "{text}");
}

#[test]
fn the_ollama_on_path_is_what_up_runs() {
    let sandbox = Sandbox::new();
    sandbox
        .run(["up"])
        .code(0)
        .says([MODEL, "backend", "gateway"]);
    let status = sandbox.run(["status", "--json"]).code(0).json();
    assert_eq!(status["model"]["name"], MODEL);
    assert_eq!(status["model"]["present"], true);
    assert_eq!(status["backend"]["standing"], "supervised");
    assert_eq!(number(&status["backend"]["pid"]), sandbox.backend_pid());
    assert_eq!(status["backend"]["exposed"], false);
    assert_eq!(status["stub"], true, "its version says that it is the stub");
    let gateway = &status["gateway"];
    assert_eq!(gateway["state"], "running");
    assert_eq!(gateway["url"], format!("http://{}", sandbox.gateway));
    assert!(status["relay"]["state"].is_string(), "{status}");
}

#[test]
fn the_status_is_a_table_or_lines_for_a_shell() {
    let sandbox = Sandbox::new();
    sandbox
        .run(["status"])
        .code(0)
        .prints(["model", "backend", "relay", "gateway", "stopped"]);
    sandbox.run(["up"]).code(0);
    sandbox
        .run(["status"])
        .code(0)
        .prints(["present", "running", "stub"]);
    let script = "eval \"$(ollamactl status -o env)\"; echo \"$OLLAMA_MODEL $OLLAMA_HOST $OLLAMA_GATEWAY_URL\"";
    let expected = format!(
        "{MODEL} http://{} http://{}\n",
        sandbox.backend, sandbox.gateway
    );
    assert_eq!(sandbox.shell(script).code(0).stdout, expected);
}

#[test]
fn the_stub_is_called_a_stub_wherever_it_shows() {
    let sandbox = Sandbox::without_ollama();
    sandbox
        .run(["up", "--backend", "stub"])
        .code(0)
        .says(["stub"]);
    sandbox.run(["status"]).code(0).prints(["stub"]);
    let (_, version) = get(sandbox.backend, "/api/version").expect("answered");
    assert!(version.contains("stub"), "{version}");
    let (_, answer) = post(
        sandbox.gateway,
        "/api/generate",
        &json!({ "model": MODEL, "prompt": "who are you", "stream": false }),
    )
    .expect("answered");
    assert!(answer.contains("stub"), "{answer}");
    // The model's runner is its own, and nobody's leftover.
    let runners: Vec<u32> = pids(&sandbox);
    let status = sandbox.run(["status", "--json"]).code(0).json();
    let left = status["orphans"].to_string();
    for pid in runners {
        assert!(!left.contains(&format!("(pid {pid},")), "{left}");
    }
}

#[test]
fn up_in_json_is_events_and_ends_with_the_status() {
    let sandbox = Sandbox::new();
    let lines = sandbox.run(["up", "--json"]).code(0).json_lines();
    let last = lines.last().expect("lines");
    assert_eq!(last["event"], "up");
    assert_eq!(last["status"]["model"]["present"], true);
    assert!(
        lines
            .iter()
            .any(|line| line["event"] == "step_finished" && line["step"] == "model")
    );
    let down = sandbox.run(["down", "--json"]).code(0).json_lines();
    assert_eq!(down.last().expect("lines")["event"], "down");
    sandbox.assert_nothing_left();
}

#[test]
fn settings_that_a_running_backend_does_not_follow_are_named() {
    let sandbox = Sandbox::new();
    sandbox.run(["up"]).code(0);
    let again = sandbox.run(["up"]).code(0);
    assert!(!again.stderr.contains("other settings"), "{again}");
    sandbox.write(
        "ollamactl.yaml",
        "backend: {bind: loopback, environment: {OLLAMA_KEEP_ALIVE: 1h}}\nrelay: {allow: [shop]}\n",
    );
    for args in [
        &["up"][..],
        &["serve", "--background", "--models-dir", "elsewhere"],
    ] {
        sandbox.run(args).code(0).says([
            "other settings than these: backend.bind, ",
            "relay.allow, OLLAMA_KEEP_ALIVE; ",
            "ollamactl down, then this command again",
        ]);
    }
    // A restart keeps them too.
    sandbox.run(["restart"]).code(0);
    sandbox.run(["up"]).code(0).says(["relay.allow"]);
    sandbox.run(["down"]).code(0);
    let started = sandbox.run(["up"]).code(0);
    assert!(!started.stderr.contains("other settings"), "{started}");
    let again = sandbox.run(["up"]).code(0);
    assert!(!again.stderr.contains("other settings"), "{again}");
}

#[test]
fn up_that_is_interrupted_says_so_and_down_clears_up() {
    let sandbox = Sandbox::new().with("OLLAMACTL_STUB_PULL_RATE", "1");
    let up = sandbox.spawn(["up"]);
    up.wait_to_say("model: ");
    until_true("a backend", || sandbox.backends().len() == 1);
    up.signal(rustix::process::Signal::INT);
    up.finish().code(130).says(["interrupted", "resume"]);
    sandbox.run(["down"]).code(0);
    until_true("the end of what had just begun to start", || {
        sandbox.processes().is_empty()
    });
    sandbox.assert_nothing_left();
}

#[test]
fn down_names_what_it_leaves_running() {
    let sandbox = Sandbox::new();
    let by_hand = sandbox.start("ollama", ["serve"]);
    by_hand.wait_to_say("Listening on");
    sandbox.run(["up"]).code(0).says(["adopted"]);
    sandbox.run(["down"]).code(0);
    assert!(support::is_alive(by_hand.pid()));
    assert!(is_free(sandbox.gateway));
    assert_eq!(sandbox.state_files(), [] as [&str; 0]);
}

/// A sandbox whose addresses are written down in the project.
fn project() -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.unset("OLLAMA_HOST");
    sandbox.unset("OLLAMACTL_GATEWAY_LISTEN");
    let (backend, gateway) = (sandbox.backend, sandbox.gateway);
    let settings = format!("backend: {{host: '{backend}'}}\ngateway: {{listen: '{gateway}'}}\n");
    sandbox.write("ollamactl.yaml", &settings);
    sandbox.write("../other/ollamactl.yaml", &settings);
    sandbox
}

#[test]
fn down_ends_what_up_started_at_another_address_for_this_project_alone() {
    let sandbox = project();
    let (host, listen) = (support::free_address(), support::free_address());
    let (host, listen) = (host.to_string(), listen.to_string());
    sandbox
        .run(["up", "--host", &host, "--listen", &listen])
        .code(0);
    sandbox.shell("cd ../other && ollamactl down").code(0);
    assert_eq!(pids(&sandbox).len(), 4);
    sandbox.run(["status"]).code(0).prints([
        &*format!("also      running       ollama 0.33.0-rc2-stub on {host} ("),
        &*format!("also      running       embedded gateway on {listen} ("),
    ]);
    let others = sandbox.shell("cd ../other && ollamactl status --json");
    assert_eq!(others.code(0).json()["elsewhere"], serde_json::json!([]));
    let plan = sandbox.run(["down", "--dry-run"]).code(0);
    plan.prints([
        &*format!("stop embedded gateway on {listen}"),
        &*format!("on {host}"),
    ]);
    sandbox.write("below/file", "");
    let down = sandbox.shell("cd below && ollamactl down").code(0);
    down.says([
        &*format!("embedded gateway on {listen} stopped"),
        &*format!("ollama on {host} stopped"),
    ]);
    sandbox.assert_nothing_left();
}

#[test]
fn what_starts_left_that_were_killed_at_once_is_cleared() {
    let sandbox = project();
    std::fs::create_dir(sandbox.state()).expect("created");
    for name in ["lock", "json.7.tmp"] {
        let elsewhere = sandbox.state().join(format!("gateway-127.0.0.1-9.{name}"));
        for file in [
            elsewhere,
            sandbox.gateway_file(name),
            sandbox.backend_file(name),
        ] {
            std::fs::write(file, "").expect("written");
        }
    }
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}

#[test]
fn down_of_an_address_leaves_the_others_of_this_project_and_names_them() {
    let sandbox = project();
    let (host, listen) = (sandbox.backend.to_string(), sandbox.gateway.to_string());
    sandbox.run(["up"]).code(0);
    let elsewhere = support::free_address().to_string();
    let down = ["down", "--host", &elsewhere, "--listen", &elsewhere];
    sandbox.run(down).code(0).says([
        &*format!("to end it: ollamactl down --host {host}"),
        &*format!("to end it: ollamactl down --listen {listen}"),
    ]);
    assert_eq!(pids(&sandbox).len(), 4);
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}

#[test]
fn an_address_of_one_part_says_what_is_meant_of_the_other() {
    let sandbox = project();
    let address = || support::free_address().to_string();
    let (host, listen, third) = (address(), address(), address());
    let second = || {
        sandbox
            .run(["up", "--host", &host, "--listen", &listen])
            .code(0)
    };
    sandbox.run(["up"]).code(0);
    let first = pids(&sandbox);
    for part in [["--host", &host], ["--listen", &listen]] {
        second();
        assert_eq!(pids(&sandbox).len(), 8);
        let plan = sandbox.run(["down", "--dry-run", part[0], part[1]]).code(0);
        assert_eq!(plan.stdout.lines().count(), 2, "{plan}");
        sandbox.run(["down", part[0], part[1]]).code(0);
        assert_eq!(pids(&sandbox), first, "after down {part:?}");
    }
    // Of two gateways of one backend, one goes without it.
    sandbox.run(["gateway", "up", "--listen", &third]).code(0);
    let down = sandbox.run(["down", "--listen", &third]).code(0);
    down.says(["ollamactl down --host"]);
    assert_eq!(pids(&sandbox), first);
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}

#[test]
fn five_at_once_converge_to_one_stack() {
    let sandbox = Sandbox::new();
    let ups: Vec<_> = (0..5).map(|_| sandbox.spawn(["up"])).collect();
    for up in ups {
        up.finish().code(0);
    }
    assert_eq!(pids(&sandbox).len(), 4, "{:?}", sandbox.processes());
    sandbox.run(["health"]).code(0);
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}

#[test]
fn up_mends_what_was_killed() {
    let sandbox = Sandbox::new();
    sandbox.run(["up"]).code(0);
    for process in sandbox.processes() {
        support::end(process.pid, rustix::process::Signal::KILL);
    }
    until_true("their end", || sandbox.processes().is_empty());
    sandbox.run(["status"]).code(0).prints(["stopped"]);
    sandbox.run(["up"]).code(0).says(["healthy after"]);
    assert_eq!(pids(&sandbox).len(), 4);
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}

#[test]
fn another_backend_is_what_the_gateway_moves_to() {
    let mut sandbox = Sandbox::new();
    sandbox.run(["up"]).code(0);
    let before = sandbox.gateway_pid();
    let first = sandbox.backend;
    let second = support::free_address();
    sandbox.set("OLLAMA_HOST", &second.to_string());
    sandbox.run(["up"]).code(0);
    assert_ne!(sandbox.gateway_pid(), before, "it asks another backend now");
    sandbox.run(["health", "--level", "infer"]).code(0);
    sandbox.run(["down"]).code(0);
    assert!(get(first, "/").is_some() && is_free(second));
}

#[test]
fn a_stub_that_runs_in_the_place_of_ollama_is_warned_of() {
    let sandbox = Sandbox::new();
    sandbox.run(["up", "--backend", "stub"]).code(0);
    sandbox
        .run(["up"])
        .code(0)
        .says(["warning: the stub (not Ollama) runs on", "ollamactl down"]);
    // Whatever was wanted, what answers is labelled as what it is.
    for path in ["/healthz", "/api/tags", "/metrics"] {
        let answer = request(sandbox.gateway, "GET", path, "").expect("an answer");
        let label = "x-ollamactl-backend: stub".to_owned();
        assert!(answer.headers.contains(&label), "{:?}", answer.headers);
    }
    sandbox.run(["down"]).code(0);
}

#[test]
fn a_real_ollama_is_not_taken_for_the_stub() {
    let sandbox = Sandbox::new();
    let answers = [
        ("/", "Ollama is running"),
        ("/api/version", r#"{"version":"0.33.0"}"#),
        ("/api/tags", r#"{"models":[]}"#),
    ];
    server(sandbox.backend, &answers);
    for command in ["up", "serve --background"] {
        let words = command.split(' ').chain(["--backend", "stub"]);
        sandbox.run(words).code(5).says([
            "the stub was asked for",
            "held by a real Ollama",
            "OLLAMA_HOST=127.0.0.1:11500",
        ]);
    }
    // Nobody asked for a stand-in here.
    let up = sandbox.run(["serve", "--background"]).code(0);
    up.says(["adopted"]);
}

#[test]
fn a_stack_that_is_not_healthy_in_time_says_what_is_missing() {
    let sandbox = Sandbox::new().with("OLLAMACTL_STUB_PULL_RATE", "1");
    let output = sandbox.run(["up", "--wait-timeout", "1500ms"]).code(7);
    let output = output.says(["not healthy within", "--wait-timeout"]);
    assert!(
        !output.stderr.contains("within 1 s"),
        "the time is told as given\n{output}"
    );
    sandbox.run(["down"]).code(0);
}

#[test]
fn on_a_terminal_the_bars_are_drawn_and_taken_away() {
    let sandbox = Sandbox::new()
        .with("TERM", "xterm")
        .with("OLLAMACTL_STUB_PULL_RATE", "1000000");
    if sandbox.shell("command -v script").status != 0 {
        support::skipped("script (util-linux) is not installed");
        return;
    }
    let output = sandbox
        .shell("script -qec 'ollamactl up' /dev/null")
        .code(0);
    assert!(output.stdout.contains('\u{1b}'), "{output}");
    assert!(output.stdout.contains("healthy after"), "{output}");
    assert!(!output.stdout.contains("panicked"), "{output}");
}

/// A gateway that answers, but not at the path where its health is asked for.
const NEVER_HEALTHY: &str = "gateway: {health_path: /absent}\n";

#[test]
fn a_backend_that_is_gone_for_good_is_not_waited_for() {
    let sandbox = Sandbox::new();
    sandbox.write("ollamactl.yaml", NEVER_HEALTHY);
    let up = sandbox.spawn(["up"]);
    up.wait_to_say("health: waiting for the gateway: ");
    sandbox.run(["down"]).code(0);
    up.finish().code(3).says([
        "was stopped meanwhile, by another ollamactl",
        "have it again: ollamactl up",
    ]);
    sandbox.assert_nothing_left();

    let up = sandbox.spawn(["up"]);
    up.wait_to_say("health: waiting for the gateway: ");
    for pid in [sandbox.supervisor_pid(), sandbox.backend_pid()] {
        end(pid.expect("recorded"), rustix::process::Signal::KILL);
    }
    up.finish().code(1).says(["nothing starts it again"]);
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}

#[test]
fn a_gateway_that_is_gone_for_good_is_not_waited_for() {
    let sandbox = Sandbox::new();
    sandbox.write("ollamactl.yaml", NEVER_HEALTHY);
    let up = sandbox.spawn(["up"]);
    up.wait_to_say("health: waiting for the gateway: ");
    sandbox.run(["gateway", "down"]).code(0);
    up.finish().code(1).says([
        "the embedded gateway on",
        "nothing starts it again",
        "ollamactl logs gateway",
    ]);
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}

#[test]
fn a_gateway_that_serves_is_not_ended_for_a_model_that_cannot_be_had() {
    let sandbox = Sandbox::new();
    sandbox.run(["up"]).code(0);
    let pid = sandbox.gateway_pid();
    let absent = sandbox.run(["up", "--model", "nosuchmodel"]).code(1);
    absent.says(["nosuchmodel"]);
    assert_eq!(sandbox.gateway_pid(), pid);
    sandbox.run(["health"]).code(0);
    sandbox.run(["up", "--model", "llama3:8b"]).code(0);
    assert_ne!(sandbox.gateway_pid(), pid);
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}

#[test]
fn a_wait_that_is_interrupted_says_nothing_of_a_pull_that_is_over() {
    let sandbox = Sandbox::new();
    sandbox.write("ollamactl.yaml", NEVER_HEALTHY);
    let up = sandbox.spawn(["up"]);
    up.wait_to_say("health: waiting for the gateway: ");
    up.signal(rustix::process::Signal::INT);
    let output = up.finish().code(130);
    let output = output.says([
        "interrupted",
        "hint: what was started goes on; to end it: ollamactl down",
    ]);
    assert!(!output.stderr.contains("resumes"), "{output}");
    sandbox.run(["down"]).code(0);
}

#[test]
fn a_wait_that_is_over_names_what_is_not_healthy_before_it_offers_more_time() {
    let sandbox = Sandbox::new();
    sandbox.write("ollamactl.yaml", NEVER_HEALTHY);
    sandbox.run(["up", "--wait-timeout", "500ms"]);
    let output = sandbox.run(["up", "--wait-timeout", "500ms"]).code(7);
    let output = output.says([": gateway", "/absent: HTTP 404"]);
    let place = |text: &str| output.stderr.find(text).unwrap_or(usize::MAX);
    let (own, more) = (place("hint: name the path"), place("more time"));
    assert!(own < more && more < usize::MAX, "{output}");
    sandbox.run(["down"]).code(0);
}

#[test]
fn a_step_that_fails_says_in_json_why() {
    let sandbox = Sandbox::without_ollama();
    for words in [&["up"][..], &["pull-model"]] {
        let plain = sandbox.run(words);
        assert!(!plain.stderr.contains("did not finish"), "{plain}");
    }
    let sandbox = Sandbox::new().with("OLLAMACTL_STUB_PULL_ERROR", "out of luck");
    for words in [&["up", "--json"][..], &["pull-model", "--json"]] {
        let output = sandbox.run(words);
        let lines = output.json_lines();
        let failed = lines
            .iter()
            .find(|line| line["outcome"] == "failed" && line["step"] == "model")
            .unwrap_or_else(|| panic!("{output}"));
        assert_eq!(failed["error"]["exit_code"], output.status, "{output}");
        assert_eq!(failed["error"]["kind"], "failed", "{output}");
        let said = failed["error"]["message"].as_str().expect("a text");
        assert!(output.stderr.contains(said), "{output}");
    }
    sandbox.run(["down"]).code(0);
}

#[test]
fn a_restart_in_another_terminal_does_not_fail_an_up() {
    let sandbox = Sandbox::new();
    sandbox.run(["up"]).code(0);
    // Whichever of the two comes first.
    for _ in 0..4 {
        let restart = sandbox.spawn(["restart"]);
        let up = sandbox.spawn(["up"]);
        up.finish().code(0).says(["healthy after"]);
        restart.finish().code(0);
    }
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}

#[test]
fn an_up_that_fails_says_what_goes_on() {
    let sandbox = Sandbox::new();
    sandbox.write("ollamactl.yaml", NEVER_HEALTHY);
    sandbox
        .run(["up", "--wait-timeout", "5s"])
        .code(7)
        .says(["the backend and the gateway that were started go on"]);
    let again = sandbox.run(["up", "--wait-timeout", "1s"]).code(7);
    assert!(!again.stderr.contains("go on"), "{again}");
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}
