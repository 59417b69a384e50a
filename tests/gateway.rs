//! The embedded gateway, as a process of ollamactl's own.
#![cfg(target_os = "linux")]

mod support;

use rustix::process::Signal;
use support::http::{get, stranger};
use support::{Sandbox, end, is_alive, until_true};

#[test]
fn it_starts_once_stops_and_leaves_nothing() {
    let sandbox = Sandbox::new();
    sandbox.run(["gateway", "up"]).code(0).says(["embedded"]);
    let pid = sandbox.gateway_pid();
    assert!(pid.is_some());
    sandbox.run(["gateway", "up"]).code(0);
    assert_eq!(sandbox.gateway_pid(), pid);
    sandbox.run(["gateway", "restart"]).code(0);
    assert_ne!(sandbox.gateway_pid(), pid);
    sandbox
        .run(["gateway", "build"])
        .code(0)
        .says(["nothing to build"]);
    sandbox.run(["gateway", "stop"]).code(0).says(["stopped"]);
    sandbox.assert_nothing_left();
    sandbox.run(["gateway", "down"]).code(0);
    sandbox.assert_nothing_left();
}

#[test]
fn one_that_is_suspended_is_told_with_what_has_it_go_on() {
    let sandbox = Sandbox::new();
    sandbox.run(["up"]).code(0);
    let record = std::fs::read(sandbox.gateway_file("json")).expect("recorded");
    let record: serde_json::Value = serde_json::from_slice(&record).expect("JSON");
    let worker = support::number(&record["worker"]["pid"]).expect("recorded");
    end(worker, Signal::STOP);
    let status = sandbox.run(["status"]);
    let health = sandbox.run(["health", "gateway"]);
    end(worker, Signal::CONT);
    status.code(0).prints(["gateway   suspended"]);
    let wake = format!("kill -CONT {worker}");
    health.code(3).says(["is suspended", wake.as_str()]);
    sandbox.run(["health", "gateway", "--wait"]).code(0);
}

/// Two repositories, one backend.
#[test]
fn down_says_which_project_s_gateway_still_uses_the_backend() {
    let sandbox = Sandbox::new();
    sandbox.run(["up"]).code(0);
    let other = support::free_address();
    let there = |command: &str| {
        let script = format!("mkdir -p ../other && cd ../other && ollamactl {command}");
        sandbox.shell(&script).code(0);
    };
    there(&format!("gateway up --listen {other}"));
    let used = format!("still used by embedded gateway on {other}");
    let plan = sandbox.run(["down", "--dry-run"]).code(0);
    plan.prints([used.as_str()]);
    sandbox.run(["down"]).code(0).says([used.as_str()]);
    there(&format!("down --listen {other}"));
    sandbox.assert_nothing_left();
}

#[test]
fn the_flags_of_up_act_or_are_refused() {
    let sandbox = Sandbox::new();
    sandbox
        .run(["gateway", "up", "--no-start"])
        .code(2)
        .says(["--no-start is about containers", "hint:"]);
    sandbox.assert_nothing_left();
    sandbox.run(["gateway", "up"]).code(0);
    let pid = sandbox.gateway_pid();
    sandbox
        .run(["gateway", "up", "--force-recreate", "--dry-run"])
        .code(0)
        .prints(["restart embedded gateway"]);
    assert_eq!(sandbox.gateway_pid(), pid);
    sandbox.run(["gateway", "up", "--force-recreate"]).code(0);
    assert_ne!(sandbox.gateway_pid(), pid);
    let wait = ["gateway", "up", "--wait", "--wait-timeout"];
    sandbox.run([&wait[..], &["300ms"]].concat()).code(7).says([
        "the gateway is not healthy after",
        "503",
        "hint:",
    ]);
    let waiting = sandbox.spawn([&wait[..], &["60s"]].concat());
    waiting.wait_to_say("waiting for the gateway: ");
    sandbox.run(["up"]).code(0);
    waiting.finish().code(0).says(["healthy"]);
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}

#[test]
fn without_a_backend_it_says_so_at_once() {
    let sandbox = Sandbox::new();
    sandbox.run(["gateway", "up"]).code(0);
    let (status, body) = get(sandbox.gateway, "/api/tags").expect("answered");
    assert_eq!(status, 502, "{body}");
    let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    let error = body["error"]
        .as_str()
        .unwrap_or_else(|| body["error"]["message"].as_str().expect("an error's text"));
    assert!(error.contains(&sandbox.backend.to_string()), "{body}");
}

#[test]
fn a_port_in_use_is_named_with_its_owner_and_nothing_is_left() {
    let sandbox = Sandbox::new();
    stranger(sandbox.gateway);
    let address = sandbox.gateway.to_string();
    let pid = format!("pid {}", std::process::id());
    for args in [&["gateway", "up"][..], &["gateway", "run"]] {
        sandbox
            .run(args)
            .code(5)
            .says([address.as_str(), pid.as_str(), "hint", "--listen"]);
        assert_eq!(sandbox.processes(), []);
        assert_eq!(sandbox.state_files(), [] as [&str; 0]);
    }
}

#[test]
fn off_loopback_it_is_refused() {
    let sandbox = Sandbox::new();
    sandbox
        .run(["gateway", "up", "--listen", "0.0.0.0:9104"])
        .code(2)
        .says([
            "0.0.0.0:9104",
            "not loopback",
            "OLLAMACTL_GATEWAY_KEY",
            "hint",
        ]);
    sandbox.assert_nothing_left();
}

#[test]
fn a_port_that_nobody_would_know_is_refused() {
    let mut sandbox = Sandbox::new();
    sandbox.set("OLLAMACTL_GATEWAY_LISTEN", "127.0.0.1:0");
    for command in ["up", "gateway up"] {
        let refused = sandbox.run(command.split(' ')).code(2);
        refused.says(["OLLAMACTL_GATEWAY_LISTEN: port 0", "hint: name one"]);
    }
    sandbox.assert_nothing_left();
}

#[test]
fn ten_starts_at_once_are_one_gateway() {
    let sandbox = Sandbox::new();
    let starts: Vec<_> = (0..10).map(|_| sandbox.spawn(["gateway", "up"])).collect();
    for start in starts {
        start.finish().code(0);
    }
    let processes = sandbox.processes();
    assert_eq!(processes.len(), 2, "supervisor and worker: {processes:?}");
}

#[test]
fn one_that_was_killed_is_replaced() {
    let sandbox = Sandbox::new();
    sandbox.run(["gateway", "up"]).code(0);
    let first = sandbox.gateway_pid().expect("recorded");
    end(first, Signal::KILL);
    until_true("its end", || !is_alive(first));
    sandbox.run(["status"]).code(0).prints(["stopped"]);
    sandbox.run(["gateway", "up"]).code(0);
    assert_ne!(sandbox.gateway_pid(), Some(first));
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}

#[test]
fn in_the_foreground_ctrl_c_ends_it_with_130() {
    let sandbox = Sandbox::new();
    let gateway = sandbox.spawn(["gateway", "run"]);
    until_true("an answer", || get(sandbox.gateway, "/healthz").is_some());
    gateway.signal(Signal::INT);
    gateway.finish().code(130);
    sandbox.assert_nothing_left();
}
