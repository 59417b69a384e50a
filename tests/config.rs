//! Configuration: where each value comes from, and what bad ones are told.
#![cfg(target_os = "linux")]

mod support;

use serde_json::Value;
use support::Sandbox;

fn show(sandbox: &Sandbox, args: &[&str]) -> Value {
    let args = [&["--json", "config", "show"], args].concat();
    sandbox.run(args).code(0).json()
}

#[test]
fn every_value_names_its_source() {
    let mut sandbox = Sandbox::new();
    let file = sandbox.write(
        "ollamactl.yaml",
        "model: from-file\nbackend: {bind: loopback}\n",
    );
    let path = file.to_str().expect("text");

    let shown = show(
        &sandbox,
        &["--stop-timeout", "3s", "--ready-timeout", "500ms"],
    );
    assert_eq!(shown["backend.stop_timeout"]["value"], "3s");
    assert_eq!(shown["backend.ready_timeout"]["value"], "500ms");
    assert_eq!(shown["model"]["value"], "tiny");
    let source = |name: &str| shown[name]["source"].as_str().expect("a source").to_owned();
    assert!(source("model").contains("OLLAMA_MODEL"));
    assert!(source("backend.bind").contains(path));
    assert!(source("backend.stop_timeout").contains("--stop-timeout"));
    assert!(source("gateway.service").contains("default"));

    sandbox.unset("OLLAMA_MODEL");
    assert_eq!(show(&sandbox, &[])["model"]["value"], "from-file");
    assert_eq!(
        show(&sandbox, &["--model", "from-flag"])["model"]["value"],
        "from-flag"
    );
    sandbox.run(["config", "show"]).code(0).prints([
        "model",
        "from-file",
        path,
        "gateway.service",
        "ollama-functions",
    ]);
}

#[test]
fn the_users_file_counts_least() {
    let mut sandbox = Sandbox::new();
    sandbox.unset("OLLAMA_MODEL");
    let user = sandbox.path("config/ollamactl/config.yaml");
    std::fs::create_dir_all(user.parent().expect("a folder")).expect("created");
    std::fs::write(&user, "model: of-user\nbackend: {bind: loopback}\n").expect("written");
    assert_eq!(show(&sandbox, &[])["model"]["value"], "of-user");
    sandbox.write("ollamactl.yaml", "model: of-project\n");
    let shown = show(&sandbox, &[]);
    assert_eq!(shown["model"]["value"], "of-project");
    assert_eq!(shown["backend.bind"]["value"], "loopback");
}

#[test]
fn secrets_for_the_backend_are_not_shown() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "ollamactl.yaml",
        "backend:\n  environment:\n    HTTPS_PROXY: http://me:hunter2@proxy\n",
    );
    for args in [&["config", "show"][..], &["--json", "config", "show"]] {
        let output = sandbox.run(args).code(0);
        assert!(!output.stdout.contains("hunter2"), "{output}");
    }
}

#[test]
fn the_backends_environment_is_passed_on() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "ollamactl.yaml",
        "backend:\n  environment:\n    OLLAMA_KEEP_ALIVE: 42m\n",
    );
    sandbox.serve();
    let pid = sandbox.backend_pid().expect("recorded");
    let environment = std::fs::read_to_string(format!("/proc/{pid}/environ")).expect("readable");
    assert!(
        environment
            .split('\0')
            .any(|variable| variable == "OLLAMA_KEEP_ALIVE=42m")
    );
}

#[test]
fn bad_values_name_their_source_and_what_is_possible() {
    let mut sandbox = Sandbox::new();
    sandbox
        .run(["status", "--bind", "everywhere"])
        .code(2)
        .says(["--bind", "everywhere", "loopback"]);
    sandbox
        .run(["status", "--backend", "llama"])
        .code(2)
        .says(["--backend", "llama", "stub"]);
    sandbox
        .run(["up", "--wait-timeout", "long"])
        .code(2)
        .says(["--wait-timeout", "long"]);
    sandbox
        .run(["status", "--listen", "nowhere"])
        .code(2)
        .says(["--listen", "nowhere"]);
    sandbox.set("OLLAMACTL_BIND", "everywhere");
    sandbox
        .run(["status"])
        .code(2)
        .says(["OLLAMACTL_BIND", "everywhere"]);
    sandbox.unset("OLLAMACTL_BIND");
    sandbox.write("ollamactl.yaml", "model: a\nbackend:\n  hots: 127.0.0.1\n");
    sandbox
        .run(["up"])
        .code(2)
        .says(["ollamactl.yaml:3:", "hots"]);
    sandbox.write("ollamactl.yaml", "model: ../evil\n");
    sandbox.unset("OLLAMA_MODEL");
    sandbox
        .run(["up"])
        .code(2)
        .says(["ollamactl.yaml", "../evil"]);
    sandbox.assert_nothing_left();
    assert!(!sandbox.state().exists());
}

