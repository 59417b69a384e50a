//! `doctor`: every precondition, with the one command that mends it.
#![cfg(target_os = "linux")]

mod support;

use serde_json::{Value, json};
use support::engine::{FakeEngine, Reply};
use support::http::{server, stranger};
use support::{MODEL, Sandbox};

const COMPOSE: &str = "services:\n  ollama-functions:\n    image: nothing\n    environment:\n      OLLAMA_MODEL: ${OLLAMA_MODEL:-other}\n    ports: [\"29104:8000\"]\n";

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
    assert_eq!(backend["verdict"], "warn");
    assert_eq!(backend["mend"], "ollamactl up");
    assert_eq!(check(&checks, "model")["verdict"], "warn");
    output.says(["1 check failed: ollama program"]);
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
fn what_is_not_started_is_no_fault() {
    let sandbox = Sandbox::new().with("OLLAMA_MODEL", NOWHERE);
    let text = sandbox.run(["doctor"]).code(0);
    text.prints(["it is not started", "-> ollamactl up"]);
    sandbox.assert_nothing_left();
}

#[test]
fn a_state_folder_that_cannot_be_used_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new().with("OLLAMA_MODEL", NOWHERE);
    let state = sandbox.state();
    let folder = |code| {
        let checks = sandbox.run(["doctor", "--json"]).code(code).json();
        check(&checks, "state folder").clone()
    };
    assert_eq!(folder(0)["verdict"], "ok");
    std::fs::create_dir(&state).expect("made");
    std::fs::set_permissions(&state, std::fs::Permissions::from_mode(0o755)).expect("set");
    let open = folder(0);
    assert_eq!(open["verdict"], "warn");
    assert_eq!(open["mend"], format!("chmod 700 {}", state.display()));
    std::fs::remove_dir(&state).expect("removed");
    std::fs::write(&state, "").expect("a file in its place");
    let taken = folder(1);
    assert_eq!(taken["verdict"], "fail");
    let mend = taken["mend"].as_str().expect("a cure");
    assert!(mend.contains("XDG_STATE_HOME"), "{mend}");
    sandbox
        .run(["serve", "--background"])
        .code(1)
        .says(["Not a directory", "XDG_STATE_HOME"]);
}

