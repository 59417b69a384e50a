//! `health`: the one-line answer, its levels, parts and exit codes.
#![cfg(target_os = "linux")]

mod support;

use rustix::process::Signal;
use serde_json::json;
use support::http::{request, server, stranger};
use support::{MODEL, Sandbox, end, until_true};

const OK: &str = "{\"status\":\"ok\"}\n";

/// What is printed when the model answered at this address.
fn asked_of(address: std::net::SocketAddr) -> String {
    format!("{{\"status\":\"ok\",\"asked\":\"http://{address}/api/generate\"}}\n")
}

#[test]
fn a_healthy_stack_is_ok_at_every_level_and_in_every_part() {
    let sandbox = Sandbox::new();
    sandbox.run(["up"]).code(0);
    for part in ["all", "gateway", "backend", "model"] {
        for level in ["live", "ready", "infer"] {
            let output = sandbox.run(["health", part, "--level", level]).code(0);
            let asked = match part {
                "all" | "gateway" => sandbox.gateway,
                _ => sandbox.backend,
            };
            let expected = match level {
                "infer" => asked_of(asked),
                _ => OK.to_owned(),
            };
            assert_eq!(
                (output.stdout.as_str(), output.stderr.as_str()),
                (expected.as_str(), ""),
                "{output}"
            );
        }
    }
    assert_eq!(sandbox.run(["health"]).code(0).stdout, OK);
    assert_eq!(sandbox.run(["--json", "health"]).code(0).stdout, OK);
}

#[test]
fn what_does_not_run_is_named_with_the_next_command() {
    let sandbox = Sandbox::new();
    let output = sandbox.run(["health"]).code(3);
    assert_eq!(
        output.json(),
        json!({ "status": "unhealthy", "failing": ["backend", "gateway"] })
    );
    let output = output.says([sandbox.backend.to_string().as_str(), "hint: ollamactl up\n"]);
    assert_eq!(output.stderr.matches("hint:").count(), 1, "{output}");
    let backend = sandbox.run(["health", "backend"]).code(3);
    assert_eq!(backend.json()["failing"], json!(["backend"]));
    backend.says(["ollamactl serve --background"]);
    let gateway = sandbox.run(["health", "gateway"]).code(3);
    assert_eq!(gateway.json()["failing"], json!(["gateway"]));
    gateway.says(["ollamactl gateway up"]);
    let told = sandbox.run(["health", "--json"]).code(3).json();
    let parts: Vec<_> = told["reasons"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| &one["part"])
        .collect();
    assert_eq!(parts, ["backend", "gateway"], "{told}");
    assert!(told["reasons"][0]["reason"].is_string(), "{told}");
    // A look starts nothing and writes nothing.
    sandbox.assert_nothing_left();
}

#[test]
fn a_missing_model_counts_from_level_ready_on() {
    let sandbox = Sandbox::new();
    sandbox.serve();
    sandbox.run(["gateway", "up"]).code(0);
    assert_eq!(
        sandbox.run(["health", "--level", "live"]).code(0).stdout,
        OK
    );
    let pull = format!("ollamactl pull-model {MODEL}");
    for level in ["ready", "infer"] {
        let output = sandbox.run(["health", "--level", level]).code(3);
        assert_eq!(output.json()["failing"], json!(["model"]), "{output}");
        output.says([pull.as_str()]);
    }
    sandbox.run(["pull-model"]).code(0);
    assert_eq!(
        sandbox.run(["health", "--level", "infer"]).code(0).stdout,
        asked_of(sandbox.gateway)
    );
}

