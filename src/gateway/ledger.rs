//! What ollamactl made or started of a compose project, so that `down` takes away that and no more.

use std::path::PathBuf;

use super::Created;
use crate::error::{Context, Kind, Result};
use crate::paths::{self, Paths};

fn file(paths: &Paths, project: &str) -> PathBuf {
    paths.state.join(format!("project-{project}.json"))
}

/// What was made of this project so far.
pub fn read(paths: &Paths, project: &str) -> Result<Created> {
    let path = file(paths, project);
    match paths::read_private(&path)? {
        None => Ok(Created::default()),
        Some(text) => serde_json::from_str(&text).context(Kind::Unknown, || {
            format!("{} cannot be understood", path.display())
        }),
    }
}

/// Adds what a command made.
pub fn add(paths: &Paths, project: &str, created: &Created) -> Result<()> {
    if created.is_empty() {
        return Ok(());
    }
    let mut all = read(paths, project)?;
    all.merge(created);
    paths::create_private_dir(&paths.state)?;
    let json =
        serde_json::to_vec_pretty(&all).context(Kind::Failed, || "cannot write the ledger")?;
    paths::write_private(&file(paths, project), &json)
}

/// Forgets the project: all of it is gone.
pub fn clear(paths: &Paths, project: &str) -> Result<()> {
    paths::remove_if_there(&file(paths, project))
}
