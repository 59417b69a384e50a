//! What would be done, orphans, volumes, two at once, and the release of compose to be like.

use serde_json::Value;

use crate::stack::{SERVICE, Stack};

#[test]
fn a_dry_run_says_every_step_with_its_cause_and_does_none() {
    let Some(stack) = Stack::alone() else { return };
    let (container, network) = (stack.container(SERVICE), stack.network());
    let image = format!("{}-{SERVICE}", stack.name);
    let up = stack.run("gateway up --dry-run").code(0);
    assert_eq!(
        up.stdout,
        format!(
            "build image {image}: it is missing\n\
             create network {network}: it is missing\n\
             create container {container}: there is none\n\
             start container {container}: it is new\n"
        )
    );
    stack
        .run("up --dry-run")
        .code(0)
        .prints(["start backend on", "pull model tiny", &container]);
    stack.assert_nothing_left();
    assert!(!stack.docker.has_image(&image));

    stack.run("gateway up").code(0);
    let before = stack.run_of(SERVICE);
    let nothing = stack.run("gateway up --dry-run").code(0);
    assert_eq!(nothing.stdout, "");
    let forced = stack.run("gateway up --dry-run --force-recreate").code(0);
    assert_eq!(
        forced.stdout,
        format!(
            "recreate container {container}: asked to\nstart container {container}: it is new\n"
        )
    );
    let steps = stack.run("gateway stop --dry-run --json").code(0);
    let plan = steps
        .json_lines()
        .into_iter()
        .find(|one| one["event"] == "plan");
    assert_eq!(
        plan.expect("a plan")["steps"],
        serde_json::json!([format!("stop container {container}: asked to")])
    );
    let down = format!(
        "stop container {container}: asked to\n\
         remove container {container}: asked to\n\
         remove network {network}: it is the project's\n"
    );
    assert_eq!(stack.run("gateway down --dry-run").code(0).stdout, down);
    let all = stack.run("down --dry-run").code(0).stdout;
    assert_eq!(
        all,
        down.replace("asked to", "ollamactl made it")
            .replace("it is the project's", "ollamactl made it")
    );
    assert_eq!(stack.run_of(SERVICE), before);
    stack.run("down").code(0);
}

#[test]
fn orphans_are_said_and_go_only_when_asked_for() {
    let Some(stack) = Stack::alone() else { return };
    stack.run("gateway up").code(0);
    let image = format!("{}-{SERVICE}", stack.name);
    let orphan = stack.docker.create(&stack.name, "renamed", &image);
    let warning = format!("found orphan containers ([{orphan}])");
    stack
        .run("gateway up")
        .code(0)
        .says(["-- gateway", &warning, "--remove-orphans"]);
    stack.sandbox.write(".env", "COMPOSE_IGNORE_ORPHANS=True\n");
    let quiet = stack.run("gateway up").code(0);
    assert!(!quiet.stderr.contains("orphan"), "{quiet}");
    stack.sandbox.write(".env", "");
    stack
        .run("gateway up --remove-orphans")
        .code(0)
        .says(["remove container", &orphan]);
    assert_eq!(
        stack.docker.containers(&stack.name),
        [stack.container(SERVICE)]
    );
    let orphan = stack.docker.create(&stack.name, "renamed", &image);
    stack
        .run("gateway down")
        .code(0)
        .says(["found orphan", &orphan]);
    assert_eq!(stack.docker.containers(&stack.name), [orphan]);
    stack.run("gateway down --remove-orphans").code(0);
    stack.assert_nothing_left();
}

#[test]
fn a_renamed_gateway_whose_port_its_orphan_has_is_told_so() {
    let Some(stack) = Stack::alone() else { return };
    stack.run("gateway up").code(0);
    stack.write_compose(|compose| compose.replace("  ollama-functions:", "  assistant:"));
    stack.run("gateway up --service assistant").code(5).says([
        &format!("taken by container {}", stack.container(SERVICE)),
        "which the compose file no longer defines",
        "hint: if it was removed or renamed: ollamactl gateway up --remove-orphans",
        "service assistant",
    ]);
    stack
        .run("gateway up --service assistant --remove-orphans")
        .code(0);
    let renamed = stack.container("assistant");
    assert_eq!(stack.docker.containers(&stack.name), [renamed]);
    stack.run("gateway down --service assistant").code(0);
    stack.assert_nothing_left();
}