#[test]
fn a_gateway_that_runs_with_another_model_is_seen() {
    let mut sandbox = Sandbox::new();
    sandbox.run(["up"]).code(0);
    // The gateway goes on with the model that it was started with.
    sandbox.set("OLLAMA_MODEL", "tiny-other");
    sandbox.run(["pull-model"]).code(0);
    for level in ["ready", "infer"] {
        let health = sandbox.run(["health", "--level", level]).code(0);
        assert_eq!(health.json()["status"], "ok");
        health.says([
            "uses the model tiny:latest, but tiny-other:latest (environment OLLAMA_MODEL) is required",
            "ollamactl up",
        ]);
    }
    sandbox
        .run(["status"])
        .code(0)
        .prints(["uses tiny, not the required model"]);
    sandbox
        .run(["doctor"])
        .prints(["gateway model", "started with tiny, but tiny-other"]);

    let name = json!({ "model": MODEL }).to_string();
    let deleted = request(sandbox.backend, "DELETE", "/api/delete", &name);
    assert_eq!(deleted.expect("answered").status, 200);
    for level in ["ready", "infer"] {
        let health = sandbox.run(["health", "--level", level]).code(3);
        assert_eq!(health.json()["failing"], json!(["gateway"]), "{health}");
        health.says(["uses the model tiny", "hint: ollamactl up"]);
    }
    sandbox
        .run(["health", "--model", "tiny-other"])
        .code(3)
        .says(["hint: ollamactl up --model tiny-other"]);
    sandbox.run(["health", "--level", "live"]).code(0);
    sandbox.run(["up"]).code(0);
    let health = sandbox.run(["health", "--level", "infer"]).code(0);
    assert_eq!(health.stdout, asked_of(sandbox.gateway));
}

#[test]
fn a_gateway_with_an_interface_of_its_own_cannot_be_asked_for_a_token_which_is_said() {
    let sandbox = Sandbox::new();
    sandbox.serve();
    sandbox.run(["pull-model"]).code(0);
    server(sandbox.gateway, &[("/healthz", r#"{"status":"ok"}"#)]);
    let output = sandbox.run(["health", "--level", "infer"]).code(0);
    let said = output.json();
    assert_eq!(
        said["asked"],
        format!("http://{}/api/generate", sandbox.backend)
    );
    let note = said["note"].as_str().expect("a note");
    assert!(note.contains("did not come through the gateway"), "{note}");
    output.says(["neither /api/generate nor /v1/chat/completions"]);
}

#[test]
fn a_model_that_takes_too_long_is_not_waited_for_without_end() {
    let sandbox = Sandbox::new().with("OLLAMACTL_STUB_LOAD_MS", "600000");
    sandbox.run(["up"]).code(0);
    let output = sandbox
        .run(["health", "--level", "infer", "--infer-timeout", "200ms"])
        .code(3);
    assert_eq!(output.json()["failing"], json!(["inference"]), "{output}");
    output.says(["no token within", "--infer-timeout"]);
    sandbox
        .run(["health", "--infer-timeout", "soon"])
        .code(2)
        .says(["--infer-timeout", "soon"]);
}

#[test]
fn a_stack_that_falls_ill_is_seen() {
    let sandbox = Sandbox::new();
    sandbox.run(["up"]).code(0);
    let gateway = sandbox.gateway_pid().expect("recorded");
    end(gateway, Signal::KILL);
    until_true("its end", || !support::is_alive(gateway));
    let output = sandbox.run(["health"]).code(3);
    assert_eq!(output.json()["failing"], json!(["gateway"]));
    assert_eq!(sandbox.run(["health", "model"]).code(0).stdout, OK);
}

#[test]
fn a_stranger_on_the_backends_port_is_no_backend() {
    let sandbox = Sandbox::new();
    stranger(sandbox.backend);
    let output = sandbox.run(["health", "backend"]).code(3);
    output.says(["not Ollama", "404"]);
}

#[test]
fn a_suspended_backend_is_not_healthy() {
    let sandbox = Sandbox::new();
    sandbox.serve();
    let backend = sandbox.backend_pid().expect("recorded");
    end(backend, Signal::STOP);
    let output = sandbox.run(["health", "backend"]);
    end(backend, Signal::CONT);
    output.code(3).says(["does not answer"]);
    until_true("its recovery", || {
        sandbox.run(["health", "backend"]).status == 0
    });
}

#[test]
fn waiting_ends_when_it_is_healthy_or_the_time_is_over() {
    let sandbox = Sandbox::new();
    let waiting = sandbox.spawn(["health", "backend", "--level", "live", "--wait=60s"]);
    sandbox.serve();
    assert_eq!(waiting.finish().code(0).stdout, OK);
    let output = sandbox.run(["health", "gateway", "--wait=300ms"]);
    assert!(matches!(output.status, 3 | 7), "{output}");
    assert_eq!(output.json()["failing"], json!(["gateway"]));
    let told = sandbox.run(["--json", "health", "gateway", "--wait=300ms"]);
    assert_eq!(told.json()["failing"], json!(["gateway"]), "{told}");
    sandbox
        .run(["health", "--wait=soon"])
        .code(2)
        .says(["--wait", "soon"]);
}

#[test]
fn what_is_waited_for_is_said() {
    let sandbox = Sandbox::new();
    sandbox.serve();
    let waiting = sandbox.spawn(["health", "gateway", "--level", "live", "--wait=60s"]);
    waiting.wait_to_say("waiting for the gateway: it does not run");
    sandbox.run(["gateway", "up"]).code(0);
    let waited = waiting.finish().code(0);
    assert_eq!(waited.stdout, OK);
    waited.says(["healthy"]);
}

/// Nothing is known yet of the part that was asked for, and of no other.
#[test]
fn a_wait_that_ends_before_the_first_answer_names_what_was_asked_for() {
    let sandbox = Sandbox::new();
    // It takes connections, and nobody answers.
    let _silent = std::net::TcpListener::bind(sandbox.gateway).expect("bound");
    let health = sandbox.run(["health", "gateway", "--wait", "300ms"]);
    let said = health.code(3).says(["gateway: no answer within"]).json();
    assert_eq!(said["failing"], serde_json::json!(["gateway"]));
}

#[test]
fn a_page_of_a_foreign_server_is_evidence() {
    let sandbox = Sandbox::new();
    sandbox.serve();
    let page = "<html>\n<h1>404</h1>\nhint: no\n</html>\n";
    let listener = std::net::TcpListener::bind(sandbox.gateway).expect("free");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 4096];
            let _ = std::io::Read::read(&mut stream, &mut request);
            let head = "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length";
            let _ = std::io::Write::write_all(
                &mut stream,
                format!("{head}: {}\r\n\r\n{page}", page.len()).as_bytes(),
            );
        }
    });
    let health = sandbox.run(["health", "gateway"]).code(3);
    health.says([
        "/healthz: HTTP 404: it serves, but nothing at that path (gateway.health_path: default)\n",
        "hint: name the path at which it says that it is well",
        "\n  | <html>\n  | <h1>404</h1>\n  | hint: no\n",
    ]);
}

