//! A container that lives for one command: an image from scratch that holds one static program, a
//! container of it in somebody's network, what it prints, and nothing left of either.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bollard::models::{
    ContainerCreateBody, ContainerSummary, HostConfig, HostConfigLogConfig, ImageSummary,
    ResourcesUlimits,
};
use bollard::query_parameters::{
    CreateImageOptions, ListImagesOptions, RemoveContainerOptions, RemoveImageOptions,
    WaitContainerOptions,
};
use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio_util::sync::CancellationToken;

use super::fault::{self, Aim, Reply, unless};
use super::{Engine, LogQuery};
use crate::error::{Context as _, Error, Kind, Result};

/// On the image and on the container, so that one whose maker was killed is found again.
const LABEL: &str = "ollamactl.throwaway";
/// Older ones have lost their maker.
const FORGOTTEN: Duration = Duration::from_mins(10);
/// How long taking it away may hold up the command.
const CLEARING: Duration = Duration::from_secs(20);
/// Where the program lies in the image.
const PROGRAM: &str = "ollamactl";
/// Whom the program runs as: nobody.
const NOBODY: &str = "65534:65534";

/// Where the container is put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Into the network of this running container: its addresses, its hosts file, its name servers.
    Inside(String),
    /// On this network, by ID, or `host`.
    Network {
        /// The network's ID.
        id: String,
        /// Entries of /etc/hosts, `name:address`.
        extra_hosts: Vec<String>,
        /// Name servers; none: the engine's.
        dns: Vec<String>,
    },
}

/// A program to run once.
#[derive(Debug, Clone)]
pub struct Throwaway {
    /// The program: static, for the engine's processor.
    pub program: Bytes,
    /// Its arguments.
    pub args: Vec<String>,
    /// Where it runs.
    pub place: Place,
    /// How long it may run.
    pub deadline: Duration,
}

impl Engine {
    /// Runs the program and returns what it printed on standard output. Image and container are taken
    /// away however it ends; `cancel` ends it early.
    pub async fn run_throwaway(
        &self,
        once: &Throwaway,
        cancel: &CancellationToken,
    ) -> Result<String> {
        let name = name();
        self.sweep().await;
        let outcome = self.run_named(once, &name, cancel).await;
        // What cannot be taken away now is swept up by the next run.
        let _ = tokio::time::timeout(CLEARING, self.take_away(&name)).await;
        outcome
    }

    /// No step is cut off in the middle: the engine would finish it after everything was taken away.
    async fn run_named(
        &self,
        once: &Throwaway,
        name: &str,
        cancel: &CancellationToken,
    ) -> Result<String> {
        let unless_cancelled = || {
            if cancel.is_cancelled() {
                return Err(Error::interrupted());
            }
            Ok(())
        };
        self.import(name, archive(&once.program)?).await?;
        unless_cancelled()?;
        let mut body = body(once, name);
        if self.info().podman {
            limit(&mut body);
        }
        self.create_container(name, "", body).await?;
        unless_cancelled()?;
        self.start_container(name, name).await?;
        tokio::select! {
            ended = tokio::time::timeout(once.deadline, self.ended(name)) => {
                ended.map_err(|_| overdue(name, once.deadline))??;
            }
            () = cancel.cancelled() => {}
        }
        unless_cancelled()?;
        self.printed(name).await
    }

    /// Makes an image of this archive, under this name.
    async fn import(&self, name: &str, archive: Bytes) -> Result<()> {
        let options = CreateImageOptions {
            from_src: Some("-".to_owned()),
            repo: Some(name.to_owned()),
            tag: Some("latest".to_owned()),
            changes: vec![format!("LABEL {LABEL}=1")],
            ..CreateImageOptions::default()
        };
        let mut progress =
            self.docker
                .create_image(Some(options), Some(bollard::body_full(archive)), None);
        let doing = format!("making image {name}");
        self.change(&doing, async move {
            while let Some(message) = progress.next().await {
                message?;
            }
            Ok(())
        })
        .await
    }

    /// Waits until the container has ended.
    async fn ended(&self, name: &str) -> Result<()> {
        let mut waiting = self
            .docker
            .wait_container(name, None::<WaitContainerOptions>);
        match waiting.next().await {
            None | Some(Ok(_)) => Ok(()),
            Some(Err(bollard::errors::Error::DockerContainerWaitError { code, error })) => {
                let said = self.tail(name, 5).await;
                Err(
                    Error::failed(format!("{name} ended with exit code {code} {error}"))
                        .details(said),
                )
            }
            Some(Err(fault)) => Err(fault::explain(
                &self.endpoint,
                "waiting",
                fault,
                Aim::Change,
            )),
        }
    }

    async fn printed(&self, name: &str) -> Result<String> {
        let mut lines = std::pin::pin!(self.logs(name, LogQuery::default()));
        let mut printed = Vec::new();
        while let Some(line) = lines.next().await {
            let line = line?;
            if !line.stderr {
                printed.push(line.text);
            }
        }
        Ok(printed.join("\n"))
    }

