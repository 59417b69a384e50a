//! `doctor`: every precondition, with the one command that mends it.
#![cfg(target_os = "linux")]

mod support;

use serde_json::Value;
use support::http::stranger;
use support::{MODEL, Sandbox};

const COMPOSE: &str = "services:\n  ollama-functions:\n    image: nothing\n    environment:\n      OLLAMA_MODEL: ${OLLAMA_MODEL:-other}\n    ports: [\"9104:8000\"]\n";

/// No registry is asked: nothing listens where this model is said to be.
const NOWHERE: &str = "127.0.0.1:9/library/tiny";

fn check<'a>(checks: &'a Value, name: &str) -> &'a Value {
    let mut all = checks.as_array().expect("a list").iter();
    all.find(|check| check["name"] == name)
        .unwrap_or_else(|| panic!("no check {name:?} in {checks:#}"))
}

#[test]
fn a_stack_that_works_has_no_failing_check() {
    let sandbox = Sandbox::new();
    sandbox.run(["up"]).code(0);
    let checks = sandbox.run(["doctor", "--json"]).code(0).json();
    for name in [
        "ollama program",
        "backend port",
        "backend",
        "model",
        "disk",
        "memory",
        "gateway port",
    ] {
        assert_eq!(check(&checks, name)["verdict"], "ok", "{name}: {checks:#}");
    }
    let text = sandbox.run(["doctor"]).code(0);
    assert!(
        text.stdout
            .lines()
            .any(|line| line.starts_with("ok  ") && line.contains(MODEL))
    );
    assert!(!text.stdout.contains("fail"), "{text}");
}

#[test]
fn what_is_missing_fails_with_the_command_that_mends_it() {
    let sandbox = Sandbox::without_ollama().with("OLLAMA_MODEL", NOWHERE);
    let output = sandbox.run(["doctor", "--json"]).code(1);
    let checks = output.json();
    let program = check(&checks, "ollama program");
    assert_eq!(program["verdict"], "fail");
    assert!(
        program["mend"]
            .as_str()
            .expect("a command")
            .contains("install")
    );
    let backend = check(&checks, "backend");
    assert_eq!(backend["mend"], "ollamactl serve --background");
    assert_eq!(check(&checks, "model")["verdict"], "warn");
    output.says(["ollama program", "backend"]);
    let text = sandbox
        .run(["doctor"])
        .code(1)
        .prints(["fail", "warn", "ok", "->"]);
    for check in checks.as_array().expect("a list") {
        let bad = check["verdict"] != "ok";
        assert_eq!(
            check["mend"].is_string(),
            bad,
            "a bad check has a cure: {check}"
        );
        assert!(
            text.stdout
                .contains(check["name"].as_str().expect("a name"))
        );
    }
    sandbox.assert_nothing_left();
}

#[test]
fn whoever_holds_a_port_is_named() {
    let sandbox = Sandbox::new().with("OLLAMA_MODEL", NOWHERE);
    stranger(sandbox.backend);
    stranger(sandbox.gateway);
    let checks = sandbox.run(["doctor", "--json"]).code(1).json();
    let me = format!("pid {}", std::process::id());
    for (name, address) in [
        ("backend port", sandbox.backend),
        ("gateway port", sandbox.gateway),
    ] {
        let check = check(&checks, name);
        assert_eq!(check["verdict"], "fail", "{check}");
        let why = check["why"].as_str().expect("a reason");
        assert!(
            why.contains(&me) && why.contains(&address.to_string()),
            "{why}"
        );
    }
}

#[test]
fn an_engine_that_is_missing_is_named_by_its_endpoint() {
    let sandbox = Sandbox::new().with("OLLAMA_MODEL", NOWHERE);
    sandbox.write("docker-compose.yml", COMPOSE);
    let checks = sandbox.run(["doctor", "--json"]).code(1).json();
    assert_eq!(check(&checks, "compose file")["verdict"], "ok");
    assert_eq!(check(&checks, "service")["verdict"], "ok");
    assert_eq!(check(&checks, "gateway model")["verdict"], "ok");
    let engine = check(&checks, "engine");
    assert_eq!(engine["verdict"], "fail");
    assert!(
        engine["why"]
            .as_str()
            .expect("a reason")
            .contains("no-engine.sock"),
        "{engine}"
    );
}

#[test]
fn a_gateway_that_asks_for_another_model_fails() {
    let sandbox = Sandbox::new().with("OLLAMA_MODEL", NOWHERE);
    sandbox.write(
        "docker-compose.yml",
        &COMPOSE.replace("${OLLAMA_MODEL:-other}", "other"),
    );
    let checks = sandbox.run(["doctor", "--json"]).code(1).json();
    let model = check(&checks, "gateway model");
    assert_eq!(model["verdict"], "fail");
    let why = model["why"].as_str().expect("a reason");
    assert!(
        why.contains("OLLAMA_MODEL=other") && why.contains(NOWHERE),
        "{why}"
    );
}

#[test]
fn a_compose_file_that_cannot_be_read_fails_with_its_place() {
    let sandbox = Sandbox::new().with("OLLAMA_MODEL", NOWHERE);
    sandbox.write("docker-compose.yml", "services:\n  a: [\n");
    let checks = sandbox.run(["doctor", "--json"]).code(1).json();
    let file = check(&checks, "compose file");
    assert_eq!(file["verdict"], "fail");
    assert!(
        file["why"]
            .as_str()
            .expect("a reason")
            .contains("docker-compose.yml:"),
        "{file}"
    );
}
