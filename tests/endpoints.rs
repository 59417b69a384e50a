//! The ways to an engine, and what goes along with a request: ssh, TLS, contexts, stand-in sockets,
//! credentials for registries.
#![cfg(target_os = "linux")]

mod support;

use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use support::engine::{End, FakeEngine, Reply, Request, refusal};
use support::tls::{Authority, lab_context};
use support::{Sandbox, until_true};

const COMPOSE: &str = "name: lab\nservices:\n  ollama-functions:\n    image: registry.test/app:1\n";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("docker-compose.yml", COMPOSE);
    sandbox
}

/// A stand-in for ssh, which writes down its arguments and connects to a port instead.
fn ssh(sandbox: &Sandbox, port: u16) {
    let script = format!(
        r#"echo "$@" >>"$HOME/ssh.log"
exec /usr/bin/perl -MIO::Socket::INET -MIO::Select -e '
my $engine = IO::Socket::INET->new("127.0.0.1:{port}") or die "no route to host\n";
my $both = IO::Select->new(\*STDIN, $engine);
while (my @ready = $both->can_read) {{
  for my $from (@ready) {{
    exit unless sysread($from, my $bytes, 65536);
    syswrite($from == $engine ? \*STDOUT : $engine, $bytes);
  }}
}}'"#
    );
    sandbox.script("ssh", &script);
}

#[test]
fn an_engine_behind_ssh_is_reached_as_docker_reaches_it() {
    let mut sandbox = sandbox();
    let engine = FakeEngine::new(FakeEngine::docker(), |_| Reply::Honest);
    ssh(&sandbox, engine.on_tcp());
    sandbox.set("DOCKER_HOST", "ssh://me@lab:2222/run/docker.sock");
    sandbox.run(["gateway", "up"]).code(0);
    assert_eq!(engine.containers(), ["/lab-ollama-functions-1"]);
    let log = std::fs::read_to_string(sandbox.path("home/ssh.log")).expect("called");
    let first = log.lines().next().expect("a call");
    let words = "-l me -p 2222 -- lab docker --host unix:///run/docker.sock system dial-stdio";
    assert!(first.ends_with(words), "{first}");
    // Connections are kept: not one login for each request.
    let (logins, requests) = (log.lines().count(), engine.requests().len());
    assert!(logins < requests, "{logins} logins for {requests} requests");
    until_true("ssh ends with ollamactl", || sandbox.processes().is_empty());
}

#[test]
fn what_ssh_complains_of_is_shown() {
    let mut sandbox = sandbox();
    sandbox.script(
        "ssh",
        "echo 'me@lab: Permission denied (publickey).' >&2; exit 255",
    );
    sandbox.set("DOCKER_HOST", "ssh://me@lab");
    let says = [
        "ssh://me@lab (from DOCKER_HOST)",
        "Permission denied (publickey)",
        "hint: ",
    ];
    sandbox.run(["gateway", "up"]).code(6).says(says);
    std::fs::remove_file(sandbox.bin().join("ssh")).expect("removed");
    sandbox
        .run(["gateway", "up"])
        .code(6)
        .says(["ssh://me@lab", "ssh cannot be run"]);
}

#[test]
fn an_engine_behind_tls_is_trusted_by_its_authority_alone() {
    let mut sandbox = sandbox();
    let authority = Authority::new();
    let engine = FakeEngine::new(FakeEngine::docker(), |_| Reply::Honest);
    let port = engine.on_tls(authority.server());
    let endpoint = format!("tcp://127.0.0.1:{port}");
    authority.equip(&sandbox.path("certs"));
    sandbox.set("DOCKER_HOST", &endpoint);
    sandbox.set("DOCKER_TLS_VERIFY", "1");
    sandbox.set(
        "DOCKER_CERT_PATH",
        &sandbox.path("certs").display().to_string(),
    );
    sandbox.run(["gateway", "up"]).code(0);
    assert_eq!(engine.containers(), ["/lab-ollama-functions-1"]);

    // The same by a context.
    let material = lab_context(&sandbox, &endpoint);
    authority.equip(&material);
    for name in ["DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"] {
        sandbox.unset(name);
    }
    sandbox.set("DOCKER_CONTEXT", "lab");
    sandbox.run(["gateway", "up"]).code(0).says(["-- gateway"]);

    // Another authority's certificates: neither side trusts the other.
    Authority::new().equip(&material);
    let output = sandbox.run(["gateway", "up"]).code(6);
    output.says(["no TLS connection", "context lab", "certificate", "hint: "]);
    // The right authority, but a client that it did not sign.
    std::fs::copy(sandbox.path("certs/ca.pem"), material.join("ca.pem")).expect("copied");
    sandbox
        .run(["gateway", "up"])
        .code(6)
        .says(["no TLS connection", "context lab"]);
    // No TLS at the other end.
    sandbox.unset("DOCKER_CONTEXT");
    sandbox.set("DOCKER_TLS_VERIFY", "1");
    let certs = sandbox.path("certs").display().to_string();
    sandbox.set("DOCKER_CERT_PATH", &certs);
    sandbox.set("DOCKER_HOST", &format!("tcp://127.0.0.1:{}", plain()));
    let says = [
        "no TLS connection",
        "speaks no TLS",
        "unset DOCKER_TLS_VERIFY",
    ];
    sandbox.run(["gateway", "up"]).code(6).says(says);
    // No certificates at all.
    sandbox.set("DOCKER_HOST", &endpoint);
    sandbox.set("DOCKER_TLS_VERIFY", "1");
    sandbox.set("DOCKER_CERT_PATH", "/nowhere");
    sandbox
        .run(["gateway", "up"])
        .code(2)
        .says(["/nowhere/ca.pem", "DOCKER_CERT_PATH"]);
}

