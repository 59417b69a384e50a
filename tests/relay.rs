//! The relay beside engines of every kind, as far as an engine's own words tell them apart. With real
//! containers it is tested by `engine_reach`.
#![cfg(target_os = "linux")]

mod support;

use std::sync::{Arc, Mutex};

use rustix::process::Signal;
use serde_json::{Value, json};
use support::engine::{End, FakeEngine, Reply};
use support::{Sandbox, end, is_alive, until, until_true};

/// An engine that says this of itself.
fn engine(change: impl FnOnce(&mut Value)) -> Arc<FakeEngine> {
    let mut version = FakeEngine::docker();
    change(&mut version);
    FakeEngine::new(version, |_| Reply::Honest)
}

/// A sandbox whose engine is this one.
fn beside(engine: &Arc<FakeEngine>) -> Sandbox {
    let sandbox = Sandbox::new();
    engine.on_socket(&sandbox.path("fake.sock"));
    let host = format!("unix://{}", sandbox.path("fake.sock").display());
    sandbox.with("DOCKER_HOST", &host)
}

/// Docker, whose events go on, so that the relay does not think that it went away.
fn steady() -> Arc<FakeEngine> {
    FakeEngine::new(FakeEngine::docker(), |request| {
        if request.line() == "GET /events" {
            return Reply::Lines(Vec::new(), End::Stall);
        }
        Reply::Honest
    })
}

/// The relay's state once it is settled, and what `doctor` says of it.
#[track_caller]
fn relay(sandbox: &Sandbox) -> (Value, Value) {
    sandbox.serve();
    let state = until("a relay that knows what it does", || {
        let relay = sandbox.run(["status", "--json"]).json()["relay"].clone();
        (relay["state"] != "waiting").then_some(relay)
    });
    (state, check(sandbox))
}

/// What `doctor` says of the relay.
#[track_caller]
fn check(sandbox: &Sandbox) -> Value {
    let checks = sandbox.run(["doctor", "--json"]).json();
    let mut checks = checks.as_array().expect("a list").iter();
    let check = checks.find(|check| check["name"] == "relay");
    check.cloned().unwrap_or_default()
}

fn assert_says(value: &Value, texts: &[&str]) {
    for text in texts {
        assert!(value.to_string().contains(text), "{text} in {value}");
    }
}

#[test]
fn docker_desktop_needs_none() {
    let engine = engine(|version| version["Platform"]["Name"] = json!("Docker Desktop 4.50.0"));
    let (state, check) = relay(&beside(&engine));
    assert_eq!(state["state"], "not_needed");
    assert_says(&state, &["Docker Desktop's containers reach"]);
    assert_eq!(check["verdict"], "ok");
}

#[test]
fn a_rootless_engine_allows_none_and_the_way_out_is_said() {
    let engine = engine(|version| {
        version["Components"] = json!([{ "Name": "rootlesskit", "Version": "2.3.4" }]);
    });
    let sandbox = beside(&engine);
    let (state, check) = relay(&sandbox);
    assert_eq!(state["state"], "impossible");
    assert_says(&state, &["rootless", "--bind ADDRESS"]);
    assert_eq!(check["verdict"], "warn");
    assert_says(&check["mend"], &["--bind ADDRESS"]);
    sandbox
        .run(["status"])
        .code(0)
        .prints(["not possible", "rootless"]);
}

#[test]
fn an_engine_on_another_machine_allows_none_and_is_named() {
    let port = engine(|_| {}).on_tcp();
    // Not a loopback address by its looks, though it leads to one.
    let host = format!("tcp://0.0.0.0:{port}");
    let sandbox = Sandbox::new().with("DOCKER_HOST", &host);
    let (state, check) = relay(&sandbox);
    assert_eq!(state["state"], "impossible");
    assert_says(&state, &["on another machine", &host, "OLLAMA_HOST"]);
    assert_eq!(check["verdict"], "warn");
}

#[test]
fn a_backend_does_not_wait_for_an_engine_that_hangs_and_its_relay_comes_when_that_answers() {
    let gate = Arc::new(Mutex::new(()));
    let shut = gate.lock().expect("not poisoned");
    let waits = gate.clone();
    let engine = FakeEngine::new(FakeEngine::docker(), move |_| {
        drop(waits.lock());
        Reply::Honest
    });
    let sandbox = beside(&engine);
    sandbox.serve();
    let relay = || sandbox.record().expect("a record")["relay"].clone();
    assert_eq!(relay()["state"], "waiting", "{}", relay());
    drop(shut);
    let relay = until("a relay", || {
        Some(relay()).filter(|relay| relay["state"] != "waiting")
    });
    assert_eq!(relay["state"], "listening", "{relay}");
}

