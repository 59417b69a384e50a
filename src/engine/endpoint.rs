//! Which engine to talk to, found as the docker CLI finds it: `DOCKER_HOST`, then the context named
//! by `DOCKER_CONTEXT` or by `currentContext` of `config.json`, then the default socket. Where the
//! default socket does not exist, the sockets of rootless Docker, the desktop applications and Podman are
//! tried, so that a host with just one of them needs no configuration.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

pub use super::address::DEFAULT_SOCKET;
use super::address::normalised;
use super::cli_config::{self, CliConfig};
use crate::error::{Context as _, Error, Kind, Result};
use crate::process::users;

/// The socket of Podman as a system service.
const PODMAN_SOCKET: &str = "/run/podman/podman.sock";

/// An engine's address and who named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// `unix:///…`, `tcp://host:port`, `ssh://user@host` or `npipe:////./pipe/…`.
    pub address: String,
    /// `DOCKER_HOST`, `context NAME`, `default`, or whose socket was found: `rootless Docker`,
    /// `Docker Desktop`, `Colima`, `Rancher Desktop`, `OrbStack` or `Podman`.
    pub source: String,
    /// TLS material of a `tcp://` endpoint; `None` means plain HTTP.
    pub tls: Option<Tls>,
}

/// Paths of the PEM files for mutual TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// Certificates that may have signed the engine's.
    pub ca: PathBuf,
    /// The client's certificate.
    pub cert: PathBuf,
    /// The client's private key.
    pub key: PathBuf,
}

impl Tls {
    fn in_folder(folder: &Path) -> Self {
        Self {
            ca: folder.join("ca.pem"),
            cert: folder.join("cert.pem"),
            key: folder.join("key.pem"),
        }
    }
}

impl Endpoint {
    /// The path of a unix socket.
    pub fn socket(&self) -> Option<&Path> {
        self.address.strip_prefix("unix://").map(Path::new)
    }

    /// The engine may run on another machine, whose addresses and files are not ours.
    pub fn is_remote(&self) -> bool {
        let host = match self.address.split_once("://") {
            Some(("tcp" | "http" | "https", rest)) => rest,
            Some(("ssh", _)) => return true,
            _ => return false,
        };
        let loopback = ["localhost", "127.", "[::1]"];
        !loopback.iter().any(|prefix| host.starts_with(prefix))
    }
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (from {})", self.address, self.source)
    }
}

/// What the resolution looks at.
pub struct Surroundings<'a> {
    /// An environment variable's value.
    pub var: &'a dyn Fn(&str) -> Option<String>,
    /// The user's home folder.
    pub home: Option<PathBuf>,
    /// The default socket; tests use another.
    pub default_socket: PathBuf,
    /// The socket of Podman as a system service; tests use another.
    pub podman_socket: PathBuf,
}

impl Surroundings<'_> {
    fn var(&self, name: &str) -> Option<String> {
        (self.var)(name).filter(|value| !value.is_empty())
    }

    /// The folder of `config.json` and the contexts.
    fn docker_folder(&self) -> Option<PathBuf> {
        self.var("DOCKER_CONFIG")
            .map(PathBuf::from)
            .or_else(|| self.home.as_ref().map(|home| home.join(".docker")))
    }
}

/// The endpoint that this process's environment names.
pub fn from_environment() -> Result<Endpoint> {
    let var = |name: &str| std::env::var(name).ok();
    resolve(&Surroundings {
        var: &var,
        home: users::own_home(),
        default_socket: PathBuf::from(DEFAULT_SOCKET),
        podman_socket: PathBuf::from(PODMAN_SOCKET),
    })
}

/// The endpoint that these surroundings name.
pub fn resolve(around: &Surroundings<'_>) -> Result<Endpoint> {
    if let Some(host) = around.var("DOCKER_HOST") {
        return from_host(around, &host);
    }
    let folder = around.docker_folder();
    let context = match around.var("DOCKER_CONTEXT") {
        Some(name) => Some((name, "DOCKER_CONTEXT".to_owned())),
        None => match &folder {
            Some(folder) => current_context(folder)?,
            None => None,
        },
    };
    match (context, folder) {
        (Some((name, named_by)), Some(folder)) if name != "default" => {
            from_context(&folder, &name, &named_by)
        }
        _ => Ok(default_endpoint(around)),
    }
}

fn from_host(around: &Surroundings<'_>, host: &str) -> Result<Endpoint> {
    let address = address("DOCKER_HOST", host, |rather| {
        format!("export DOCKER_HOST={rather}, or unset DOCKER_HOST for the engine of this machine")
    })?;
    let over_tcp = address.starts_with("tcp://");
    let tls = (over_tcp && around.var("DOCKER_TLS_VERIFY").is_some()).then(|| {
        let folder = around
            .var("DOCKER_CERT_PATH")
            .map(PathBuf::from)
            .or_else(|| around.docker_folder());
        Tls::in_folder(&folder.unwrap_or_default())
    });
    Ok(Endpoint {
        address,
        source: "DOCKER_HOST".to_owned(),
        tls,
    })
}

