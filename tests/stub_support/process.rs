//! The stub as a process of its own, under the name `ollama`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use ollamactl::process::{Info, scan};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tempfile::TempDir;

/// How long anything may take before a test gives up.
const LIMIT: Duration = Duration::from_secs(30);

/// Waits until something is there.
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < LIMIT, "no {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A recording, as text.
pub fn recording(name: &str) -> String {
    let path = format!("{}/tests/recordings/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).expect(&path)
}

/// A folder with the binary under the name `ollama`, a home and nothing else in its environment.
pub struct Setup {
    folder: TempDir,
}

impl Setup {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let binary = env!("CARGO_BIN_EXE_ollamactl");
        std::os::unix::fs::symlink(binary, folder.path().join("ollama")).expect("a link");
        Self { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command of the stub, in a process group of its own.
    pub fn command(&self, args: &[&str], env: &[(&str, &str)]) -> Command {
        let mut command = Command::new("env");
        // Under nohup SIGHUP is ignored, and whoever inherits that keeps it, as Ollama does.
        command.arg("--default-signal=HUP").arg(self.path("ollama"));
        command.args(args).env_clear();
        command.env("HOME", self.folder.path());
        command.env("OLLAMA_HOST", "127.0.0.1:0");
        command.envs(env.iter().copied()).process_group(0);
        command
    }

    pub fn output(&self, args: &[&str], env: &[(&str, &str)]) -> Output {
        self.command(args, env).output().expect("runs")
    }

    /// Starts `ollama serve` on a free port, and waits until it listens.
    pub fn serve(&self, env: &[(&str, &str)]) -> Served {
        Self::start(self.command(&["serve"], env))
    }

    /// The same, by another command that ends up as the server.
    pub fn serve_with(&self, made: impl FnOnce(&Command) -> Command) -> Served {
        let mut command = made(&self.command(&["serve"], &[]));
        command.process_group(0);
        Self::start(command)
    }

    fn start(mut command: Command) -> Served {
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("starts");
        let log = BufReader::new(child.stderr.take().expect("piped"));
        let mut served = Served {
            child,
            log,
            said: Vec::new(),
            address: String::new(),
        };
        let line = served.read_until("msg=\"Listening on ");
        let (_, rest) = line.split_once("Listening on ").expect("was looked for");
        rest.split(' ')
            .next()
            .expect("an address")
            .clone_into(&mut served.address);
        served
    }

    /// Starts `ollama serve` and waits until HTTP is answered.
    pub fn ready(&self, env: &[(&str, &str)]) -> Served {
        let mut served = self.serve(env);
        served.read_until("vram-based default context");
        served
    }

    /// The files of the model store's blobs.
    pub fn blobs(&self) -> Vec<PathBuf> {
        let files = std::fs::read_dir(self.path(".ollama/models/blobs"));
        let files = files.into_iter().flatten().flatten();
        files.map(|file| file.path()).collect()
    }

    /// What is in the first part file.
    pub fn part(&self) -> Option<String> {
        let mut blobs = self.blobs().into_iter();
        let part = blobs.find(|path| path.to_string_lossy().ends_with("-partial-0"))?;
        std::fs::read_to_string(part).ok()
    }
}

/// A running server; what is left of its process group is killed when this is dropped.
pub struct Served {
    pub child: Child,
    log: BufReader<ChildStderr>,
    /// The log so far, without line ends.
    pub said: Vec<String>,
    pub address: String,
}

impl Served {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("signals");
    }

    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().expect("ends")
    }

    /// Signals the server, waits for its end, and says how it ended.
    pub fn end(&mut self, signal: Signal) -> ExitStatus {
        self.signal(signal);
        self.wait()
    }

    /// Reads the log up to a line with this in it.
    pub fn read_until(&mut self, part: &str) -> String {
        loop {
            let mut line = String::new();
            let read = self.log.read_line(&mut line).expect("reads");
            assert_ne!(read, 0, "ended before {part:?}: {:?}", self.said);
            self.said.push(line.trim_end().to_owned());
            if line.contains(part) {
                return line;
            }
        }
    }

    /// The rest of the log of a server that has ended.
    pub fn rest(&mut self) -> String {
        let mut rest = String::new();
        self.log.read_to_string(&mut rest).expect("reads");
        rest
    }

    /// The other processes of its group, which outlive it. A child that has not come to its own program yet
    /// bears its parent's arguments, and is none of them.
    pub fn group(&self) -> Vec<Info> {
        let group = self.pid();
        let mut others = scan();
        others.retain(|process| {
            let forked = process.args.get(1).is_some_and(|word| word == "serve");
            process.group == group && process.pid != group && !forked
        });
        others
    }

    /// Sends a request and hands back the connection.
    pub fn request(&self, method: &str, path: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).expect("connects");
        stream.set_read_timeout(Some(LIMIT)).expect("sets");
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Length: {length}\r\n\r\n"
        );
        stream.write_all((head + body).as_bytes()).expect("writes");
        stream
    }

    /// Sends a request and reads the whole answer, with its head.
    pub fn ask(&self, method: &str, path: &str, body: &str) -> String {
        let mut answer = String::new();
        let mut stream = self.request(method, path, body);
        stream.read_to_string(&mut answer).expect("reads");
        answer
    }

    /// Loads a model and names its runner.
    pub fn load(&self, model: &str) -> Info {
        let before: Vec<u32> = self.group().iter().map(|process| process.pid).collect();
        let body = format!("{{\"model\": \"{model}\"}}");
        let answer = self.ask("POST", "/api/generate", &body);
        assert!(answer.contains("\"done_reason\":\"load\""), "{answer}");
        let mut group = self.group();
        group.retain(|process| !before.contains(&process.pid));
        assert_eq!(group.len(), 1, "one runner for {model}: {group:?}");
        group.remove(0)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let group = Pid::from_child(&self.child);
        let _ = kill_process_group(group, Signal::KILL);
        let _ = self.child.wait();
    }
}

/// Reads a stream up to these bytes.
pub fn read_until(stream: &mut TcpStream, part: &str) -> String {
    let mut seen = Vec::new();
    let mut byte = [0];
    while !seen.ends_with(part.as_bytes()) {
        assert_ne!(
            stream.read(&mut byte).expect("reads"),
            0,
            "ended before {part:?}"
        );
        seen.push(byte[0]);
    }
    String::from_utf8(seen).expect("text")
}
