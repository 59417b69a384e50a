//! Keys of gateways, and who it is that refuses: the gateway, or a backend that asks for credentials.
#![cfg(target_os = "linux")]

mod support;

use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use support::Sandbox;
use support::engine::{FakeEngine, Reply};
use support::http::guarded_server;

const KEY: &str = "1111111111111111111111111111111111111111";
const OTHER: &str = "2222222222222222222222222222222222222222";

/// What an Ollama with the model answers before anything is asked of the model.
const LOOKS: [(&str, &str); 4] = [
    ("/", "Ollama is running"),
    ("/api/version", r#"{"version":"0.24.0"}"#),
    (
        "/api/tags",
        r#"{"models":[{"name":"tiny:latest","size":1,"digest":"0"}]}"#,
    ),
    ("/api/ps", r#"{"models":[]}"#),
];

/// `health --level infer`, which fails for these reasons; no key is in what it says.
#[track_caller]
fn fails<'a>(sandbox: &Sandbox, texts: impl IntoIterator<Item = &'a str>) -> String {
    let health = sandbox.run(["health", "--level", "infer"]).code(3);
    let json = sandbox
        .run(["--json", "health", "--level", "infer"])
        .code(3);
    for key in [KEY, OTHER] {
        assert!(
            !format!("{health}{json}").contains(key),
            "a key is told\n{health}"
        );
    }
    health.says(texts).stderr
}

/// `doctor` says this of the key, and tells none.
#[track_caller]
fn doctor(sandbox: &Sandbox, verdict: &str, why: &str) {
    let output = sandbox.run(["doctor", "--json"]);
    for key in [KEY, OTHER] {
        assert!(!output.to_string().contains(key), "a key is told\n{output}");
    }
    let checks = output.json();
    let mut checks = checks.as_array().expect("a list").iter();
    let found = checks.find(|check| check["name"] == "gateway key");
    let found = found.expect("a check of the key");
    assert_eq!(found["verdict"], verdict, "{found}");
    let said = found["why"].as_str().expect("a reason");
    assert!(said.contains(why), "{why} in {said}");
}

#[test]
fn a_key_that_is_refused_is_told_from_none() {
    let mut sandbox = Sandbox::new().with("OLLAMACTL_GATEWAY_KEY", KEY);
    sandbox.run(["up"]).code(0);
    sandbox.run(["health", "--level", "infer"]).code(0);

    sandbox.set("OLLAMACTL_GATEWAY_KEY", OTHER);
    let refused = [
        "401 Unauthorized",
        "401 Unauthorized: the key of environment OLLAMACTL_GATEWAY_KEY was refused\n",
        "hint: name the key that it was started with",
        "ollamactl gateway up",
    ];
    fails(&sandbox, refused);
    doctor(
        &sandbox,
        "fail",
        "the key of environment OLLAMACTL_GATEWAY_KEY was refused",
    );

    sandbox.unset("OLLAMACTL_GATEWAY_KEY");
    let none = [
        "401 Unauthorized",
        "401 Unauthorized: no key was sent: none is set here\n",
        "hint: set OLLAMACTL_GATEWAY_KEY",
        "OLLAMACTL_GATEWAY_KEY_FILE",
        "gateway.key_file",
    ];
    fails(&sandbox, none);
    doctor(&sandbox, "fail", "no key was sent: none is set here");

    let file = sandbox.write("keys", &format!("# the team's\n{OTHER}\n"));
    sandbox.set("OLLAMACTL_GATEWAY_KEY_FILE", &file.display().to_string());
    fails(
        &sandbox,
        ["keys (environment OLLAMACTL_GATEWAY_KEY_FILE) was refused"],
    );
    std::fs::remove_file(&file).expect("removed");
    fails(&sandbox, ["no key was sent: cannot read the key file"]);

    // As the hint says: it is given this key.
    sandbox.write("keys", &format!("{OTHER}\n"));
    sandbox.run(["gateway", "up"]).code(0);
    sandbox.run(["health", "--level", "infer"]).code(0);
    doctor(&sandbox, "ok", "lets in the key of ");
    sandbox.run(["down"]).code(0);
}

/// A shell in which the key is not set must not open what another one has closed.
#[test]
fn a_gateway_that_asks_for_a_key_is_not_opened_by_a_start_without_one() {
    let mut sandbox = Sandbox::new().with("OLLAMACTL_GATEWAY_KEY", KEY);
    sandbox.run(["up"]).code(0);
    let pid = sandbox.gateway_pid();
    sandbox.unset("OLLAMACTL_GATEWAY_KEY");
    for command in ["up", "gateway up", "gateway restart"] {
        sandbox.run(command.split(' ')).code(5).says([
            "asks for a key, and none is set here",
            "hint: set the key that it was started with",
            "ollamactl gateway down",
        ]);
        assert_eq!(sandbox.gateway_pid(), pid, "after {command}");
    }
    sandbox.run(["gateway", "down"]).code(0);
    sandbox.run(["up"]).code(0);
    sandbox.run(["down"]).code(0);
}

/// The backend passes its environment on to whatever it runs.
#[test]
fn the_gateways_key_is_not_in_the_backends_environment() {
    let sandbox = Sandbox::new().with("OLLAMACTL_GATEWAY_KEY", KEY);
    sandbox.run(["up"]).code(0);
    for pid in [sandbox.supervisor_pid(), sandbox.backend_pid()] {
        let pid = pid.expect("it runs");
        let environment = std::fs::read(format!("/proc/{pid}/environ")).expect("readable");
        let environment = String::from_utf8_lossy(&environment);
        assert!(environment.contains("OLLAMA_MODEL="), "{environment}");
        assert!(!environment.contains(KEY), "pid {pid} has the key");
    }
    sandbox.run(["health", "--level", "infer"]).code(0);
    sandbox.run(["down"]).code(0);
}

#[test]
fn a_backend_that_asks_for_credentials_is_not_the_gateway() {
    let sandbox = Sandbox::new().with("OLLAMACTL_GATEWAY_KEY", KEY);
    guarded_server(sandbox.backend, &LOOKS);
    sandbox.run(["gateway", "up"]).code(0);
    let backend = format!(
        "it is the backend behind the gateway, http://{}",
        sandbox.backend
    );
    let said = fails(
        &sandbox,
        [
            "401 Unauthorized: <html> <h1>401 Authorization Required</h1> </html>;",
            backend.as_str(),
            "hint: ollamactl has no credentials for a backend",
        ],
    );
    assert!(!said.contains("OLLAMACTL_GATEWAY_KEY"), "{said}");

    let own = sandbox.run(["health", "model", "--level", "infer"]).code(3);
    let own = own.says([
        "401 Unauthorized",
        "hint: ollamactl has no credentials for a backend",
    ]);
    assert!(!own.stderr.contains("OLLAMACTL_GATEWAY_KEY"), "{own}");
    sandbox.run(["down"]).code(0);
}

#[test]
fn a_backend_that_shows_nobody_its_models_says_what_it_wants() {
    let sandbox = Sandbox::new();
    guarded_server(sandbox.backend, &LOOKS[..2]);
    let hint = "ollamactl has no credentials for a backend";
    for command in ["health", "pull-model"] {
        let said = sandbox
            .run([command])
            .says(["/api/tags answered 401 Unauthorized: <html>", hint]);
        assert_ne!(said.status, 0, "{said}");
    }
    sandbox
        .run(["doctor"])
        .prints(["/api/tags answered 401", hint]);
}

#[test]
fn a_backend_that_says_nothing_without_credentials_is_named_as_that() {
    let sandbox = Sandbox::new();
    guarded_server(sandbox.backend, &[]);
    sandbox.run(["health", "backend"]).code(3).says([
        "answers GET / with 401 Unauthorized: it asks for credentials, and ollamactl has none for a backend",
    ]);
}

/// A world in which the compose service is a gateway of ours that reads its keys from a file: a process
/// stands for its container, and an engine that is none says so.
fn service_with_key_file(service: &str) -> (Sandbox, support::Running) {
    let mut sandbox = Sandbox::new();
    sandbox.serve();
    sandbox.run(["pull-model"]).code(0);
    let keys = sandbox.write("keys.txt", &format!("{KEY}\n"));
    let listen = sandbox.gateway;
    let engine = FakeEngine::new(FakeEngine::docker(), |_| Reply::Honest);
    engine.on_socket(&sandbox.path("engine.sock"));
    sandbox.write("docker-compose.yml", service);
    let socket = format!("unix://{}", sandbox.path("engine.sock").display());
    sandbox.set("DOCKER_HOST", &socket);
    let file = keys.display().to_string();
    let serving = sandbox.spawn(["gateway", "run", "--key-file", &file]);
    support::until_true("the gateway", || {
        support::http::get(listen, "/healthz").is_some()
    });
    run_container(&sandbox, &engine);
    (sandbox, serving)
}

fn run_container(sandbox: &Sandbox, engine: &Arc<FakeEngine>) {
    sandbox.run(["gateway", "up"]).code(0);
    let published =
        json!([{ "HostIp": "127.0.0.1", "HostPort": sandbox.gateway.port().to_string() }]);
    let name = engine.containers().pop().expect("made");
    engine.change(
        Path::new(&name)
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a name"),
        |container| {
            container["NetworkSettings"]["Ports"] = json!({ "8000/tcp": published });
        },
    );
}

#[test]
fn a_service_whose_keys_are_in_a_file_of_this_machine_is_asked_with_the_first() {
    let (sandbox, _serving) = service_with_key_file(
        "services:
  ollama-functions:
    image: gateway
    environment: {OLLAMACTL_GATEWAY_KEY_FILE: /run/secrets/keys}
    secrets: [keys]
secrets:
  keys: {file: ./keys.txt}
",
    );
    sandbox.run(["health", "--level", "infer"]).code(0);
    sandbox.write(
        "docker-compose.yml",
        "services:
  ollama-functions:
    image: gateway
    command: [gateway, run, --key-file=/etc/keys/keys.txt]
    volumes: ['.:/etc/keys:ro']
",
    );
    sandbox.run(["health", "--level", "infer"]).code(0);
    sandbox.write("keys.txt", &format!("{OTHER}\n"));
    fails(
        &sandbox,
        [
            "the key of /etc/keys/keys.txt of service ollama-functions was refused",
            "ollamactl gateway up --force-recreate",
        ],
    );
}

#[test]
fn a_service_whose_keys_cannot_be_read_here_needs_a_setting() {
    let (mut sandbox, _serving) = service_with_key_file(
        "services:
  ollama-functions:
    image: gateway
    environment: {OLLAMACTL_GATEWAY_KEY_FILE: /keys/keys.txt}
    tmpfs: [/keys]
",
    );
    fails(
        &sandbox,
        [
            "no key was sent: service ollama-functions reads its keys from /keys/keys.txt, which is no file of this machine",
            "hint: set OLLAMACTL_GATEWAY_KEY",
        ],
    );
    sandbox.set("OLLAMACTL_GATEWAY_KEY", KEY);
    sandbox.run(["health", "--level", "infer"]).code(0);
}
