//! A compose project of its own on a real engine, taken away again when it is dropped, also by a
//! failing test. Its image holds this very test program, which is static, in another role.

use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Once};

use super::base::{self, Base};
use ollamactl::compose::{self, LoadOptions, Project};
use ollamactl::engine::Engine;
use ollamactl::error::{Error, Result};
use ollamactl::event::{Event, Events, Step};
use ollamactl::gateway::{self, Down, DownOptions, Ledger, Target, Up, UpOptions};
use ollamactl::paths::Paths;

/// The service that the tests bring up.
pub const SERVICE: &str = "ollama-functions";

/// The words before a role's name: this program runs that one test, and shows what it prints.
const ENTRYPOINT: [&str; 4] = ["/guest", "--ignored", "--nocapture", "--exact"];

/// Set to `1`, an absent engine is a failure instead of a reason to skip.
const MANDATORY: &str = "OLLAMACTL_ENGINE_TESTS";

pub struct Lab {
    pub engine: Engine,
    pub folder: tempfile::TempDir,
    pub name: String,
    pub events: Arc<Mutex<Vec<Event>>>,
    environment: Vec<(String, String)>,
    _base: Base,
}

impl Lab {
    /// A project with this compose file; `None` where the suite is not asked for.
    pub async fn new(compose: &str) -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        if std::env::var(MANDATORY).as_deref() != Ok("1") {
            static SAID: Once = Once::new();
            // Not through a print macro, which the test harness would swallow.
            SAID.call_once(|| {
                let text = format!("SKIPPED: engine suite (set {MANDATORY}=1)\n");
                let _ = std::io::stderr().write_all(text.as_bytes());
            });
            return None;
        }
        let engine = Engine::from_environment()
            .await
            .expect("the engine suite needs an engine (.ci/docker up)");
        let guest = std::env::current_exe().expect("this program");
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let lab = Self {
            engine,
            folder: tempfile::tempdir().expect("a folder"),
            name: format!("octl-{}-{number}", std::process::id()),
            events: Arc::default(),
            environment: Vec::new(),
            _base: Base::share(&guest, "guest", &ENTRYPOINT),
        };
        lab.file("docker-compose.yml", compose);
        lab.dockerfile("");
        Some(lab)
    }

    /// Writes the Dockerfile: these instructions after those that every image here needs.
    pub fn dockerfile(&self, instructions: &str) {
        let base = base::name();
        let text = format!("FROM {base}\nENV GUEST=1\nCMD [\"guest_serves\"]\n{instructions}");
        self.file("Dockerfile", &text);
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file of the project.
    pub fn file(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).expect("written");
    }

    /// Sets a variable of the project's environment.
    pub fn set(&mut self, key: &str, value: &str) {
        self.environment.push((key.to_owned(), value.to_owned()));
    }

    pub fn project(&self) -> Project {
        let options = LoadOptions {
            working_dir: self.path().to_owned(),
            project_name: Some(self.name.clone()),
            environment: self.environment.iter().cloned().collect(),
            ..LoadOptions::default()
        };
        compose::load(&options).unwrap_or_else(|error| panic!("{error} {:?}", error.details))
    }

    /// Where what was made of the project is written down.
    pub fn ledger(&self) -> Ledger {
        let paths = Paths {
            state: self.path().join("state"),
            config: self.path().join("config"),
            cache: self.path().join("cache"),
        };
        Ledger::new(&paths, self.engine.endpoint(), &self.name)
    }

    pub fn step(&self) -> (Events, Step) {
        let seen = self.events.clone();
        let events = Events::new(move |event| seen.lock().expect("not poisoned").push(event));
        let step = events.step("gateway", "test");
        (events, step)
    }

    /// Stops the gateway.
    pub async fn stop(&self, options: &DownOptions) -> Result<bool> {
        let project = self.project();
        gateway::stop(&self.engine, &target(&project), options, &self.step().1).await
    }

    /// Takes the gateway away.
    pub async fn down(&self) -> Result<Down> {
        let (project, options) = (self.project(), DownOptions::default());
        gateway::down(&self.engine, &target(&project), &options, &self.step().1).await
    }

    /// Takes away what is written down as made.
    pub async fn down_all(&self, ledger: &Ledger, options: &DownOptions) -> Result<Down> {
        let (project, step) = (self.project(), self.step().1);
        gateway::down_all(&self.engine, &target(&project), ledger, options, &step).await
    }

    pub async fn up(&self) -> Result<Up> {
        self.up_with(&UpOptions::default()).await
    }

    pub async fn up_with(&self, options: &UpOptions) -> Result<Up> {
        let project = self.project();
        let (events, step) = self.step();
        gateway::up(&self.engine, &target(&project), options, &step, &events).await
    }

    /// The lines that the builder printed.
    pub fn output(&self) -> String {
        let events = self.events.lock().expect("not poisoned");
        let lines = events.iter().filter_map(|event| match event {
            Event::Output { line, .. } => Some(line.as_str()),
            _ => None,
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The container of a service, as `docker inspect` prints it.
    pub async fn inspect(&self, service: &str) -> Option<serde_json::Value> {
        let found = self
            .engine
            .container(&format!("{}-{service}-1", self.name))
            .await
            .expect("answers");
        found.map(|container| serde_json::to_value(container).expect("JSON"))
    }

    /// The volumes of the gateway that have no name but a digest.
    pub async fn anonymous_volumes(&self) -> Vec<String> {
        let container = self.inspect(SERVICE).await.unwrap_or_default();
        let mounts = container["Mounts"].as_array().cloned().unwrap_or_default();
        let names = mounts.iter().filter_map(|mount| mount["Name"].as_str());
        names
            .filter(|name| name.len() == 64)
            .map(str::to_owned)
            .collect()
    }
}

pub fn target(project: &Project) -> Target<'_> {
    Target {
        project,
        service: SERVICE,
        host_gateway: true,
        health_path: "/healthz",
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if let Err(error) = base::clear(&self.name) {
            eprintln!("project {} is not quite gone: {error}", self.name);
        }
    }
}

/// An error with all that it carries, for assertions on its text.
pub fn whole(error: &Error) -> String {
    format!(
        "{error}\n{}\n{}",
        error.details.join("\n"),
        error.hints.join("\n")
    )
}