#[test]
fn a_project_whose_folder_was_moved_is_told_of_what_it_left() {
    let Some(stack) = Stack::alone() else { return };
    let unnamed = |compose: String| {
        let (_, services) = compose.split_once("services:").expect("services");
        format!("services:{services}")
    };
    stack.write_compose(unnamed);
    let there = |name: &str, command: &str| {
        let script = format!("cd ../{name} && ollamactl {command}");
        stack.sandbox.shell(&script)
    };
    let (old, new) = (format!("{}-old", stack.name), format!("{}-new", stack.name));
    stack.sandbox.shell(&format!("cp -r . ../{old}")).code(0);
    there(&old, "gateway up").code(0);
    stack
        .sandbox
        .shell(&format!("mv ../{old} ../{new}"))
        .code(0);
    let down = format!("down -p {old}");
    there(&new, "gateway up").code(5).says([
        &format!("of compose project {old}"),
        "is not there any more",
        &format!("hint: if that was moved here: ollamactl {down}"),
    ]);
    there(&new, &down).code(0);
    there(&new, "gateway up").code(0);
    there(&new, "down").code(0);
    assert_eq!(stack.docker.containers(&old), [""; 0]);
    for name in [old, new] {
        stack
            .sandbox
            .shell(&format!("docker image rm {name}-{SERVICE}"))
            .code(0);
    }
}

#[test]
fn what_an_interrupted_replacement_left_goes_and_a_paused_gateway_can_be_replaced() {
    let Some(stack) = Stack::alone() else { return };
    stack.run("gateway up").code(0);
    let gateway = stack.container(SERVICE);
    let (id, _) = stack.run_of(SERVICE);
    let image = format!("{}-{SERVICE}", stack.name);
    // A successor has the labels of what it succeeds, and its name behind twelve digits.
    stack.docker.rename(&gateway, "octl-cli-aside");
    let made = stack.docker.create(&stack.name, SERVICE, &image);
    let successor = format!("{}_{gateway}", &id[..12]);
    stack.docker.rename(&made, &successor);
    stack.docker.rename("octl-cli-aside", &gateway);
    stack.run("gateway up").code(0).says([
        "remove container",
        &successor,
        "a replacement was interrupted",
    ]);
    assert_eq!(stack.docker.containers(&stack.name), [gateway.as_str()]);
    assert_eq!(stack.run_of(SERVICE).0, id);

    stack
        .sandbox
        .shell(&format!("docker pause {gateway}"))
        .code(0);
    stack
        .run("gateway up")
        .code(5)
        .says(["is paused", "docker unpause"]);
    stack
        .run("health gateway")
        .code(3)
        .says(["is paused", "hint: docker unpause"]);
    stack.run("gateway up --force-recreate").code(0);
    assert_ne!(stack.run_of(SERVICE).0, id);
    stack.run("gateway down").code(0);
    stack.assert_nothing_left();
}

#[test]
fn volumes_stay_unless_they_are_asked_for() {
    let Some(stack) = Stack::alone() else { return };
    stack.write_compose(|compose| {
        let mounted = compose.replace("    ports:", "    volumes: [data:/data]\n    ports:");
        format!("{mounted}volumes: {{data: }}\n")
    });
    let volume = format!("{}_data", stack.name);
    stack.run("gateway up").code(0);
    stack.run("gateway down").code(0);
    assert!(stack.docker.has_volume(&volume));
    stack.run("gateway up").code(0);
    stack
        .run("gateway down --volumes")
        .code(0)
        .says(["removed", &volume]);
    assert!(!stack.docker.has_volume(&volume));

    stack.run("gateway up").code(0);
    stack.run("down").code(0);
    assert!(stack.docker.has_volume(&volume));
    stack.run("down --volumes").code(0);
    assert!(!stack.docker.has_volume(&volume));

    // One that somebody made under that name since is theirs.
    stack.run("gateway up").code(0);
    stack.run("gateway down").code(0);
    stack.docker.remove_volume(&volume);
    stack.docker.create_volume(&volume);
    stack.run("gateway down --volumes").code(0);
    stack.run("down --volumes").code(0);
    assert!(stack.docker.has_volume(&volume));
    stack.docker.remove_volume(&volume);
    stack.assert_nothing_left();
}

#[test]
fn a_gateway_that_somebody_renamed_is_restarted_under_its_own_name() {
    let Some(stack) = Stack::alone() else { return };
    stack.run("gateway up").code(0);
    let name = stack.container(SERVICE);
    let (id, before) = stack.run_of(SERVICE);
    let kept = format!("{name}-kept");
    stack.docker.rename(&name, &kept);
    // Whoever has the name now is not meant.
    let image = stack.docker.inspect(&id).expect("there")["Config"]["Image"].clone();
    stack
        .docker
        .create_stranger(&name, image.as_str().expect("an image"));
    stack.run("gateway restart").code(0);
    let after = stack.docker.inspect(&id).expect("there")["State"]["StartedAt"].clone();
    assert_ne!(after.as_str(), Some(before.as_str()));
    assert_eq!(
        stack.docker.inspect(&name).expect("there")["State"]["Status"],
        "created"
    );
    stack.docker.remove(&name);
    stack.docker.rename(&kept, &name);
    stack.run("down").code(0);
    stack.assert_nothing_left();
}

