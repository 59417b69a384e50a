//! A Docker engine of its own, in its own network and mount namespaces, which may be suspended and
//! killed. It is gone with all that it ran when it is dropped, also by a failing test.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::Signal;

use super::support::{Sandbox, end, is_root, skipped, until, until_true};

/// Set to `1`, the suite runs.
const WANTED: &str = "OLLAMACTL_ENGINE_TESTS";

/// An image for whatever a test needs: ollamactl itself.
const DOCKERFILE: &str =
    "FROM scratch\nCOPY ollamactl /ollamactl\nENV HOME=/tmp\nENTRYPOINT [\"/ollamactl\"]\n";

const COMPOSE: &str = "
name: lab
services:
  ollama-functions:
    build: {context: ., network: none}
    command: [gateway, run, --no-auth, --listen, '0.0.0.0:8000']
    stop_signal: SIGKILL
";

/// The container that the compose project above makes.
pub const CONTAINER: &str = "lab-ollama-functions-1";

/// An engine, and a sandbox whose environment names it.
pub struct Dockerd {
    pub sandbox: Sandbox,
    folder: tempfile::TempDir,
    options: &'static [&'static str],
    child: Option<Child>,
}

impl Dockerd {
    /// Starts one with these options. `None` where the suite is not asked for, or cannot run.
    pub fn start(options: &'static [&'static str]) -> Option<Self> {
        let missing = match () {
            () if std::env::var(WANTED).as_deref() != Ok("1") => Some(format!("set {WANTED}=1")),
            () if !is_root() => Some("needs root, to start one".to_owned()),
            () if !Path::new("/usr/sbin/dockerd").exists() => {
                Some("needs /usr/sbin/dockerd".to_owned())
            }
            () => None,
        };
        if let Some(missing) = missing {
            skipped(&format!(
                "an engine that is killed and suspended ({missing})"
            ));
            return None;
        }
        let mut sandbox = Sandbox::new();
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("docker.sock");
        sandbox.set("DOCKER_HOST", &format!("unix://{}", socket.display()));
        sandbox.write("docker-compose.yml", COMPOSE);
        sandbox.write("Dockerfile", DOCKERFILE);
        copy_binary(&sandbox.work().join("ollamactl"));
        let mut engine = Self {
            sandbox,
            folder,
            options,
            child: None,
        };
        engine.launch();
        Some(engine)
    }

    /// Starts it, again after a [`Self::kill`], and waits until it answers.
    pub fn launch(&mut self) {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        let log = std::fs::File::create(self.log()).expect("created");
        let child = Command::new("unshare")
            .args([
                "--net",
                "--mount",
                "sh",
                "-c",
                "ip link set lo up; exec dockerd \"$@\"",
                "sh",
            ])
            .args(["--host", &format!("unix://{}", path("docker.sock"))])
            .args([
                "--data-root",
                &path("data"),
                "--exec-root",
                &path("exec"),
                "--pidfile",
                &path("pid"),
            ])
            .args(self.options)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("cloned"))
            .stderr(log)
            .spawn()
            .expect("unshare runs");
        self.child = Some(child);
        until("the second engine", || {
            let child = self.child.as_mut().expect("started");
            let ended = child.try_wait().expect("waits");
            assert!(
                ended.is_none(),
                "it ended: {}",
                std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
            );
            self.answers().then_some(())
        });
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn answers(&self) -> bool {
        let socket = format!(
            "unix://{}",
            self.folder.path().join("docker.sock").display()
        );
        super::api::call_at(&socket, "GET", "/_ping", b"").is_ok_and(|(status, _)| status == 200)
    }

    /// Sends its process a signal.
    pub fn signal(&self, signal: Signal) {
        end(self.child.as_ref().expect("started").id(), signal);
    }

    /// Kills it and everything under it, as a machine does that runs out of memory.
    pub fn kill(&mut self) {
        self.signal(Signal::KILL);
        let _ = self.child.take().expect("started").wait();
        self.end_all();
        // Where nobody reaps it, the dead containerd would pass for a living one.
        let _ = std::fs::remove_dir_all(self.folder.path().join("exec"));
    }

    /// Ends what a killed engine leaves: containerd, shims, and what runs under them.
    fn end_all(&self) {
        let mark = self.folder.path().display().to_string();
        for _ in 0..200 {
            let left = mentioning(&mark);
            if left.is_empty() {
                break;
            }
            for pid in left {
                end(pid, Signal::KILL);
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    /// A container, as the engine shows it.
    pub fn inspect(&self, container: &str) -> serde_json::Value {
        let socket = format!(
            "unix://{}",
            self.folder.path().join("docker.sock").display()
        );
        let path = format!("/containers/{container}/json");
        super::api::call_at(&socket, "GET", &path, b"")
            .expect("answers")
            .1
    }

    /// Adds a step to the image that does not end by itself, and says so first.
    pub fn never_ending_build(&self) {
        let step = "RUN [\"/ollamactl\", \"stub\", \"--host\", \"127.0.0.1:1\", \"--models\", \"/models\"]\n";
        self.sandbox
            .write("Dockerfile", &format!("{DOCKERFILE}{step}"));
    }

    /// The image's build has a secret, which takes it another way through the engine.
    pub fn secret_build(&self) {
        let build = "build: {context: ., network: none, secrets: [token]}";
        let compose = COMPOSE.replace("build: {context: ., network: none}", build);
        let secrets = "secrets: {token: {file: Dockerfile}}\n";
        self.sandbox
            .write("docker-compose.yml", &format!("{compose}{secrets}"));
    }

    /// The image as it was at first.
    pub fn good_build(&self) {
        self.sandbox.write("Dockerfile", DOCKERFILE);
        self.sandbox.write("docker-compose.yml", COMPOSE);
    }
}

impl Drop for Dockerd {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            end(child.id(), Signal::CONT);
            end(child.id(), Signal::TERM);
            let gone = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                until_true("the second engine's end", || {
                    child.try_wait().is_ok_and(|ended| ended.is_some())
                });
            }));
            if gone.is_err() {
                let _ = child.kill();
                let _ = child.wait();
            }
        }
        self.end_all();
    }
}

/// Processes whose command line has this path in it, or whose root folder comes from there: a step of a build.
fn mentioning(path: &str) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").expect("a /proc");
    let pids = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| {
        let told = |file: &str| {
            let bytes = std::fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let mounts = told("mountinfo");
        let is_root = |line: &&str| line.split(' ').nth(4) == Some("/");
        let root = mounts.lines().find(is_root).unwrap_or_default();
        told("cmdline").contains(path) || root.contains(path)
    })
    .collect()
}

fn copy_binary(to: &Path) {
    let binary = env!("CARGO_BIN_EXE_ollamactl");
    let done = Command::new("strip").arg("-o").arg(to).arg(binary).status();
    if !done.is_ok_and(|status| status.success()) {
        std::fs::copy(binary, to).expect("copied");
    }
    std::fs::set_permissions(to, std::fs::Permissions::from_mode(0o755)).expect("set");
}
