//! The stub as a process under the name `ollama`: what whoever manages Ollama sees of it.
#![cfg(target_os = "linux")]

#[path = "stub_process_parts/commands.rs"]
mod commands;
#[path = "stub_support/process.rs"]
mod process;
#[path = "stub_process_parts/runners.rs"]
mod runners;
#[path = "stub_process_parts/start.rs"]
mod start;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

use process::{Setup, read_until};
use rustix::process::{Pid, Signal, kill_process};

const OLDER: (&str, &str) = ("OLLAMACTL_STUB_VERSION", "0.24.0");
/// The recordings of each version, and how it is asked for.
const VERSIONS: [(&str, (&str, &str)); 2] = [
    ("v0.24.0", OLDER),
    ("v0.33.0-rc2", ("OLLAMACTL_STUB_VERSION", "0.33.0")),
];
const TINY: (&str, &str) = ("OLLAMACTL_STUB_MODELS", "tiny,tiny3");

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

#[test]
fn sigterm_and_sigint_end_it_with_0() {
    let setup = Setup::new();
    for signal in [Signal::TERM, Signal::INT] {
        let mut served = setup.serve(&[]);
        assert_eq!(served.end(signal).code(), Some(0));
    }
    assert!(setup.path(".ollama/models/blobs").is_dir());
}

#[test]
fn sighup_kills_and_sigquit_is_2() {
    let setup = Setup::new();
    assert_eq!(setup.serve(&[]).end(Signal::HUP).signal(), Some(1));
    let mut served = setup.serve(&[]);
    assert_eq!(served.end(Signal::QUIT).code(), Some(2));
    assert!(served.rest().contains("SIGQUIT: quit\n\ngoroutine "));
}

#[test]
fn a_signal_before_it_is_caught_kills() {
    let setup = Setup::new();
    let env = [("OLLAMACTL_STUB_START_MS", "600000")];
    let mut early = setup
        .command(&["serve"], &env)
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    // The key pair comes before the wait.
    let mut first = [0; 6];
    early
        .stdout
        .as_mut()
        .expect("piped")
        .read_exact(&mut first)
        .expect("reads");
    kill_process(Pid::from_child(&early), Signal::TERM).expect("signals");
    assert_eq!(early.wait().expect("ends").signal(), Some(15));
}

#[test]
fn it_can_ignore_sigterm() {
    let setup = Setup::new();
    let mut served = setup.serve(&[("OLLAMACTL_STUB_IGNORE_SIGTERM", "1")]);
    served.signal(Signal::TERM);
    let version = setup.output(&["--version"], &[("OLLAMA_HOST", &served.address)]);
    assert_eq!(text(&version.stdout), "ollama version is 0.33.0-rc2-stub\n");
    assert_eq!(served.end(Signal::KILL).signal(), Some(9));
}

