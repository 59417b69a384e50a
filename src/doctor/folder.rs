//! Can ollamactl keep what it must remember? Its state folder holds records, locks and logs.

#[cfg(unix)]
use std::io::ErrorKind;
use std::io::Write;
use std::path::Path;

use super::{Check, Verdict};
use crate::paths::mend;

const NAME: &str = "state folder";

/// What a few records and the beginning of a log take, in bytes.
const ENOUGH: usize = 16 * 1024;

/// Whether the folder exists or can be made, is ours and closed to others, and takes what is written.
pub(super) fn check(folder: &Path) -> Check {
    let text = folder.display();
    let there = folder.ancestors().find(|ancestor| ancestor.exists());
    let there = there.unwrap_or(Path::new("/"));
    if let Some(check) = owned(folder).filter(|check| check.verdict == Verdict::Fail) {
        return check;
    }
    if let Err(error) = write(there) {
        let what = if there == folder {
            format!("cannot be written: {error}")
        } else {
            format!("cannot be made: {}: {error}", there.display())
        };
        return Check::fail(NAME, format!("{text} {what}"), mend(there, &error));
    }
    if there != folder {
        return Check::ok(NAME, format!("{text} can be made"));
    }
    owned(folder).unwrap_or_else(|| Check::ok(NAME, format!("{text} is yours and writable")))
}

/// Permissions alone do not tell that a disk is full or a quota used up, so something is written: into a
/// file without a name, which leaves nothing behind.
fn write(folder: &Path) -> std::io::Result<()> {
    let mut file = tempfile::tempfile_in(folder)?;
    file.write_all(&[0; ENOUGH])?;
    // Some file systems find out only now.
    file.sync_all()
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
        let denied = ErrorKind::PermissionDenied.into();
        return Some(Check::fail(NAME, why, mend(folder, &denied)));
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
