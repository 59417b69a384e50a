//! The stub as a process under the name `ollama`: what whoever manages Ollama sees of it.
#![cfg(unix)]

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// A folder with the binary under the name `ollama`, a home and nothing else in its environment.
struct Setup {
    folder: TempDir,
}

impl Setup {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let binary = env!("CARGO_BIN_EXE_ollamactl");
        std::os::unix::fs::symlink(binary, folder.path().join("ollama")).expect("a link");
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, args: &[&str], env: &[(&str, &str)]) -> Command {
        let mut command = Command::new(self.path("ollama"));
        command.args(args).env_clear().envs(env.iter().copied());
        command.env("HOME", self.folder.path());
        command
    }

    fn output(&self, args: &[&str], env: &[(&str, &str)]) -> Output {
        self.command(args, env).output().expect("runs")
    }

    /// Starts `ollama serve` on a free port, and waits until it listens.
    fn serve(&self, env: &[(&str, &str)]) -> Served {
        let mut command = self.command(&["serve"], env);
        command.env("OLLAMA_HOST", "127.0.0.1:0");
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("starts");
        let mut log = BufReader::new(child.stderr.take().expect("piped"));
        let address = loop {
            let mut line = String::new();
            assert_ne!(
                log.read_line(&mut line).expect("reads"),
                0,
                "ended before it listened"
            );
            if let Some((_, rest)) = line.split_once("msg=\"Listening on ") {
                break rest.split(' ').next().expect("an address").to_owned();
            }
        };
        Served {
            child,
            log,
            address,
        }
    }
}

/// A running server, killed when dropped.
struct Served {
    child: Child,
    log: BufReader<ChildStderr>,
    address: String,
}

impl Served {
    fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).expect("signals");
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

#[test]
fn sigterm_and_sigint_end_it_with_0() {
    let setup = Setup::new();
    for signal in [Signal::TERM, Signal::INT] {
        let mut served = setup.serve(&[]);
        served.signal(signal);
        assert_eq!(served.child.wait().expect("ends").code(), Some(0));
    }
    assert!(setup.path(".ollama/models/blobs").is_dir());
}

#[test]
fn it_can_ignore_sigterm() {
    let setup = Setup::new();
    let mut served = setup.serve(&[("OLLAMACTL_STUB_IGNORE_SIGTERM", "1")]);
    served.signal(Signal::TERM);
    let version = setup.output(&["--version"], &[("OLLAMA_HOST", &served.address)]);
    assert_eq!(text(&version.stdout), "ollama version is 0.33.0-rc2-stub\n");
    served.signal(Signal::KILL);
    assert_eq!(served.child.wait().expect("ends").signal(), Some(9));
}

#[test]
fn a_taken_port_is_one_line_and_1() {
    let setup = Setup::new();
    let served = setup.serve(&[]);
    let second = setup.output(&["serve"], &[("OLLAMA_HOST", &served.address)]);
    let expected = format!(
        "Error: listen tcp {}: bind: address already in use\n",
        served.address
    );
    assert_eq!(text(&second.stderr), expected);
    assert_eq!(second.status.code(), Some(1));
}

#[test]
fn a_store_that_cannot_be_made_is_said() {
    let setup = Setup::new();
    let file = setup.path("afile");
    std::fs::write(&file, "").expect("writes");
    let file = Path::new(&file).display().to_string();
    let env = [
        ("OLLAMA_HOST", "127.0.0.1:0"),
        ("OLLAMA_MODELS", file.as_str()),
    ];
    let failed = setup.output(&["serve"], &env);
    let last = text(&failed.stderr)
        .lines()
        .last()
        .expect("a line")
        .to_owned();
    assert!(
        last.starts_with(&format!("Error: mkdir {file}: ")),
        "{last}"
    );
    assert_eq!(failed.status.code(), Some(1));
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
fn other_commands_say_that_this_is_a_stub() {
    let setup = Setup::new();
    let pull = setup.output(&["pull", "tiny"], &[]);
    assert!(text(&pull.stderr).contains("stub of ollamactl"), "{pull:?}");
    assert_eq!(pull.status.code(), Some(1));
}

#[test]
fn models_can_be_there_from_the_start() {
    let setup = Setup::new();
    let mut served = setup.serve(&[("OLLAMACTL_STUB_MODELS", "tiny, tiny2:1b")]);
    // The log goes on after the Listening line, once HTTP is answered.
    let mut line = String::new();
    while !line.contains("vram-based default context") {
        line.clear();
        assert_ne!(served.log.read_line(&mut line).expect("reads"), 0, "ended");
    }
    for manifest in ["tiny/latest", "tiny2/1b"] {
        let path = format!(".ollama/models/manifests/registry.ollama.ai/library/{manifest}");
        assert!(setup.path(&path).is_file(), "{manifest}");
    }
}
