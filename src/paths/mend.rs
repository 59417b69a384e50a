//! What to do about a folder that cannot be used, by what the system says of it.

use std::io::{Error, ErrorKind};
use std::path::Path;

use crate::process::commands::word;

/// The way out where nothing else helps.
const ELSEWHERE: &str = "or name another place: XDG_STATE_HOME=DIR";

/// What makes this folder usable, in which something failed so.
pub fn mend(folder: &Path, error: &Error) -> String {
    match error.kind() {
        // Files may have run out as well as bytes.
        ErrorKind::StorageFull => {
            let folder = word(folder);
            format!("make room on its disk (df -h {folder}; df -i {folder}), {ELSEWHERE}")
        }
        ErrorKind::QuotaExceeded => {
            format!("your share of its disk is used up (quota -s): make room, {ELSEWHERE}")
        }
        ErrorKind::ReadOnlyFilesystem => {
            format!("its file system is read-only: have it mounted writable, {ELSEWHERE}")
        }
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists
            if let Some(file) = in_its_way(folder) =>
        {
            let shown = file.display();
            // A device, such as the /dev/null that is the home of many a system's user, stays where it is.
            if !file.is_file() {
                return format!("{shown} is no folder: set HOME to one, {ELSEWHERE}");
            }
            let (from, to) = (word(file), word(&file.with_added_extension("old")));
            format!(
                "{shown} is no folder: look at it and move it away (mv {from} {to}), {ELSEWHERE}"
            )
        }
        _ => {
            let there = folder.ancestors().find(|path| path.exists());
            let there = word(there.unwrap_or(folder));
            format!("make it yours and writable (ls -ld {there}), {ELSEWHERE}")
        }
    }
}

/// What stands where a folder should be.
fn in_its_way(folder: &Path) -> Option<&Path> {
    let there = folder
        .ancestors()
        .find(|path| path.symlink_metadata().is_ok())?;
    (!there.is_dir()).then_some(there)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_has_its_own_cure() {
        for (kind, cure) in [
            (ErrorKind::StorageFull, "df -h /state"),
            (ErrorKind::QuotaExceeded, "quota -s"),
            (ErrorKind::ReadOnlyFilesystem, "is read-only"),
            (
                ErrorKind::PermissionDenied,
                "make it yours and writable (ls -ld /)",
            ),
        ] {
            let said = mend(Path::new("/state"), &Error::from(kind));
            assert!(said.contains(cure), "{kind:?}: {said}");
            assert!(
                said.ends_with("or name another place: XDG_STATE_HOME=DIR"),
                "{said}"
            );
        }
    }

    #[test]
    fn a_file_in_the_place_of_a_folder_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("state");
        std::fs::write(&file, "").expect("written");
        for error in [ErrorKind::NotADirectory, ErrorKind::AlreadyExists] {
            let said = mend(&file.join("ollamactl"), &Error::from(error));
            assert!(
                said.starts_with(&format!("{} is no folder", file.display())),
                "{said}"
            );
        }
    }

    #[test]
    fn a_device_is_not_to_be_moved() {
        let folder = Path::new("/dev/null/.local/state/ollamactl");
        let said = mend(folder, &Error::from(ErrorKind::NotADirectory));
        assert_eq!(
            said,
            "/dev/null is no folder: set HOME to one, or name another place: XDG_STATE_HOME=DIR"
        );
    }
}
