//! Gateways that ollamactl made for other projects, or of a compose file that is not at hand: they use the same
//! backend.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::timeout;

use crate::config::Config;
use crate::engine::models::ContainerInspectResponse;
use crate::engine::{Engine, endpoint};
use crate::gateway::{self, Gateway, Ledger, embedded};
use crate::ollama::{OllamaHost, host};
use crate::paths::Paths;

/// How long the engine may take to tell of a container.
const LOOK: Duration = Duration::from_secs(1);

/// A gateway that runs: its container, or the embedded one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct User {
    pub name: String,
    /// The folder of its compose project; none where it is embedded.
    folder: PathBuf,
    /// The port at which it asks for its backend, where that is known.
    asks: Option<u16>,
}

impl User {
    /// It may ask this backend. Containers call one and the same host by several names.
    pub fn may_use(&self, host: &OllamaHost) -> bool {
        self.asks.is_none_or(|port| port == host.port)
    }

    /// Its compose file was this folder's, or that of one above it, and is not any more: another branch was
    /// checked out.
    pub fn is_of(&self, folder: &Path) -> bool {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        self.folder.is_absolute() && real(folder).starts_with(real(&self.folder))
    }

    /// `docker` removes it, since no compose file here tells how it was made.
    pub fn describe(&self) -> String {
        let name = &self.name;
        format!(
            "container {name}, which ollamactl made of a compose file that is not here any more; to remove it: docker rm --force {name}"
        )
    }
}

/// The gateways of other projects than this one that run: on this engine, and, where they pass on to this
/// one's backend, as processes.
pub(super) async fn elsewhere(
    config: &Config,
    paths: &Paths,
    gateway: Option<&Gateway>,
) -> Vec<User> {
    let embedded = embedded::of_others(config, paths).into_iter();
    let embedded = embedded.map(|record| User {
        name: record.describe(),
        folder: PathBuf::new(),
        asks: Some(config.client_host().port),
    });
    let containers = containers(paths, gateway).await;
    containers.into_iter().chain(embedded).collect()
}

async fn containers(paths: &Paths, gateway: Option<&Gateway>) -> Vec<User> {
    let project = match gateway {
        Some(Gateway::Compose(compose)) => compose.project.name.as_str(),
        _ => "",
    };
    let Ok(endpoint) = endpoint::from_environment() else {
        return Vec::new();
    };
    let others = Ledger::new(paths, &endpoint, project).of_others();
    let Ok(engine) = Engine::open(&endpoint) else {
        return Vec::new();
    };
    let engine = &engine;
    those_that_run(others, |name| async move {
        let found = engine.container(&name).await.ok().flatten()?;
        let runs = found.state.as_ref()?.running?;
        runs.then(|| User {
            name,
            folder: gateway::folder_of(&found).unwrap_or_default(),
            asks: asked_port(&found),
        })
    })
    .await
}

/// The port of the backend that the container's variables name.
fn asked_port(container: &ContainerInspectResponse) -> Option<u16> {
    let set = container.config.as_ref()?.env.as_deref()?;
    let set = set.iter().filter_map(|one| one.split_once('='));
    let set: BTreeMap<&str, &str> = set.collect();
    let (_, value) = gateway::named_backend(|variable| set.get(variable).copied())?;
    Some(host::parse(value).port)
}

/// Those of these names that run, asked for side by side: an engine that hangs is waited for once.
async fn those_that_run<R>(names: Vec<String>, user: impl Fn(String) -> R) -> Vec<User>
where
    R: Future<Output = Option<User>>,
{
    let asked = names.into_iter().map(|name| timeout(LOOK, user(name)));
    let answers = join_all(asked).await.into_iter();
    answers.filter_map(|answer| answer.ok().flatten()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No answer comes before all were asked.
    #[tokio::test]
    async fn containers_of_others_are_asked_for_side_by_side() {
        let all_asked = tokio::sync::Barrier::new(2);
        let names = ["runs", "gone"].map(str::to_owned).to_vec();
        let users = those_that_run(names, async |name| {
            all_asked.wait().await;
            (name == "runs").then(|| User {
                name,
                folder: PathBuf::from("/app"),
                asks: Some(11434),
            })
        });
        let users = users.await;
        let names: Vec<&str> = users.iter().map(|user| user.name.as_str()).collect();
        assert_eq!(names, ["runs"]);
        assert!(users[0].is_of(Path::new("/app/web")));
        assert!(!users[0].is_of(Path::new("/application")));
        assert!(users[0].may_use(&OllamaHost::loopback(11434)));
        assert!(!users[0].may_use(&OllamaHost::loopback(11500)));
    }

    #[test]
    fn a_container_tells_by_its_variables_which_backend_it_asks() {
        let of = |set: &[&str]| {
            let container = serde_json::json!({ "Config": { "Env": set } });
            asked_port(&serde_json::from_value(container).expect("a container"))
        };
        let url = "OLLAMA_URL=http://host.docker.internal:11500/api/generate";
        assert_eq!(of(&["PATH=/bin", "OLLAMA_HOST=gone:1", url]), Some(11500));
        assert_eq!(of(&["OLLAMA_HOST=172.17.0.1"]), Some(11434));
        assert_eq!(of(&["PATH=/bin", "OLLAMA_URL="]), None);
    }
}
