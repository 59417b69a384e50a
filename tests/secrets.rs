//! An API key goes to whom it is for, and nowhere else: no output, no log, no file, no command line.
#![cfg(target_os = "linux")]

mod support;

use std::path::{Path, PathBuf};

use support::{Output, Sandbox};

const KEY: &str = "open-sesame-0123456789abcdef";
const OTHER: &str = "wrong-key-fedcba9876543210";

/// Everything that a person would run, with a stack that asks for the key.
const COMMANDS: [&str; 9] = [
    "status",
    "status --json",
    "status -o env",
    "config show",
    "config show --json",
    "doctor --json",
    "health --level infer",
    "logs gateway -n all",
    "logs backend -n all",
];

#[test]
fn a_key_is_in_no_output_no_log_no_file_and_on_no_command_line() {
    let sandbox = Sandbox::new().with("OLLAMACTL_GATEWAY_KEY", KEY);
    let mut outputs: Vec<Output> = vec![sandbox.run(["up", "--verbose"]).code(0)];
    assert_eq!(tags(&sandbox, None), 401);
    assert_eq!(tags(&sandbox, Some(OTHER)), 401);
    assert_eq!(tags(&sandbox, Some(KEY)), 200);
    for command in COMMANDS {
        outputs.push(sandbox.run(command.split(' ')).code(0));
    }
    // Errors too: a key that is refused is not repeated.
    let short = "hush-0123";
    let mut refused = Sandbox::new();
    refused.set("OLLAMACTL_GATEWAY_KEY", short);
    let output = refused.run(["gateway", "up"]).code(2);
    assert!(!output.to_string().contains(short), "{output}");
    for process in sandbox.processes() {
        let line = process.args.join(" ");
        assert!(!line.contains(KEY), "pid {}: {line}", process.pid);
    }
    outputs.push(sandbox.run(["gateway", "restart"]).code(0));
    outputs.push(sandbox.run(["down", "--json"]).code(0));
    for output in &outputs {
        let text = output.to_string();
        assert!(!text.contains(KEY) && !text.contains(OTHER), "{text}");
    }
    let mut looked_at = 0;
    for path in files(&sandbox.path("")) {
        let Ok(bytes) = std::fs::read(&path) else {
            continue;
        };
        looked_at += 1;
        let text = String::from_utf8_lossy(&bytes);
        let found = text.contains(KEY) || text.contains(OTHER);
        assert!(!found, "{} holds a key", path.display());
    }
    assert!(
        looked_at > 2,
        "the sandbox has files, the gateway's log among them"
    );
}

/// The status of a list of models, asked for with this key.
fn tags(sandbox: &Sandbox, key: Option<&str>) -> u16 {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(sandbox.gateway).expect("connected");
    let key = key.map_or_else(String::new, |key| {
        format!("Authorization: Bearer {key}\r\n")
    });
    let request =
        format!("GET /api/tags HTTP/1.1\r\nHost: localhost\r\n{key}Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let status = answer.split(' ').nth(1).expect("a status line");
    status.parse().expect("a number")
}

/// Every file below this folder, without what links lead to: the program itself is no file of ours.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let kind = entry.file_type().expect("a kind");
        if kind.is_dir() {
            found.extend(files(&entry.path()));
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
    found
}

/// Whoever writes a password into an address gets it refused, and never repeated.
#[test]
fn a_password_in_an_address_is_in_no_output() {
    const PASSWORD: &str = "s3cret-pw";
    let addresses = [
        ("OLLAMA_HOST", format!("http://me:{PASSWORD}@127.0.0.1:1")),
        ("OLLAMA_HOST", format!("http://me:{PASSWORD}@localhost")),
        ("DOCKER_HOST", format!("tcp://me:{PASSWORD}@lab:2375")),
        ("DOCKER_HOST", format!("me:{PASSWORD}@lab:2375")),
        ("DOCKER_HOST", format!("tcp://me:{PASSWORD}@lab:2375/x")),
        ("DOCKER_HOST", format!("ssh://me:{PASSWORD}@lab")),
        ("DOCKER_HOST", format!("ssh:/me:{PASSWORD}@lab")),
    ];
    for (variable, address) in addresses {
        let sandbox = Sandbox::new().with(variable, &address);
        sandbox.write(
            "compose.yaml",
            "services: {ollama-functions: {image: gw}}\n",
        );
        for command in [
            "status",
            "status --json",
            "doctor",
            "health",
            "up",
            "gateway up",
            "down",
            "config show",
        ] {
            let output = sandbox.run(command.split(' '));
            let text = output.to_string();
            assert!(!text.contains(PASSWORD), "{text}");
        }
        let state = files(&sandbox.path("state"));
        let named = state
            .iter()
            .find(|path| path.to_string_lossy().contains(PASSWORD));
        assert_eq!(named, None);
    }
}
