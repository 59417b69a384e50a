//! A backend on another machine is named; the name server is asked once, and where it knows nothing or is
//! gone, that is what is said.

mod support;

use std::net::UdpSocket;
use std::sync::{Arc, Mutex};
use std::thread;

use support::{Output, Sandbox};

/// A name server that says of every name that there is none, or says nothing, and keeps the questions.
struct NameServer {
    address: std::net::IpAddr,
    seen: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl NameServer {
    /// On a loopback address of its own, since a resolver asks at port 53 alone.
    fn start(answers: bool) -> Self {
        let pid = std::process::id().to_be_bytes();
        let last = if answers { 1 } else { 2 };
        let address = std::net::IpAddr::from([127, pid[2].max(1), pid[3], last]);
        let socket = UdpSocket::bind((address, 53)).expect("root binds port 53");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let server = Self {
            address,
            seen: Arc::clone(&seen),
        };
        thread::spawn(move || {
            let mut buffer = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                let query = &mut buffer[..length];
                // The transaction differs from query to query; the question does not.
                seen.lock().expect("whole").push(query[12..].to_vec());
                if answers {
                    query[2..4].copy_from_slice(&[0x81, 0x83]);
                    let _ = socket.send_to(query, from);
                }
            }
        });
        server
    }

    /// The questions since the last time: each of them was asked once.
    #[track_caller]
    fn asked_once(&self) {
        let seen = std::mem::take(&mut *self.seen.lock().expect("whole"));
        assert!(!seen.is_empty(), "nothing was asked");
        for question in &seen {
            let times = seen.iter().filter(|other| *other == question).count();
            assert_eq!(times, 1, "{:?}", String::from_utf8_lossy(question));
        }
    }

    /// Runs a command where this server is the system's.
    fn run(&self, sandbox: &Sandbox, command: &str) -> Output {
        let resolv = sandbox.write("resolv.conf", &format!("nameserver {}\n", self.address));
        let switch = sandbox.write("nsswitch.conf", "hosts: files dns\n");
        let ollamactl = sandbox.bin().join("ollamactl");
        sandbox.shell(&format!(
            "exec unshare --mount sh -ec 'mount --bind {} /etc/resolv.conf; \
             mount --bind {} /etc/nsswitch.conf; exec {} {command}'",
            resolv.display(),
            switch.display(),
            ollamactl.display()
        ))
    }
}

const SAID: &str = "the name gpu.example does not resolve: ";

fn remote() -> Sandbox {
    Sandbox::new().with("OLLAMA_HOST", "gpu.example:11434")
}

#[test]
fn a_name_that_nobody_knows_is_asked_for_once_and_said() {
    if !support::is_root() {
        support::skipped(
            "a name server of one's own needs root, for port 53 and a mount namespace",
        );
        return;
    }
    let (sandbox, server) = (remote(), NameServer::start(true));
    server.run(&sandbox, "status").prints(["no address", SAID]);
    server.asked_once();
    let status = server.run(&sandbox, "status --json").json();
    assert_eq!(status["backend"]["standing"], "unresolved");
    assert_eq!(status["backend"]["exposed"], false);
    server.asked_once();
    server
        .run(&sandbox, "health backend")
        .code(3)
        .says([SAID, "getent hosts gpu.example"]);
    server.asked_once();
    for command in ["serve --background", "pull-model tiny", "up"] {
        server
            .run(&sandbox, command)
            .code(3)
            .says([SAID, "getent hosts gpu.example"]);
        server.asked_once();
    }
    let checks = server
        .run(&sandbox, "doctor --json --no-probe")
        .code(1)
        .json();
    let backend = checks.as_array().expect("checks").iter();
    let mut backend = backend.filter(|check| check["name"] == "backend");
    let why = backend.next().expect("a check")["why"].clone();
    assert!(why.as_str().expect("text").starts_with(SAID), "{why}");
    server.asked_once();
}

#[test]
fn a_name_server_that_is_gone_is_waited_for_once() {
    if !support::is_root() {
        support::skipped(
            "a name server of one's own needs root, for port 53 and a mount namespace",
        );
        return;
    }
    let (sandbox, server) = (remote(), NameServer::start(false));
    let said = "the name gpu.example does not resolve: no answer within";
    server.run(&sandbox, "status").prints([said]);
    server.asked_once();
    // A gateway does not wait for where its backend is: its own health check would take as long.
    support::http::server(sandbox.gateway, &[("/healthz", "ok")]);
    server.run(&sandbox, "health gateway").code(0);
    assert!(
        server.seen.lock().expect("whole").is_empty(),
        "it was asked"
    );
}
