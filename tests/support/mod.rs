//! A hermetic place to run ollamactl in: its own home, configuration, state, PATH and ports, nothing of
//! the caller's environment, and no process left behind when the test ends, however it ends.
#![allow(
    dead_code,
    unused_imports,
    reason = "each test file uses a part of this"
)]

pub mod engine;
pub mod http;
mod processes;
mod run;
pub mod tls;

use std::collections::BTreeMap;
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub use processes::{Process, end, is_alive, start_time};
pub use run::{Output, Running};

/// The model that sandboxes require: the smallest that the stub's registry has.
pub const MODEL: &str = "tiny";

/// The variable that marks every process of a sandbox, and is inherited by what it starts.
const MARKER: &str = "OLLAMACTL_TEST_SANDBOX";

/// One test's world.
pub struct Sandbox {
    folder: TempDir,
    env: BTreeMap<String, String>,
    /// Where the backend listens.
    pub backend: SocketAddr,
    /// Where the embedded gateway listens.
    pub gateway: SocketAddr,
}

impl Sandbox {
    /// A world with the stub as `ollama` on PATH, no container engine, and `tiny` as required model.
    pub fn new() -> Self {
        let sandbox = Self::without_ollama();
        sandbox.link("ollama");
        sandbox
    }

    /// A world without any `ollama`.
    pub fn without_ollama() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name).display().to_string();
        let (backend, gateway) = (free_address(), free_address());
        let env = [
            (MARKER, path("")),
            ("HOME", path("home")),
            ("XDG_STATE_HOME", path("state")),
            ("XDG_CONFIG_HOME", path("config")),
            ("PATH", path("bin")),
            ("OLLAMA_HOST", backend.to_string()),
            ("OLLAMACTL_GATEWAY_LISTEN", gateway.to_string()),
            ("OLLAMA_MODEL", MODEL.to_owned()),
            ("DOCKER_HOST", format!("unix://{}", path("no-engine.sock"))),
            ("OLLAMACTL_STUB_ROUND_TRIP_MS", "0".to_owned()),
        ];
        let env = env
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        for name in ["home", "state", "config", "bin", "work"] {
            std::fs::create_dir(folder.path().join(name)).expect("created");
        }
        let sandbox = Self {
            folder,
            env,
            backend,
            gateway,
        };
        sandbox.link("ollamactl");
        sandbox
    }

    /// The binary under this name, on PATH.
    fn link(&self, name: &str) {
        let binary = env!("CARGO_BIN_EXE_ollamactl");
        std::os::unix::fs::symlink(binary, self.bin().join(name)).expect("linked");
    }

    /// The same world with this variable.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.set(name, value);
        self
    }

    /// Sets a variable for what is run from now on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.env.insert(name.to_owned(), value.to_owned());
    }

    /// Unsets a variable for what is run from now on.
    pub fn unset(&mut self, name: &str) {
        self.env.remove(name);
    }

    /// The folder on PATH.
    pub fn bin(&self) -> PathBuf {
        self.path("bin")
    }

    /// The folder in which commands run.
    pub fn work(&self) -> PathBuf {
        self.path("work")
    }

    /// A path inside the sandbox.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file of the folder in which commands run.
    pub fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.work().join(name);
        write(&path, content);
        path
    }

    /// Reads a file of the folder in which commands run.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.work().join(name)).expect("readable")
    }

    /// Puts a shell script on PATH, in the place of what has that name.
    pub fn script(&self, name: &str, body: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.bin().join(name);
        let _ = std::fs::remove_file(&path);
        write(&path, &format!("#!/bin/sh\n{body}\n"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("set");
    }

    /// ollamactl's state folder.
    pub fn state(&self) -> PathBuf {
        self.path("state/ollamactl")
    }

    /// A file of the backend's slot: `pid`, `json`, `lock`, `log`.
    pub fn backend_file(&self, extension: &str) -> PathBuf {
        self.slot_file("backend", self.backend, extension)
    }

    /// A file of the embedded gateway's slot.
    pub fn gateway_file(&self, extension: &str) -> PathBuf {
        self.slot_file("gateway", self.gateway, extension)
    }

    fn slot_file(&self, part: &str, address: SocketAddr, extension: &str) -> PathBuf {
        // The slot's name holds no colon.
        let address = address.to_string().replace(':', "-");
        self.state().join(format!("{part}-{address}.{extension}"))
    }

    /// The pid in the backend's pidfile: its supervisor.
    pub fn supervisor_pid(&self) -> Option<u32> {
        pid_in(&self.backend_file("pid"))
    }

    /// The record that the supervisor keeps.
    pub fn record(&self) -> Option<serde_json::Value> {
        let text = std::fs::read_to_string(self.backend_file("json")).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// The pid of the backend that the supervisor started.
    pub fn backend_pid(&self) -> Option<u32> {
        number(&self.record()?["origin"]["process"]["pid"])
    }

    /// The pid of the embedded gateway.
    pub fn gateway_pid(&self) -> Option<u32> {
        pid_in(&self.gateway_file("pid"))
    }

    /// What is in the state folder, but for logs and the stub's models: nothing, where nothing runs.
    pub fn state_files(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.state()) else {
            return Vec::new();
        };
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("listed").file_name())
            .map(|name| name.to_string_lossy().into_owned())
            .filter(|name| {
                let is_log = Path::new(name)
                    .extension()
                    .is_some_and(|extension| extension == "log");
                !is_log && name != "stub-models"
            })
            .collect();
        names.sort();
        names
    }

    /// What runs in this sandbox.
    pub fn processes(&self) -> Vec<Process> {
        processes::marked(&self.mark())
    }

    fn mark(&self) -> String {
        format!("{MARKER}={}", self.env[MARKER])
    }

    /// The processes of this sandbox that serve as backend.
    pub fn backends(&self) -> Vec<Process> {
        let mut all = self.processes();
        all.retain(|process| {
            process.args.get(1).is_some_and(|arg| arg == "serve") && process.program() == "ollama"
                || process.args.get(1).is_some_and(|arg| arg == "stub")
        });
        all
    }

    /// Fails when anything is left: a process, a listening port, a state file that is not a log.
    #[track_caller]
    pub fn assert_nothing_left(&self) {
        assert_eq!(self.processes(), [], "processes are left");
        assert_eq!(self.state_files(), [] as [&str; 0], "state files are left");
        for address in [self.backend, self.gateway] {
            assert!(is_free(address), "somebody still listens on {address}");
        }
    }

    /// A `serve --background` that must succeed.
    #[track_caller]
    pub fn serve(&self) -> Output {
        self.run(["serve", "--background"]).code(0)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        processes::end_all(&self.mark());
    }
}