/// The port of something that answers in plain HTTP, whatever it is asked.
fn plain() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
            // Not closed before the other side has read it.
            let _ = stream.read_to_end(&mut Vec::new());
        }
    });
    port
}

#[test]
fn the_sockets_of_rootless_docker_desktop_and_podman_are_found() {
    for (socket, source) in [
        ("run/docker.sock", "rootless Docker"),
        ("home/.docker/desktop/docker.sock", "Docker Desktop"),
        ("run/podman/podman.sock", "Podman"),
    ] {
        let mut sandbox = sandbox();
        sandbox.unset("DOCKER_HOST");
        sandbox.set(
            "XDG_RUNTIME_DIR",
            &sandbox.path("run").display().to_string(),
        );
        let socket = sandbox.path(socket);
        std::fs::create_dir_all(socket.parent().expect("a folder")).expect("created");
        if std::path::Path::new("/var/run/docker.sock").exists() {
            return support::skipped("stand-in sockets: this machine has the default one");
        }
        let engine = FakeEngine::new(FakeEngine::docker(), |_| Reply::Honest);
        engine.on_socket(&socket);
        sandbox
            .run(["doctor"])
            .prints([format!("{} (from {source})", socket.display()).as_str()]);
    }
}

/// The engine lacks the image until it was pulled.
fn pulls(request: &Request) -> Reply {
    match request.line().as_str() {
        "POST /images/create" => {
            Reply::Lines(vec![json!({ "status": "Pulling" }).to_string()], End::Whole)
        }
        line if line.starts_with("GET /images/") => refusal(404, "no such image"),
        _ => Reply::Honest,
    }
}

/// The login that came along with a pull.
fn login(engine: &FakeEngine) -> Option<Value> {
    let requests = engine.requests();
    let pull = requests
        .iter()
        .find(|request| request.path == "/images/create")
        .expect("a pull");
    let header = pull.headers.iter().find_map(|header| {
        let (name, value) = header.split_once(": ")?;
        name.eq_ignore_ascii_case("x-registry-auth")
            .then_some(value)
    })?;
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'-' => 62,
        _ => 63,
    };
    let mut text = Vec::new();
    for four in header.trim_end_matches('=').as_bytes().chunks(4) {
        let bits = four
            .iter()
            .fold(0_u32, |bits, byte| bits << 6 | u32::from(digit(*byte)));
        let bits = bits << (6 * (4 - four.len()));
        text.extend_from_slice(&bits.to_be_bytes()[1..four.len()]);
    }
    Some(serde_json::from_slice(&text).expect("JSON"))
}

#[test]
fn logins_go_along_with_a_pull() {
    // "me:secret", as `docker login` writes it.
    let written = json!({ "auths": {"registry.test": {"auth": "bWU6c2VjcmV0"}} });
    let helped = json!({ "credHelpers": {"registry.test": "lab"} });
    let broken = json!({ "credHelpers": {"registry.test": "broken"} });
    for (config, known) in [
        (written, true),
        (helped, true),
        (broken, false),
        (json!({}), false),
    ] {
        let mut sandbox = sandbox();
        let engine = FakeEngine::new(FakeEngine::docker(), pulls);
        let socket = sandbox.path("engine.sock");
        engine.on_socket(&socket);
        sandbox.set("DOCKER_HOST", &format!("unix://{}", socket.display()));
        sandbox.set(
            "DOCKER_CONFIG",
            &sandbox.path("docker").display().to_string(),
        );
        std::fs::create_dir(sandbox.path("docker")).expect("created");
        std::fs::write(sandbox.path("docker/config.json"), config.to_string()).expect("written");
        sandbox.script(
            "docker-credential-lab",
            r#"read server; echo "{\"ServerURL\":\"$server\",\"Username\":\"me\",\"Secret\":\"secret\"}""#,
        );
        sandbox.script(
            "docker-credential-broken",
            "read -r registry; echo 'the keychain is locked' >&2; exit 1",
        );
        // The script never has the image, so this fails after the pull.
        let output = sandbox.run(["gateway", "up"]).code(1);
        assert!(!output.stderr.contains("secret"), "{output}");
        let login = login(&engine)
            .filter(|login| login["username"] == "me" && login["password"] == "secret");
        assert_eq!(login.is_some(), known, "{config}");
    }
}

#[test]
fn a_credential_helper_that_fails_is_told_where_its_login_is_missed() {
    let mut sandbox = sandbox();
    let engine = FakeEngine::new(FakeEngine::docker(), |request| {
        match request.line().as_str() {
            "POST /images/create" => refusal(500, "no basic auth credentials"),
            _ => pulls(request),
        }
    });
    let socket = sandbox.path("engine.sock");
    engine.on_socket(&socket);
    sandbox.set("DOCKER_HOST", &format!("unix://{}", socket.display()));
    std::fs::create_dir(sandbox.path("home/.docker")).expect("created");
    let config = json!({ "credHelpers": {"registry.test": "broken"} });
    std::fs::write(sandbox.path("home/.docker/config.json"), config.to_string()).expect("written");
    sandbox.script(
        "docker-credential-broken",
        "read -r registry; echo 'the keychain is locked' >&2; exit 1",
    );
    let says = [
        "no basic auth credentials",
        "the keychain is locked",
        "docker login registry.test",
    ];
    sandbox.run(["gateway", "up"]).code(1).says(says);
}
