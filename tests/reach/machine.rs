//! A machine of its own on this one: a network namespace with a container engine and a sandbox in it,
//! and a second namespace as its neighbour on the LAN. Neither touches the network, the firewall or the
//! engine of the machine that runs the tests. Everything goes away when it is dropped, also by a
//! failing test.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process::Signal;
use serde_json::Value;

use super::support::{self, Output, Running, Sandbox, until, until_true};

/// The machine's address on the LAN.
pub const MACHINE: &str = "192.0.2.1";
/// An address in the engine's default bridge network.
const GUEST: &str = "172.17.0.77";
/// The neighbour's.
const NEIGHBOUR: &str = "192.0.2.2";
/// What `host-gateway` stands for on a fresh engine.
pub const HOST_GATEWAY: &str = "172.17.0.1";
/// The compose project.
pub const PROJECT: &str = "shop";
/// The label of what `doctor` makes for its probe.
const THROWAWAY: &str = "ollamactl.throwaway";

/// Set to `1`, what is missing for these tests is a failure instead of a reason to skip.
const MANDATORY: &str = "OLLAMACTL_ENGINE_TESTS";

const COMPOSE: &str = r#"
name: shop
services:
  ollama-functions:
    build: ./ollama-functions
    command: [gateway, run, --no-auth, --listen, "0.0.0.0:8000"]
    environment:
      HOME: /tmp
      OLLAMA_MODEL: ${OLLAMA_MODEL:-llama3:8b}
      OLLAMA_HOST: http://host.docker.internal:@backend@
    ports: ["127.0.0.1:@published@:8000"]
"#;

/// What an HTTP request from some namespace came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// curl's exit code: 7 refused, 28 time-out, 52 nothing was answered.
    pub curl: i32,
    /// HTTP status; 0 where there was none.
    pub status: u16,
    /// Whatever came back.
    pub body: String,
}

impl Answer {
    /// Not one byte came back.
    pub fn is_nothing(&self) -> bool {
        self.curl != 0 && self.status == 0 && self.body.is_empty()
    }
}

/// The machine.
pub struct Machine {
    pub sandbox: Sandbox,
    /// Where the gateway is published, in the machine.
    pub published: u16,
    name: String,
    engine: Option<Child>,
    /// Files and folders of its own, and the places where everything on it sees them.
    own: Vec<(PathBuf, &'static str)>,
}

impl Machine {
    /// A machine without an engine; `None` where these tests are not asked for.
    pub fn new() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        static SAID: Once = Once::new();
        if std::env::var(MANDATORY).as_deref() != Ok("1") {
            SAID.call_once(|| {
                support::skipped(&format!(
                    "reach, with network namespaces (set {MANDATORY}=1, as root)"
                ));
            });
            return None;
        }
        assert!(support::is_root(), "network namespaces need root");
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("octl{}n{number}", std::process::id());
        let sandbox = Sandbox::new();
        let socket = format!("unix://{}", sandbox.path("engine.sock").display());
        let machine = Self {
            sandbox: sandbox.with("DOCKER_HOST", &socket),
            published: support::free_address().port(),
            name,
            engine: None,
            own: Vec::new(),
        };
        machine.slim();
        machine.wire();
        machine.write_compose(|compose| compose);
        Some(machine)
    }

    /// The same with an engine that runs.
    pub fn with_engine() -> Option<Self> {
        let mut machine = Self::new()?;
        machine.start_engine(&[]);
        Some(machine)
    }

    /// Puts the binary without its symbols, which make up most of every image of it, on PATH.
    fn slim(&self) {
        let to = self.sandbox.bin().join("ollamactl");
        root(&format!(
            "rm {0} && {{ strip -o {0} {1} || cp {1} {0}; }}",
            to.display(),
            env!("CARGO_BIN_EXE_ollamactl")
        ));
    }

    /// Two namespaces with a cable between them.
    fn wire(&self) {
        let (machine, lan, guest) = (&self.name, self.lan(), self.guest());
        root(&format!(
            "for n in {machine} {lan} {guest}; do ip netns add $n; done
             ip -n {machine} link add eth0 type veth peer name eth0 netns {lan}
             ip -n {machine} addr add {MACHINE}/24 dev eth0 && ip -n {lan} addr add {NEIGHBOUR}/24 dev eth0
             ip -n {machine} link add guest type veth peer name eth0 netns {guest}
             ip -n {guest} addr add {GUEST}/16 dev eth0 && ip -n {machine} link set guest up
             for n in {machine} {lan} {guest}; do ip -n $n link set lo up && ip -n $n link set eth0 up; done
             ip -n {machine} route add default via {NEIGHBOUR}"
        ));
    }

    fn lan(&self) -> String {
        format!("{}l", self.name)
    }

    fn guest(&self) -> String {
        format!("{}g", self.name)
    }

    /// Plugs what [`Self::get_as_container`] calls from into the engine's default bridge.
    #[track_caller]
    pub fn plug_in_guest(&self) {
        self.root("ip link set guest master docker0");
        // docker0 may have another hardware address than last time.
        root(&format!("ip -n {} neigh flush all", self.guest()));
    }

