//! Containers. A start of what runs, a stop of what is stopped and a removal of what is gone are
//! successes: the wanted state holds.

use std::collections::HashMap;
use std::time::Duration;

use bollard::models::{ContainerCreateBody, ContainerInspectResponse, ContainerSummary};
use bollard::query_parameters::{
    CreateContainerOptions, InspectContainerOptions, ListContainersOptions, RemoveContainerOptions,
    RenameContainerOptions, RestartContainerOptions, StartContainerOptions, StopContainerOptions,
    UploadToContainerOptions,
};

use super::Engine;
use super::deadline::CHANGE;
use super::fault::{status, unless};
use crate::error::{Kind, Result};

/// A container's own stop time-out may be anything; no longer than this and the stop itself.
const LONGEST_GRACE: Duration = Duration::from_mins(10);

/// Seconds between the stop signal and SIGKILL; `None`: the container's own, else the engine's 10.
pub type StopTimeout = Option<u32>;

/// How a container ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exit {
    /// Its exit code; above 128 a signal ended it.
    pub code: i64,
    /// The kernel ended it because memory ran out.
    pub oom_killed: bool,
    /// What the engine says of a process that could not be started.
    pub error: String,
}

impl Exit {
    /// Whether it ended as a container does that is asked to: well, or by the signal of a stop.
    pub fn as_asked(&self) -> bool {
        const STOPPED: [i64; 4] = [0, 128 + 2, 128 + 9, 128 + 15];
        STOPPED.contains(&self.code) && !self.oom_killed && self.error.is_empty()
    }
}

impl std::fmt::Display for Exit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit code {}", self.code)?;
        if self.oom_killed {
            f.write_str(", killed because memory ran out (OOMKilled)")?;
        }
        if !self.error.is_empty() {
            write!(f, ", {}", self.error)?;
        }
        Ok(())
    }
}

impl Engine {
    /// The containers, running or not, that carry all these labels (`key` or `key=value`).
    pub async fn containers(&self, labels: &[String]) -> Result<Vec<ContainerSummary>> {
        let options = ListContainersOptions {
            all: true,
            filters: Some(HashMap::from([("label".to_owned(), labels.to_vec())])),
            ..ListContainersOptions::default()
        };
        self.list_containers(options).await
    }

    /// The containers that run.
    pub(super) async fn running_containers(&self) -> Result<Vec<ContainerSummary>> {
        self.list_containers(ListContainersOptions::default()).await
    }

    async fn list_containers(
        &self,
        options: ListContainersOptions,
    ) -> Result<Vec<ContainerSummary>> {
        self.read(
            "listing containers",
            self.docker.list_containers(Some(options)),
        )
        .await
    }

    /// Everything about a container, by name or ID.
    pub async fn container(&self, id: &str) -> Result<Option<ContainerInspectResponse>> {
        let doing = format!("looking at container {}", short(id));
        let call = self
            .docker
            .inspect_container(id, None::<InspectContainerOptions>);
        self.read(&doing, async { unless(call.await, 404) }).await
    }

    /// Creates a container and returns its ID.
    pub async fn create_container(
        &self,
        name: &str,
        platform: &str,
        body: ContainerCreateBody,
    ) -> Result<String> {
        let doing = format!("creating container {name}");
        let options = CreateContainerOptions {
            name: Some(name.to_owned()),
            platform: platform.to_owned(),
        };
        let created = self
            .change(&doing, self.docker.create_container(Some(options), body))
            .await?;
        Ok(created.id)
    }

    /// Starts a container; one that runs is left as it is.
    pub async fn start_container(&self, id: &str, name: &str) -> Result<()> {
        let doing = format!("starting container {name}");
        let call = self
            .docker
            .start_container(id, None::<StartContainerOptions>);
        match self.change(&doing, call).await {
            Err(error) if error.kind == Kind::Conflict => Err(self.name_the_owner(error).await),
            other => other,
        }
    }

    /// Stops a container; one that is stopped or gone is no error.
    pub async fn stop_container(&self, id: &str, timeout: StopTimeout) -> Result<()> {
        let options = StopContainerOptions {
            signal: None,
            t: seconds(timeout),
        };
        let call = self.docker.stop_container(id, Some(options));
        let doing = format!("stopping container {}", short(id));
        let call = async { unless(call.await, 404) };
        self.call(&doing, grace(timeout), call).await?;
        Ok(())
    }

    /// Stops and starts a container.
    pub async fn restart_container(&self, id: &str, timeout: StopTimeout) -> Result<()> {
        let options = RestartContainerOptions {
            signal: None,
            t: seconds(timeout),
        };
        let call = self.docker.restart_container(id, Some(options));
        let doing = format!("restarting container {}", short(id));
        match self.call(&doing, grace(timeout), call).await {
            Err(error) if error.kind == Kind::Conflict => Err(self.name_the_owner(error).await),
            other => other,
        }
    }

    /// Removes a stopped container, with its anonymous volumes if asked. One that is gone, or that
    /// somebody else is removing, is no error.
    pub async fn remove_container(&self, id: &str, volumes: bool) -> Result<()> {
        let doing = format!("removing container {}", short(id));
        let options = RemoveContainerOptions {
            v: volumes,
            force: false,
            link: false,
        };
        self.change(&doing, async {
            let reply = self.docker.remove_container(id, Some(options)).await;
            let going =
                matches!(&reply, Err(error) if error.to_string().contains("already in progress"));
            if going || status(&reply) == Some(404) {
                Ok(())
            } else {
                reply
            }
        })
        .await
    }

    /// Unpacks a tar archive at the root of a container, running or not. `owned`: files belong to whom the
    /// archive says, else to root.
    pub async fn upload(&self, id: &str, archive: Vec<u8>, owned: bool) -> Result<()> {
        let options = UploadToContainerOptions {
            path: "/".to_owned(),
            copy_uidgid: owned.then(|| "1".to_owned()),
            ..UploadToContainerOptions::default()
        };
        let doing = format!("copying files into container {}", short(id));
        let body = bollard::body_full(archive.into());
        self.change(
            &doing,
            self.docker.upload_to_container(id, Some(options), body),
        )
        .await
    }

    /// Gives a container another name.
    pub async fn rename_container(&self, id: &str, name: &str) -> Result<()> {
        let doing = format!("renaming container {} to {name}", short(id));
        let options = RenameContainerOptions {
            name: name.to_owned(),
        };
        self.change(&doing, self.docker.rename_container(id, options))
            .await
    }
}

/// An ID as people know it; a name stays whole.
pub(super) fn short(id: &str) -> &str {
    let is_id = id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_id { &id[..12] } else { id }
}

fn seconds(timeout: StopTimeout) -> Option<i32> {
    timeout.map(|seconds| i32::try_from(seconds).unwrap_or(i32::MAX))
}

fn grace(timeout: StopTimeout) -> Duration {
    let grace = timeout.map_or(LONGEST_GRACE, |seconds| Duration::from_secs(seconds.into()));
    grace + CHANGE
}
