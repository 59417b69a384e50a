//! `gateway stop|down|restart|build`.

use crate::stack::{COMMAND, SERVICE, Stack};
use crate::support::http::get;
use crate::support::until_true;

#[test]
fn stop_keeps_the_container_and_down_removes_it() {
    let Some(stack) = Stack::alone() else { return };
    stack.run("gateway up").code(0);
    let id = stack.id(SERVICE);
    stack
        .run("gateway stop")
        .code(0)
        .says(["ok gateway", "stopped"]);
    let stopped = stack.inspect(SERVICE);
    assert_eq!(stopped["State"]["Status"], "exited");
    stack
        .run("gateway stop")
        .code(0)
        .says(["-- gateway", "was not running"]);
    stack.run("gateway up").code(0);
    assert_eq!(stack.id(SERVICE), id);

    let (gateway, network) = (stack.container(SERVICE), stack.network());
    stack
        .run("gateway down")
        .code(0)
        .says(["removed", &gateway, &network]);
    stack
        .run("gateway down")
        .code(0)
        .says(["-- gateway", "has no container"]);
    stack.run("down").code(0);
    stack.assert_nothing_left();
}

#[test]
fn restart_rebuilds_and_a_changed_image_means_a_new_container() {
    let Some(stack) = Stack::alone() else { return };
    stack.run("gateway up").code(0);
    let (id, started) = stack.run_of(SERVICE);
    stack
        .run("gateway restart")
        .code(0)
        .says(["restart container"]);
    let (same, later) = stack.run_of(SERVICE);
    assert_eq!(same, id);
    assert_ne!(later, started);

    stack.dockerfile("ENV CHANGED=yes\n");
    stack
        .run("gateway restart")
        .code(0)
        .says(["recreate container", "image"]);
    assert_ne!(stack.id(SERVICE), id);
    let variables = stack.inspect(SERVICE)["Config"]["Env"].to_string();
    assert!(variables.contains("CHANGED=yes"), "{variables}");
    let name = stack.container(SERVICE);
    assert_eq!(stack.docker.containers(&stack.name), [name]);
}

#[test]
fn a_failed_build_shows_its_step_and_leaves_the_running_gateway_alone() {
    let Some(stack) = Stack::alone() else { return };
    stack.run("up").code(0);
    let before = stack.run_of(SERVICE);
    let step = "RUN [\"/ollamactl\", \"frobnicate\"]";
    stack.dockerfile(step);
    for command in [
        "gateway restart",
        "gateway build",
        "gateway up --build",
        "up --build",
    ] {
        stack.run(command).code(1).says([
            &format!("{}-{SERVICE}", stack.name),
            step,
            "unrecognized subcommand 'frobnicate'",
            "hint:",
        ]);
        assert_eq!(stack.run_of(SERVICE), before, "after {command}");
    }
    let answer = get(stack.published, "/healthz").expect("answered");
    assert_eq!(answer, (200, r#"{"status":"ok"}"#.to_owned()));
    stack.dockerfile("");
    stack.run("gateway up").code(0).says(["-- gateway"]);
    assert_eq!(stack.run_of(SERVICE), before);
}

#[test]
fn a_build_takes_the_flags_of_compose_s() {
    let Some(stack) = Stack::alone() else { return };
    stack.dockerfile("RUN [\"/ollamactl\", \"version\"]\nARG MOOD=grey\nLABEL mood=$MOOD\n");
    let image = format!("{}-{SERVICE}", stack.name);
    let mood = || {
        let shown = format!("docker image inspect --format '{{{{.Config.Labels.mood}}}}' {image}");
        stack.sandbox.shell(&shown).code(0).stdout
    };
    let layers = || {
        let shown = format!("docker image inspect --format '{{{{.RootFS}}}}' {image}");
        stack.sandbox.shell(&shown).code(0).stdout
    };
    stack.run("gateway build").code(0);
    let cached = layers();
    stack.run("gateway build --build-arg MOOD=sunny").code(0);
    assert_eq!((mood().trim(), layers()), ("sunny", cached.clone()));
    let set = stack
        .sandbox
        .shell("MOOD=stormy ollamactl gateway build --build-arg MOOD");
    set.code(0);
    assert_eq!(mood().trim(), "stormy");
    stack.run("gateway build --build-arg =x").code(2);
    stack.run("gateway build --no-cache").code(0);
    assert_eq!(mood().trim(), "grey");
    // Folders that the step touched have other times.
    assert_ne!(layers(), cached);
}

#[test]
fn a_gateway_that_keeps_ending_is_not_taken_for_one_that_runs() {
    let Some(stack) = Stack::alone() else { return };
    stack.write_compose(|compose| {
        compose.replace(COMMAND, "[frobnicate]\n    restart: unless-stopped")
    });
    let words = ["ended with exit code 2", "unrecognized subcommand", "hint:"];
    stack.run("gateway up").code(1).says(words);
    // The engine's pauses between two starts grow; this one is long enough for two commands.
    until_true("the engine pauses", || {
        let container = stack.inspect(SERVICE);
        container["RestartCount"].as_u64() >= Some(5) && container["State"]["Restarting"] == true
    });
    stack.run("gateway up").code(1).says(words);
    stack.run("gateway restart").code(1).says(words);
    stack.write_compose(|compose| compose);
    stack
        .run("gateway up")
        .code(0)
        .says(["recreate container", "ok gateway"]);
}

#[test]
fn a_gateway_that_keeps_ending_is_seen_by_status_and_health() {
    let Some(stack) = Stack::alone() else { return };
    stack.run("serve --background").code(0);
    stack.write_compose(|compose| {
        compose.replace(COMMAND, "[frobnicate]\n    restart: unless-stopped")
    });
    stack.run("gateway up").code(1);
    until_true("a loop of starts", || {
        let status = stack.run("status --json").code(0).json();
        status["gateway"]["restarts"].as_u64() >= Some(3)
    });
    // What it says does not depend on whether the engine pauses just then.
    let status = stack.run("status").code(0);
    status.prints(["crashing", "restarts: ", "last exit code 2", "s ago"]);
    let health = stack.run("health gateway").code(3);
    health.says([
        "again and again (restarts: ",
        "last exit code 2",
        "ollamactl logs gateway",
    ]);
}
