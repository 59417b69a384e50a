//! Another folder whose compose project has the same name: one of two checkouts, as a rule. Compose takes
//! both for one project, and replaces the containers of the one by those of the other, in silence.

use std::path::{Path, PathBuf};

use super::observe::{Found, Observed};
use crate::compose::Project;
use crate::engine::Engine;
use crate::event::Events;

/// Says that containers of the project were made from another folder, and how to keep the two apart.
pub(super) fn tell(engine: &Engine, project: &Project, observed: &Observed, events: &Events) {
    let is_remote = engine.endpoint().is_remote();
    let all = observed.containers.values().flatten();
    let mut others = all.filter(|found| is_elsewhere(found, &project.working_dir, is_remote));
    let Some(found) = others.next() else {
        return;
    };
    events.note(format!(
        "container {} was made from {}, whose project has the same name, {}, so both folders share its \
         containers; to keep them apart, write another `name:` into one compose file, or give -p NAME \
         (gateway.project_name)",
        found.name, found.folder, project.name
    ));
}

/// Whether the container was made from another folder. One that is not there any more shares nothing: the
/// project was moved. Folders of other machines cannot be looked at.
fn is_elsewhere(found: &Found, here: &Path, is_remote: bool) -> bool {
    if found.folder.is_empty() {
        return false;
    }
    let there = Path::new(&found.folder);
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| PathBuf::from(path));
    (is_remote || there.is_dir()) && real(there) != real(here)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_another_unless_it_is_the_same_or_gone() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let at = |name: &str| root.path().join(name);
        for name in ["one", "two"] {
            std::fs::create_dir(at(name)).expect("made");
        }
        std::os::unix::fs::symlink(at("one"), at("link")).expect("linked");
        let elsewhere = |folder: &Path, is_remote| {
            let found = Found {
                folder: folder.display().to_string(),
                ..Found::default()
            };
            is_elsewhere(&found, &at("one"), is_remote)
        };
        assert!(elsewhere(&at("two"), false));
        assert!(!elsewhere(&at("one"), false));
        assert!(!elsewhere(&at("link"), false), "the same through a link");
        assert!(!elsewhere(&at("gone"), false), "it was moved");
        assert!(elsewhere(&at("gone"), true), "it is on another machine");
        assert!(!elsewhere(Path::new(""), true), "nobody says");
    }
}
