//! What is to be built, and whether it can be.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::PathBuf;

use super::context::BuildContext;
use super::solve::Solve;
use crate::engine::Engine;
use crate::error::{Context as _, Error, Kind, Result};

/// Where the instructions are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dockerfile {
    /// A file: absolute, or relative to the context.
    File(String),
    /// The text itself.
    Inline(String),
}

/// Which builder works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Builder {
    /// The one that every engine has.
    Classic,
    /// The one with caches, mounts and stages side by side.
    BuildKit,
}

/// Where a secret's value is. What it holds is never shown.
#[derive(Clone, PartialEq, Eq)]
pub enum BuildSecret {
    /// In a file.
    File(PathBuf),
    /// In a variable, of this process or of an environment file.
    Variable {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
}

impl fmt::Debug for BuildSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Variable { name, .. } => write!(f, "${name}"),
        }
    }
}

/// Where the files are that the instructions copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildSource {
    /// In a folder of this machine, which is sent.
    Folder(PathBuf),
    /// At a URL of a git repository or an archive, which the engine fetches.
    Url(String),
}

/// What to build.
#[derive(Debug, Clone, PartialEq)]
pub struct BuildRequest {
    /// What the instructions copy from.
    pub source: BuildSource,
    /// The instructions.
    pub dockerfile: Dockerfile,
    /// The image's name.
    pub name: String,
    /// More names.
    pub tags: Vec<String>,
    /// Build arguments.
    pub args: HashMap<String, String>,
    /// Labels of the image.
    pub labels: HashMap<String, String>,
    /// Stage to build; empty: the last.
    pub target: String,
    /// `os/arch`; empty: the engine's own.
    pub platform: String,
    /// Entries of /etc/hosts while building, `name:address`.
    pub extra_hosts: Vec<String>,
    /// Network of RUN steps; empty: the default.
    pub network: String,
    /// Images to take cached layers from.
    pub cache_from: Vec<String>,
    /// Where the cache is exported to, `type=…,KEY=VALUE`. `BuildKit` alone does it.
    pub cache_to: Vec<String>,
    /// Images and URLs that the instructions name as contexts. `BuildKit` alone has them.
    pub contexts: BTreeMap<String, String>,
    /// What RUN steps may mount, by ID. `BuildKit` alone has them.
    pub secrets: BTreeMap<String, BuildSecret>,
    /// RUN steps may use the agent at `SSH_AUTH_SOCK`. `BuildKit` alone lets them.
    pub ssh_agent: bool,
    /// Size of /dev/shm in bytes; 0: the default.
    pub shm_size: i32,
    /// Build everything anew.
    pub no_cache: bool,
    /// Look for newer base images.
    pub pull: bool,
    /// Which builder works.
    pub builder: Builder,
}

impl BuildRequest {
    /// Fails where the folder, the Dockerfile, a secret or the agent is not there, or where nothing builds
    /// what is asked for.
    pub fn check(&self, engine: &Engine) -> Result<()> {
        let context = self.context()?;
        match (self.beyond_the_call(), context) {
            (Some(key), _) if self.builder == Builder::Classic => return Err(needs_buildkit(key)),
            (Some(key), None) => return Err(needs_folder(key)),
            (Some(_), Some(_)) => Solve::check(engine, self)?,
            (None, _) => {}
        }
        for (id, secret) in &self.secrets {
            if let BuildSecret::File(path) = secret {
                std::fs::read(path).context(Kind::Usage, || {
                    format!("the secret {id:?} cannot be read from {}", path.display())
                })?;
            }
        }
        if self.ssh_agent { agent() } else { Ok(()) }
    }

    /// The folder, ready to be sent; `None` where the engine fetches the files.
    pub(super) fn context(&self) -> Result<Option<BuildContext>> {
        match (&self.source, &self.dockerfile) {
            (BuildSource::Folder(folder), dockerfile) => {
                BuildContext::prepare(folder, dockerfile).map(Some)
            }
            (BuildSource::Url(_), Dockerfile::Inline(_)) => Err(needs_folder("dockerfile_inline")),
            (BuildSource::Url(_), Dockerfile::File(_)) => Ok(None),
        }
    }

    /// A key that the engine's build call has no parameter for: `BuildKit` takes it by itself.
    pub(super) fn beyond_the_call(&self) -> Option<&'static str> {
        let set = [
            ("secrets", !self.secrets.is_empty()),
            ("ssh", self.ssh_agent),
            ("additional_contexts", !self.contexts.is_empty()),
            ("cache_to", !self.cache_to.is_empty()),
        ];
        set.into_iter().find_map(|(key, set)| set.then_some(key))
    }
}

/// Fails where there is no agent that bollard can reach.
fn agent() -> Result<()> {
    if cfg!(windows) {
        return Err(Error::usage("ssh is not supported by ollamactl on Windows")
            .hint("build the image with docker compose build; ollamactl then runs it as it is"));
    }
    if std::env::var_os("SSH_AUTH_SOCK").is_none() {
        return Err(
            Error::usage("ssh needs an agent, and SSH_AUTH_SOCK is not set")
                .hint("eval \"$(ssh-agent)\" && ssh-add"),
        );
    }
    Ok(())
}

fn needs_buildkit(key: &str) -> Error {
    Error::usage(format!(
        "`{key}` is for BuildKit, and the classic builder is in use"
    ))
    .hint("unset DOCKER_BUILDKIT (Podman and Windows have the classic builder alone)")
}

fn needs_folder(key: &str) -> Error {
    Error::usage(format!(
        "`{key}` is not supported by ollamactl beside a context that is a URL"
    ))
    .hint("build the image with docker compose build; ollamactl then runs it as it is")
}
