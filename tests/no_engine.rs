//! A container engine that is not there, or not well: told fast, by its endpoint.
#![cfg(target_os = "linux")]

mod support;

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;

use support::Sandbox;

const COMPOSE: &str = "services:\n  ollama-functions:\n    image: nothing\n";

/// A sandbox whose engine is this socket; nobody accepts yet.
fn with_engine() -> (Sandbox, UnixListener) {
    let mut sandbox = Sandbox::new();
    sandbox.write("docker-compose.yml", COMPOSE);
    let socket = sandbox.path("engine.sock");
    let listener = UnixListener::bind(&socket).expect("bound");
    sandbox.set("DOCKER_HOST", &format!("unix://{}", socket.display()));
    (sandbox, listener)
}

#[test]
fn one_that_hangs_is_a_time_out() {
    let (sandbox, _listener) = with_engine();
    sandbox
        .run(["gateway", "up"])
        .code(7)
        .says(["engine.sock", "hint"]);
    sandbox.assert_nothing_left();
}

#[test]
fn one_that_hangs_does_not_hold_up_the_backend() {
    let (sandbox, _listener) = with_engine();
    sandbox.serve();
    sandbox.run(["health", "backend"]).code(0);
    sandbox.run(["down", "--gateway", "embedded"]).code(0);
    sandbox.assert_nothing_left();
}

#[test]
fn one_that_refuses_in_plain_text_is_quoted() {
    let (sandbox, listener) = with_engine();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(
                b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\
                  Content-Length: 37\r\n\r\nclient version is too old for this 99",
            );
        }
    });
    let output = sandbox.run(["gateway", "up"]);
    assert!(matches!(output.status, 1 | 6), "{output}");
    output.says(["client version is too old"]);
    sandbox.assert_nothing_left();
}

#[test]
fn endpoints_that_are_none_are_named() {
    for (endpoint, code) in [("ftp://host", 2), ("tcp://127.0.0.1:9", 6)] {
        let sandbox = Sandbox::new().with("DOCKER_HOST", endpoint);
        sandbox.write("docker-compose.yml", COMPOSE);
        sandbox.run(["gateway", "up"]).code(code).says([endpoint]);
        sandbox.assert_nothing_left();
    }
}
