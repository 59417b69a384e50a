//! `init --gateway`: the embedded gateway in a container, as a service of the repository's compose
//! project: a folder with the Dockerfile and the program, and the service itself.

use std::path::{Component, Path, PathBuf};

use super::{remark, shown, write};
use crate::commands::context::Context;
use crate::compose;
use crate::config::Config;
use crate::error::{Context as _, Error, Result};
use crate::gateway::service::own::{DOCKERFILE, PROGRAM, is_ours};
use crate::gateway::{BACKEND_PORT, GATEWAY_PORT, load_options};
use crate::process;

/// The gateway's port in the container.
const PORT: u16 = 8000;

/// The program is made on each machine, not kept in the repository.
const GITIGNORE: &str = "/ollamactl\n";

/// What is to be written.
pub(super) struct Service {
    name: String,
    folder: PathBuf,
    text: String,
    place: Place,
}

/// Where the service goes.
enum Place {
    /// The repository has no compose file yet.
    New(PathBuf),
    /// It has one, which includes this file as soon as a person says so there.
    Beside { file: PathBuf, included_by: PathBuf },
    /// It has one with the service.
    Defined(PathBuf),
}

impl Service {
    /// Looks at what the repository has, under one person's settings; what is to be written depends on
    /// the shared ones alone.
    pub fn plan(config: &Config, shared: &Config, folder: &Path) -> Result<Self> {
        let name = shared.gateway.service.value.clone();
        let own = folder.join(&name);
        check(&own, &name)?;
        let place = place(config, &name, folder, &own)?;
        let build = match &place {
            Place::Beside { .. } => ".".to_owned(),
            Place::New(_) | Place::Defined(_) => format!("./{name}"),
        };
        Ok(Self {
            text: text(shared, &build),
            folder: own,
            name,
            place,
        })
    }

    /// Writes the program, which is no file of a person's: a copy of another version is renewed.
    fn program(&self, context: &Context, program: &[u8]) -> Result<()> {
        let path = self.folder.join(PROGRAM);
        let other = path.is_file()
            && !path.is_symlink()
            && is_ours(&self.folder)
            && std::fs::read(&path).is_ok_and(|copy| copy != program);
        if other {
            // Not in place: somebody may run it.
            std::fs::remove_file(&path).or_failed(|| format!("cannot renew {}", path.display()))?;
            let text = format!(
                "{} was another version than this one, and is renewed; to build it in: ollamactl up --build",
                shown(context, &path)
            );
            remark(context, &text)?;
        }
        write(context, &path, program, 0o777)
    }

    /// Writes it, and says what a person has to do.
    pub fn write(&self, context: &Context) -> Result<()> {
        std::fs::create_dir_all(&self.folder)
            .or_failed(|| format!("cannot create {}", self.folder.display()))?;
        let file = |name: &str| self.folder.join(name);
        write(context, &file("Dockerfile"), DOCKERFILE.as_bytes(), 0o666)?;
        write(context, &file(".gitignore"), GITIGNORE.as_bytes(), 0o666)?;
        match process::own_static_program() {
            Ok(program) => self.program(context, &program)?,
            Err(why) => {
                let path = shown(context, &file(PROGRAM));
                let text = format!("put a static Linux build of ollamactl at {path}: {why}");
                remark(context, &text)?;
            }
        }
        match &self.place {
            Place::New(path) => write(context, path, self.text.as_bytes(), 0o666),
            Place::Beside { file, included_by } => {
                write(context, file, self.text.as_bytes(), 0o666)?;
                let (by, name) = (shown(context, included_by), &self.name);
                let text = format!("add it to {by}:\n\ninclude:\n  - {name}/compose.yaml\n");
                remark(context, &text)
            }
            Place::Defined(path) => {
                let (name, path) = (&self.name, shown(context, path));
                let text = format!("service {name} is in {path} already; left as it is");
                remark(context, &text)
            }
        }
    }
}

/// Refuses a folder that is none of the repository's: the service's name leads out of it, or a link does.
fn check(own: &Path, name: &str) -> Result<()> {
    let mut parts = Path::new(name).components();
    let is_one_name = matches!(parts.next(), Some(Component::Normal(_))) && parts.next().is_none();
    if !is_one_name {
        let error = Error::usage(format!(
            "{name:?} is no name of a service (gateway.service)"
        ));
        return Err(error.hint("write letters, digits, `-`, `_` and `.`"));
    }
    if own.is_symlink() {
        let error = Error::usage(format!("{} is a link to another place", own.display()));
        return Err(error.hint("make it a folder, or name another service: gateway.service"));
    }
    Ok(())
}

fn place(config: &Config, name: &str, folder: &Path, own: &Path) -> Result<Place> {
    let options = load_options(config, folder);
    // One further up is another repository's.
    let found = compose::find(&options)?.and_then(|files| files.paths.into_iter().next());
    let Some(found) = found.filter(|file| file.parent() == Some(folder)) else {
        return Ok(Place::New(folder.join("docker-compose.yml")));
    };
    let project = compose::load(&options)?;
    if project.services.contains_key(name) || project.disabled.contains_key(name) {
        return Ok(Place::Defined(found));
    }
    Ok(Place::Beside {
        file: own.join("compose.yaml"),
        included_by: found,
    })
}

fn text(shared: &Config, build: &str) -> String {
    let gateway = &shared.gateway;
    let (service, model) = (&gateway.service.value, &shared.model.value);
    let backend = shared.client_host().port;
    let published = gateway.listen.value.port();
    format!(
        "services:
  # The embedded gateway of ollamactl in a container: /healthz, /api/* and /v1/* in front of the Ollama
  # of this machine. Written by `ollamactl init --gateway`; yours from now on.
  {service}:
    build: {build}
    # Inside the container it listens for everybody; the published port below decides who that is.
    command: [gateway, run, --no-auth]
    environment:
      OLLAMACTL_GATEWAY_LISTEN: 0.0.0.0:{PORT}
      # Where one laptop differs, its variables say so; ollamactl sets these two itself.
      OLLAMA_HOST: http://host.docker.internal:${{{BACKEND_PORT}:-{backend}}}
      OLLAMA_MODEL: ${{OLLAMA_MODEL:-{model}}}
      # Set it, and callers need it: Authorization: Bearer KEY.
      OLLAMACTL_GATEWAY_KEY: ${{OLLAMACTL_GATEWAY_KEY:-}}
    # Without 127.0.0.1 it would be open to the network, past the firewall of this machine.
    ports:
      - \"127.0.0.1:${{{GATEWAY_PORT}:-{published}}}:{PORT}\"
    extra_hosts:
      - \"host.docker.internal:host-gateway\"
    healthcheck:
      test: [CMD, /ollamactl, health, gateway, --level, live, --listen, \"127.0.0.1:{PORT}\"]
      # Until the first check has run, nothing calls it healthy. No start_period: in it, newer engines
      # check at an interval of their own, every 5 s.
      interval: 2s
      timeout: 5s
      retries: 5
    restart: unless-stopped
    read_only: true
    cap_drop: [ALL]
    security_opt: [\"no-new-privileges:true\"]
"
    )
}
