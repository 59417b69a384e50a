//! A compose project of its own on a real engine, taken away again when it is dropped, also by a
//! failing test. Its image is FROM scratch: this very test program, which is static, in another role.

use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Once};

use ollamactl::compose::{self, LoadOptions, Project};
use ollamactl::engine::Engine;
use ollamactl::error::{Error, Result};
use ollamactl::event::{Event, Events, Step};
use ollamactl::gateway::{self, Target, Up, UpOptions};

/// The service that the tests bring up.
pub const SERVICE: &str = "ollama-functions";

/// What every project's image is made from.
const DOCKERFILE: &str = "FROM scratch\nCOPY guest /guest\nENV GUEST=1\nENTRYPOINT [\"/guest\", \"--ignored\", \"--nocapture\", \"--exact\"]\nCMD [\"guest_serves\"]\n";

/// Set to `1`, an absent engine is a failure instead of a reason to skip.
const MANDATORY: &str = "OLLAMACTL_ENGINE_TESTS";

pub struct Lab {
    pub engine: Engine,
    pub folder: tempfile::TempDir,
    pub name: String,
    pub events: Arc<Mutex<Vec<Event>>>,
    environment: Vec<(String, String)>,
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
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let lab = Self {
            engine,
            folder: tempfile::tempdir().expect("a folder"),
            name: format!("octl-{}-{number}", std::process::id()),
            events: Arc::default(),
            environment: Vec::new(),
        };
        lab.file("docker-compose.yml", compose);
        lab.file("Dockerfile", DOCKERFILE);
        let guest = std::env::current_exe().expect("this program");
        std::fs::copy(guest, lab.path().join("guest")).expect("copied");
        Some(lab)
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

    pub fn step(&self) -> (Events, Step) {
        let seen = self.events.clone();
        let events = Events::new(move |event| seen.lock().expect("not poisoned").push(event));
        let step = events.step("gateway", "test");
        (events, step)
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

    /// Takes everything of the project away.
    async fn clear(&self) -> Result<()> {
        let label = format!("com.docker.compose.project={}", self.name);
        for container in self.engine.containers(std::slice::from_ref(&label)).await? {
            let id = container.id.unwrap_or_default();
            self.engine.stop_container(&id, Some(0)).await?;
            self.engine.remove_container(&id, true).await?;
        }
        for network in self.engine.networks_labelled(&label).await? {
            self.engine
                .remove_network(&network.id.unwrap_or_default())
                .await?;
        }
        let project = self.project();
        for key in project.volumes.keys() {
            self.engine.remove_volume(&project.volume_name(key)).await?;
        }
        for service in project
            .services
            .values()
            .filter(|service| service.build.is_some())
        {
            self.engine
                .remove_image(&project.image_name(service))
                .await?;
        }
        Ok(())
    }
}

pub fn target(project: &Project) -> Target<'_> {
    Target {
        project,
        service: SERVICE,
        host_gateway: true,
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        // A runtime of its own: the test's may be going down with it.
        let cleared = std::thread::scope(|scope| {
            let clear = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()?;
                runtime
                    .block_on(self.clear())
                    .map_err(std::io::Error::other)
            });
            clear
                .join()
                .unwrap_or_else(|_| Err(std::io::Error::other("panicked")))
        });
        if let Err(error) = cleared {
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
