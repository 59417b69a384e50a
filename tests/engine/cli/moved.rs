//! Networks and volumes that changed under a container whose own configuration did not: removed, left,
//! renamed, or defined otherwise; and a relay whose supervisor is suspended.

use serde_json::{Value, json};

use crate::api;
use crate::stack::{SERVICE, Stack};
use crate::support::end;

/// Brings the gateway up, which must say this, and must find nothing to do afterwards.
#[track_caller]
fn mended(stack: &Stack, says: &str) {
    stack.run("gateway up").code(0).says([says]);
    let again = stack.run("gateway up --json").code(0);
    let finished = again.json_lines().into_iter();
    let finished = finished.filter(|event| event["event"] == "step_finished");
    let outcomes: Vec<Value> = finished.map(|event| event["outcome"].clone()).collect();
    assert_eq!(outcomes, ["unchanged"], "{again}");
}

/// Asks the engine for something that ollamactl does not do.
#[track_caller]
fn ask(method: &str, path: &str, body: &Value) -> Value {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let (status, said) = api::call(method, path, body.as_bytes()).expect("an answer");
    assert!(status < 400, "{method} {path}: {status} {said}");
    said
}

fn networks_of(stack: &Stack) -> Vec<String> {
    let inspected = stack.inspect(SERVICE);
    let networks = inspected["NetworkSettings"]["Networks"].as_object();
    networks.expect("networks").keys().cloned().collect()
}

#[test]
fn a_gateway_whose_network_was_removed_comes_up_again() {
    let Some(stack) = Stack::alone() else { return };
    stack.run("gateway up").code(0);
    let stop = format!("/containers/{}/stop", stack.container(SERVICE));
    ask("POST", &stop, &Value::Null);
    let network = format!("/networks/{}", stack.network());
    ask("DELETE", &network, &Value::Null);
    mended(&stack, &format!("its network {} is gone", stack.network()));

    let left = json!({"Container": stack.container(SERVICE), "Force": true});
    ask("POST", &format!("{network}/disconnect"), &left);
    let unreachable = stack.run("health gateway").code(3);
    unreachable.says(["publishes no port, though its service does", "gateway up"]);
    mended(&stack, &format!("it is not in network {}", stack.network()));
    assert_eq!(networks_of(&stack), [stack.network()]);
}

#[test]
fn a_network_and_a_volume_of_another_name_are_taken_up() {
    let Some(stack) = Stack::alone() else { return };
    let write = |shared: String| {
        stack.write_compose(|compose| {
            let mounting =
                compose.replace("    ports:", "    volumes: [\"data:/data\"]\n    ports:");
            format!("{mounting}{shared}")
        });
    };
    let data = |name: &str| format!("volumes:\n  data:\n    name: {}_{name}\n", stack.name);
    write(data("one"));
    stack.run("gateway up").code(0);
    write(data("two"));
    let two = format!("{}_two", stack.name);
    mended(&stack, &format!("it does not mount volume {two}"));
    assert_eq!(
        stack.inspect(SERVICE)["Mounts"][0]["Name"],
        Value::from(two)
    );

    let lan = format!("{}_lan", stack.name);
    let renamed = format!("{}networks:\n  default:\n    name: {lan}\n", data("two"));
    write(renamed);
    mended(&stack, &format!("it is not in network {lan}"));
    assert_eq!(networks_of(&stack), [lan]);
    stack.run("gateway down --volumes").code(0);
    assert_eq!(stack.docker.networks(&stack.name), [""; 0]);
    let one = format!("{}_one", stack.name);
    assert!(stack.docker.has_volume(&one), "the file names it no more");
}

#[test]
fn a_network_that_is_defined_otherwise_is_made_anew_and_a_volume_is_kept() {
    let Some(stack) = Stack::alone() else { return };
    let write = |option: &str, label: &str| {
        stack.write_compose(|compose| {
            let mounting = compose.replace("    ports:", "    volumes: [\"data:/data\"]\n    ports:");
            let option = format!("driver_opts: {{com.docker.network.bridge.enable_icc: \"{option}\"}}");
            format!("{mounting}volumes:\n  data:\n    labels: {{is: {label}}}\nnetworks:\n  default:\n    {option}\n")
        });
    };
    let icc = || {
        let path = format!("/networks/{}", stack.network());
        ask("GET", &path, &Value::Null)["Options"]["com.docker.network.bridge.enable_icc"].clone()
    };
    write("true", "first");
    stack.run("gateway up").code(0);
    write("false", "first");
    mended(&stack, &format!("network {} is made anew", stack.network()));
    assert_eq!(icc(), "false");

    write("false", "second");
    let kept = format!(
        "volume {}_data is not what the compose file says",
        stack.name
    );
    stack
        .run("gateway up")
        .code(0)
        .says([kept.as_str(), "stays as it is"]);

    // Somebody else's container is not stopped for it.
    let other = json!({
        "Image": format!("{}-{SERVICE}", stack.name),
        "Cmd": ["gateway", "run", "--no-auth", "--listen", "0.0.0.0:8000"],
        "Env": ["HOME=/tmp", "OLLAMA_MODEL=tiny"],
        "Labels": {"com.docker.compose.project": stack.name},
        "HostConfig": {"NetworkMode": stack.network()},
    });
    let made = ask("POST", "/containers/create", &other);
    let id = made["Id"].as_str().expect("an ID");
    ask("POST", &format!("/containers/{id}/start"), &Value::Null);
    write("true", "first");
    let stays = format!(
        "network {} is not what the compose file says",
        stack.network()
    );
    stack
        .run("gateway up")
        .code(0)
        .says([stays.as_str(), "other containers use it"]);
    assert_eq!(icc(), "false");
}

#[test]
fn a_suspended_supervisor_takes_the_relay_along() {
    let Some(stack) = Stack::alone() else { return };
    stack.run("up").code(0);
    let supervisor = stack.sandbox.supervisor_pid().expect("recorded");
    end(supervisor, rustix::process::Signal::STOP);
    let wake = format!("kill -CONT {supervisor}");
    let status = stack.run("status").code(0);
    status.prints(["suspended", wake.as_str()]);
    let ill = stack.run("health").code(3);
    ill.says(["its supervisor is suspended", wake.as_str()]);
    end(supervisor, rustix::process::Signal::CONT);
    stack.run("health --wait").code(0);
    end(supervisor, rustix::process::Signal::STOP);
    stack.run("restart").code(0);
    stack.run("health --wait").code(0);
    assert_ne!(stack.sandbox.supervisor_pid(), Some(supervisor));
    stack.run("down").code(0);
    stack.assert_nothing_left();
}
