//! What ollamactl made or started of a compose project, written down as it is made, so that `down` takes
//! away that and no more, even after an `up` that failed or was killed halfway.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::Created;
use crate::daemon::{self, Slot};
use crate::engine::Endpoint;
use crate::error::{Context, Kind, Result};
use crate::event::Step;
use crate::paths::{self, Paths};
use crate::process::commands;
use crate::units;

/// The file of one project on one engine.
#[derive(Debug, Clone)]
pub struct Ledger {
    file: PathBuf,
    folder: PathBuf,
    project: String,
    slot: Slot,
}

/// Held while a project is changed; nobody else of ours changes it then.
pub type Lock = daemon::Lock;

impl Ledger {
    /// The ledger of the project of this name. The same name on another engine is another project.
    pub fn new(paths: &Paths, engine: &Endpoint, project: &str) -> Self {
        let digest = Sha256::digest(engine.address.as_bytes());
        let key = units::hex(&digest[..4]);
        Self {
            file: paths.state.join(format!("project-{project}-{key}.json")),
            folder: paths.state.clone(),
            project: project.to_owned(),
            slot: Slot::new(paths, &format!("changing-{project}-{key}")),
        }
    }

    /// Waits until no other command of ours changes the project, at most this long, and says that it waits.
    pub async fn lock(&self, at_most: Duration, step: &Step) -> Result<Lock> {
        if let Some(lock) = self.slot.try_lock()? {
            return Ok(lock);
        }
        let (holder, project) = (self.slot.holder(), &self.project);
        step.progress(format!(
            "waiting for {holder}, which changes project {project}"
        ));
        self.slot.lock_within(at_most).await.map_err(|mut error| {
            if error.kind == Kind::Timeout {
                let holder = self.slot.holder();
                error.message = format!(
                    "{holder} still changes project {project} ({})",
                    error.message
                );
                return error.hint("wait for it, or end it, then run the command again");
            }
            error
        })
    }

    /// The containers of this project that were made and not taken away yet, on whatever engine.
    pub fn remembered(&self) -> Vec<String> {
        let all = self.files(true).into_iter();
        all.flat_map(|created| created.containers).collect()
    }

    /// The container that was made last in each other project: its gateway.
    pub fn of_others(&self) -> Vec<String> {
        let others = self.files(false).into_iter();
        others
            .filter_map(|mut created| created.containers.pop())
            .collect()
    }

    /// Whether another command of ours changes the project now.
    pub fn is_locked(&self) -> Result<bool> {
        self.slot.is_locked()
    }

    /// What was made of this project, or of all others, as far as it can be read.
    fn files(&self, own: bool) -> Vec<Created> {
        let prefix = format!("project-{}-", self.project);
        let is_own = |name: &str| {
            let rest = name.strip_prefix(&prefix);
            rest.is_some_and(|rest| !rest.contains('-'))
        };
        let Ok(entries) = std::fs::read_dir(&self.folder) else {
            return Vec::new();
        };
        let mut files: Vec<PathBuf> = entries
            .flatten()
            .filter(|entry| {
                let name = entry.file_name();
                let name = name.to_string_lossy();
                let is_ledger = name.starts_with("project-") && name.ends_with(".json");
                is_ledger && is_own(&name) == own
            })
            .map(|entry| entry.path())
            .collect();
        files.sort();
        let texts = files
            .iter()
            .filter_map(|file| paths::read_private(file).ok().flatten());
        texts
            .filter_map(|text| serde_json::from_str(&text).ok())
            .collect()
    }

    /// Where it is written.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// What was made so far.
    pub fn read(&self) -> Result<Created> {
        let hint = || {
            format!(
                "look at what the engine has (docker ps --all), then remove the file: rm {}",
                commands::word(&self.file)
            )
        };
        Ok(paths::read_json(&self.file, hint)?.unwrap_or_default())
    }

    /// Adds what is about to be made: whoever is cut off in the middle does not know whether it was. A container
    /// that had the name is gone, or else this one would not be made.
    pub fn announce(&self, about: &Created) -> Result<()> {
        let mut all = self.read()?;
        all.ids.retain(|name, _| !about.containers.contains(name));
        all.merge(about);
        // Nobody reads it after a power cut that has not got what it is about.
        paths::create_private_dir(&self.folder)?;
        paths::replace_private(&self.file, &json(&all)?)
    }

