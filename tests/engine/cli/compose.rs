//! Real `docker compose` sees our containers as its own, and handles them.

use ollamactl::compose::Dialect;
use serde_json::Value;

use crate::stack::{SERVICE, Stack, skipped};

/// Paths of compose v2 binaries, as `.ci/compose` prints them; the last is taken.
const COMPOSE: &str = "OLLAMACTL_COMPOSE";

/// The newest release of compose that is there; `None`, said loudly, where none is.
fn program() -> Option<String> {
    let paths = std::env::var_os(COMPOSE);
    let newest = paths.and_then(|paths| std::env::split_paths(&paths).last());
    if newest.is_none() {
        skipped(&format!(
            "side by side with compose (set {COMPOSE} to its binary)"
        ));
    }
    newest.map(|path| path.display().to_string())
}

#[test]
fn what_a_gateway_of_compose_s_needs_is_left_to_it() {
    let Some(stack) = Stack::whole() else { return };
    let Some(program) = program() else { return };
    stack.run("up").code(0);
    let made = stack.docker.containers(&stack.name);
    stack.write_compose(|compose| {
        compose.replace(" OLLAMA_MODEL:", " MOOD: sunny\n      OLLAMA_MODEL:")
    });
    let compose = |words: &str| {
        let words = words.split_whitespace();
        stack.sandbox.start(&program, words).finish().code(0)
    };
    // It takes the dependencies as they are.
    compose(&format!("up --detach --no-build --no-deps {SERVICE}"));
    let down = stack.run("down").code(0);
    let (gateway, api) = (stack.container(SERVICE), stack.container("api"));
    let down = down.says([
        format!("left as it is: container {api}: {gateway} needs it").as_str(),
        &format!("left as it is: container {gateway}, which is not one that ollamactl up made"),
    ]);
    assert!(!down.stderr.contains("another engine"), "{down}");
    assert_eq!(stack.docker.containers(&stack.name), made);
    stack.run("gateway down").code(0);
    stack.run("down").code(0);
    stack.assert_nothing_left();
}

#[test]
fn compose_lists_shows_and_removes_what_we_made() {
    let Some(stack) = Stack::whole() else { return };
    let Some(program) = program() else { return };
    // Compose does not give a container the host's name by itself.
    stack.write_compose(|compose| {
        compose.replace(
            "    depends_on: [api]",
            "    depends_on: [api]\n    extra_hosts: [\"host.docker.internal:host-gateway\"]",
        )
    });
    stack.run("up").code(0);
    let compose = |words: &str| {
        let words = words.split_whitespace();
        stack.sandbox.start(&program, words).finish().code(0)
    };
    let ids = || ["db-test", "api", SERVICE].map(|service| stack.id(service));

    let listed = compose("ps --format json");
    // Up to 2.20 an array, then an object a line.
    let found: Vec<Value> = match serde_json::from_str(&listed.stdout) {
        Ok(Value::Array(all)) => all,
        _ => listed.json_lines(),
    };
    let of = |service: &str| {
        let found = found.iter().find(|one| one["Service"] == service);
        found.unwrap_or_else(|| panic!("{service} is not in {found:#?}"))
    };
    assert_eq!(of(SERVICE)["Name"], stack.container(SERVICE));
    assert_eq!(of(SERVICE)["State"], "running");
    assert_eq!(of("db-test")["Health"], "healthy");
    assert_eq!(of("api")["Project"], stack.name);

    compose("logs ollama-functions").prints(["ollama-functions-1", "gateway on http://"]);
    // A compose whose hashes differ from those that we stamped replaces ours. Then we go by its own.
    let before = ids();
    let stamped = stack.inspect(SERVICE)["Config"]["Labels"]["com.docker.compose.version"].clone();
    let stamped = Dialect::of_version(stamped.as_str().expect("a label"));
    let release = compose("version --short").stdout;
    compose("up --detach --no-build");
    let theirs = ids();
    if Dialect::of_version(release.trim()) == stamped {
        assert_eq!(theirs, before, "compose {release} has nothing to change");
    }
    stack.run("gateway up").code(0).says(["-- gateway"]);
    assert_eq!(ids(), theirs, "we have nothing to change in theirs");
    stack.run("gateway up --force-recreate").code(0);
    let ours = ids();
    compose("up --detach --no-build");
    assert_eq!(ids(), ours, "nor compose in ours");

    compose("down");
    let nothing: [&str; 0] = [];
    assert_eq!(stack.docker.containers(&stack.name), nothing);
    assert_eq!(stack.docker.networks(&stack.name), nothing);
    stack.run("down").code(0);
    stack.assert_nothing_left();
}

#[test]
fn the_compose_file_may_come_from_the_standard_input() {
    let Some(stack) = Stack::alone() else { return };
    let piped = |command: &str| {
        let script = format!("ollamactl {command} --file - < docker-compose.yml");
        stack.sandbox.shell(&script).code(0)
    };
    piped("gateway up").says(["create container"]);
    stack.run("gateway up").code(0).says(["-- gateway"]);
    piped("up").says(["-- gateway"]);
    let read = stack.run("gateway config").code(0);
    assert_eq!(piped("gateway config").stdout, read.stdout);
    piped("down");
    stack.assert_nothing_left();
}
