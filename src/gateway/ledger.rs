//! What ollamactl made or started of a compose project, written down as it is made, so that `down` takes
//! away that and no more, even after an `up` that failed or was killed halfway.

use std::path::PathBuf;

use super::Created;
use crate::error::{Context, Kind, Result};
use crate::paths::{self, Paths};

/// The file of one project.
#[derive(Debug, Clone)]
pub struct Ledger {
    file: PathBuf,
    folder: PathBuf,
}

impl Ledger {
    /// The ledger of the project of this name.
    pub fn new(paths: &Paths, project: &str) -> Self {
        Self {
            file: paths.state.join(format!("project-{project}.json")),
            folder: paths.state.clone(),
        }
    }

    /// What was made so far.
    pub fn read(&self) -> Result<Created> {
        match paths::read_private(&self.file)? {
            None => Ok(Created::default()),
            Some(text) => serde_json::from_str(&text).context(Kind::Unknown, || {
                format!("{} cannot be understood", self.file.display())
            }),
        }
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

    fn write(&self, created: &Created) -> Result<()> {
        paths::create_private_dir(&self.folder)?;
        let json = serde_json::to_vec_pretty(created)
            .context(Kind::Failed, || "cannot write the ledger")?;
        paths::write_private(&self.file, &json)
    }

    /// Forgets the project: all of it is gone.
    pub fn clear(&self) -> Result<()> {
        paths::remove_if_there(&self.file)
    }
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
        };
        let ledger = Ledger::new(&paths, "app");
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
        ledger.clear().expect("removed");
        assert!(ledger.read().expect("readable").is_empty());
    }
}
