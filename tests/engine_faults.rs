//! Faults of a real engine: suspended, killed in mid-operation, without a bridge. Each test runs a second
//! engine of its own. `OLLAMACTL_ENGINE_TESTS=1` asks for this suite, which needs root and dockerd.
#![cfg(target_os = "linux")]

#[path = "engine/api.rs"]
#[allow(dead_code, reason = "this suite calls no other engine than its own")]
mod api;
#[path = "engine/dockerd.rs"]
mod dockerd;
mod support;

use dockerd::{CONTAINER, Dockerd};
use rustix::process::Signal;
use serde_json::Value;

/// The ID of the gateway's container, which must run.
#[track_caller]
fn running(engine: &Dockerd) -> Value {
    let container = engine.inspect(CONTAINER);
    assert_eq!(container["State"]["Running"], true, "{container:#}");
    container["Id"].clone()
}

#[test]
fn a_suspended_engine_is_a_time_out_and_nothing_is_lost() {
    let Some(engine) = Dockerd::start(&[]) else {
        return;
    };
    engine.sandbox.run(["gateway", "up"]).code(0);
    let before = running(&engine);
    engine.signal(Signal::STOP);
    for command in ["up", "stop", "down", "restart"] {
        let output = engine.sandbox.run(["gateway", command]).code(7);
        output.says(["docker.sock (from DOCKER_HOST)", "hint: "]);
    }
    engine
        .sandbox
        .run(["logs", "gateway"])
        .code(7)
        .says(["docker.sock"]);
    engine.signal(Signal::CONT);
    engine
        .sandbox
        .run(["gateway", "up"])
        .code(0)
        .says(["-- gateway"]);
    assert_eq!(running(&engine), before);
}

#[test]
fn an_engine_that_is_suspended_in_mid_build_is_noticed() {
    let Some(engine) = Dockerd::start(&[]) else {
        return;
    };
    for secret in [false, true] {
        engine.never_ending_build();
        if secret {
            engine.secret_build();
        }
        let build = engine.sandbox.spawn(["gateway", "build"]);
        build.wait_to_say("Listening");
        engine.signal(Signal::STOP);
        build.finish().code(7).says([
            "stopped answering while building image lab-ollama-functions",
            "ollamactl status",
        ]);
        engine.signal(Signal::CONT);
    }
}

#[test]
fn an_engine_that_is_killed_in_mid_build_leaves_an_unknown_state_and_up_converges_after() {
    let Some(mut engine) = Dockerd::start(&[]) else {
        return;
    };
    for secret in [false, true] {
        engine.never_ending_build();
        if secret {
            engine.secret_build();
        }
        let build = engine.sandbox.spawn(["gateway", "build"]);
        build.wait_to_say("Listening");
        engine.kill();
        build.finish().code(6).says([
            "building image",
            "what it did is unknown",
            "ollamactl status",
        ]);
        engine
            .sandbox
            .run(["gateway", "up"])
            .code(6)
            .says(["docker.sock", "hint: "]);
        engine.launch();
        engine.good_build();
        engine.sandbox.run(["gateway", "up"]).code(0);
        running(&engine);
    }
}

#[test]
fn ctrl_c_in_mid_build_leaves_the_old_gateway_running() {
    let Some(mut engine) = Dockerd::start(&[]) else {
        return;
    };
    engine.sandbox.run(["gateway", "up"]).code(0);
    let before = running(&engine);
    for (buildkit, secret) in [("1", false), ("1", true), ("0", false)] {
        engine.sandbox.set("DOCKER_BUILDKIT", buildkit);
        engine.never_ending_build();
        if secret {
            engine.secret_build();
        }
        let restart = engine.sandbox.spawn(["gateway", "restart"]);
        restart.wait_to_say("Listening");
        restart.signal(Signal::INT);
        restart.finish().code(130);
        assert_eq!(running(&engine), before);
        // Nothing of the cancelled build is in the way.
        engine.good_build();
        engine
            .sandbox
            .run(["gateway", "up"])
            .code(0)
            .says(["-- gateway"]);
    }
}

#[test]
fn an_engine_without_a_bridge_is_told_with_what_helps() {
    let Some(engine) = Dockerd::start(&["--bridge=none"]) else {
        return;
    };
    let says = "no default bridge network";
    engine
        .sandbox
        .run(["doctor"])
        .code(1)
        .prints([says, "\"bridge\": \"none\"", "OLLAMA_URL"]);
    let compose = engine.sandbox.read("docker-compose.yml");
    let host = "    extra_hosts: ['host.docker.internal:host-gateway']\n    stop_signal";
    engine.sandbox.write(
        "docker-compose.yml",
        &compose.replace("    stop_signal", host),
    );
    engine
        .sandbox
        .run(["gateway", "up"])
        .code(1)
        .says([says, "OLLAMA_URL"]);
}
