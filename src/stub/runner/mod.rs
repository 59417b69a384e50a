//! The processes in which Ollama runs its models: one for each loaded weights file, in the server's
//! process group, on a loopback port of its own. The stub's hold the port and compute nothing.

mod program;

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::Version;
pub use program::run_if_asked;

/// Set in a runner's environment, so that nothing else is taken for one.
const MARK: &str = "OLLAMACTL_STUB_RUNNER";
/// Another program may take the port that was free a moment ago.
const TRIES: usize = 5;
/// Pause between two looks at a runner that is starting.
const LOOK: Duration = Duration::from_millis(2);

/// What the newer runner is told besides model and address.
const LLAMA_SERVER_FLAGS: &str = "--no-webui --offline -c 512 -np 1 --log-verbosity 4 --no-log-prefix \
    --no-log-timestamps --no-jinja --chat-template chatml --load-mode none --flash-attn auto -b 512 \
    -ub 512 --context-shift --keep 4";

/// Starts runners.
#[derive(Debug, Clone)]
pub(super) struct Runners {
    /// The program, which is the stub's own.
    program: PathBuf,
    version: Version,
}

impl Runners {
    /// Runners that are this program over again; `None` where a process cannot choose the name
    /// under which it starts another.
    pub(super) fn new(version: Version) -> Option<Self> {
        let program = std::env::current_exe().ok().filter(|_| cfg!(unix))?;
        Some(Self { program, version })
    }

    /// Starts a runner and waits until it listens; `model` is its weights file, none for the process
    /// that looks for devices. `told` is given the command line, once for each try.
    pub(super) async fn start(
        &self,
        model: Option<&Path>,
        told: impl Fn(&str),
    ) -> Result<Runner, String> {
        for _ in 0..TRIES {
            let port = free_port().await.map_err(|error| error.to_string())?;
            let argv = self.argv(model, port);
            let words: Vec<_> = argv.iter().map(|word| word.to_string_lossy()).collect();
            told(&words.join(" "));
            let child = self.spawn(&argv).map_err(|error| error.to_string())?;
            let mut runner = Runner::watch(child);
            if runner.listens(port).await {
                return Ok(runner);
            }
        }
        Err("llama runner process has terminated".to_owned())
    }

    /// The command line of a runner that is not started; `None` without a free port.
    pub(super) async fn command(&self, model: Option<&Path>) -> Option<String> {
        let argv = self.argv(model, free_port().await.ok()?);
        let words: Vec<_> = argv.iter().map(|word| word.to_string_lossy()).collect();
        Some(words.join(" "))
    }

    /// The command line, beginning with the program's name.
    fn argv(&self, model: Option<&Path>, port: u16) -> Vec<OsString> {
        let loads = model.is_some();
        let model = model.map(|path| ["--model".into(), path.into()]);
        let mut argv = match self.version {
            Version::V0_24 => vec![
                self.program.with_file_name("ollama").into(),
                "runner".into(),
            ],
            Version::V0_33 => vec![self.llama_server().into()],
        };
        if !loads && self.version == Version::V0_24 {
            argv.push("--ollama-engine".into());
        }
        argv.extend(model.into_iter().flatten());
        argv.extend(["--port".into(), port.to_string().into()]);
        if self.version == Version::V0_33 {
            argv.extend(["--host".into(), "127.0.0.1".into()]);
            if loads {
                argv.extend(LLAMA_SERVER_FLAGS.split(' ').map(OsString::from));
            } else {
                argv.extend(["--no-webui", "--offline", "--verbose"].map(OsString::from));
            }
        }
        argv
    }

    /// Where Ollama would have its runner: beside `bin`, or below the program's own folder.
    fn llama_server(&self) -> PathBuf {
        let folder = self.program.parent().unwrap_or(Path::new("/"));
        let root = match folder.parent() {
            Some(above) if folder.ends_with("bin") => above,
            _ => folder,
        };
        root.join("lib/ollama/llama-server")
    }

