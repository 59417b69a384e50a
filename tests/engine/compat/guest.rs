//! What this program does inside the projects' containers.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "its output is what the commands that show logs are tested with"
)]

use std::process::ExitCode;
use std::time::Duration;

/// The program's path in the image.
pub const PROGRAM: &str = "/guest";

/// Keeps the two streams apart: the engine reads each for itself, and so does not know which was first.
const BETWEEN: Duration = Duration::from_millis(20);

/// Plays the role that the container's command asks for; `None` outside of a container.
pub fn role() -> Option<ExitCode> {
    let mut words = std::env::args();
    if words.next()? != PROGRAM {
        return None;
    }
    let words: Vec<String> = words.collect();
    match words.first().map(String::as_str) {
        Some("done") => {
            println!("done: {}", words.join(" "));
            Some(ExitCode::SUCCESS)
        }
        // To both streams in turn, each line at a time of its own.
        Some("lines") => {
            let count = words.get(1).and_then(|count| count.parse().ok());
            for line in 0..count.unwrap_or(1) {
                println!("line {line}");
                std::thread::sleep(BETWEEN);
                eprintln!("error {line}");
                std::thread::sleep(BETWEEN);
            }
            wait_for_the_end();
            Some(ExitCode::SUCCESS)
        }
        // Who runs this, where, and with what.
        Some("note") => {
            note(&words[1], &words[2..].join(" "));
            Some(ExitCode::SUCCESS)
        }
        Some("copy") => {
            for pair in words[1..].chunks(2) {
                std::fs::copy(&pair[0], &pair[1]).expect("copied");
            }
            Some(ExitCode::SUCCESS)
        }
        // How many keys the agent has.
        Some("keys") => {
            std::fs::write(&words[1], keys().to_string()).expect("written");
            Some(ExitCode::SUCCESS)
        }
        Some("fail") => Some(ExitCode::from(3)),
        _ => {
            println!("to stdout: {}", words.join(" "));
            eprintln!("to stderr");
            wait_for_the_end();
            Some(ExitCode::SUCCESS)
        }
    }
}

/// Asks the agent for its identities: draft-miller-ssh-agent, section 3.5.
fn keys() -> u32 {
    use std::io::{Read as _, Write as _};

    const REQUEST_IDENTITIES: u8 = 11;
    const IDENTITIES_ANSWER: u8 = 12;
    let path = std::env::var_os("SSH_AUTH_SOCK").expect("an agent");
    let mut agent = std::os::unix::net::UnixStream::connect(path).expect("connected");
    agent
        .write_all(&[0, 0, 0, 1, REQUEST_IDENTITIES])
        .expect("asked");
    let mut answer = [0; 9];
    agent.read_exact(&mut answer).expect("answered");
    assert_eq!(answer[4], IDENTITIES_ANSWER);
    u32::from_be_bytes([answer[5], answer[6], answer[7], answer[8]])
}

/// Adds a line to a file, which anybody may.
fn note(path: &str, words: &str) {
    use std::io::Write as _;
    use std::os::unix::fs::PermissionsExt as _;
    let status = std::fs::read_to_string("/proc/self/status").expect("readable");
    let of = |key: &str| {
        let line = status.lines().find(|line| line.starts_with(key));
        line.unwrap_or_default().replace('\t', " ")
    };
    let folder = std::env::current_dir().expect("a folder");
    let mut variables: Vec<String> = std::env::vars()
        .filter(|(name, _)| name.starts_with("NOTE"))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    variables.sort();
    let (who, rights) = (of("Uid:"), of("CapEff:"));
    let file = std::fs::File::options()
        .create(true)
        .append(true)
        .open(path);
    let line = format!(
        "{words} in {} {who} {rights} {variables:?}",
        folder.display()
    );
    writeln!(file.expect("opened"), "{line}").expect("written");
    let _ = std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o666)); // by its owner
}

/// A container's first process is not ended by a signal that it does not handle.
fn wait_for_the_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate()).expect("a handler");
        let mut interrupt = signal(SignalKind::interrupt()).expect("a handler");
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    });
}