/// Polls until it gives something; the one place that waits. Fails after a time in which any of it
/// must have happened, however slow the machine.
#[track_caller]
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Polls until it is true.
#[track_caller]
pub fn until_true(what: &str, mut look: impl FnMut() -> bool) {
    until(what, || look().then_some(()));
}

/// Whether nobody listens at this address.
pub fn is_free(address: SocketAddr) -> bool {
    TcpListener::bind(address).is_ok()
}

/// A loopback address that nobody has, and that no other test on this machine gets while this process
/// lives: a lock on a file named after the port says whose it is. Below the range from which the kernel
/// hands out ports by itself.
pub fn free_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    static HELD: Mutex<Vec<File>> = Mutex::new(Vec::new());
    let user = rustix::process::geteuid().as_raw();
    let folder = std::env::temp_dir().join(format!("ollamactl-test-ports-{user}"));
    std::fs::create_dir_all(&folder).expect("created");
    let start = u16::try_from(std::process::id() % 130).expect("small") * 64;
    loop {
        let port = 21_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 9000;
        let lock = File::create(folder.join(port.to_string())).expect("created");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if lock.try_lock().is_ok() && is_free(address) {
            HELD.lock().expect("not poisoned").push(lock);
            return address;
        }
    }
}

/// Whether this test runs as root; what needs it is skipped loudly otherwise.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A JSON number as a pid.
pub fn number(value: &serde_json::Value) -> Option<u32> {
    value.as_u64()?.try_into().ok()
}

fn pid_in(path: &Path) -> Option<u32> {
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}

fn write(path: &Path, content: &str) {
    let folder = path.parent().expect("inside the sandbox");
    std::fs::create_dir_all(folder).expect("created");
    std::fs::write(path, content).expect("written");
}

/// Says why a test did not run, past the test harness, which would keep it to itself.
pub fn skipped(why: &str) {
    use std::io::Write;
    // Where standard error is gone there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
}
