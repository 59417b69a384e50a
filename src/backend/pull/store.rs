//! The model store of a running backend, by which the disk is checked and part files are mended.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use tokio::process::Command;

use super::super::{Launch, Observed, Owner, Standing};
use crate::ollama::{STORE_IN_HOME, home_store};
use crate::process::{self, users};

/// How long systemd may take to tell a unit's variables.
const ASK_SYSTEMD: Duration = Duration::from_secs(2);

/// The store into which the backend pulls, or why it is not known. Each has the one with which it was
/// started, whatever this shell says; a service's user has another than this user.
pub async fn of(observed: &Observed) -> Result<PathBuf, String> {
    match observed.standing {
        Standing::Supervised | Standing::Unsupervised => {
            let record = observed.record.as_ref();
            let launch = record.map(|record| &record.launch);
            let process = record.and_then(|record| record.process());
            launch
                .and_then(|launch| launch.models.clone())
                .or_else(|| process.and_then(|process| told_by(process.pid)))
                .or_else(home_store)
                .ok_or_else(|| "no home folder is known".to_owned())
        }
        Standing::Remote => Err("it is on another machine".to_owned()),
        _ => of_owner(&observed.owner).await,
    }
}

/// The store of a backend that is started like this.
pub(super) fn of_launch(launch: &Launch) -> Option<PathBuf> {
    launch.models.clone().or_else(home_store)
}

async fn of_owner(owner: &Owner) -> Result<PathBuf, String> {
    if let Owner::Container { .. } = owner {
        return Err("it is inside a container".to_owned());
    }
    let Some(process) = owner.process() else {
        return Err("its process cannot be seen".to_owned());
    };
    if let Some(store) = told_by(process.pid) {
        return Ok(store);
    }
    let uid = process::info(process.pid).and_then(|process| process.uid);
    let home = uid
        .and_then(users::home)
        .map(|home| home.join(STORE_IN_HOME));
    let told = match owner {
        Owner::SystemUnit { unit, .. } => variables_of_unit(unit).await.remove("OLLAMA_MODELS"),
        _ => None,
    };
    told.filter(|models| !models.is_empty())
        .map(PathBuf::from)
        .or(home)
        .ok_or_else(|| "the home folder of its user is not known".to_owned())
}

/// What the process's own environment says, where we may read it.
fn told_by(pid: u32) -> Option<PathBuf> {
    let environment = process::environment(pid)?;
    let named = |name: &str| environment.get(name).filter(|value| !value.is_empty());
    let store = match named("OLLAMA_MODELS") {
        Some(models) => PathBuf::from(models),
        None => PathBuf::from(named("HOME")?).join(STORE_IN_HOME),
    };
    // A relative one is relative to a folder that we do not know.
    store.is_absolute().then_some(store)
}

/// The variables that a unit of the system sets; systemd tells them to everybody.
async fn variables_of_unit(unit: &str) -> BTreeMap<String, String> {
    let asked = Command::new("systemctl")
        .args(["show", "--property=Environment", "--value", unit])
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true)
        .output();
    match tokio::time::timeout(ASK_SYSTEMD, asked).await {
        Ok(Ok(output)) => variables(&String::from_utf8_lossy(&output.stdout)),
        _ => BTreeMap::new(),
    }
}

/// `A=1 "B=two words"`: systemd quotes as a shell reads it.
fn variables(text: &str) -> BTreeMap<String, String> {
    let words = shlex::split(text).unwrap_or_default();
    let pairs = words.iter().filter_map(|word| word.split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variables_of_a_unit_are_read() {
        let found = variables("PATH=/usr/bin OLLAMA_MODELS=/data/models \"X=two \\\"words\\\"\"\n");
        assert_eq!(found["OLLAMA_MODELS"], "/data/models");
        assert_eq!(found["X"], "two \"words\"");
        assert!(variables("\n").is_empty());
    }
}
