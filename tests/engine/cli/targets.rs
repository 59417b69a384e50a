//! The user's story: the targets of Makefile.ai, in its order.

use crate::stack::{SERVICE, Stack};
use crate::support::http::get;
use crate::support::{is_alive, is_free, until_true};

const OK: &str = "{\"status\":\"ok\"}\n";

#[test]
fn the_five_steps_and_every_target_for_trouble() {
    let Some(stack) = Stack::whole() else { return };
    let gateway = stack.container(SERVICE);

    stack
        .make("ai-ollama-pull-model")
        .says(["ok model", "tiny", "pulled"]);
    assert!(
        is_free(stack.sandbox.backend),
        "the pull's own backend is gone"
    );
    stack.make("ai-ollama-serve-docker-gateway-bg").says([
        "ok backend",
        &stack.sandbox.backend.to_string(),
        "pidfile",
        "log",
    ]);
    relay_listens(&stack);
    stack.make("ai-up-ollama-functions").says([
        "ok gateway",
        &gateway,
        &stack.published.to_string(),
    ]);
    let health = stack.make("ai-ollama-functions-health");
    assert_eq!(health.stdout, OK);
    let address = stack.published;
    assert_eq!(get(address, "/healthz"), Some((200, OK.trim().to_owned())));
    stack
        .make("ai-ollama-functions-logs")
        .prints(["gateway on http://0.0.0.0:8000"]);

    restarts(&stack);
    stops(&stack);

    stack
        .make("ai-docker-gateway-ip")
        .prints([stack.docker.host_gateway().to_string().as_str()]);
    stack
        .make("ai-ollama-logs")
        .prints([format!("Listening on {}", stack.sandbox.backend).as_str()]);
    stack
        .make("ai-llm-setup")
        .says(["healthy after", "there already"]);
    stack
        .make("ai-help")
        .prints(["ai-up-ollama-functions", "ai-ollama-kill"]);

    stack
        .make("ai-down-ollama-functions")
        .says(["removed", &gateway]);
    let left = [stack.container("api"), stack.container("db-test")];
    assert_eq!(
        stack.docker.containers(&stack.name),
        left,
        "what it needs stays"
    );
    stack.run("down").code(0);
    stack.assert_nothing_left();
}

fn restarts(stack: &Stack) {
    let before = stack.sandbox.backend_pid().expect("a backend");
    stack
        .make("ai-ollama-restart-docker-gateway")
        .says(["ok backend"]);
    relay_listens(stack);
    let after = stack.sandbox.backend_pid().expect("a backend");
    assert!(!is_alive(before) && is_alive(after) && before != after);

    let (id, started) = stack.run_of(SERVICE);
    stack.make("ai-restart-ollama-functions").says([
        "build image",
        "restart container",
        "ok gateway",
    ]);
    let (same, later) = stack.run_of(SERVICE);
    assert_eq!(same, id, "nothing changed, so it is the same container");
    assert_ne!(later, started, "but it was started anew");
    assert_eq!(stack.make("ai-ollama-functions-health").stdout, OK);
}

fn stops(stack: &Stack) {
    let id = stack.id(SERVICE);
    stack.make("ai-stop-ollama-functions").says(["stopped"]);
    assert_eq!(stack.inspect(SERVICE)["State"]["Status"], "exited");
    assert_eq!(get(stack.published, "/healthz"), None);
    assert_eq!(stack.inspect("api")["State"]["Status"], "running");
    stack
        .make("ai-up-ollama-functions")
        .says(["start container", "ok gateway"]);
    assert_eq!(stack.id(SERVICE), id);
    stack
        .make("ai-build-ollama-functions")
        .says(["built image"]);
}

/// The backend does not wait for it, so it may come a moment later.
fn relay_listens(stack: &Stack) {
    until_true("a relay that listens", || {
        stack.run("status --json").json()["relay"]["state"] == "listening"
    });
}

#[test]
fn what_another_branch_s_compose_file_made_is_told_by_down() {
    let Some(stack) = Stack::alone() else { return };
    stack.run("gateway up").code(0);
    let container = stack.container(SERVICE);
    stack.write_compose(|compose| compose.replace(SERVICE, "renamed"));
    stack
        .run("down --service ollama-functions")
        .code(2)
        .says([SERVICE, &format!("left running: container {container}")]);
    std::fs::remove_file(stack.sandbox.work().join("docker-compose.yml")).expect("removed");
    stack
        .run("down")
        .code(0)
        .says(["left as it is", &container, "docker rm --force"]);
    stack.write_compose(|compose| compose);
    stack.run("down").code(0).says(["1 container"]);
    stack.assert_nothing_left();
}