    /// Takes container and image of this name away. What is not there is no error.
    async fn take_away(&self, name: &str) -> Result<()> {
        self.discard(name).await?;
        self.change("removing an image of ours", async {
            let options = RemoveImageOptions {
                force: true,
                ..RemoveImageOptions::default()
            };
            unless(
                self.docker.remove_image(name, Some(options), None).await,
                404,
            )
        })
        .await?;
        Ok(())
    }

    async fn discard(&self, container: &str) -> Result<()> {
        let options = RemoveContainerOptions {
            v: true,
            force: true,
            link: false,
        };
        self.change("removing a container of ours", async {
            unless(
                self.docker.remove_container(container, Some(options)).await,
                404,
            )
        })
        .await?;
        Ok(())
    }

    /// Takes away what a command that was killed has left.
    async fn sweep(&self) {
        let labels = [LABEL.to_owned()];
        let (containers, images) = tokio::join!(self.containers(&labels), self.own_images());
        for container in containers.unwrap_or_default() {
            if is_forgotten(container.created) {
                let id = container_id(container);
                let _ = self.discard(&id).await;
            }
        }
        for image in images.unwrap_or_default() {
            if is_forgotten(Some(image.created)) {
                let _ = self.remove_image(&image.id).await;
            }
        }
    }

    async fn own_images(&self) -> Reply<Vec<ImageSummary>> {
        let filters = HashMap::from([("label".to_owned(), vec![LABEL.to_owned()])]);
        let options = ListImagesOptions {
            filters: Some(filters),
            ..ListImagesOptions::default()
        };
        self.docker.list_images(Some(options)).await
    }
}

fn container_id(container: ContainerSummary) -> String {
    container.id.unwrap_or_default()
}

/// Whether this time (seconds since 1970) is so long ago that nobody waits for it any more.
fn is_forgotten(created: Option<i64>) -> bool {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let created = created.and_then(|created| u64::try_from(created).ok());
    created.is_some_and(|created| Duration::from_secs(created) + FORGOTTEN < now)
}

/// A name that no other run has.
fn name() -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    format!(
        "ollamactl-probe-{}-{}",
        std::process::id(),
        now.subsec_nanos()
    )
}

fn overdue(name: &str, deadline: Duration) -> Error {
    Error::new(
        Kind::Timeout,
        format!("{name} did not end within {} s", deadline.as_secs()),
    )
}

/// A file system with nothing but the program.
fn archive(program: &[u8]) -> Result<Bytes> {
    let mut header = tar::Header::new_gnu();
    header.set_mode(0o755);
    header.set_size(program.len() as u64);
    header.set_mtime(0);
    let mut archive = tar::Builder::new(Vec::with_capacity(program.len() + 4096));
    let packed = archive
        .append_data(&mut header, PROGRAM, program)
        .and_then(|()| archive.into_inner());
    packed
        .map(Bytes::from)
        .or_failed(|| "cannot pack the program for the engine")
}

fn body(once: &Throwaway, image: &str) -> ContainerCreateBody {
    let program = std::iter::once(format!("/{PROGRAM}"));
    let mut host = HostConfig {
        cap_drop: Some(vec!["ALL".to_owned()]),
        security_opt: Some(vec!["no-new-privileges".to_owned()]),
        readonly_rootfs: Some(true),
        // Whatever the engine's default is, its output must be readable.
        log_config: Some(HostConfigLogConfig {
            typ: Some("json-file".to_owned()),
            config: None,
        }),
        ..HostConfig::default()
    };
    match &once.place {
        Place::Inside(container) => host.network_mode = Some(format!("container:{container}")),
        Place::Network {
            id,
            extra_hosts,
            dns,
        } => {
            host.network_mode = Some(id.clone());
            host.extra_hosts = Some(extra_hosts.clone());
            host.dns = (!dns.is_empty()).then(|| dns.clone());
        }
    }
    ContainerCreateBody {
        image: Some(image.to_owned()),
        cmd: Some(program.chain(once.args.iter().cloned()).collect()),
        user: Some(NOBODY.to_owned()),
        labels: Some(HashMap::from([(LABEL.to_owned(), "1".to_owned())])),
        host_config: Some(host),
        ..ContainerCreateBody::default()
    }
}

/// Limits that whoever runs Podman has in any case. Its own defaults are higher than a root without all
/// capabilities may set, so that nothing would start.
fn limit(body: &mut ContainerCreateBody) {
    let limits = [("nofile", 1024), ("nproc", 1024)];
    let limits = limits.map(|(name, most)| ResourcesUlimits {
        name: Some(name.to_owned()),
        soft: Some(most),
        hard: Some(most),
    });
    if let Some(host) = &mut body.host_config {
        host.ulimits = Some(limits.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_old_is_swept_up() {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("after 1970");
        let now = i64::try_from(now.as_secs()).expect("small");
        assert!(!is_forgotten(Some(now)));
        assert!(!is_forgotten(None));
        assert!(is_forgotten(Some(now - 3600)));
    }
}
