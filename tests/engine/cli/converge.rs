//! `up` and `down`: from nothing, with nothing to do, with one thing changed, and cut short.

use crate::stack::{COMMAND, SERVICE, Stack};
use crate::support::Output;

const SERVICES: [&str; 3] = ["db-test", "api", SERVICE];

/// How each step of a command ended.
fn outcomes(output: &Output) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
    let mut found: Vec<_> = output
        .json_lines()
        .iter()
        .filter(|event| event["event"] == "step_finished")
        .map(|event| (text(&event["step"]), text(&event["outcome"])))
        .collect();
    found.sort();
    found
}

fn each(outcome: &str) -> Vec<(String, String)> {
    ["backend", "gateway", "model"]
        .map(|step| (step.to_owned(), outcome.to_owned()))
        .to_vec()
}

#[test]
fn up_makes_all_changes_only_what_changed_and_down_takes_away_what_it_made() {
    let Some(stack) = Stack::whole() else { return };
    let runs = || SERVICES.map(|service| stack.run_of(service));

    let first = stack.run("up --json").code(0);
    assert_eq!(outcomes(&first), each("done"));
    let before = runs();
    assert_eq!(stack.docker.networks(&stack.name), [stack.network()]);

    let second = stack.run("up --json").code(0);
    assert_eq!(outcomes(&second), each("unchanged"));
    assert_eq!(runs(), before, "the same containers, not even restarted");

    stack.write_compose(|compose| {
        compose.replace(" OLLAMA_MODEL:", " MOOD: sunny\n      OLLAMA_MODEL:")
    });
    stack
        .run("up")
        .code(0)
        .says(["recreate container", &stack.container(SERVICE)]);
    let after = runs();
    assert_eq!(after[..2], before[..2], "what did not change is untouched");
    assert_ne!(after[2].0, before[2].0);
    let variables = stack.inspect(SERVICE)["Config"]["Env"].to_string();
    assert!(variables.contains("MOOD=sunny"), "{variables}");

    let image = format!("{}-{SERVICE}", stack.name);
    let foreign = stack.docker.create(&stack.name, "admin", &image);
    let down = stack.run("down").code(0);
    assert_eq!(stack.docker.containers(&stack.name), [foreign.as_str()]);
    assert_eq!(stack.docker.networks(&stack.name), [""; 0], "{down}");
    assert!(!stack.ledger().exists());
    stack.sandbox.assert_nothing_left();
    stack.run("down").code(0);
    assert_eq!(stack.docker.containers(&stack.name), [foreign.as_str()]);
}

#[test]
fn down_names_what_it_removed() {
    let Some(stack) = Stack::alone() else { return };
    stack.run("up").code(0);
    let down = stack.run("down --json").code(0);
    let result = &down.json_lines().pop().expect("a last line")["result"];
    let ended = result["ended"].to_string();
    for part in [stack.container(SERVICE), stack.network()] {
        assert!(ended.contains(&part), "{part} is not in {ended}");
    }
    assert_eq!(result["kept"], serde_json::json!([]));
    stack.assert_nothing_left();
}

#[test]
fn a_gateway_that_is_taken_away_is_not_waited_for() {
    let Some(stack) = Stack::alone() else { return };
    let sandbox = &stack.sandbox;
    sandbox.write("ollamactl.yaml", "gateway: {health_path: /absent}");
    let up = sandbox.spawn(["up"]);
    up.wait_to_say("health: waiting for the gateway: ");
    let remove = format!("docker rm --force {}", stack.container(SERVICE));
    sandbox.shell(&remove).code(0);
    up.finish().code(1).says([
        "was taken away, and nothing starts it again",
        "hint: have it again: ollamactl up",
    ]);
    stack.run("down").code(0);
    stack.assert_nothing_left();
}

#[test]
fn an_up_that_fails_halfway_says_why_and_down_takes_away_what_it_made() {
    let Some(stack) = Stack::whole() else { return };
    stack.write_compose(|compose| {
        // The last one is the gateway's.
        let (head, tail) = compose.rsplit_once(COMMAND).expect("a command");
        // Nobody has that model, in the container or behind it.
        format!("{head}[doctor, --model, absent]{tail}")
    });
    stack.run("up").code(1).says([
        &stack.container(SERVICE),
        "ended with exit code 1",
        "failed: ", // the last line of what it printed
        "hint:",
    ]);
    let made = SERVICES.map(|service| stack.container(service));
    assert_eq!(stack.docker.containers(&stack.name).len(), made.len());
    stack.run("down").code(0);
    stack.assert_nothing_left();
}

#[test]
fn an_up_that_is_interrupted_between_containers_says_what_goes_on() {
    let Some(stack) = Stack::whole() else { return };
    // It never gets healthy.
    stack.write_compose(|compose| {
        compose.replace(
            "\"health\", \"backend\", \"--level\", \"live\"",
            "\"health\", \"gateway\"",
        )
    });
    // It is not this command's.
    stack.run("serve --background").code(0);
    let up = stack.sandbox.spawn(["up"]);
    up.wait_to_say("wait for db-test to be healthy");
    up.signal(rustix::process::Signal::INT);
    up.finish().code(130).says([
        "interrupted",
        "hint: what was started goes on; to end it: ollamactl down",
    ]);
    stack.run("down").code(0);
    stack.assert_nothing_left();
}

#[test]
fn what_others_make_after_gateway_down_is_not_taken_away() {
    let Some(stack) = Stack::alone() else { return };
    stack.run("gateway up").code(0);
    stack.run("gateway down").code(0);
    let image = format!("{}-{SERVICE}", stack.name);
    let foreign = stack.docker.create(&stack.name, SERVICE, &image);
    stack.run("down").code(0);
    assert_eq!(stack.docker.containers(&stack.name), [foreign]);
}