    #[cfg(unix)]
    fn spawn(&self, argv: &[OsString]) -> std::io::Result<Child> {
        let mut command = Command::new(&self.program);
        command.arg0(&argv[0]).args(&argv[1..]).env(MARK, "1");
        // Its output goes where the server's goes, as Ollama's does.
        command.stdin(Stdio::null()).spawn()
    }

    #[cfg(not(unix))]
    fn spawn(&self, argv: &[OsString]) -> std::io::Result<Child> {
        let mut command = Command::new(&self.program);
        command.args(&argv[1..]).env(MARK, "1");
        command.stdin(Stdio::null()).spawn()
    }
}

/// A runner's process, killed when this is dropped. Only a server that ends without a chance to do so
/// leaves it behind.
pub(super) struct Runner {
    ended: watch::Receiver<Option<String>>,
    end: Option<DropGuard>,
}

impl Runner {
    fn watch(mut child: Child) -> Self {
        let end = CancellationToken::new();
        let asked = end.clone();
        let (tell, ended) = watch::channel(None);
        tokio::spawn(async move {
            let status = tokio::select! {
                status = child.wait() => status,
                () = asked.cancelled() => {
                    let _ = child.start_kill();
                    child.wait().await
                }
            };
            let _ = tell.send(Some(
                status.map_or_else(|error| error.to_string(), describe),
            ));
        });
        let end = Some(end.drop_guard());
        Self { ended, end }
    }

    /// How the process ended; `None` while it runs.
    pub(super) fn ended(&self) -> Option<String> {
        self.ended.borrow().clone()
    }

    /// Kills the process and waits until it is gone.
    pub(super) async fn end(mut self) {
        self.end.take();
        let _ = self.ended.wait_for(Option::is_some).await;
    }

    /// Lets the process run on without its server.
    pub(super) fn leave(mut self) {
        if let Some(guard) = self.end.take() {
            guard.disarm();
        }
    }

    /// Waits until the process listens on this port; `false` when it ends before.
    async fn listens(&mut self, port: u16) -> bool {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        loop {
            let connected = TcpStream::connect(address).await.is_ok();
            if self.ended().is_some() {
                return false;
            }
            if connected {
                return true;
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

async fn free_port() -> std::io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    Ok(listener.local_addr()?.port())
}

/// How a process ended, as fields of a log line.
fn describe(status: ExitStatus) -> String {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        if let Some(signal) = status.signal() {
            let name = match signal {
                2 => "interrupt",
                9 => "killed",
                15 => "terminated",
                _ => "other",
            };
            return format!("sys={signal} string=\"signal: {name}\"");
        }
    }
    let code = status.code().unwrap_or(-1);
    format!("sys={} string=\"exit status {code}\"", code << 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argv(version: Version, program: &str, model: Option<&str>) -> String {
        let runners = Runners {
            program: program.into(),
            version,
        };
        let words = runners.argv(model.map(Path::new), 42547);
        let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
        words.join(" ")
    }

    #[test]
    fn command_lines_are_those_of_the_version() {
        let newer = argv(Version::V0_33, "/o/bin/ollama", Some("/m/blobs/sha256-1c"));
        assert!(
            newer.starts_with(
                "/o/lib/ollama/llama-server --model /m/blobs/sha256-1c --port 42547 --host 127.0.0.1 "
            ),
            "{newer}"
        );
        assert_eq!(
            argv(Version::V0_24, "/o/bin/ollama", Some("/m/blobs/sha256-1c")),
            "/o/bin/ollama runner --model /m/blobs/sha256-1c --port 42547"
        );
        assert_eq!(
            argv(Version::V0_24, "/x/ollamactl", None),
            "/x/ollama runner --ollama-engine --port 42547"
        );
        assert!(
            argv(Version::V0_33, "/x/ollamactl", None)
                .starts_with("/x/lib/ollama/llama-server --port ")
        );
    }
}