/// The address that this place names.
fn address(named_by: &str, text: &str, way_out: impl FnOnce(&str) -> String) -> Result<String> {
    normalised(text).map_err(|wrong| {
        let shown = without_user(text);
        let error = Error::usage(format!(
            "{named_by} is {shown:?}, which is no engine address: {}",
            wrong.why
        ));
        let rather = wrong.rather.filter(|rather| !rather.contains('@'));
        error.hint(way_out(rather.as_deref().unwrap_or("ADDRESS")))
    })
}

/// An address may hold a password.
fn without_user(address: &str) -> String {
    match (address.split_once("://"), address.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        (None, Some((_, host))) => host.to_owned(),
        _ => address.to_owned(),
    }
}

/// The context that `config.json` chose, with the path of that file.
fn current_context(folder: &Path) -> Result<Option<(String, String)>> {
    let named_by = folder.join(cli_config::NAME).display().to_string();
    let context = CliConfig::read(folder)?.current_context;
    let context = context.filter(|name| !name.is_empty());
    Ok(context.map(|name| (name, named_by)))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Meta {
    endpoints: MetaEndpoints,
}

#[derive(Deserialize)]
struct MetaEndpoints {
    docker: MetaDocker,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MetaDocker {
    #[serde(default)]
    host: String,
    #[serde(default, rename = "SkipTLSVerify")]
    skip_tls_verify: bool,
}

/// The docker CLI keeps a context under the sha256 of its name.
fn from_context(folder: &Path, name: &str, named_by: &str) -> Result<Endpoint> {
    let id = crate::units::hex(&Sha256::digest(name.as_bytes()));
    let path = folder.join("contexts/meta").join(&id).join("meta.json");
    let text = std::fs::read(&path).context(Kind::Usage, || {
        format!(
            "the Docker context {name:?}, named by {named_by}, does not exist ({})",
            path.display()
        )
    });
    let text = text.map_err(|error| error.hint("docker context ls"))?;
    let meta: Meta = serde_json::from_slice(&text).context(Kind::Usage, || {
        format!("{} is not a Docker context", path.display())
    })?;
    let docker = meta.endpoints.docker;
    if docker.skip_tls_verify {
        return Err(Error::usage(format!(
            "the Docker context {name:?} asks not to verify the engine's certificate; ollamactl always does"
        ))
        .hint(format!("docker context update {name} --docker host={},ca=…,cert=…,key=…", docker.host)));
    }
    let address = if docker.host.is_empty() {
        format!("unix://{DEFAULT_SOCKET}")
    } else {
        let named_by = format!("the host of the Docker context {name:?}, named by {named_by},");
        address(&named_by, &docker.host, |rather| {
            format!("docker context update {name} --docker host={rather}")
        })?
    };
    let material = folder.join("contexts/tls").join(&id).join("docker");
    let over_tcp = address.starts_with("tcp://");
    Ok(Endpoint {
        address,
        source: format!("context {name}"),
        tls: (over_tcp && material.is_dir()).then(|| Tls::in_folder(&material)),
    })
}

fn default_endpoint(around: &Surroundings<'_>) -> Endpoint {
    let unix = |path: &Path, source: &str| Endpoint {
        address: format!("unix://{}", path.display()),
        source: source.to_owned(),
        tls: None,
    };
    if cfg!(windows) {
        return Endpoint {
            address: "npipe:////./pipe/docker_engine".to_owned(),
            source: "default".to_owned(),
            tls: None,
        };
    }
    let runtime = around.var("XDG_RUNTIME_DIR").map(PathBuf::from);
    let home = around.home.as_ref();
    let beside = |folder: Option<&PathBuf>, path: &str| folder.map(|folder| folder.join(path));
    let others = [
        (beside(runtime.as_ref(), "docker.sock"), "rootless Docker"),
        (beside(home, ".docker/run/docker.sock"), "Docker Desktop"),
        (
            beside(home, ".docker/desktop/docker.sock"),
            "Docker Desktop",
        ),
        (beside(home, ".colima/default/docker.sock"), "Colima"),
        (beside(home, ".rd/docker.sock"), "Rancher Desktop"),
        (beside(home, ".orbstack/run/docker.sock"), "OrbStack"),
        (beside(runtime.as_ref(), "podman/podman.sock"), "Podman"),
        (Some(around.podman_socket.clone()), "Podman"),
    ];
    let stand_in = (!around.default_socket.exists())
        .then(|| {
            others.into_iter().find_map(|(path, source)| {
                path.filter(|path| path.exists()).map(|path| (path, source))
            })
        })
        .flatten();
    match stand_in {
        Some((path, source)) => unix(&path, source),
        None => unix(&around.default_socket, "default"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    struct World {
        folder: tempfile::TempDir,
        vars: HashMap<&'static str, String>,
    }

    impl World {
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            std::fs::create_dir_all(folder.path().join(".docker")).expect("created");
            Self {
                folder,
                vars: HashMap::new(),
            }
        }

        fn set(mut self, name: &'static str, value: impl Into<String>) -> Self {
            self.vars.insert(name, value.into());
            self
        }

        fn file(self, path: &str, text: &str) -> Self {
            let path = self.folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("created");
            std::fs::write(path, text).expect("written");
            self
        }

        /// The metadata of a context as `docker context create` writes it.
        fn context(self, host: &str, skip: bool) -> Self {
            // sha256 of "lab"
            let id = "a51146d38077ff992eba84cf1d5e9b249073503eb74868699016153b031a38f7";
            let meta = format!(
                r#"{{"Name":"lab","Metadata":{{}},"Endpoints":{{"docker":{{"Host":"{host}","SkipTLSVerify":{skip}}}}}}}"#
            );
            self.file(&format!(".docker/contexts/meta/{id}/meta.json"), &meta)
                .file(&format!(".docker/contexts/tls/{id}/docker/ca.pem"), "")
        }

        fn resolve(&self) -> Result<Endpoint> {
            resolve(&Surroundings {
                var: &|name| self.vars.get(name).cloned(),
                home: Some(self.folder.path().to_owned()),
                default_socket: self.folder.path().join("docker.sock"),
                podman_socket: self.folder.path().join("podman.sock"),
            })
        }
    }

    #[test]
    fn docker_host_beats_everything() {
        let world = World::new()
            .set("DOCKER_HOST", "10.0.0.1:2375")
            .set("DOCKER_CONTEXT", "lab")
            .context("ssh://me@lab", false);
        let endpoint = world.resolve().expect("resolves");
        assert_eq!(
            endpoint.to_string(),
            "tcp://10.0.0.1:2375 (from DOCKER_HOST)"
        );
        assert!(endpoint.is_remote());
        assert_eq!(endpoint.tls, None);
    }

    #[test]
    fn tls_variables_apply_to_tcp_alone() {
        let world = World::new()
            .set("DOCKER_HOST", "tcp://10.0.0.1:2376")
            .set("DOCKER_TLS_VERIFY", "1")
            .set("DOCKER_CERT_PATH", "/certs");
        let tls = world.resolve().expect("resolves").tls.expect("TLS");
        assert_eq!(tls.key, Path::new("/certs/key.pem"));
        let world = world.set("DOCKER_HOST", "unix:///x.sock");
        assert_eq!(world.resolve().expect("resolves").tls, None);
    }

    #[test]
    fn the_current_context_is_followed_with_its_certificates() {
        let world = World::new()
            .file(
                ".docker/config.json",
                r#"{"auths":{},"currentContext":"lab"}"#,
            )
            .context("tcp://lab:2376", false);
        let endpoint = world.resolve().expect("resolves");
        assert_eq!(endpoint.to_string(), "tcp://lab:2376 (from context lab)");
        assert!(endpoint.tls.expect("TLS").ca.ends_with("docker/ca.pem"));
        let named_default = world.set("DOCKER_CONTEXT", "default");
        assert_eq!(named_default.resolve().expect("resolves").source, "default");
    }

    #[test]
    fn a_missing_or_careless_context_is_refused_by_name() {
        let world = World::new().set("DOCKER_CONTEXT", "lab");
        let error = world.resolve().expect_err("there is no such context");
        assert_eq!(error.kind, Kind::Usage);
        assert!(
            error.message.contains(r#""lab", named by DOCKER_CONTEXT"#),
            "{error}"
        );
        let world = world.context("tcp://lab:2376", true);
        assert!(
            world
                .resolve()
                .expect_err("unverified")
                .message
                .contains("certificate")
        );
    }

    #[test]
    fn the_default_socket_is_preferred_then_rootless_then_desktop() {
        let desktop = World::new().file(".docker/run/docker.sock", "");
        assert_eq!(
            desktop.resolve().expect("resolves").source,
            "Docker Desktop"
        );
        let runtime = desktop.folder.path().join("run").display().to_string();
        let rootless = desktop
            .file("run/docker.sock", "")
            .set("XDG_RUNTIME_DIR", runtime);
        assert_eq!(
            rootless.resolve().expect("resolves").source,
            "rootless Docker"
        );
        let system = rootless.file("docker.sock", "");
        assert_eq!(system.resolve().expect("resolves").source, "default");
    }

    #[test]
    fn an_unknown_scheme_is_named() {
        let error = World::new()
            .set("DOCKER_HOST", "fd://3")
            .resolve()
            .expect_err("refused");
        assert!(error.message.contains("\"fd\""), "{error}");
    }

    #[test]
    fn a_malformed_address_is_told_with_its_place_and_without_a_password() {
        let world = World::new().set("DOCKER_HOST", "ssh://me:secret@lab:x");
        let error = world.resolve().expect_err("refused");
        assert_eq!(error.kind, Kind::Usage);
        assert!(
            error.message.starts_with(r#"DOCKER_HOST is "ssh://lab:x""#),
            "{error}"
        );
        let error = World::new()
            .set("DOCKER_CONTEXT", "lab")
            .context("/run/x.sock", false)
            .resolve()
            .expect_err("refused");
        assert!(
            error
                .message
                .contains(r#"context "lab", named by DOCKER_CONTEXT"#),
            "{error}"
        );
        assert_eq!(
            error.hints,
            ["docker context update lab --docker host=unix:///run/x.sock"]
        );
    }
}