    /// Takes back what was announced, and was not made.
    pub fn retract(&self, about: &Created) -> Result<()> {
        let mut all = self.read()?;
        all.containers
            .retain(|name| !about.containers.contains(name));
        all.networks.retain(|name| !about.networks.contains(name));
        all.volumes.retain(|name| !about.volumes.contains(name));
        if all.is_empty() {
            return self.clear();
        }
        self.write(&all)
    }

    /// Adds what was made.
    pub fn add(&self, created: &Created) -> Result<()> {
        if created.is_empty() {
            return Ok(());
        }
        let mut all = self.read()?;
        all.merge(created);
        self.write(&all)
    }

    /// Drops the containers and networks of these names: they are gone, and what others make under the
    /// same names later is not ours to take away.
    pub fn forget(&self, gone: &[String]) -> Result<()> {
        let mut all = self.read()?;
        let before = all.clone();
        all.forget(gone);
        if all.is_empty() {
            return self.clear();
        }
        if all == before {
            return Ok(());
        }
        self.write(&all)
    }

    /// Forgets the project but for these containers and networks, which others use, and the volumes that are
    /// not gone.
    pub fn keep(&self, containers: &[String], networks: &[String], gone: &[String]) -> Result<()> {
        let mut all = self.read()?;
        all.containers.retain(|name| containers.contains(name));
        all.started.retain(|name| containers.contains(name));
        all.ids.retain(|name, _| containers.contains(name));
        all.networks.retain(|name| networks.contains(name));
        all.volumes.retain(|name| !gone.contains(name));
        if all.is_empty() {
            return self.clear();
        }
        self.write(&all)
    }

    fn write(&self, created: &Created) -> Result<()> {
        paths::create_private_dir(&self.folder)?;
        paths::write_private(&self.file, &json(created)?)
    }

    /// Forgets the project: all of it is gone.
    pub fn clear(&self) -> Result<()> {
        paths::remove_if_there(&self.file)
    }
}

fn json(created: &Created) -> Result<Vec<u8>> {
    serde_json::to_vec_pretty(created).context(Kind::Failed, || "cannot write the ledger")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_adds_up_until_it_is_cleared() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let paths = Paths {
            state: dir.path().join("state"),
            config: dir.path().join("config"),
            cache: dir.path().join("cache"),
        };
        let engine = Endpoint {
            address: "unix:///var/run/docker.sock".to_owned(),
            source: "default".to_owned(),
            tls: None,
        };
        let ledger = Ledger::new(&paths, &engine, "app");
        let elsewhere = Endpoint {
            address: "tcp://10.0.0.1:2375".to_owned(),
            ..engine
        };
        let elsewhere = Ledger::new(&paths, &elsewhere, "app");
        let made = |container: &str| Created {
            containers: vec![container.to_owned()],
            ..Created::default()
        };
        ledger.add(&made("app-db-1")).expect("written");
        ledger.add(&made("app-web-1")).expect("written");
        ledger.add(&made("app-web-1")).expect("written");
        assert_eq!(
            ledger.read().expect("readable").containers,
            ["app-db-1", "app-web-1"]
        );
        ledger
            .forget(&["app-db-1".to_owned()])
            .expect("written again");
        assert_eq!(ledger.read().expect("readable").containers, ["app-web-1"]);
        ledger.forget(&["app-web-1".to_owned()]).expect("removed");
        assert!(!ledger.file.exists(), "nothing is left to remember");
        ledger.add(&made("app-db-1")).expect("written");
        assert!(elsewhere.read().expect("readable").is_empty());
        let network = Created {
            networks: vec!["app_default".to_owned()],
            ..made("app-web-1")
        };
        ledger.add(&network).expect("written");
        ledger
            .keep(&[], &["app_default".to_owned()], &[])
            .expect("written");
        let kept = ledger.read().expect("readable");
        assert_eq!((kept.containers.len(), kept.networks.len()), (0, 1));
        ledger.clear().expect("removed");
        assert!(ledger.read().expect("readable").is_empty());
    }
}