#[test]
fn whoever_holds_a_port_is_named() {
    let sandbox = Sandbox::new().with("OLLAMA_MODEL", NOWHERE);
    stranger(sandbox.backend);
    stranger(sandbox.gateway);
    let checks = sandbox.run(["doctor", "--json"]).code(1).json();
    let me = format!("pid {}", std::process::id());
    for (name, address, variable) in [
        ("backend port", sandbox.backend, "OLLAMA_HOST="),
        ("gateway port", sandbox.gateway, "OLLAMACTL_GATEWAY_LISTEN="),
    ] {
        let check = check(&checks, name);
        assert_eq!(check["verdict"], "fail", "{check}");
        let why = check["why"].as_str().expect("a reason");
        assert!(
            why.contains(&me) && why.contains(&address.to_string()),
            "{why}"
        );
        let mend = check["mend"].as_str().expect("a cure");
        assert!(mend.contains(variable), "{mend}");
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
fn a_gateway_that_asks_at_another_port_fails_and_both_places_are_named() {
    let sandbox = Sandbox::new().with("OLLAMA_MODEL", NOWHERE);
    let asks_at = |address: &str| {
        let line = format!("environment:\n      OLLAMA_URL: http://{address}");
        sandbox.write(
            "docker-compose.yml",
            &COMPOSE.replace("environment:", &line),
        );
        let checks = sandbox.run(["doctor", "--json"]).code(1).json();
        check(&checks, "backend address").clone()
    };
    let asks = |port: u16| asks_at(&format!("host.docker.internal:{port}"));
    for own in [
        "localhost:11434",
        "127.0.0.1:11434/api/generate",
        "[::1]:11434",
    ] {
        let own = asks_at(own);
        assert_eq!(own["verdict"], "fail", "{own}");
        let why = own["why"].as_str().expect("a reason");
        assert!(why.ends_with("that is the container itself"), "{why}");
        let right = format!(
            "OLLAMA_URL: http://host.docker.internal:{}",
            sandbox.backend.port()
        );
        let mend = own["mend"].as_str().expect("a way");
        assert!(mend.contains(&right), "{mend}");
    }
    assert_eq!(asks(sandbox.backend.port())["verdict"], "ok");
    let wrong = asks(9);
    assert_eq!(wrong["verdict"], "fail");
    let why = wrong["why"].as_str().expect("a reason");
    for place in [
        "services.ollama-functions.environment.OLLAMA_URL",
        "host.docker.internal:9",
        "docker-compose.yml",
        &sandbox.backend.to_string(),
        "OLLAMA_HOST",
    ] {
        assert!(why.contains(place), "{place}: {why}");
    }
}

#[test]
fn a_compose_file_without_the_service_is_said_to_be_passed_over() {
    let sandbox = Sandbox::new().with("OLLAMA_MODEL", NOWHERE);
    let said =
        "has no service ollama-functions (gateway.service: default), so the embedded gateway";
    sandbox.write(
        "docker-compose.yml",
        "services:\n  web:\n    image: nothing\n",
    );
    sandbox.run(["status"]).code(0).says([said]);
    sandbox.run(["up", "--dry-run"]).code(0).says([said]);
    sandbox.run(["doctor"]).code(0).prints([said]);
    sandbox.run(["status", "--json"]).code(0).json();
    std::fs::remove_file(sandbox.work().join("docker-compose.yml")).expect("removed");
    let status = sandbox.run(["status"]).code(0);
    assert!(!status.stderr.contains("no service"), "{status}");
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

/// An Ollama of this version that has the model in main memory.
fn ollama(sandbox: &Sandbox, version: &'static str) {
    let answers = [
        ("/", "Ollama is running"),
        ("/api/version", version),
        (
            "/api/tags",
            r#"{"models":[{"name":"tiny:latest","size":1000,"digest":"00"}]}"#,
        ),
        (
            "/api/ps",
            r#"{"models":[{"name":"tiny:latest","size":1000,"size_vram":0}]}"#,
        ),
    ];
    server(sandbox.backend, &answers);
}

#[test]
fn an_ollama_with_known_holes_is_named_with_the_version_that_mends_them() {
    let sandbox = Sandbox::new();
    ollama(&sandbox, r#"{"version":"0.1.28"}"#);
    let checks = sandbox.run(["doctor", "--json"]).code(0).json();
    let version = check(&checks, "ollama version");
    assert_eq!(version["verdict"], "warn");
    let why = version["why"].as_str().expect("a reason");
    for hole in [
        "0.1.28",
        "CVE-2024-28224",
        "CVE-2024-37032",
        "CVE-2024-45436",
        "CVE-2026-7482",
    ] {
        assert!(why.contains(hole), "{hole} in {why}");
    }
    let mend = version["mend"].as_str().expect("a cure");
    assert!(mend.contains("0.17.1"), "{mend}");
}

#[test]
fn a_model_on_the_processor_beside_a_gpu_is_seen() {
    let sandbox = Sandbox::new();
    ollama(&sandbox, r#"{"version":"0.33.0"}"#);
    let status = sandbox.run(["status", "--json"]).code(0).json();
    if status["model"]["unused_gpu"].is_string() {
        support::skipped("this machine has a GPU, so its absence cannot be shown");
    } else {
        sandbox.run(["status"]).code(0).prints(["(CPU)"]);
    }
    if !support::is_root() {
        support::skipped("a GPU that is not there needs root for a mount namespace");
        return;
    }
    let with_gpu = |command: &str| {
        let card = "/sys/class/drm/card0/device";
        let ollamactl = sandbox.bin().join("ollamactl");
        sandbox.shell(&format!(
            "exec unshare -m sh -ec 'mount -t tmpfs none /sys/class; mkdir -p {card}; \
             echo 0x10de >{card}/vendor; exec {} {command}'",
            ollamactl.display()
        ))
    };
    with_gpu("status")
        .code(0)
        .prints(["CPU, though this machine has an NVIDIA GPU"]);
    let checks = with_gpu("doctor --json").code(0).json();
    let processor = check(&checks, "processor");
    assert_eq!(processor["verdict"], "warn");
}

#[test]
fn a_gateway_in_the_foreground_is_no_stranger() {
    let sandbox = Sandbox::new();
    sandbox.run(["up"]).code(0);
    sandbox.run(["gateway", "down"]).code(0);
    let port = sandbox.gateway.port();
    let runs = |listen: &str| {
        let args = ["gateway", "run", "--no-auth", "--listen", listen];
        let gateway = sandbox.spawn(args);
        support::until_true("the gateway listens", || {
            support::http::get(sandbox.gateway, "/healthz").is_some()
        });
        let checks = sandbox.run(["doctor", "--json"]).code(0).json();
        assert_eq!(
            check(&checks, "gateway port")["verdict"],
            "ok",
            "{checks:#}"
        );
        gateway.signal(rustix::process::Signal::INT);
        gateway.finish().code(130);
        checks
    };
    let checks = runs(&sandbox.gateway.to_string());
    let mut names = checks.as_array().expect("a list").iter();
    assert!(names.all(|check| check["name"] != "gateway exposure"));
    let checks = runs(&format!("0.0.0.0:{port}"));
    let exposure = check(&checks, "gateway exposure");
    assert_eq!(exposure["verdict"], "warn");
    let why = exposure["why"].as_str().expect("a reason");
    assert!(why.contains(&format!("0.0.0.0:{port}")), "{why}");
}

#[test]
fn a_proxy_between_the_gateway_and_the_backend_is_named_with_its_file() {
    let sandbox = Sandbox::new().with("OLLAMA_MODEL", NOWHERE);
    let engine = FakeEngine::new(FakeEngine::docker(), |_| Reply::Honest);
    engine.on_socket(&sandbox.path("no-engine.sock"));
    sandbox.write("docker-compose.yml", COMPOSE);
    let config = sandbox.path("home/.docker/config.json");
    std::fs::create_dir_all(config.parent().expect("a folder")).expect("created");
    let exempt = |names: &str| {
        let proxies = json!({ "httpProxy": "http://me:secret@proxy.test:1", "noProxy": names });
        let text = json!({ "proxies": { "default": proxies } }).to_string();
        std::fs::write(&config, text).expect("written");
        let checks = sandbox.run(["doctor", "--json"]).code(0);
        assert!(!checks.stdout.contains("secret"), "{checks}");
        let checks = checks.json();
        let mut all = checks.as_array().expect("a list").iter();
        all.find(|check| check["name"] == "gateway proxy").cloned()
    };
    let warned = exempt("localhost").expect("a warning");
    assert_eq!(warned["verdict"], "warn");
    let mend = warned["mend"].as_str().expect("a cure");
    assert!(mend.contains(&config.display().to_string()), "{mend}");
    assert_eq!(exempt("localhost,host.docker.internal"), None);
}

#[test]
fn a_port_that_is_published_past_the_firewall_is_named() {
    let sandbox = Sandbox::new().with("OLLAMA_MODEL", NOWHERE);
    let engine = FakeEngine::new(FakeEngine::docker(), |_| Reply::Honest);
    engine.on_socket(&sandbox.path("no-engine.sock"));
    sandbox.write("docker-compose.yml", COMPOSE);
    let checks = sandbox.run(["doctor", "--json"]).code(0).json();
    let exposure = check(&checks, "gateway exposure");
    assert_eq!(exposure["verdict"], "warn");
    let mend = exposure["mend"].as_str().expect("a cure");
    assert!(mend.contains("127.0.0.1:29104:8000"), "{mend}");
    let reach = check(&checks, "reach");
    assert_eq!(reach["verdict"], "warn");
    let why = reach["why"].as_str().expect("a reason");
    assert!(
        why.contains("not asked") && why.contains("work_default"),
        "{why}"
    );
    assert_eq!(
        engine.count("POST /images/create"),
        0,
        "nothing is made in vain"
    );
}
