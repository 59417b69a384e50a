//! `logs`, `status` and `doctor` of a gateway in a container.

use std::net::TcpListener;

use serde_json::Value;

use crate::stack::{COMMAND, SERVICE, Stack};
use crate::support::http::get;
use crate::support::{Output, Running, until};

/// A gateway that is the stub, and its log as it is followed. Like Ollama, the stub writes requests to
/// standard output and all else to standard error.
#[track_caller]
fn followed() -> Option<(Stack, Running)> {
    let stack = Stack::alone()?;
    let stub = "[stub, --host, \"0.0.0.0:8000\", --models, /models]";
    stack.write_compose(|compose| compose.replace(COMMAND, stub));
    stack.run("gateway up").code(0);
    let follow = stack.sandbox.spawn(["logs", "gateway", "--follow"]);
    follow.wait_to_print("Listening on");
    Some((stack, follow))
}

#[test]
fn logs_show_both_streams_the_last_lines_and_what_follows() {
    let Some((stack, follow)) = followed() else {
        return;
    };
    until("an answer", || get(stack.published, "/marked-in-the-log"));
    follow.wait_to_print("/marked-in-the-log");
    drop(follow);

    let all = stack
        .run("logs gateway")
        .code(0)
        .prints(["Listening on", "/marked-in-the-log"]);
    let lines: Vec<&str> = all.stdout.lines().collect();
    let last = stack.run("logs gateway -n 2").code(0).stdout;
    assert_eq!(last.lines().collect::<Vec<_>>(), lines[lines.len() - 2..]);
    assert_eq!(all.stderr, "");
    stack.run("gateway stop").code(0);
    stack
        .run("logs gateway")
        .code(0)
        .prints(["/marked-in-the-log"]);
    stack.run("gateway down").code(0);
    stack
        .run("logs gateway")
        .code(3)
        .says([SERVICE, "has no container", "hint:"]);
}

#[test]
fn several_services_are_told_apart_as_compose_does() {
    let Some(stack) = Stack::whole() else { return };
    stack.run("gateway up").code(0);
    let all = stack.run("logs gateway api db-test -n all").code(0).stdout;
    // Names without the project's, aligned.
    assert!(all.contains("api-1      | gateway on http://"), "{all}");
    assert!(all.contains("db-test-1  | "), "{all}");
    let coloured = stack.run("--color always logs gateway api db-test").code(0);
    coloured.prints([
        "\u{1b}[36mapi-1      | \u{1b}[0m",
        "\u{1b}[33mdb-test-1  | ",
    ]);
    let plain = stack.run("--color always logs gateway api db-test --no-color");
    assert!(!plain.code(0).stdout.contains('\u{1b}'));
    let stamped = stack.run("logs gateway api -t -n 1").code(0).stdout;
    let (time, text) = stamped.split_once(' ').expect("a time and a text");
    assert!(chrono::DateTime::parse_from_rfc3339(time).is_ok(), "{time}");
    assert!(text.starts_with("gateway on"), "{text}");
    let none = stack
        .run("logs gateway --until 2020-01-01T00:00:00Z")
        .code(0);
    assert_eq!(none.stdout, "");
    stack
        .run("logs gateway apj")
        .code(2)
        .says(["`apj`", "did you mean `api`?"]);
    stack.run("down").code(0);
}

#[test]
fn a_log_is_followed_across_a_stop_and_a_replacement() {
    let Some((stack, follow)) = followed() else {
        return;
    };
    stack.run("gateway stop").code(0);
    stack.run("gateway up").code(0);
    until("an answer", || get(stack.published, "/after-the-stop"));
    follow.wait_to_print("/after-the-stop");
    stack.run("gateway up --force-recreate").code(0);
    until("an answer", || {
        get(stack.published, "/after-the-replacement")
    });
    follow.wait_to_print("/after-the-replacement");
    follow.signal(rustix::process::Signal::INT);
    let shown = follow.finish().code(130).stdout;
    assert_eq!(
        shown.matches("Listening on").count(),
        3,
        "each line once: {shown}"
    );
    stack.run("down").code(0);
}

/// A check of doctor.
#[track_caller]
fn check<'a>(checks: &'a Value, name: &str) -> &'a Value {
    let mut all = checks.as_array().expect("a list").iter();
    let found = all.find(|check| check["name"] == name);
    found.unwrap_or_else(|| panic!("no check {name:?} in {checks:#}"))
}

#[track_caller]
fn doctor(stack: &Stack, code: i32) -> (Output, Value) {
    let output = stack.run("doctor --json").code(code);
    let checks = output.json();
    (output, checks)
}