#[test]
fn a_project_name_that_compose_would_not_take_is_refused() {
    let sandbox = Sandbox::new();
    for (name, says) in [
        ("\"Bad Name\"", "write badname"),
        ("\"\"", "no project name"),
        ("-x", "write x"),
    ] {
        let file = sandbox.write(
            "ollamactl.yaml",
            &format!("gateway:\n  project_name: {name}\n"),
        );
        let place = format!("{}:2:", file.display());
        sandbox
            .run(["config", "show"])
            .code(2)
            .says([place.as_str(), "project_name", says]);
    }
    sandbox.write("ollamactl.yaml", "gateway: {project_name: good-1_name}\n");
    let shown = show(&sandbox, &[]);
    assert_eq!(shown["gateway.project_name"]["value"], "good-1_name");
    let given = ["config", "show", "-p", "Bad Name"];
    sandbox
        .run(given)
        .code(2)
        .says(["given with -p", "use `badname`"]);
}

/// As compose 2.26.1 and 2.40.3 have it, which ask the shell for the folder's name.
#[test]
fn a_project_is_called_after_the_name_by_which_its_folder_was_entered() {
    let sandbox = Sandbox::new();
    sandbox.write("far/real/compose.yaml", "services: {a: {image: x}}\n");
    let link = "ln -s far/real link && cd link";
    let named = |script: &str| {
        let shown = sandbox.shell(&format!("{script} && ollamactl gateway config"));
        let first = shown.code(0).stdout.lines().next().map(str::to_owned);
        first.expect("a line")
    };
    assert_eq!(named(link), "name: link");
    assert_eq!(named("cd far/real"), "name: real");
    assert_eq!(named("cd link && export PWD=/"), "name: real");
    // What is above it is so by the same name.
    let above = sandbox.work().join("compose.yaml");
    let config = sandbox.shell("cd link && ollamactl gateway config -f ../compose.yaml");
    config.code(2).says([above.to_str().expect("text")]);
}

#[test]
fn below_the_projects_folder_its_env_file_names_the_compose_files() {
    let sandbox = Sandbox::new();
    sandbox.write("ollamactl.yaml", "gateway: {mode: compose, service: gw}\n");
    sandbox.write(".env", "COMPOSE_FILE=deploy/stack.yaml\nTAG=7\n");
    let compose = "name: p\nservices: {gw: {image: 'gw:${TAG}'}}\n";
    sandbox.write("deploy/stack.yaml", compose);
    for folder in [".", "deploy", "src/web"] {
        let script = format!("mkdir -p {folder} && cd {folder} && ollamactl gateway config");
        sandbox.shell(&script).code(0).prints(["image: gw:7"]);
    }
}

#[test]
fn two_files_that_name_different_models_are_told_of() {
    let mut sandbox = Sandbox::new();
    sandbox.unset("OLLAMA_MODEL");
    sandbox.write(
        "compose.yaml",
        "services: {ollama-functions: {image: gw}}\n",
    );
    sandbox.write("ollamactl.yaml", "model: qwen3:0.6b\n");
    sandbox.write(".env", "OLLAMA_MODEL=qwen3:0.6b\n");
    let same = sandbox.run(["gateway", "up"]).code(6);
    assert!(!same.stderr.contains(".env"), "{same}");
    sandbox.write(".env", "OLLAMA_MODEL=llama3:8b\n");
    sandbox.run(["gateway", "up"]).code(6).says([
        "ollamactl.yaml says model qwen3:0.6b",
        ".env says OLLAMA_MODEL=llama3:8b",
        "docker compose the second",
    ]);
}

#[test]
fn a_misspelt_variable_is_told_once_and_its_value_never() {
    let misspelt = concat!("OLLAMACTL_", "GATEWAY_KY");
    let sandbox = Sandbox::new().with(misspelt, "a-secret-of-mine");
    for args in [&["status"][..], &["config", "show", "--json"], &["version"]] {
        let shown = sandbox.run(args).code(0);
        let told = format!("warning: {misspelt} is no variable of ollamactl's");
        assert_eq!(shown.stderr.matches(&told).count(), 1, "{shown}");
        assert!(shown.stderr.contains("OLLAMACTL_GATEWAY_KEY?"), "{shown}");
        assert!(!shown.to_string().contains("a-secret"), "{shown}");
    }
    let quiet = sandbox.run(["status", "--quiet"]).code(0);
    assert_eq!(quiet.stderr, "");
}