#[test]
fn it_can_be_slow_to_end_with_its_port_taken() {
    let setup = Setup::new();
    let mut served = setup.ready(&[("OLLAMACTL_STUB_END_MS", "60000")]);
    // Answered once: a connection that is only in the queue of the socket is not cut.
    let mut idle = TcpStream::connect(&served.address).expect("connects");
    idle.write_all(b"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .expect("writes");
    read_until(&mut idle, "\r\n\r\n");
    served.signal(Signal::TERM);
    // The connection is cut, and the process still there.
    let mut nothing = Vec::new();
    let _ = idle.read_to_end(&mut nothing);
    TcpStream::connect(&served.address).expect("the port is taken");
    assert_eq!(served.end(Signal::KILL).signal(), Some(9));
}

#[test]
fn it_can_crash_once() {
    let setup = Setup::new();
    let once = setup.path("crashed").display().to_string();
    let env = [
        ("OLLAMACTL_STUB_CRASH_MS", "0"),
        ("OLLAMACTL_STUB_CRASH_CODE", "7"),
        ("OLLAMACTL_STUB_CRASH_ONCE", once.as_str()),
    ];
    assert_eq!(setup.serve(&env).wait().code(), Some(7));
    let answer = setup.serve(&env).ask("GET", "/", "");
    assert!(answer.ends_with("Ollama is running"), "{answer}");
}

#[test]
fn a_stream_is_cut_when_the_server_ends() {
    let setup = Setup::new();
    for signal in [Signal::TERM, Signal::KILL] {
        let mut served = setup.ready(&[TINY, ("OLLAMACTL_STUB_TOKEN_MS", "200")]);
        let asked = r#"{"model": "tiny", "prompt": "Why is the sky blue?"}"#;
        let mut stream = served.request("POST", "/api/generate", asked);
        read_until(&mut stream, "\"done\":false}\n");
        served.end(signal);
        let mut rest = String::new();
        let _ = stream.read_to_string(&mut rest);
        assert!(!rest.contains("\"done\":true"), "{rest}");
        assert!(!rest.ends_with("0\r\n\r\n"), "no final chunk: {rest:?}");
    }
}

/// What the part file says after a server got this signal in mid-pull.
fn part_after(signal: Signal, env: &[(&str, &str)]) -> (Setup, String) {
    let setup = Setup::new();
    let mut served = setup.ready(&[&[("OLLAMACTL_STUB_PULL_STALL_AT", "1000")], env].concat());
    let mut pull = served.request("POST", "/api/pull", r#"{"model": "tiny"}"#);
    read_until(&mut pull, "\"completed\":1000}\n");
    served.end(signal);
    let part = setup.part().expect("a part file");
    (setup, part)
}

#[test]
fn a_pull_that_the_servers_end_cuts_goes_on_from_what_the_part_file_says() {
    let none = "{\"N\":0,\"Offset\":0,\"Size\":470848,\"Completed\":0}\n";
    assert_eq!(part_after(Signal::KILL, &[]).1, none);
    assert_eq!(part_after(Signal::TERM, &[]).1, none);
    let count = [("OLLAMACTL_STUB_TERM_PART", "count")];
    assert_eq!(
        part_after(Signal::TERM, &count).1,
        none.replace(":0}", ":1000}")
    );
    let empty = [("OLLAMACTL_STUB_TERM_PART", "empty")];
    let (setup, part) = part_after(Signal::TERM, &empty);
    assert_eq!(part, "");
    let answer = setup
        .ready(&[])
        .ask("POST", "/api/pull", r#"{"model": "tiny"}"#);
    assert!(answer.contains("{\"error\":\"EOF\"}"), "{answer}");
}

#[test]
fn without_a_server_the_version_is_two_warnings() {
    let setup = Setup::new();
    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("binds");
    let address = free.local_addr().expect("bound").to_string();
    drop(free);
    let version = setup.output(&["-v"], &[("OLLAMA_HOST", &address)]);
    assert_eq!(
        text(&version.stdout),
        "Warning: could not connect to a running Ollama instance\n\
         Warning: client version is 0.33.0-rc2-stub\n"
    );
    assert_eq!(version.status.code(), Some(0));
}

#[test]
fn other_commands_need_a_server_and_say_that_this_is_a_stub() {
    let setup = Setup::new();
    let pull = setup.output(&["pull", "tiny"], &[]);
    let no_server = "Error: could not connect to ollama server, run 'ollama serve' to start it\n";
    assert_eq!(text(&pull.stderr), no_server);
    assert_eq!(pull.status.code(), Some(1));
    let served = setup.ready(&[]);
    let run = setup.output(&["run", "tiny"], &[("OLLAMA_HOST", &served.address)]);
    assert!(text(&run.stderr).contains("stub of ollamactl"), "{run:?}");
    assert_eq!(run.status.code(), Some(1));
    for (args, expected) in [
        (["serve", "--port"], "Error: unknown flag: --port\n"),
        (["serve", "now"], "Error: accepts 0 arg(s), received 1\n"),
    ] {
        assert_eq!(text(&setup.output(&args, &[]).stderr), expected);
    }
}
