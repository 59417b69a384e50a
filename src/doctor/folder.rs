//! Can ollamactl keep what it must remember? Its state folder holds records, locks and logs.

use std::path::Path;

use super::Check;

const NAME: &str = "state folder";

/// Whether the folder exists or can be made, and is ours, writable and closed to others.
pub(super) fn check(folder: &Path) -> Check {
    let text = folder.display();
    let there = folder.ancestors().find(|ancestor| ancestor.exists());
    let there = there.unwrap_or(Path::new("/"));
    if !writable(there) {
        let what = if there == folder {
            "cannot be written".to_owned()
        } else {
            format!("cannot be made: {} cannot be written", there.display())
        };
        return Check::fail(
            NAME,
            format!("{text} {what}"),
            crate::paths::mend_folder(there),
        );
    }
    if there != folder {
        return Check::ok(NAME, format!("{text} can be made"));
    }
    owned(folder).unwrap_or_else(|| Check::ok(NAME, format!("{text} is yours and writable")))
}

#[cfg(unix)]
fn writable(folder: &Path) -> bool {
    use rustix::fs::{Access, access};
    folder.is_dir() && access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

#[cfg(not(unix))]
fn writable(folder: &Path) -> bool {
    folder
        .metadata()
        .is_ok_and(|meta| meta.is_dir() && !meta.permissions().readonly())
}

/// What is wrong with whose it is, and who may enter.
#[cfg(unix)]
fn owned(folder: &Path) -> Option<Check> {
    use std::os::unix::fs::MetadataExt;
    let meta = folder.metadata().ok()?;
    let (text, me) = (folder.display(), rustix::process::geteuid().as_raw());
    if meta.uid() != me {
        let why = format!(
            "{text} belongs to user id {}, not to you ({me})",
            meta.uid()
        );
        return Some(Check::fail(NAME, why, crate::paths::mend_folder(folder)));
    }
    (meta.mode() & 0o077 != 0).then(|| {
        Check::warn(
            NAME,
            format!(
                "{text} is open to other users (mode {:o})",
                meta.mode() & 0o777
            ),
            format!("chmod 700 {text}"),
        )
    })
}

#[cfg(not(unix))]
fn owned(_folder: &Path) -> Option<Check> {
    None
}