#[test]
fn status_and_doctor_see_every_part_of_a_running_project() {
    let Some(stack) = Stack::whole() else { return };
    stack.run("up").code(0);
    let status = stack.run("status --json").code(0).json();
    assert_eq!(status["model"]["name"], "tiny");
    assert_eq!(status["model"]["present"], true);
    assert_eq!(status["backend"]["standing"], "supervised");
    assert_eq!(status["relay"]["state"], "listening");
    let gateway = &status["gateway"];
    assert_eq!(gateway["kind"], "compose");
    assert_eq!(gateway["state"], "running");
    assert_eq!(gateway["name"], stack.container(SERVICE));
    let url = format!("http://{}", stack.published);
    assert_eq!(gateway["url"], url);
    stack
        .run("status -o env")
        .code(0)
        .prints([format!("OLLAMA_GATEWAY_URL={url}").as_str()]);
    stack
        .run("status")
        .code(0)
        .prints([url.as_str(), "listening", "tiny"]);

    let (_, checks) = doctor(&stack, 0);
    for name in [
        "ollama program",
        "backend port",
        "backend",
        "model",
        "relay",
        "disk",
        "memory",
        "compose file",
        "service",
        "gateway model",
        "engine",
        "gateway plan",
        "image",
        "host.docker.internal",
        "gateway port",
    ] {
        assert_eq!(check(&checks, name)["verdict"], "ok", "{checks:#}");
    }
    let needs = check(&checks, "service")["why"].as_str().expect("text");
    assert!(
        needs.contains("api") && needs.contains("db-test"),
        "{needs}"
    );

    stack.write_compose(|compose| compose.replace("${OLLAMA_MODEL:-llama3:8b}", "llama3:8b"));
    let (output, checks) = doctor(&stack, 1);
    output.says(["gateway model"]);
    let model = check(&checks, "gateway model");
    assert_eq!(model["verdict"], "fail");
    let why = model["why"].as_str().expect("text");
    assert!(why.contains("llama3:8b") && why.contains("tiny"), "{why}");
}

#[test]
fn doctor_foresees_what_up_would_refuse() {
    let Some(stack) = Stack::alone() else { return };
    let lan = format!("{}-lan", stack.name);
    let gpu = "    runtime: nvidia\n    ports:";
    stack.write_compose(|compose| compose.replace("    ports:", gpu));
    let (_, checks) = doctor(&stack, 0);
    let plan = check(&checks, "gateway plan");
    assert_eq!(plan["verdict"], "ok", "{plan:#}");
    let why = plan["why"].as_str().expect("text");
    assert!(why.contains("steps, the first: build image"), "{why}");
    let gpu = check(&checks, "gateway GPU");
    assert_eq!(gpu["verdict"], "warn", "{gpu:#}");
    stack
        .run("gateway up")
        .code(1)
        .says(["nvidia", "hint: install the NVIDIA Container Toolkit"]);
    stack.write_compose(|compose| {
        let joined = compose.replace("    ports:", "    networks: [lan]\n    ports:");
        format!("{joined}networks: {{lan: {{external: true, name: {lan}}}}}\n")
    });
    let (_, checks) = doctor(&stack, 1);
    let plan = check(&checks, "gateway plan");
    assert_eq!(plan["verdict"], "fail", "{plan:#}");
    assert_eq!(plan["mend"], format!("docker network create {lan}"));
    stack.run("gateway down").code(0);
}

#[test]
fn a_taken_gateway_port_is_named_with_its_owner() {
    let Some(stack) = Stack::alone() else { return };
    let port = stack.published.port().to_string();
    let owner = format!("pid {}", std::process::id());
    let held = TcpListener::bind(stack.published).expect("free");
    stack
        .run("gateway up")
        .code(5)
        .says([port.as_str(), owner.as_str(), "hint:"]);
    let nothing: [&str; 0] = [];
    assert_eq!(stack.docker.containers(&stack.name), nothing);
    let (_, checks) = doctor(&stack, 1);
    let taken = check(&checks, "gateway port");
    assert_eq!(taken["verdict"], "fail");
    let why = taken["why"].as_str().expect("text");
    assert!(why.contains(&port) && why.contains(&owner), "{why}");
    drop(held);
    stack.run("gateway up").code(0);

    let Some(mut other) = Stack::alone() else {
        return;
    };
    other.published = stack.published;
    other.write_compose(|compose| compose);
    let owner = stack.container(SERVICE);
    other
        .run("gateway up")
        .code(5)
        .says([port.as_str(), owner.as_str(), "docker stop"]);
    assert_eq!(other.docker.containers(&other.name), nothing);
    other.run("down").code(0);
    other.assert_nothing_left();
}

/// As in a development container that the engine's socket was passed into: other processes, another network.
#[test]
fn from_inside_a_container_no_relay_is_promised_and_no_port_of_the_machine_s_loopback() {
    let Some(stack) = Stack::alone() else { return };
    stack.run("gateway up").code(0);
    let inside = |commands: &str| {
        let script = format!("ip link set lo up && {commands}");
        let script = format!("unshare --net --pid --fork --mount-proc sh -c '{script}'");
        stack.sandbox.shell(&script)
    };
    let known = inside(
        "ollamactl serve --background -q && ollamactl status --json; ollamactl health gateway; \
         ollamactl down --gateway embedded -q",
    );
    let known = known.says([
        "loopback address of the engine",
        "run ollamactl on that machine",
    ]);
    let status: Value =
        serde_json::from_str(known.stdout.lines().next().expect("a line")).expect("JSON");
    assert_eq!(status["gateway"]["url"], Value::Null, "{status}");
    assert_eq!(status["relay"]["state"], "impossible", "{status}");
    let reason = status["relay"]["reason"].as_str().expect("text");
    assert!(reason.contains("in a container"), "{reason}");
    // It is another matter on the machine itself.
    let status = stack.run("status --json").code(0).json();
    let url = format!("http://{}", stack.published);
    assert_eq!(status["gateway"]["url"], url.as_str());
    stack.run("down").code(0);
}
