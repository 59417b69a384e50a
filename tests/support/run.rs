//! Running commands, each with a hard time limit.

use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{Sandbox, end, until};

/// No command may take longer than this.
const LIMIT: Duration = Duration::from_mins(1);

/// What a command did.
#[derive(Debug)]
pub struct Output {
    /// The command, for messages.
    pub command: String,
    /// Its exit code; 128 and the signal's number where a signal ended it, as in a shell.
    pub status: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Output {
    /// Fails unless it ended with this exit code.
    #[track_caller]
    pub fn code(self, expected: i32) -> Self {
        assert_eq!(self.status, expected, "wrong exit code\n{self}");
        self
    }

    /// Fails unless standard error holds all of these.
    #[track_caller]
    pub fn says<'a>(self, texts: impl IntoIterator<Item = &'a str>) -> Self {
        for text in texts {
            assert!(self.stderr.contains(text), "does not say {text:?}\n{self}");
        }
        self
    }

    /// Fails unless standard output holds all of these.
    #[track_caller]
    pub fn prints<'a>(self, texts: impl IntoIterator<Item = &'a str>) -> Self {
        for text in texts {
            assert!(
                self.stdout.contains(text),
                "does not print {text:?}\n{self}"
            );
        }
        self
    }

    /// Standard output as one JSON document.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("not one JSON document: {error}\n{self}"))
    }

    /// Standard output as one JSON document a line.
    #[track_caller]
    pub fn json_lines(&self) -> Vec<serde_json::Value> {
        let parse = |line: &str| {
            serde_json::from_str(line)
                .unwrap_or_else(|error| panic!("not JSON: {line:?}: {error}\n{self}"))
        };
        self.stdout.lines().map(parse).collect()
    }
}

impl std::fmt::Display for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            command,
            status,
            stdout,
            stderr,
        } = self;
        write!(
            f,
            "$ {command}\n(exit code {status})\n--- stdout\n{stdout}\n--- stderr\n{stderr}\n---"
        )
    }
}

/// A command that runs.
pub struct Running {
    command: String,
    child: Child,
    stdout: Collected,
    stderr: Collected,
}

impl Sandbox {
    /// Runs `ollamactl` with these arguments to its end.
    #[track_caller]
    pub fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Output {
        self.spawn(args).finish()
    }

    /// Starts `ollamactl` with these arguments.
    #[track_caller]
    pub fn spawn<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Running {
        self.start("ollamactl", args)
    }

    /// Starts a program of this sandbox's PATH, or one given by its path.
    #[track_caller]
    pub fn start<S: AsRef<OsStr>>(
        &self,
        program: &str,
        args: impl IntoIterator<Item = S>,
    ) -> Running {
        let args: Vec<S> = args.into_iter().collect();
        let program = self.bin().join(program);
        let words = std::iter::once(program.as_os_str()).chain(args.iter().map(AsRef::as_ref));
        let words: Vec<_> = words.map(OsStr::to_string_lossy).collect();
        let mut child = Command::new(&program)
            .args(&args)
            .env_clear()
            .envs(&self.env)
            .current_dir(self.work())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot run {}: {error}", program.display()));
        Running {
            command: words.join(" "),
            stdout: Collected::from(child.stdout.take().expect("piped")),
            stderr: Collected::from(child.stderr.take().expect("piped")),
            child,
        }
    }

    /// Runs a script with the programs of the system behind those of the sandbox.
    #[track_caller]
    pub fn shell(&self, script: &str) -> Output {
        let script = format!("PATH=$PATH:/usr/sbin:/usr/bin:/sbin:/bin\n{script}");
        self.start("/bin/sh", ["-c", &script]).finish()
    }
}

impl Running {
    /// Its pid.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has ended.
    pub fn is_over(&mut self) -> bool {
        self.child.try_wait().expect("waits").is_some()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        end(self.child.id(), signal);
    }

    /// Waits until its standard error holds this.
    #[track_caller]
    pub fn wait_to_say(&self, text: &str) {
        until(
            &format!("{text:?} on the standard error of {}", self.command),
            || self.stderr.text().contains(text).then_some(()),
        );
    }

    /// Waits until its standard output holds this.
    #[track_caller]
    pub fn wait_to_print(&self, text: &str) {
        until(
            &format!("{text:?} on the standard output of {}", self.command),
            || self.stdout.text().contains(text).then_some(()),
        );
    }

    /// Waits for its end.
    #[track_caller]
    pub fn finish(mut self) -> Output {
        let deadline = Instant::now() + LIMIT;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("waits") {
                break Some(status);
            }
            if Instant::now() > deadline {
                let _ = self.child.kill();
                let _ = self.child.wait();
                break None;
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        // A background process that kept the pipes would hang every `$(ollamactl …)` of a script.
        let closed =
            status.is_none() || self.stdout.closes(deadline) && self.stderr.closes(deadline);
        let output = Output {
            command: self.command.clone(),
            status: status.map_or(-1, exit_code),
            stdout: self.stdout.text(),
            stderr: self.stderr.text(),
        };
        assert!(status.is_some(), "did not end within {LIMIT:?}\n{output}");
        assert!(
            closed,
            "ended, but somebody keeps its output open\n{output}"
        );
        output
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn exit_code(status: ExitStatus) -> i32 {
    status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}

/// What came out of a pipe so far.
struct Collected {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: std::thread::JoinHandle<()>,
}

impl Collected {
    fn from(mut pipe: impl Read + Send + 'static) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let sink = bytes.clone();
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(count @ 1..) = pipe.read(&mut buffer) {
                sink.lock().expect("not poisoned").extend(&buffer[..count]);
            }
        });
        Self { bytes, reader }
    }

    fn text(&self) -> String {
        let bytes = self.bytes.lock().expect("not poisoned");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn closes(&self, deadline: Instant) -> bool {
        while !self.reader.is_finished() {
            if Instant::now() > deadline {
                return false;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        true
    }
}
