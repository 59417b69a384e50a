//! A repository with a compose project, as they are in the real world, in a sandbox with the stub as
//! `ollama`, on a real engine. Everything of it is taken away when it is dropped, also by a failing test.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use ollamactl::gateway::Ledger;
use ollamactl::paths::Paths;
use serde_json::Value;

use super::api;
use super::base::{self, Base};
use super::docker::Docker;
use super::support::{self, Output, Sandbox};

/// The service that is the gateway.
pub const SERVICE: &str = "ollama-functions";
/// Set to `1`, an absent engine is a failure instead of a reason to skip.
const MANDATORY: &str = "OLLAMACTL_ENGINE_TESTS";

/// A gateway that needs an API, which needs a database that must be healthy.
const WHOLE: &str = r#"
name: @name@
services:
  db-test:
    build: ./ollama-functions
    command: [stub, --host, "127.0.0.1:11434", --models, /models]
    environment:
      HOME: /tmp
    healthcheck:
      test: ["CMD", "/ollamactl", "health", "backend", "--level", "live"]
      interval: 1s
      timeout: 10s
      retries: 20
  api:
    build: ./ollama-functions
    command: [gateway, run, --no-auth, --listen, "0.0.0.0:8000"]
    environment:
      HOME: /tmp
    depends_on:
      db-test:
        condition: service_healthy
  ollama-functions:
    build: ./ollama-functions
    command: [gateway, run, --no-auth, --listen, "0.0.0.0:8000"]
    environment:
      HOME: /tmp
      OLLAMA_MODEL: ${OLLAMA_MODEL:-llama3:8b}
      OLLAMA_HOST: http://host.docker.internal:@backend@
    ports:
      - "@published@:8000"
    depends_on: [api]
"#;

/// The gateway without what it depends on.
const ALONE: &str = r#"
name: @name@
services:
  ollama-functions:
    build:
      context: ./ollama-functions
    command: [gateway, run, --no-auth, --listen, "0.0.0.0:8000"]
    environment:
      HOME: /tmp
      OLLAMA_MODEL: ${OLLAMA_MODEL:-llama3:8b}
      OLLAMA_HOST: http://host.docker.internal:@backend@
    ports:
      - "@published@:8000"
"#;

/// The command of the gateway in both.
pub const COMMAND: &str = "[gateway, run, --no-auth, --listen, \"0.0.0.0:8000\"]";

/// The repository and what surrounds it.
pub struct Stack {
    pub sandbox: Sandbox,
    pub docker: Docker,
    /// The compose project.
    pub name: String,
    /// Where the gateway is published.
    pub published: SocketAddr,
    compose: &'static str,
    _base: Base,
}

impl Stack {
    /// The project with all its services; `None` where the suite is not asked for.
    pub fn whole() -> Option<Self> {
        Self::new(WHOLE)
    }

    /// The project with the gateway alone; `None` where the suite is not asked for.
    pub fn alone() -> Option<Self> {
        Self::new(ALONE)
    }

    fn new(compose: &'static str) -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        if std::env::var(MANDATORY).as_deref() != Ok("1") {
            static SAID: Once = Once::new();
            SAID.call_once(|| {
                skipped(&format!("engine suite of the commands (set {MANDATORY}=1)"));
            });
            return None;
        }
        let binary = env!("CARGO_BIN_EXE_ollamactl");
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let stack = Self {
            sandbox: Sandbox::new().with("DOCKER_HOST", &api::endpoint()),
            docker: Docker::connect(),
            name: format!("octl-cli-{}-{number}", std::process::id()),
            published: support::free_address(),
            compose,
            _base: Base::share(Path::new(binary), "ollamactl", &["/ollamactl"]),
        };
        stack.write_compose(|compose| compose);
        stack.dockerfile("");
        let makefile = concat!(env!("CARGO_MANIFEST_DIR"), "/Makefile.ai");
        std::fs::copy(makefile, stack.sandbox.work().join("Makefile.ai")).expect("copied");
        Some(stack)
    }

    /// Writes the compose file, changed.
    pub fn write_compose(&self, change: impl FnOnce(String) -> String) {
        let text = change(self.compose.to_owned())
            .replace("@name@", &self.name)
            .replace("@backend@", &self.sandbox.backend.port().to_string())
            .replace("@published@", &self.published.to_string());
        self.sandbox.write("docker-compose.yml", &text);
    }

    /// Writes the gateway's Dockerfile: ollamactl, and these instructions.
    pub fn dockerfile(&self, instructions: &str) {
        let text = format!("FROM {}\n{instructions}", base::name());
        self.sandbox.write("ollama-functions/Dockerfile", &text);
    }

    /// Runs `ollamactl` with these words.
    #[track_caller]
    pub fn run(&self, words: &str) -> Output {
        self.sandbox.run(words.split_whitespace())
    }

    /// Runs a target of Makefile.ai, which must succeed.
    #[track_caller]
    pub fn make(&self, target: &str) -> Output {
        let binary = self.sandbox.bin().join("ollamactl");
        let binary = binary.display();
        let make = format!("make -f Makefile.ai {target} OLLAMACTL={binary} OLLAMA_MODEL=tiny");
        self.sandbox.shell(&make).code(0)
    }

    /// Name of a service's container.
    pub fn container(&self, service: &str) -> String {
        format!("{}-{service}-1", self.name)
    }

    /// Name of the project's network.
    pub fn network(&self) -> String {
        format!("{}_default", self.name)
    }

    /// The container of a service, as `docker inspect` prints it.
    #[track_caller]
    pub fn inspect(&self, service: &str) -> Value {
        let name = self.container(service);
        let found = self.docker.inspect(&name);
        found.unwrap_or_else(|| panic!("there is no container {name}"))
    }

    /// The ID of a service's container, and when it was started.
    #[track_caller]
    pub fn run_of(&self, service: &str) -> (String, String) {
        let container = self.inspect(service);
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        (
            text(&container["Id"]),
            text(&container["State"]["StartedAt"]),
        )
    }

    /// The ID of a service's container.
    #[track_caller]
    pub fn id(&self, service: &str) -> String {
        self.run_of(service).0
    }

    /// Fails when the engine or the sandbox has anything of this project.
    #[track_caller]
    pub fn assert_nothing_left(&self) {
        let nothing: [&str; 0] = [];
        assert_eq!(self.docker.containers(&self.name), nothing, "containers");
        assert_eq!(self.docker.networks(&self.name), nothing, "networks");
        self.sandbox.assert_nothing_left();
    }

    /// The file in which ollamactl writes down what it made.
    pub fn ledger(&self) -> PathBuf {
        let paths = Paths {
            state: self.sandbox.state(),
            config: self.sandbox.state(),
            cache: self.sandbox.state(),
        };
        Ledger::new(&paths, self.docker.endpoint(), &self.name)
            .file()
            .to_owned()
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if let Err(error) = base::clear(&self.name) {
            let _ = writeln!(
                std::io::stderr(),
                "project {} is not quite gone: {error}",
                self.name
            );
        }
    }
}

/// Says that something is not tested. Not through a print macro, which the harness would swallow.
pub fn skipped(what: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {what}");
}