#[test]
fn a_relay_goes_with_its_supervisor_and_everybody_says_so() {
    let sandbox = beside(&steady());
    let (state, _) = relay(&sandbox);
    assert_eq!(state["state"], "listening", "{state}");
    let compose = "services: {ollama-functions: {image: \"registry.test/app:1\"}}";
    sandbox.write("docker-compose.yml", compose);
    end(sandbox.supervisor_pid().expect("recorded"), Signal::KILL);
    until_true("the supervisor's end", || sandbox.processes().len() == 1);

    let status = sandbox.run(["status", "--json"]).code(0).json();
    assert_eq!(status["relay"]["state"], "gone", "{status}");
    assert_eq!(status["backend"]["kept_by"]["kind"], "orphaned", "{status}");
    sandbox
        .run(["status"])
        .prints(["whose supervisor was killed", "gone", "ollamactl up"]);
    let check = self::check(&sandbox);
    assert_eq!(check["verdict"], "fail", "{check}");
    let plan = sandbox.run(["up", "--dry-run"]).code(0);
    plan.prints(["take over backend on", "its supervisor was killed"]);
    let health = sandbox.run(["health", "gateway"]).code(3);
    health.says(["backend: its supervisor was killed", "the relay"]);

    let (state, check) = relay(&sandbox);
    assert_eq!(state["state"], "listening", "{state}");
    assert_eq!(check["verdict"], "ok", "{check}");
}

#[test]
fn the_same_is_said_where_the_ollama_is_somebody_elses() {
    let sandbox = beside(&steady());
    let by_hand = sandbox.start("ollama", ["serve"]);
    by_hand.wait_to_say("Listening on");
    let (state, _) = relay(&sandbox);
    assert_eq!(state["state"], "listening", "{state}");
    let compose = "services: {ollama-functions: {image: \"registry.test/app:1\"}}";
    sandbox.write("docker-compose.yml", compose);
    let supervisor = sandbox.supervisor_pid().expect("recorded");
    end(supervisor, Signal::KILL);
    until_true("the supervisor's end", || !is_alive(supervisor));

    let status = sandbox.run(["status", "--json"]).code(0).json();
    assert_eq!(status["backend"]["standing"], "adopted", "{status}");
    assert_eq!(status["relay"]["state"], "gone", "{status}");
    let check = self::check(&sandbox);
    assert_eq!(check["verdict"], "fail", "{check}");
    assert_says(&check, &["was killed", "ollamactl serve --background"]);
    let plan = sandbox.run(["up", "--dry-run"]).code(0);
    plan.prints(["start relay to", "its supervisor was killed"]);
    let health = sandbox.run(["health", "gateway"]).code(3);
    health.says(["backend: its supervisor was killed", "the relay"]);

    let (state, check) = relay(&sandbox);
    assert_eq!(state["state"], "listening", "{state}");
    assert_eq!(check["verdict"], "ok", "{check}");
    sandbox.run(["down"]).code(0);
    assert!(is_alive(by_hand.pid()));
}

/// What this version writes down and an older one did not.
const NEWER: [&[&str]; 4] = [
    &["relay", "hint"],
    &["launch", "folder"],
    &["launch", "relay_allow"],
    &["last_exit_at"],
];

#[test]
fn a_record_of_an_older_version_is_read() {
    let sandbox = beside(&engine(|version| {
        version["Platform"] = json!({ "Name": "Docker Desktop 4.30.0" });
    }));
    relay(&sandbox);
    let file = sandbox.backend_file("json");
    let mut record = sandbox.record().expect("a record");
    record["relay"] = json!({ "state": "impossible", "reason": "of old", "hint": "none" });
    for path in NEWER {
        let (last, above) = path.split_last().expect("a name");
        let part = above
            .iter()
            .fold(&mut record, |part, name| &mut part[*name]);
        let removed = part.as_object_mut().and_then(|part| part.remove(*last));
        assert!(removed.is_some(), "{path:?} is not written");
    }
    std::fs::write(&file, record.to_string()).expect("written");
    let status = sandbox.run(["status", "--json"]).code(0).json();
    let relay = json!({ "state": "impossible", "reason": "of old" });
    assert_eq!(status["relay"], relay, "{status}");
    assert_eq!(status["backend"]["standing"], "supervised", "{status}");
    assert_says(&check(&sandbox), &["of old"]);
    sandbox.run(["restart"]).code(0);
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}