#[test]
fn a_backend_that_is_being_started_again_has_a_log_that_says_why() {
    let sandbox = Sandbox::new();
    sandbox
        .run(["serve", "--background", "--ready-timeout", "1h"])
        .code(0);
    let backend = sandbox.backend_pid().expect("recorded");
    // What is started next never listens.
    let program = sandbox.bin().join("ollama");
    std::fs::remove_file(&program).expect("removed");
    std::fs::write(&program, "#!/bin/sh\nexec /bin/sleep 1000\n").expect("written");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&program, mode).expect("set");
    end(backend, Signal::KILL);
    until_true("its end", || !support::is_alive(backend));
    let health = sandbox.run(["health", "backend"]).code(3);
    health.says(["ended by itself", "hint: ollamactl logs backend"]);
    sandbox.run(["down"]).code(0);
}

#[test]
fn a_record_that_cannot_be_read_is_no_unhealthy_backend() {
    let sandbox = Sandbox::new();
    sandbox.serve();
    sandbox.run(["down"]).code(0);
    let record = sandbox.backend_file("json");
    std::fs::write(&record, "garbage").expect("written");
    for command in ["health", "up"] {
        let said = sandbox.run([command]).code(4);
        said.says(["cannot be understood", "rm "]);
    }
    std::fs::remove_file(&record).expect("removed");
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}