    /// Writes the repository's compose file, changed, with the gateway's image beside it.
    pub fn write_compose(&self, change: impl FnOnce(String) -> String) {
        let text = change(COMPOSE.to_owned())
            .replace("@backend@", &self.sandbox.backend.port().to_string())
            .replace("@published@", &self.published.to_string());
        self.sandbox.write("docker-compose.yml", &text);
        let binary = self.sandbox.work().join("ollama-functions/ollamactl");
        if !binary.exists() {
            self.sandbox.write(
                "ollama-functions/Dockerfile",
                "FROM scratch\nCOPY ollamactl /ollamactl\nENTRYPOINT [\"/ollamactl\"]\n",
            );
            std::fs::copy(self.sandbox.bin().join("ollamactl"), binary).expect("copied");
        }
    }

    /// Starts the engine, and waits until it answers.
    pub fn start_engine(&mut self, args: &[&str]) {
        let path = |name: &str| self.sandbox.path(name).display().to_string();
        let log = std::fs::File::create(path("engine.log")).expect("created");
        let engine = Command::new("nsenter")
            .arg(self.namespace())
            .args(["--", "dockerd", "--shutdown-timeout", "1"])
            .args(["--host", &format!("unix://{}", path("engine.sock"))])
            .args(["--data-root", &path("engine"), "--exec-root", &path("x")])
            .args(["--pidfile", &path("engine.pid")])
            .args(args)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("cloned"))
            .stderr(log)
            .spawn()
            .expect("dockerd");
        self.engine = Some(engine);
        until_true("the engine answers", || {
            self.curl_engine("/_ping").is_some_and(|text| text == "OK")
        });
    }

    /// Ends the engine with its containers.
    pub fn stop_engine(&mut self) {
        let Some(mut engine) = self.engine.take() else {
            return;
        };
        support::end(engine.id(), Signal::TERM);
        for _ in 0..1500 {
            if !matches!(engine.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        let _ = engine.kill();
        let _ = engine.wait();
    }

    fn curl_engine(&self, path: &str) -> Option<String> {
        let output = Command::new("curl")
            .args(["-fsS", "--max-time", "20", "--unix-socket"])
            .arg(self.sandbox.path("engine.sock"))
            .arg(format!("http://engine{path}"))
            .output()
            .expect("curl");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        output.status.success().then_some(text)
    }

    /// What the engine answers at this path of its API.
    #[track_caller]
    pub fn engine(&self, path: &str) -> Value {
        let text = self.curl_engine(path).expect("the engine answers");
        serde_json::from_str(&text).expect("JSON")
    }

    /// Containers and images that `doctor` made for its probe.
    #[track_caller]
    pub fn throwaways(&self) -> (usize, usize) {
        let filter = format!("filters=%7B%22label%22%3A%5B%22{THROWAWAY}%22%5D%7D");
        let count = |path: &str| self.engine(path).as_array().expect("a list").len();
        (
            count(&format!("/containers/json?all=1&{filter}")),
            count(&format!("/images/json?{filter}")),
        )
    }

    /// Runs `ollamactl` with these words on the machine.
    #[track_caller]
    pub fn run(&self, words: &str) -> Output {
        self.spawn(words).finish()
    }

    /// Ends the backend's supervisor. Not by `ollamactl kill`, which knows no network namespaces: it would
    /// end the backends of the machine that runs the tests.
    #[track_caller]
    pub fn stop_backend(&self) {
        let files = std::fs::read_dir(self.sandbox.state()).expect("a folder");
        let names = files.map(|file| file.expect("listed").path());
        let is_pidfile = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("backend-") && name.ends_with(".pid")
        };
        for file in names.filter(is_pidfile) {
            let pid = std::fs::read_to_string(file).expect("a pid");
            let pid = pid.trim().parse().expect("a number");
            support::end(pid, Signal::TERM);
            until_true("the supervisor ends", || !support::is_alive(pid));
        }
    }

    /// Starts `ollamactl` with these words on the machine.
    #[track_caller]
    pub fn spawn(&self, words: &str) -> Running {
        self.start("ollamactl", words)
    }

    /// Starts a program of the sandbox, or one given by its path, on the machine.
    #[track_caller]
    pub fn start(&self, program: &str, words: &str) -> Running {
        let program = self.sandbox.bin().join(program).display().to_string();
        let args = self.inside().into_iter().chain([program]);
        let words = words.split_whitespace().map(str::to_owned);
        self.sandbox.start("/usr/bin/nsenter", args.chain(words))
    }

    /// `nsenter`'s arguments before a command that is to run on the machine, and sees what is its own.
    fn inside(&self) -> Vec<String> {
        let mut words = vec![self.namespace(), "--".to_owned()];
        if !self.own.is_empty() {
            let bind = |(from, to): &(PathBuf, &str)| {
                format!("/usr/bin/mount --bind {} {to} && ", from.display())
            };
            let binds: String = self.own.iter().map(bind).collect();
            let script = format!("{binds}exec \"$@\"");
            let shell = [
                "/usr/bin/unshare",
                "--mount",
                "/bin/sh",
                "-c",
                &script,
                "sh",
            ];
            words.extend(shell.map(str::to_owned));
        }
        words
    }

    /// Gives the machine a folder of its own in this place, with what the place holds now.
    #[track_caller]
    pub fn own_copy(&mut self, place: &'static str) {
        let own = self.own_place(place);
        root(&format!("cp -a {place} {}", own.display()));
        self.own.push((own, place));
    }

    /// Gives the machine an empty folder of its own in this place.
    #[track_caller]
    pub fn own_folder(&mut self, place: &'static str) -> PathBuf {
        let own = self.own_place(place);
        std::fs::create_dir(&own).expect("created");
        self.own.push((own.clone(), place));
        own
    }

    fn own_place(&self, place: &str) -> PathBuf {
        self.path(&format!("own{}", place.replace('/', "-")))
    }

    /// Runs a script as the machine's root.
    #[track_caller]
    pub fn root(&self, script: &str) {
        let output = self.root_command(&["sh", "-ec", script]);
        assert!(
            output.status.success(),
            "{script}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// What a command prints that the machine's root runs.
    #[track_caller]
    pub fn run_root(&self, command: &str) -> String {
        let words: Vec<&str> = command.split_whitespace().collect();
        String::from_utf8_lossy(&self.root_command(&words).stdout).into_owned()
    }

    fn root_command(&self, words: &[&str]) -> std::process::Output {
        let mut command = Command::new("nsenter");
        command.args(self.inside()).args(words);
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command.output().expect("nsenter")
    }

    /// `nsenter`'s option for the machine's network.
    pub fn namespace(&self) -> String {
        format!("--net=/run/netns/{}", self.name)
    }

    /// The same on the neighbour.
    #[track_caller]
    pub fn neighbour(&self, script: &str) {
        root(&format!("ip netns exec {} sh -ec '{script}'", self.lan()));
    }

    /// A request from the machine itself.
    pub fn get(&self, url: &str, more: &[&str]) -> Answer {
        curl(&self.name, url, more)
    }

    /// A request from the neighbour.
    pub fn get_from_lan(&self, url: &str, more: &[&str]) -> Answer {
        curl(&self.lan(), url, more)
    }

    /// A request from an address of the engine's default bridge. The machine itself is none: what it
    /// sends from there to itself gets another source from the engine's rules.
    pub fn get_as_container(&self, url: &str, more: &[&str]) -> Answer {
        curl(&self.guest(), url, more)
    }

    /// A check of `doctor`.
    #[track_caller]
    pub fn doctor(&self, name: &str) -> Value {
        let output = self.run("doctor --json");
        let checks = output.json();
        let mut all = checks.as_array().expect("a list").iter();
        let found = all.find(|check| check["name"] == name);
        found
            .unwrap_or_else(|| panic!("no check {name:?} in\n{output}"))
            .clone()
    }

    /// Waits until the relay is in this state, and gives what `status` says of it.
    #[track_caller]
    pub fn relay(&self, state: &str) -> Value {
        until(&format!("a relay that is {state}"), || {
            let relay = self.run("status --json").json()["relay"].clone();
            (relay["state"] == state).then_some(relay)
        })
    }

    /// The relay, as containers call it.
    pub fn relay_url(&self) -> String {
        format!("http://{HOST_GATEWAY}:{}", self.sandbox.backend.port())
    }

    /// The gateway, as programs of the machine call it.
    pub fn gateway_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.published)
    }

    /// A path of the sandbox.
    pub fn path(&self, name: &str) -> PathBuf {
        self.sandbox.path(name)
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        for process in self.sandbox.processes() {
            support::end(process.pid, Signal::KILL);
        }
        self.stop_engine();
        // What the engine has mounted would keep its folder.
        let engine = self.path("");
        let clear = format!(
            "for m in $(grep -o ' {0}[^ ]*' /proc/mounts | sort -r); do umount -l $m; done
             for n in {1} {1}l {1}g; do ip netns del $n; done",
            engine.display().to_string().trim_end_matches('/'),
            self.name,
        );
        let _ = Command::new("sh")
            .args(["-c", &clear])
            .stderr(Stdio::null())
            .status();
    }
}

#[track_caller]
fn root(script: &str) {
    let output = Command::new("sh")
        .args(["-ec", script])
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .output()
        .expect("a shell");
    assert!(
        output.status.success(),
        "{script}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A request from this namespace, past any proxy.
fn curl(namespace: &str, url: &str, more: &[&str]) -> Answer {
    let output = Command::new("nsenter")
        .arg(format!("--net=/run/netns/{namespace}"))
        .args(["--", "curl", "-sS", "--noproxy", "*", "--max-time", "4"])
        .args(["-w", "\n%{http_code}"])
        .args(more)
        .arg(url)
        .output()
        .expect("nsenter and curl");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (body, status) = text.rsplit_once('\n').unwrap_or((&text, "0"));
    Answer {
        curl: output.status.code().unwrap_or(-1),
        status: status.trim().parse().unwrap_or(0),
        body: body.to_owned(),
    }
}