/// It listens before the record says so.
#[test]
fn a_relay_is_no_exposure_whatever_the_record_says() {
    let sandbox = beside(&steady());
    // An address beyond loopback, which needs not be this machine's to be listened on.
    let (state, _) = relay(&sandbox);
    let address = state["address"].as_str().expect("an address");
    assert!(!address.starts_with("127."), "{address} shows nothing");
    let exposed = |sandbox: &Sandbox| {
        let status = sandbox.run(["status", "--json"]).json();
        status["backend"]["exposed"].clone()
    };
    assert_eq!(exposed(&sandbox), false);
    let file = sandbox.backend_file("json");
    let whole = std::fs::read_to_string(&file).expect("readable");
    let mut record: Value = serde_json::from_str(&whole).expect("JSON");
    record["relay"] = json!({ "state": "off" });
    std::fs::write(&file, record.to_string()).expect("written");
    assert_eq!(exposed(&sandbox), false, "it listens before it is recorded");
    std::fs::write(&file, "{").expect("written");
    assert_eq!(exposed(&sandbox), false, "a record that is broken");
    std::fs::write(&file, whole).expect("written");
}

#[test]
fn whoever_may_use_it_is_networks_or_addresses() {
    let sandbox = Sandbox::new();
    for fine in ["shop_default", "172.18.0.0/16", "172.18.0.2", "fd00::/64"] {
        sandbox.write(
            "ollamactl.yaml",
            &format!("relay:\n  allow: [\"{fine}\"]\n"),
        );
        let shown = sandbox.run(["config", "show", "--json"]).code(0).json();
        assert_eq!(shown["relay.allow"]["value"], fine);
    }
    for wrong in ["172.18.0.0/33", "a b", "-x", ""] {
        sandbox.write(
            "ollamactl.yaml",
            &format!("relay:\n  allow: [\"{wrong}\"]\n"),
        );
        let refused = sandbox.run(["config", "show"]).code(2);
        refused.says([
            "relay.allow",
            "ollamactl.yaml",
            "neither a network's name nor a subnet",
        ]);
    }
}

/// A wrong name shuts everybody out, which looks like a firewall.
#[test]
fn a_network_that_does_not_exist_is_named() {
    let engine = FakeEngine::new(FakeEngine::docker(), |request| {
        match request.line().as_str() {
            "GET /events" => Reply::Lines(Vec::new(), End::Stall),
            "GET /networks" => Reply::Json(
                200,
                json!([{ "Name": "shop_default", "IPAM": {"Config": [{ "Subnet": "172.18.0.0/16" }]} }]),
            ),
            _ => Reply::Honest,
        }
    });
    let sandbox = beside(&engine);
    let file = sandbox.write("ollamactl.yaml", "relay: {allow: [shop_default]}\n");
    let (state, check) = relay(&sandbox);
    assert_eq!(state["state"], "listening", "{state}");
    assert_eq!(check["verdict"], "ok", "{check}");
    sandbox.run(["down"]).code(0);

    let allow = "relay: {allow: [shop_default, shop_defualt, 10.9.0.0/16]}\n";
    sandbox.write("ollamactl.yaml", allow);
    let (state, check) = relay(&sandbox);
    assert_eq!(state["state"], "listening", "{state}");
    assert_eq!(state["unmatched"], json!(["shop_defualt", "10.9.0.0/16"]));
    let why =
        "relay.allow lets nobody in by shop_defualt, 10.9.0.0/16: the engine has no such network";
    assert_eq!(check["verdict"], "warn", "{check}");
    assert_says(&check["why"], &[why]);
    let file = file.display().to_string();
    assert_says(
        &check["mend"],
        &["docker network ls", &file, "ollamactl up"],
    );
    sandbox.run(["status"]).code(0).prints([why]);
    until_true("a line in the log", || {
        let log = sandbox.run(["logs", "backend"]).code(0).stdout;
        log.matches(why).count() == 1
    });
    sandbox.run(["down"]).code(0);
}