#[test]
fn of_two_ups_at_once_one_works_and_the_other_waits_for_it() {
    let Some(stack) = Stack::alone() else { return };
    let both = [0, 1].map(|_| stack.sandbox.spawn(["gateway", "up"]));
    let outputs = both.map(|one| one.finish().code(0));
    let made = outputs
        .iter()
        .filter(|output| output.stderr.contains("create container"));
    assert_eq!(made.count(), 1, "{}{}", outputs[0], outputs[1]);
    stack.run("down").code(0);
    stack.assert_nothing_left();
}

/// Whoever stops a gateway that is being started has the last word.
#[test]
fn a_stop_during_an_up_comes_after_it() {
    let Some(stack) = Stack::alone() else { return };
    let up = stack.sandbox.spawn(["gateway", "up"]);
    // By then it has the project.
    up.wait_to_say("build image");
    stack.run("gateway stop").code(0).says(["stopped"]);
    up.finish().code(0);
    let container = stack.inspect(SERVICE);
    assert_eq!(container["State"]["Status"], "exited");
    stack.run("down").code(0);
    stack.assert_nothing_left();
}

#[test]
fn a_project_that_another_command_changes_for_too_long_is_a_time_out() {
    let Some(stack) = Stack::alone() else { return };
    // The build takes longer than anybody waits.
    stack.dockerfile("RUN [\"/ollamactl\", \"stub\", \"--host\", \"127.0.0.1:1\"]\n");
    let first = stack.sandbox.spawn(["gateway", "up"]);
    first.wait_to_say("build image");
    let pid = first.pid();
    stack.run("gateway up --wait-timeout 500ms").code(7).says([
        &format!("waiting for another ollamactl (pid {pid}), which changes project"),
        &format!("another ollamactl (pid {pid}) still changes project"),
        &stack.name,
        "hint:",
    ]);
    first.signal(rustix::process::Signal::INT);
    first.finish().code(130);
}

/// The labels of the gateway's container, without compose's prefix.
fn label(stack: &Stack, name: &str) -> Value {
    stack.inspect(SERVICE)["Config"]["Labels"][format!("com.docker.compose.{name}")].clone()
}

#[test]
fn a_new_project_gets_the_release_that_is_asked_for_and_an_old_one_keeps_its_own() {
    let Some(mut stack) = Stack::alone() else {
        return;
    };
    stack
        .sandbox
        .write("ollamactl.yaml", "gateway: {compose_version: 2.26.1}\n");
    stack.run("gateway up").code(0);
    assert_eq!(label(&stack, "version"), "2.26.1");
    let hash = stack
        .run(&format!("gateway config --hash {SERVICE}"))
        .code(0);
    let hash = hash.stdout.trim().rsplit(' ').next().map(str::to_owned);
    assert_eq!(label(&stack, "config-hash"), hash.expect("a hash"));
    stack.sandbox.set("OLLAMACTL_COMPOSE_VERSION", "2.40.3");
    let before = stack.id(SERVICE);
    stack.run("gateway up").code(0).says(["-- gateway"]);
    assert_eq!(stack.id(SERVICE), before);
    stack.run("gateway up --force-recreate").code(0);
    assert_eq!(label(&stack, "version"), "2.26.1");
    stack.run("gateway down").code(0);
    stack.run("gateway up").code(0);
    assert_eq!(label(&stack, "version"), "2.40.3");
    stack.sandbox.set("OLLAMACTL_COMPOSE_VERSION", "newest");
    stack
        .run("gateway up")
        .code(2)
        .says(["OLLAMACTL_COMPOSE_VERSION", "newest"]);
    stack.sandbox.unset("OLLAMACTL_COMPOSE_VERSION");
    stack.run("down").code(0);
}

#[test]
fn wait_returns_when_all_is_healthy_and_optional_dependencies_may_fail() {
    let Some(stack) = Stack::whole() else { return };
    stack.write_compose(|compose| {
        let optional = "depends_on:\n      api: {condition: service_started}\n      extra: {condition: service_completed_successfully, required: false}";
        let compose = compose.replace("depends_on: [api]", optional);
        format!("{compose}  extra:\n    build: ./ollama-functions\n    command: [version, --nonsense]\n")
    });
    stack
        .run("gateway up --wait --wait-timeout 2m")
        .code(0)
        .says(["wait for", "extra", "it is not required"]);
    assert_eq!(
        stack.inspect("db-test")["State"]["Health"]["Status"],
        "healthy"
    );
    stack.run("down").code(0);
    stack.assert_nothing_left();
}
